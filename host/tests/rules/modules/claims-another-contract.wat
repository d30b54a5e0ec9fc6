;; promise: a manifest that claims another contract is refused
;; claims: 2.0.0
;; ends: module-manifest-wrong
;; says: 2.0.0
