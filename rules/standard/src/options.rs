//! Which of a page's options cannot apply to this debtor. Keys stay as they are: the page's SQL knows them.

use forbear_guest_sdk::prelude::*;

use crate::known;

/// Leaves out paying where nothing is owed, and plans whose instalments would fall below the context's `min_instalment`.
/// A page keeps its options when none of them would be left.
pub fn that_apply(input: OptionsInput, log: &mut Log) -> Vec<Choice> {
    let Some(balance) = known::balance(&input.situation) else { return input.proposed };
    let least = known::amount(&input.situation, "min_instalment");
    let applies = |choice: &Choice| {
        let Some(route) = &choice.callback else { return true };
        match kind(route) {
            Kind::Other => true,
            _ if !balance.is_positive() => false,
            Kind::Payment => true,
            Kind::Plan { months } => match (least, months) {
                (Some(least), Some(months)) => balance.minor() / i64::from(months) >= least.minor(),
                _ => true,
            },
        }
    };
    let kept: Vec<Choice> = input.proposed.iter().filter(|choice| applies(choice)).cloned().collect();
    if kept.is_empty() {
        return input.proposed;
    }
    if kept.len() < input.proposed.len() {
        log.line(format_args!("balance {balance}: {} of {} options apply", kept.len(), input.proposed.len()));
    }
    kept
}

enum Kind {
    Payment,
    Plan { months: Option<u32> },
    Other,
}

/// What an option leads to, told by its route: `PAY:250`, `WORKFLOW:PAYMENT_…`, `PLAN:6`, `WORKFLOW:PLAN_6MONTH`.
fn kind(route: &str) -> Kind {
    let (name, argument) = known::parts(route);
    let (subject, detail) = match name {
        "WORKFLOW" => argument.split_once('_').unwrap_or((argument, "")),
        _ => (name, argument),
    };
    match subject {
        "PAY" | "PAYMENT" | "SETTLE" | "SETTLEMENT" => Kind::Payment,
        "PLAN" => {
            let digits = detail.find(|c: char| !c.is_ascii_digit()).unwrap_or(detail.len());
            Kind::Plan { months: detail[..digits].parse().ok().filter(|&months| months > 0) }
        }
        _ => Kind::Other,
    }
}
