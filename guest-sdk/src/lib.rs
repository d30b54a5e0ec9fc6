//! Write Forbear rules: pure functions over a collections account, compiled to WebAssembly.
//!
//! A module is one type that implements [`Rules`] and one line that exports it. It gets everything as input (account, page,
//! context, facts from the tenant's own SQL, the time) and answers with a verdict or a list of operations; the host applies
//! them. There is no clock, no random number, no file and no network inside, so every decision can be repeated.
//!
//! ```
//! use forbear_guest_sdk::prelude::*;
//!
//! /// Sends people who owe little to the page where they can pay in one go.
//! #[derive(Default)]
//! struct SmallBalances;
//!
//! impl Rules for SmallBalances {
//!     fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
//!         let Some(balance) = input.situation.cell("ledger", "balance").and_then(Value::as_money) else {
//!             return Ok(None); // nothing known, no opinion
//!         };
//!         log.line(format_args!("balance {balance}"));
//!         Ok((balance < Money::from_major(500)).then(|| "10".to_owned()))
//!     }
//! }
//!
//! export_rules!(
//!     SmallBalances,
//!     hooks: [reroute],
//!     facts: [ledger: "SELECT balance FROM accounts WHERE account_id = $account_id$"],
//! );
//!
//! // In a test, on any machine, without WebAssembly:
//! use forbear_guest_sdk::testing::{Harness, Scene};
//!
//! let rules = Harness::<SmallBalances>::new();
//! let scene = Scene::new().page("PAYMENT_COLLECT", 1).says("1").fact("ledger", ["balance"], [("320.00",)]);
//! let reply = rules.reroute(scene.reroute(Some("2")));
//! assert_eq!(reply.answer, Ok(Some("10".to_owned())));
//! assert_eq!(reply.log, ["balance 320.00"]);
//! ```
//!
//! * what a hook is asked and may answer: [`Rules`]
//! * which hooks and facts a module has: [`export_rules!`]
//! * reading facts and context: [`Situation`], [`Fact`], [`Value`]; amounts and days: [`Money`], [`Date`]
//! * effects: [`Operation`]
//! * tests: [`testing`](mod@testing)
#![warn(missing_docs)]

mod adapter;
mod answers;
#[doc(hidden)]
pub mod bindings;
mod date;
mod error;
mod export;
mod log;
mod money;
mod rules;
#[cfg(target_family = "wasm")]
mod runtime;
mod situation;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod value;

pub use answers::renumber;
pub use bindings::forbear::rules::types::{
    Account, AccountFlags, Actor, AdaptTimingInput, AdaptTimingReply, AdmAction, AfterResponseInput,
    AfterResponseReply, Attempt, BeforePageInput, BeforePageReply, CheckContactInput, CheckContactReply, Choice,
    ChooseTreatmentInput, ChooseTreatmentReply, Clock, ContactVerdict, Fact, FactQuery, Field, Hook, InsertRow,
    Manifest, Operation, OptionsInput, OptionsReply, Page, Promise, QueueStatus, RerouteInput, RerouteReply,
    SendTemplate, Sentiment, SetField, SetFlag, Situation, StartWorkflow, Timing, Tone, Treatment, UserInput,
    ValidateTransitionInput, ValidateTransitionReply, Value, Verdict,
};
pub use date::{Date, NotADate};
pub use error::RuleError;
pub use export::CONTRACT;
pub use log::{LOG_LIMIT, Log};
pub use money::{Money, NotMoney};
pub use rules::{Module, Rules};
pub use situation::{Row, find};

/// Everything a file with rules usually needs.
pub mod prelude {
    pub use crate::{
        Account, AccountFlags, Actor, AdaptTimingInput, AfterResponseInput, Attempt, BeforePageInput,
        CheckContactInput, Choice, ChooseTreatmentInput, ContactVerdict, Date, Fact, Field, Hook, Log, Module, Money,
        Operation, OptionsInput, Page, RerouteInput, RuleError, Rules, Sentiment, Situation, Timing, Tone, Treatment,
        UserInput, ValidateTransitionInput, Value, Verdict, export_rules, fields, find, renumber,
    };
}

/// For `export_rules!` only.
#[doc(hidden)]
pub mod __private {
    pub use crate::__export_world_rules_cabi_listed as __export_world_rules_cabi;
    #[cfg(target_family = "wasm")]
    pub use crate::adapter::unlisted;
    pub use crate::adapter::{Exported, Instance};
    pub use crate::export::{FactText, check, manifest};
}
