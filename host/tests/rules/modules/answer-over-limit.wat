;; promise: an answer just over its limit is a bad answer that says how big it was
;; ends: bad-answer
;; says: 65545 bytes and may have 65536
(memory (export "memory") 4)
(func (export "reroute") (param i32) (result i32)
  (memory.fill (i32.const 100000) (i32.const 65) (i32.const 65537))
  (i32.store8 (i32.const 2052) (i32.const 1))
  (i32.store (i32.const 2056) (i32.const 100000))
  (i32.store (i32.const 2060) (i32.const 65537))
  (i32.const 2048))
