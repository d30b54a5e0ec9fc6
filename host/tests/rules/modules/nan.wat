;; promise: a number that is none has the same bits on every machine
;; ends: answered
;; says: "answer":"same"
(data (i32.const 1024) "same")
(func (export "reroute") (param $at i32) (result i32)
  (local $zero f64)
  (i64.store (i32.const 1040) (i64.reinterpret_f64 (f64.div (local.get $zero) (local.get $zero))))
  (if (i64.ne (i64.load (i32.const 1040)) (i64.const 0x7ff8000000000000)) (then unreachable))
  (i32.store8 (i32.const 2052) (i32.const 1))
  (i32.store (i32.const 2056) (i32.const 1024))
  (i32.store (i32.const 2060) (i32.const 4))
  (i32.const 2048))
