;; promise: a recursion without end is the guest's crash, not the host's
;; ends: trap
;; says: call stack exhausted
;; says: descend
(func $descend (param i32) (result i32)
  (i32.add (i32.const 1) (call $descend (local.get 0))))
(func (export "reroute") (param i32) (result i32)
  (call $descend (local.get 0)))
