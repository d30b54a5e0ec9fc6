;; promise: a list of millions of empty entries is not even read
;; hooks: options
;; ends: bad-answer
;; says: more than
(memory (export "memory") 200)
(func (export "options") (param i32) (result i32)
  (i32.store (i32.const 2052) (i32.const 100000))
  (i32.store (i32.const 2056) (i32.const 300000))
  (i32.const 2048))
