//! When to leave somebody in peace although the policy would allow a contact.

use forbear_guest_sdk::prelude::*;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Attempts a week at somebody who is marked as vulnerable.
const VULNERABLE_ATTEMPTS: u32 = 2;

/// Holds that a tenant or a debtor's adviser sets in the context, and what is said of them.
const HOLDS: [(&str, &str); 4] = [
    ("attorney_represented", "the debtor is represented by an attorney"),
    ("cease_contact", "the debtor asked not to be contacted"),
    ("debt_review", "the debtor is under debt review"),
    ("breathing_space", "the debtor is in a breathing space"),
];

/// This module's own opinion; the caller joins it with the policy's, and the stricter counts.
pub fn opinion(input: &CheckContactInput) -> ContactVerdict {
    let (situation, attempt) = (&input.situation, &input.attempt);
    let purpose = attempt.purpose.as_str();
    // What the law asks to be sent, and what the debtor asked for, is not a demand.
    let owed_to_debtor = ["notice", "service", "callback"].iter().any(|kind| purpose.eq_ignore_ascii_case(kind));

    for (name, reason) in HOLDS {
        if situation.context_flag(name) && !purpose.eq_ignore_ascii_case("notice") {
            return ContactVerdict::deny(reason);
        }
    }
    let Some(account) = &situation.account else { return ContactVerdict::Allow };
    if owed_to_debtor {
        return ContactVerdict::Allow;
    }
    if matches!(account.state.as_str(), "SETTLED" | "WRITTEN_OFF") {
        return ContactVerdict::deny("the account is closed");
    }
    if account.in_dispute() {
        return ContactVerdict::deny("the debt is in dispute");
    }
    if account.is_vulnerable() {
        if purpose.eq_ignore_ascii_case("promotion") {
            return ContactVerdict::deny("no promotions to a vulnerable customer");
        }
        if attempt.attempts_last_7_days >= VULNERABLE_ATTEMPTS {
            return ContactVerdict::DelayUntil(attempt.at_ms.saturating_add(DAY_MS));
        }
    }
    ContactVerdict::Allow
}
