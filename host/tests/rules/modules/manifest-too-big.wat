;; promise: a manifest of megabytes is not even read
;; ends: module-manifest-failed
;; says: more than
(memory (export "memory") 100)
(func (export "manifest") (result i32)
  (memory.fill (i32.const 100000) (i32.const 65) (i32.const 5000000))
  (i32.store (i32.const 2048) (i32.const 100000))
  (i32.store (i32.const 2052) (i32.const 5000000))
  (i32.const 2048))
