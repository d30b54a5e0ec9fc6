//! What an account may be settled for. The longer it is overdue, the more of it is forgiven.

use forbear_guest_sdk::prelude::*;

/// Days overdue, and the percentage forgiven from there on; the longest first.
const DISCOUNTS: [(i64, u32); 3] = [(90, 30), (60, 20), (30, 10)];
/// Days an offer stands.
const VALID_DAYS: i64 = 7;

/// A settlement that can be offered today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub balance: Money,
    pub percent: u32,
    pub until: Date,
}

impl Offer {
    /// The offer for the account of this conversation; none for accounts that are not active, owe nothing, are not overdue
    /// for long enough, or have accepted one.
    pub fn for_situation(situation: &Situation) -> Option<Offer> {
        let active = situation.cell("ledger", "status").and_then(Value::as_text) == Some("active");
        let balance = balance(situation)?;
        let due = situation.cell("ledger", "due_date").and_then(Value::as_date)?;
        if !active || !balance.is_positive() || situation.context_flag("settlement_accepted") {
            return None;
        }
        let today = situation.now.today();
        let overdue = due.days_until(today);
        let (_, percent) = DISCOUNTS.into_iter().find(|(days, _)| overdue >= *days)?;
        Some(Offer { balance, percent, until: today.plus_days(VALID_DAYS) })
    }

    pub fn saving(&self) -> Money {
        self.balance.percent(self.percent)
    }

    pub fn amount(&self) -> Money {
        self.balance - self.saving()
    }
}

/// What the account owes, if the query found it.
pub fn balance(situation: &Situation) -> Option<Money> {
    situation.cell("ledger", "balance").and_then(Value::as_money)
}
