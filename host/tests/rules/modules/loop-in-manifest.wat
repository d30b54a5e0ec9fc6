;; promise: an endless loop in the manifest ends in the manifest's own error
;; ends: module-manifest-failed
;; says: fuel
(func (export "manifest") (result i32)
  (loop $forever (br $forever))
  unreachable)
