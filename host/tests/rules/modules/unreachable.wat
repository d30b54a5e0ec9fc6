;; promise: a crash names the guest's function
;; ends: trap
;; says: unreachable
;; says: decide
(func $decide (result i32) unreachable)
(func (export "reroute") (param i32) (result i32) (call $decide))
