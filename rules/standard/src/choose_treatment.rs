//! Which templates suit how long a debt has been due.

use forbear_guest_sdk::prelude::*;

/// From this many days on: these templates, and this channel if the tree has a preference.
struct Rung {
    from_days: i64,
    sms: &'static str,
    email: &'static str,
    channel: Option<&'static str>,
}

/// The longest overdue first.
const TREE: [Rung; 5] = [
    Rung { from_days: 150, sms: "SMS_COLLECTIONS_LEGAL", email: "EMAIL_NCA_S129", channel: None },
    Rung { from_days: 90, sms: "SMS_COLLECTIONS_LEGAL", email: "EMAIL_COLLECTIONS_LEGAL_WARNING", channel: None },
    Rung { from_days: 60, sms: "SMS_COLLECTIONS_URGENT", email: "EMAIL_COLLECTIONS_ARREARS", channel: Some("SMS") },
    Rung { from_days: 30, sms: "SMS_COLLECTIONS_OVERDUE", email: "EMAIL_COLLECTIONS_ARREARS", channel: Some("SMS") },
    Rung { from_days: i64::MIN, sms: "SMS_COLLECTIONS_GENTLE", email: "EMAIL_COLLECTIONS_GENTLE", channel: None },
];

/// The tree's templates in the ladder's proposal. A promotion goes only to an account in good standing: nothing overdue, risk
/// band A, and no mark. Without days past due there is no opinion.
pub fn treatment(input: ChooseTreatmentInput, log: &mut Log) -> Treatment {
    let account = input.situation.account.as_ref();
    let days = match find(&input.features, "dpd") {
        Some(days) => days.as_integer(),
        None => account.and_then(|account| account.days_past_due).map(i64::from),
    };
    let Some(days) = days else { return input.proposed };
    let Some(rung) = TREE.iter().find(|rung| days >= rung.from_days) else { return input.proposed };

    let risk = find(&input.features, "risk_band").and_then(Value::as_text).unwrap_or_default();
    let unmarked = account.is_none_or(|account| account.marks.is_empty());
    log.line(format_args!("{days} days past due, risk {}", if risk.is_empty() { "unknown" } else { risk }));
    Treatment {
        sms: Some(rung.sms.to_owned()),
        email: Some(rung.email.to_owned()),
        preferred_channel: rung.channel.map(str::to_owned).or(input.proposed.preferred_channel),
        promo: days <= 0 && risk == "A" && unmarked,
        ..input.proposed
    }
}
