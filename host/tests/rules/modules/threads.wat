;; promise: shared memory is refused
;; ends: module-invalid
;; says: threads
(memory (export "memory") 1 2 shared)
