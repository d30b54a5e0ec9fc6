;; promise: an answer of megabytes is not even read
;; ends: bad-answer
;; says: more than
(memory (export "memory") 100)
(func (export "reroute") (param i32) (result i32)
  (memory.fill (i32.const 100000) (i32.const 65) (i32.const 5000000))
  (i32.store8 (i32.const 2052) (i32.const 1))
  (i32.store (i32.const 2056) (i32.const 100000))
  (i32.store (i32.const 2060) (i32.const 5000000))
  (i32.const 2048))
