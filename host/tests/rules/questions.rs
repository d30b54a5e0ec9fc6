//! One question for each hook, with every kind of value in it.

use forbear::rules::{
    HookInput,
    bindings::v1::types::{
        Account, AccountFlags, Actor, AdaptTimingInput, AfterResponseInput, Attempt, BeforePageInput,
        CheckContactInput, Choice, ChooseTreatmentInput, Clock, ContactVerdict, Fact, Field, OptionsInput, Page,
        RerouteInput, Sentiment, Situation, Treatment, UserInput, ValidateTransitionInput, Value,
    },
};

/// The question for the hook with this name.
pub fn question(hook: &str) -> HookInput {
    questions().into_iter().find(|input| forbear::rules::hook_name(input.hook()) == hook).expect("a hook's name")
}

pub fn questions() -> [HookInput; 8] {
    [
        HookInput::BeforePage(BeforePageInput { situation: situation(), page: page() }),
        HookInput::Options(OptionsInput { situation: situation(), page: page(), proposed: vec![choice()] }),
        HookInput::Reroute(RerouteInput {
            situation: situation(),
            page: page(),
            input: user_input(),
            proposed: Some("4".to_owned()),
        }),
        HookInput::AfterResponse(AfterResponseInput {
            situation: situation(),
            page: page(),
            input: user_input(),
            route: None,
        }),
        HookInput::ValidateTransition(ValidateTransitionInput {
            situation: situation(),
            from_state: "PTP".to_owned(),
            to_state: "LEGAL".to_owned(),
            action: "escalate".to_owned(),
            actor: Actor { id: "a-7".to_owned(), role: "agent".to_owned(), agency: String::new() },
            form: vec![field("reason", Value::Text("broken promise".to_owned()))],
        }),
        HookInput::AdaptTiming(AdaptTimingInput {
            situation: situation(),
            outcome: "no_answer".to_owned(),
            sentiment: Sentiment::Hostile,
            willingness: Some(2),
            standard_delay_minutes: 1440,
            attempts: 3,
        }),
        HookInput::ChooseTreatment(ChooseTreatmentInput {
            situation: situation(),
            features: vec![field("dpd", Value::Integer(i64::MAX)), field("risk", Value::Decimal("0.350".to_owned()))],
            proposed: Treatment {
                sms: Some("soft_1".to_owned()),
                email: None,
                whatsapp: None,
                script: None,
                preferred_channel: Some("sms".to_owned()),
                promo: true,
            },
        }),
        HookInput::CheckContact(CheckContactInput {
            situation: situation(),
            attempt: Attempt {
                channel: "sms".to_owned(),
                purpose: "reminder".to_owned(),
                template: Some("soft_1".to_owned()),
                at_ms: 1_771_000_000_000,
                attempts_last_7_days: 2,
            },
            policy: ContactVerdict::DelayUntil(1_771_000_360_000),
        }),
    ]
}

fn situation() -> Situation {
    Situation {
        tenant: "acme".to_owned(),
        now: Clock {
            epoch_ms: 1_771_000_000_001,
            date: "2026-02-13".to_owned(),
            time: "18:26:40".to_owned(),
            zone: "Africa/Johannesburg".to_owned(),
            weekday: 5,
        },
        account: Some(Account {
            client_id: "C-1".to_owned(),
            acc_no: "0042".to_owned(),
            state: "PTP".to_owned(),
            previous_state: None,
            state_entered_ms: -1,
            balance_total: 125_000,
            days_past_due: Some(37),
            broken_promises: 1,
            identity_verified: true,
            marks: AccountFlags::DISPUTE | AccountFlags::VULNERABLE,
        }),
        context: vec![
            field("name", Value::Text("Zoë \"Z\" O'Neil\n".to_owned())),
            field("opted_in", Value::Boolean(true)),
        ],
        facts: vec![Fact {
            name: "open_promises".to_owned(),
            columns: vec!["id".to_owned(), "amount".to_owned()],
            rows: vec![
                vec![Value::Integer(1), Value::Decimal("1250.00".to_owned())],
                vec![Value::Integer(2), Value::Null],
            ],
        }],
    }
}

fn page() -> Page {
    Page {
        conversation: "PAYMENT_COLLECT".to_owned(),
        page_no: 3,
        channel: "whatsapp".to_owned(),
        sender_id: "+27821234567".to_owned(),
        account_id: Some("C-1/0042".to_owned()),
        header: "When can you pay?".to_owned(),
    }
}

fn choice() -> Choice {
    Choice {
        key: "1".to_owned(),
        label: "On Friday".to_owned(),
        value: "friday".to_owned(),
        callback: Some("4".to_owned()),
    }
}

fn user_input() -> UserInput {
    UserInput { raw: "fri".to_owned(), value: "friday".to_owned(), matched: Some(choice()), score: 870 }
}

fn field(name: &str, value: Value) -> Field {
    Field { name: name.to_owned(), value }
}
