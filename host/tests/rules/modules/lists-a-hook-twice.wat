;; promise: a manifest that lists a hook twice is refused
;; hooks: reroute, options, reroute
;; ends: module-manifest-wrong
;; says: reroute twice
