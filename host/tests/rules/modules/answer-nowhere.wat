;; promise: an answer that points outside the guest's memory is a bad answer
;; ends: bad-answer
;; says: out of bounds
(func (export "reroute") (param i32) (result i32) (i32.const -64))
