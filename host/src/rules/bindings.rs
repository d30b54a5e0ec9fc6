//! The contract in Rust's terms, one module per version of it: for everybody who builds an input or reads an answer.
//!
//! The types are generated from the WIT text that guests compile against. They serialise, because the decision log keeps
//! inputs and answers as JSON and feeds them to a module again; the JSON shape is therefore as fixed as the WIT text.

/// `forbear:rules@1.0.0`.
pub mod v1 {
    wasmtime::component::bindgen!({
        path: "../guest-sdk/wit/v1",
        world: "rules",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });

    pub use forbear::rules::{diagnostics, types};

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
    use types::AccountFlags;

    const MARKS: [(&str, AccountFlags); 3] = [
        ("uncooperative", AccountFlags::UNCOOPERATIVE),
        ("dispute", AccountFlags::DISPUTE),
        ("vulnerable", AccountFlags::VULNERABLE),
    ];

    /// As the list of the names that are set: `["dispute"]`.
    impl Serialize for AccountFlags {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(MARKS.iter().filter(|(_, mark)| self.contains(*mark)).map(|(name, _)| name))
        }
    }

    impl<'de> Deserialize<'de> for AccountFlags {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let mut set = AccountFlags::empty();
            for name in Vec::<String>::deserialize(deserializer)? {
                let (_, mark) = MARKS
                    .iter()
                    .find(|(known, _)| *known == name)
                    .ok_or_else(|| D::Error::custom(format!("{name:?} is not a mark of an account")))?;
                set |= *mark;
            }
            Ok(set)
        }
    }
}
