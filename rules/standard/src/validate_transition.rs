//! Which states an account may move between, and why not, in words for the agent.

use forbear_guest_sdk::prelude::*;

/// A state, what an agent calls it, and the states it may move to.
struct State {
    code: &'static str,
    words: &'static str,
    next: &'static [&'static str],
}

/// A payment in full settles from every open state; legal referral may also end in a write-off.
const MACHINE: [State; 8] = [
    State { code: "NEW", words: "new", next: &["IN_NEGOTIATION", "TRACE_PENDING", "SETTLED"] },
    State {
        code: "TRACE_PENDING",
        words: "being traced",
        next: &["NEW", "IN_NEGOTIATION", "LEGAL_REFERRAL", "SETTLED"],
    },
    State { code: "IN_NEGOTIATION", words: "in negotiation", next: &["PTP_ACTIVE", "LEGAL_REFERRAL", "SETTLED"] },
    State { code: "PTP_ACTIVE", words: "under an active promise", next: &["PTP_BROKEN", "SETTLED"] },
    State {
        code: "PTP_BROKEN",
        words: "behind on a broken promise",
        next: &["PTP_ACTIVE", "LEGAL_REFERRAL", "IN_NEGOTIATION", "SETTLED"],
    },
    State { code: "LEGAL_REFERRAL", words: "with legal", next: &["SETTLED", "WRITTEN_OFF"] },
    State { code: "SETTLED", words: "settled", next: &[] },
    State { code: "WRITTEN_OFF", words: "written off", next: &[] },
];

/// Staying is always allowed, for actions that only set a mark.
pub fn verdict(from: &str, to: &str) -> Verdict {
    if from == to {
        return Verdict::Allow;
    }
    let (Some(from), Some(to)) = (state(from), state(to)) else {
        let unknown = if state(from).is_none() { from } else { to };
        return Verdict::deny(format!(
            "{unknown} is not a state of the standard machine, so nothing can move from or to it."
        ));
    };
    if from.next.contains(&to.code) {
        return Verdict::Allow;
    }
    if from.next.is_empty() {
        return Verdict::deny(format!("This account is {}. It is closed and cannot be moved any more.", from.words));
    }
    let next: Vec<&str> = from.next.iter().filter_map(|code| state(code)).map(|state| state.words).collect();
    Verdict::deny(format!(
        "This account is {}. It cannot become {} from there, only {}.",
        from.words,
        to.words,
        listed(&next)
    ))
}

fn state(code: &str) -> Option<&'static State> {
    MACHINE.iter().find(|state| state.code == code)
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
