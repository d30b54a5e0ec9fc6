;; promise: an endless loop while the input is handed over ends out of fuel
;; ends: out-of-fuel
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (loop $forever (br $forever))
  unreachable)
