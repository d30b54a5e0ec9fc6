;; promise: an import that the host does not offer is refused by name
;; ends: module-imports-unknown
;; says: env::now
;; says: forbear:rules/clock@1.0.0::now
(import "env" "now" (func (result i64)))
(import "forbear:rules/clock@1.0.0" "now" (func (result i64)))
