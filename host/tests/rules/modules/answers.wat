;; promise: a module's answer and its log arrive as it gave them
;; hooks: reroute
;; ends: answered
;; says: {"hook":"reroute","answer":"12"}
;; says: because
(data (i32.const 1024) "12because")
(func (export "reroute") (param i32) (result i32)
  (i32.store8 (i32.const 2048) (i32.const 0))     ;; ok
  (i32.store8 (i32.const 2052) (i32.const 1))     ;; some
  (i32.store (i32.const 2056) (i32.const 1024))
  (i32.store (i32.const 2060) (i32.const 2))
  (i32.store (i32.const 2064) (i32.const 1100))   ;; one line of log
  (i32.store (i32.const 2068) (i32.const 1))
  (i32.store (i32.const 1100) (i32.const 1026))
  (i32.store (i32.const 1104) (i32.const 7))
  (i32.const 2048))
