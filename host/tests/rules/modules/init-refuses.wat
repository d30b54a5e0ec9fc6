;; promise: what init says against itself reaches the person who uploads
;; ends: module-init-failed
;; says: table is empty
(data (i32.const 1024) "table is empty")
(func (export "init") (result i32)
  (i32.store8 (i32.const 2048) (i32.const 1))
  (i32.store (i32.const 2052) (i32.const 1024))
  (i32.store (i32.const 2056) (i32.const 14))
  (i32.const 2048))
