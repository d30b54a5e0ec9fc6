;; promise: what init leaves in memory and in globals every call finds there, however often it is asked
;; ends: answered
;; says: "answer":"7a"
(global $prepared (mut i32) (i32.const 0))
(func (export "init") (result i32)
  (memory.grow (i32.const 2))
  drop
  (i32.store8 (i32.const 70000) (i32.const 55))
  (global.set $prepared (i32.const 97))
  (i32.const 8192))
(func (export "reroute") (param i32) (result i32)
  ;; What one call writes, the next does not see.
  (i32.store8 (i32.const 1024) (i32.add (i32.load8_u (i32.const 1024)) (i32.load8_u (i32.const 70000))))
  (i32.store8 (i32.const 1025) (global.get $prepared))
  (global.set $prepared (i32.const 98))
  (i32.store8 (i32.const 2052) (i32.const 1))
  (i32.store (i32.const 2056) (i32.const 1024))
  (i32.store (i32.const 2060) (i32.const 2))
  (i32.const 2048))
