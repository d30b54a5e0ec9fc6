;; promise: a module of no contract at all is told how to get one
;; contract: none
;; ends: module-no-contract
;; says: export_rules!
