//! Reading what every hook is given: facts, context, the account and the time.

use crate::{Account, AccountFlags, Clock, Date, Fact, Field, Money, Situation, Value};

impl Situation {
    /// The rows of a fact that the manifest asks for. `None` when the host could not run its query.
    ///
    /// ```
    /// use forbear_guest_sdk::testing::Scene;
    ///
    /// let scene = Scene::new().fact("ledger", ["balance", "status"], [("1250.00", "active")]);
    /// let situation = scene.situation();
    /// let ledger = situation.fact("ledger").unwrap();
    /// assert_eq!(ledger.first("balance").unwrap().to_string(), "1250.00");
    /// assert!(situation.fact("never asked for").is_none());
    /// ```
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// The cell that the first row of a fact has in this column; `None` when there is no fact, row or column, or NULL.
    pub fn cell(&self, fact: &str, column: &str) -> Option<&Value> {
        self.fact(fact)?.first(column).filter(|value| !value.is_null())
    }

    /// A value of the conversation's or the form's context; `None` when it is not set, or NULL.
    pub fn context(&self, name: &str) -> Option<&Value> {
        find(&self.context, name)
    }

    /// A context value as text, or `""`.
    pub fn context_text(&self, name: &str) -> &str {
        self.context(name).and_then(Value::as_text).unwrap_or_default()
    }

    /// Whether the context says yes to this name; absent is no.
    pub fn context_flag(&self, name: &str) -> bool {
        self.context(name).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// The value under this name in a form, a row or a context; `None` when it is not there, or NULL.
///
/// ```
/// use forbear_guest_sdk::{Field, find};
/// let form = [Field::new("amount", "250.00")];
/// assert_eq!(find(&form, "amount").unwrap().to_string(), "250.00");
/// ```
pub fn find<'a>(fields: &'a [Field], name: &str) -> Option<&'a Value> {
    fields.iter().find(|field| field.name == name).map(|field| &field.value).filter(|value| !value.is_null())
}

impl Fact {
    /// The first row's cell in this column.
    pub fn first(&self, column: &str) -> Option<&Value> {
        self.rows().next()?.get(column)
    }

    /// All rows, in the query's order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { columns: &self.columns, cells })
    }
}

/// One row of a fact.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Value],
}

impl<'a> Row<'a> {
    /// The cell in this column.
    pub fn get(&self, column: &str) -> Option<&'a Value> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.cells.get(at)
    }
}

impl Clock {
    /// The day of the event in the tenant's zone. 1970-01-01 should the host send something else than a date.
    pub fn today(&self) -> Date {
        Date::parse(&self.date).unwrap_or(Date::EPOCH)
    }

    /// The hour of the event, 0 to 23, in the tenant's zone.
    pub fn hour(&self) -> u8 {
        self.time.get(..2).and_then(|hour| hour.parse().ok()).unwrap_or_default()
    }
}

impl Account {
    /// The balance as an amount.
    pub fn balance(&self) -> Money {
        Money::from_minor(self.balance_total)
    }

    /// Whether the debtor disputes the debt.
    pub fn in_dispute(&self) -> bool {
        self.marks.contains(AccountFlags::DISPUTE)
    }

    /// Whether the debtor is marked as vulnerable.
    pub fn is_vulnerable(&self) -> bool {
        self.marks.contains(AccountFlags::VULNERABLE)
    }
}
