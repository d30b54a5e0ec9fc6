;; promise: a module for a newer contract is told which one this host speaks
;; contract: 1.1.0
;; ends: module-wrong-contract
;; says: forbear:rules@1.1.0
;; says: 1.0.0
