;; promise: an export of another shape is refused at upload
;; ends: module-wrong-signature
;; says: reroute
(func (export "reroute") (param i64) (result i64) (local.get 0))
