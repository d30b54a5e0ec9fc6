;; promise: tables count as memory
;; ends: module-needs-too-much-memory
(table 3000000 funcref)
