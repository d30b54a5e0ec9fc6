;; promise: reading beyond its memory is the guest's crash
;; ends: trap
;; says: out of bounds
(func (export "reroute") (param i32) (result i32) (i32.load (i32.const -4)))
