;; promise: a module's own error is kept apart from a crash
;; hooks: before-page
;; ends: guest-error
;; says: no such tariff
(data (i32.const 1024) "no such tariff")
(func (export "before-page") (param i32) (result i32)
  (i32.store8 (i32.const 2048) (i32.const 1))
  (i32.store (i32.const 2052) (i32.const 1024))
  (i32.store (i32.const 2056) (i32.const 14))
  (i32.const 2048))
