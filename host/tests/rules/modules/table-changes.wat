;; promise: a module whose state cannot be kept after init is refused and told why
;; ends: module-init-not-kept
;; says: table.set
(table 4 funcref)
(func (table.set (i32.const 0) (ref.null func)))
