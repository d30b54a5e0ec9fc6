;; promise: an endless loop in init ends in init's own error
;; ends: module-init-failed
;; says: fuel
(func (export "init") (result i32)
  (loop $forever (br $forever))
  unreachable)
