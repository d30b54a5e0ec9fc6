//! What the other files ask about a situation before they hold an opinion.

use forbear_guest_sdk::{Money, Situation, Value};

/// What is owed: the conversation's own `balance`, else the account's. `None` when nobody said.
pub fn balance(situation: &Situation) -> Option<Money> {
    match situation.context("balance") {
        Some(balance) => balance.as_money(),
        None => situation.account.as_ref().map(|account| account.balance()),
    }
}

/// An amount the tenant set in the conversation's context.
pub fn amount(situation: &Situation, name: &str) -> Option<Money> {
    situation.context(name).and_then(Value::as_money)
}

/// The name and the argument of a route: `PLAN:12` is `("PLAN", "12")`, `WORKFLOW:DISPUTE_HANDLER` is its two parts.
pub fn parts(route: &str) -> (&str, &str) {
    route.split_once(':').unwrap_or((route, ""))
}
