;; promise: an answer that is not text is a bad answer
;; ends: bad-answer
;; says: utf-8
(data (i32.const 1024) "\ff\fe")
(func (export "reroute") (param i32) (result i32)
  (i32.store8 (i32.const 2052) (i32.const 1))
  (i32.store (i32.const 2056) (i32.const 1024))
  (i32.store (i32.const 2060) (i32.const 2))
  (i32.const 2048))
