;; promise: a guest that takes memory until it gets no more runs out of its own allowance
;; ends: out-of-memory
;; says: 16777216
(func (export "reroute") (param i32) (result i32)
  (loop $more
    (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
  unreachable)
