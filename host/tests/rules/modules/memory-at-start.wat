;; promise: a module that starts with more memory than a call may have is refused at upload
;; ends: module-needs-too-much-memory
(memory (export "memory") 257)
