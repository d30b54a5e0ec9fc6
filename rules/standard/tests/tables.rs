//! The standard rules against tables of cases that anybody can extend, in `tests/cases/`.

use forbear_guest_sdk::testing::{Harness, Scene, account};
use forbear_guest_sdk::{AccountFlags, ContactVerdict, Sentiment, Tone, Treatment, Verdict, fields};
use forbear_rules_standard::Standard;

/// The rows of a table: columns parted by `|`, lines with `#` in front left out.
fn rows<const N: usize>(table: &'static str) -> Vec<[&'static str; N]> {
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("not {N} columns: {line}"))
        })
        .collect()
}

#[test]
fn an_account_moves_along_the_edges_only_and_the_agent_is_told_why() {
    let rules = Harness::<Standard>::new();
    for [from, to, expected] in rows(include_str!("cases/transitions.txt")) {
        match rules.validate_transition(Scene::new().transition(from, to, "ANY")).ok() {
            Verdict::Allow => assert_eq!(expected, "allow", "{from} to {to}"),
            Verdict::Deny(reason) => assert!(reason.contains(expected), "{from} to {to}: {reason}"),
        }
    }
}

#[test]
fn a_call_moves_the_next_step_by_how_it_went() {
    let rules = Harness::<Standard>::new();
    for row in rows(include_str!("cases/timing.txt")) {
        let [sentiment, willingness, standard, delay, tone] = row;
        let sentiment = match sentiment {
            "unknown" => Sentiment::Unknown,
            "positive" => Sentiment::Positive,
            "neutral" => Sentiment::Neutral,
            "negative" => Sentiment::Negative,
            "hostile" => Sentiment::Hostile,
            "crisis" => Sentiment::Crisis,
            other => panic!("no sentiment {other}"),
        };
        let tone = match tone {
            "standard" => Tone::Standard,
            "warm" => Tone::Warm,
            "empathetic" => Tone::Empathetic,
            other => panic!("no tone {other}"),
        };
        let standard = standard.parse().unwrap();
        let input = Scene::new().call_outcome("answered", sentiment, willingness.parse().ok(), standard);
        let timing = rules.adapt_timing(input).ok();
        assert_eq!((timing.delay_minutes.to_string().as_str(), timing.tone), (delay, tone), "{row:?}");
    }
}

#[test]
fn the_longer_overdue_the_firmer_the_template() {
    let rules = Harness::<Standard>::new();
    let ladder = Treatment {
        sms: None,
        email: None,
        whatsapp: Some("WA_COLLECTIONS_REMINDER".to_owned()),
        script: None,
        preferred_channel: Some("whatsapp".to_owned()),
        promo: false,
    };
    for row in rows(include_str!("cases/treatment.txt")) {
        let [dpd, risk, sms, email, channel, promo] = row;
        let input = Scene::new().treatment(fields![dpd: dpd, risk_band: risk], ladder.clone());
        let treatment = rules.choose_treatment(input).ok();
        assert_eq!(treatment.sms.as_deref(), Some(sms), "{row:?}");
        assert_eq!(treatment.email.as_deref(), Some(email), "{row:?}");
        assert_eq!(treatment.preferred_channel.as_deref(), Some(channel), "{row:?}");
        assert_eq!(treatment.promo, promo == "yes", "{row:?}");
        assert_eq!(treatment.whatsapp, ladder.whatsapp, "the tree has no opinion on what it does not name");
    }
}

#[test]
fn people_are_left_in_peace_where_the_policy_alone_would_not() {
    let rules = Harness::<Standard>::new();
    for row in rows(include_str!("cases/contact.txt")) {
        let [state, mark, context, purpose, attempts, expected] = row;
        let mark = match mark {
            "-" => AccountFlags::empty(),
            "dispute" => AccountFlags::DISPUTE,
            "vulnerable" => AccountFlags::VULNERABLE,
            other => panic!("no mark {other}"),
        };
        let mut scene = Scene::new().account(account("ACC1").state(state).marked(mark));
        if context != "-" {
            scene = scene.context(context, true);
        }
        let mut input = scene.attempt("sms", purpose, ContactVerdict::Allow);
        input.attempt.attempts_last_7_days = attempts.parse().unwrap();
        let at = input.attempt.at_ms;
        match rules.check_contact(input).ok() {
            ContactVerdict::Allow => assert_eq!(expected, "allow", "{row:?}"),
            ContactVerdict::DelayUntil(until) => assert!(expected == "delay" && until > at, "{row:?}"),
            ContactVerdict::Deny(reason) => assert!(reason.contains(expected), "{row:?}: {reason}"),
        }
    }
}
