//! Balance bands for options that leave the route open.

use forbear_guest_sdk::prelude::*;

use crate::known;

/// Up to here a balance is small, unless the context's `small_balance_below` says otherwise.
const SMALL: Money = Money::from_major(1000);
/// Up to here it is medium, unless the context's `medium_balance_below` says otherwise.
const MEDIUM: Money = Money::from_major(5000);

/// The page for the size of the balance, where the option says `ROUTE` and the context names the pages:
/// `small_balance_page`, `medium_balance_page`, `large_balance_page`. Everywhere else, no opinion.
pub fn by_balance(input: &RerouteInput, log: &mut Log) -> Option<String> {
    if input.proposed.as_deref() != Some("ROUTE") {
        return None;
    }
    let situation = &input.situation;
    let balance = known::balance(situation)?;
    let band = if balance < known::amount(situation, "small_balance_below").unwrap_or(SMALL) {
        "small"
    } else if balance < known::amount(situation, "medium_balance_below").unwrap_or(MEDIUM) {
        "medium"
    } else {
        "large"
    };
    let page = situation.context(&format!("{band}_balance_page"))?.to_string();
    log.line(format_args!("balance {balance} is {band}"));
    Some(page)
}
