//! What follows an answer: a promise is recorded and confirmed, a dispute is marked, an escalation is remembered.

use forbear_guest_sdk::prelude::*;

use crate::known;

/// Days a promise runs when the conversation did not ask for its date.
const PROMISE_DAYS: i64 = 7;

/// The operations that the route asks for.
pub fn follow_up(input: &AfterResponseInput) -> Result<Vec<Operation>, RuleError> {
    let Some(route) = input.route.as_deref() else { return Ok(Vec::new()) };
    match known::parts(route) {
        ("PROMISE", amount) => promise(input, amount),
        ("WORKFLOW", code) if code.starts_with("DISPUTE") => Ok(dispute(input)),
        ("ESCALATE", _) => Ok(vec![
            Operation::set_context("escalated_on", input.situation.now.today()),
            Operation::set_context("escalated_from_page", input.page.page_no),
        ]),
        _ => Ok(Vec::new()),
    }
}

/// `PROMISE:250.00`, or `PROMISE` where the answer itself is the amount. The context may hold `promise_date` and
/// `promise_method`.
fn promise(input: &AfterResponseInput, amount: &str) -> Result<Vec<Operation>, RuleError> {
    let situation = &input.situation;
    let amount: Money = if amount.is_empty() { &input.input.value } else { amount }.parse()?;
    if !amount.is_positive() {
        return Err(RuleError::new("a promise needs an amount above zero"));
    }
    let today = situation.now.today();
    let date = match situation.context("promise_date") {
        Some(date) => date.as_date().ok_or_else(|| RuleError::new("promise_date is not a date"))?,
        None => today.plus_days(PROMISE_DAYS),
    };
    if date < today {
        return Err(RuleError::new(format!("a promise cannot be due on {date}, which is past")));
    }
    let method = match situation.context_text("promise_method") {
        "" => input.page.channel.as_str(),
        method => method,
    };
    Ok(vec![
        Operation::promise(amount, date, method),
        Operation::start_workflow(
            "PROMISE_CONFIRMATION",
            fields![account_id: input.page.account_id.clone(), amount: amount, due: date],
        ),
        Operation::set_context("promised_amount", amount),
        Operation::set_context("promised_for", date),
    ])
}

/// A mark needs an account to stand on.
fn dispute(input: &AfterResponseInput) -> Vec<Operation> {
    match &input.situation.account {
        Some(account) if !account.in_dispute() => vec![Operation::set_flag("DISPUTE", true)],
        _ => Vec::new(),
    }
}
