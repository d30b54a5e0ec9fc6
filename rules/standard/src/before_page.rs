//! Values every page may use. A value that the data gave already is never replaced.

use forbear_guest_sdk::prelude::*;

/// `greeting` by the time of day; with an account also `account_balance`, `account_state` and `days_past_due`.
pub fn values(input: &BeforePageInput) -> Vec<Field> {
    let situation = &input.situation;
    let mut values = vec![Field::new("greeting", greeting(situation.now.hour()))];
    if let Some(account) = &situation.account {
        values.push(Field::new("account_balance", account.balance()));
        values.push(Field::new("account_state", account.state.as_str()));
        if let Some(days) = account.days_past_due {
            values.push(Field::new("days_past_due", days));
        }
    }
    values.retain(|value| situation.context(&value.name).is_none());
    values
}

fn greeting(hour: u8) -> &'static str {
    match hour {
        5..12 => "Good morning",
        12..17 => "Good afternoon",
        17..22 => "Good evening",
        _ => "Hello",
    }
}
