;; promise: a manifest that is not text is the manifest's own error
;; ends: module-manifest-failed
;; says: utf-8
(data (i32.const 1024) "\ff\fe")
(func (export "manifest") (result i32)
  (i32.store (i32.const 2048) (i32.const 1024))
  (i32.store (i32.const 2052) (i32.const 2))
  (i32.const 2048))
