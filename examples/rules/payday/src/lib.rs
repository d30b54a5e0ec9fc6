//! Lets people promise to pay when their wages come.

use forbear_guest_sdk::prelude::*;

#[derive(Default)]
pub struct Payday;

impl Rules for Payday {
    /// `{payday}` for the page's text: "Shall we say the 25th?"
    fn before_page(&self, input: BeforePageInput, _: &mut Log) -> Result<Vec<Field>, RuleError> {
        Ok(match next_payday(&input.situation)? {
            Some(payday) => fields![payday: payday],
            None => Vec::new(),
        })
    }

    /// An option with the route `PROMISE_PAYDAY` promises the whole balance for that day.
    fn after_response(&self, input: AfterResponseInput, log: &mut Log) -> Result<Vec<Operation>, RuleError> {
        let situation = &input.situation;
        if input.route.as_deref() != Some("PROMISE_PAYDAY") {
            return Ok(Vec::new());
        }
        let (Some(payday), Some(account)) = (next_payday(situation)?, &situation.account) else {
            return Ok(Vec::new());
        };
        log.line(format_args!("{} promised for {payday}", account.balance()));
        Ok(vec![Operation::promise(account.balance(), payday, "EFT"), Operation::set_context("promised_for", payday)])
    }
}

export_rules!(
    Payday,
    hooks: [before_page, after_response],
    facts: [wages: "SELECT pay_day FROM customers WHERE phone = $sender_id$"],
);

/// The next day with that number, from tomorrow on; months that are too short pay on their last day.
fn next_payday(situation: &Situation) -> Result<Option<Date>, RuleError> {
    let Some(pay_day) = situation.cell("wages", "pay_day").and_then(Value::as_integer) else { return Ok(None) };
    let pay_day = u8::try_from(pay_day)?;
    if !(1..=31).contains(&pay_day) {
        return Err(RuleError::new(format!("pay_day is {pay_day}, not a day of a month")));
    }
    let today = situation.now.today();
    let coming = (1..=62).map(|days| today.plus_days(days));
    Ok(coming.into_iter().find(|day| day.day() == pay_day || (day.day() < pay_day && day.plus_days(1).day() == 1)))
}
