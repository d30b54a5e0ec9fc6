;; promise: an endless loop before anything is called ends out of fuel
;; ends: module-manifest-failed
;; says: fuel
(func $start (loop $forever (br $forever)))
(start $start)
