;; promise: WASI is refused by name
;; ends: module-imports-wasi
;; says: wasi_snapshot_preview1::random_get
(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
