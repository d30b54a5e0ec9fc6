;; promise: exports that are missing are named, all of them
;; without: options, check-contact
;; ends: module-exports-missing
;; says: options, check-contact
