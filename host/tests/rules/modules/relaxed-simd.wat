;; promise: instructions whose result depends on the machine are refused
;; ends: module-invalid
;; says: relaxed
(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
