;; promise: a module that was built with a contract of the same name and other types is refused at upload
;; differs: promo: bool -> promo: u8
;; ends: module-wrong-signature
;; says: promo
