;; promise: an answer that is neither yes nor no is a bad answer
;; hooks: validate-transition
;; ends: bad-answer
;; says: discriminant
(func (export "validate-transition") (param i32) (result i32)
  (i32.store8 (i32.const 2052) (i32.const 9))
  (i32.const 2048))
