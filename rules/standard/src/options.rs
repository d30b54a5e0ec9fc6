//! Which of a page's options cannot apply to this debtor. Keys stay as they are: the page's SQL knows them.

use forbear_guest_sdk::prelude::*;

use crate::known;

/// Leaves out paying where nothing is owed, and plans whose instalments would fall below the context's `min_instalment`.
/// A page keeps its options when none of them would be left.
pub fn that_apply(mut input: OptionsInput, log: &mut Log) -> Vec<Choice> {
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
    let offered = input.proposed.len();
    let left = input.proposed.iter().filter(|choice| applies(choice)).count();
    if left == 0 || left == offered {
        return input.proposed;
    }
    log.line(format_args!("balance {balance}: {left} of {offered} options apply"));
    input.proposed.retain(applies);
    input.proposed
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
            let digits = detail.bytes().take_while(u8::is_ascii_digit).count();
            let months = detail.get(..digits).and_then(|digits| digits.parse().ok());
            Kind::Plan { months: months.filter(|&months| months > 0) }
        }
        _ => Kind::Other,
    }
}
