;; promise: no opinion is an answer
;; hooks: reroute
;; ends: answered
;; says: {"hook":"reroute","answer":null}
