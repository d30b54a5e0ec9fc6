;; promise: an endless loop in a hook ends out of fuel
;; ends: out-of-fuel
(func (export "reroute") (param i32) (result i32)
  (loop $forever (br $forever))
  unreachable)
