;; promise: a log that is too long is cut off and marked, and the answer stands
;; ends: answered
;; says: (cut off)
(memory (export "memory") 4)
(func (export "reroute") (param i32) (result i32)
  (memory.fill (i32.const 100000) (i32.const 65) (i32.const 10000))
  (i32.store (i32.const 1100) (i32.const 100000))
  (i32.store (i32.const 1104) (i32.const 10000))
  (i32.store (i32.const 2064) (i32.const 1100))
  (i32.store (i32.const 2068) (i32.const 1))
  (i32.const 2048))
