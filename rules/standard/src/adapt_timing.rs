//! When and how to follow up a call, by how it went.

use forbear_guest_sdk::prelude::*;

const DAY: u32 = 24 * 60;
/// No signal pushes the next step further away than this.
const LONGEST: u32 = 14 * DAY;

/// Willing and not upset: sooner and warm. Unwilling, hostile or in crisis: later and gentle, whatever else was said.
/// Anything else: the strategy's delay, unchanged.
pub fn timing(input: &AdaptTimingInput) -> Result<Timing, RuleError> {
    let standard = input.standard_delay_minutes;
    let willingness = match input.willingness {
        Some(score @ 1..=5) => Some(score),
        Some(score) => return Err(RuleError::new(format!("a willingness of {score} is outside 1 to 5"))),
        None => None,
    };
    // At least so long, but a strategy that waits longer anyway is not shortened.
    let later = |least: u32| standard.saturating_mul(2).clamp(least, LONGEST.max(least)).max(standard);
    let (delay_minutes, tone, reason) = match (input.sentiment, willingness) {
        (Sentiment::Crisis, _) => (later(3 * DAY), Tone::Empathetic, "in distress: three days' rest at least"),
        (Sentiment::Hostile, _) => (later(DAY), Tone::Empathetic, "hostile: a day to cool down at least"),
        (_, Some(1 | 2)) => (later(DAY), Tone::Empathetic, "little willingness: a day to cool down at least"),
        (Sentiment::Positive | Sentiment::Neutral, Some(4 | 5)) => {
            (standard / 2, Tone::Warm, "willing to pay: half the standard delay")
        }
        _ => (standard, Tone::Standard, "no strong signal: standard delay"),
    };
    let vulnerable = input.situation.account.as_ref().is_some_and(|account| account.is_vulnerable());
    let tone = if vulnerable { Tone::Empathetic } else { tone };
    Ok(Timing { delay_minutes, tone, reason: reason.to_owned() })
}
