//! What the standard rules do in a conversation, and that they hold still where they know nothing.

use forbear_guest_sdk::testing::{Harness, Scene, account};
use forbear_guest_sdk::{
    AccountFlags, Choice, ContactVerdict, Money, Operation, Sentiment, Tone, Treatment, fields, find,
};
use forbear_rules_standard::Standard;

fn rules() -> Harness<Standard> {
    Harness::new()
}

fn menu() -> Vec<Choice> {
    vec![
        Choice::new("1", "Pay now").leading_to("WORKFLOW:PAYMENT_FLOW"),
        Choice::new("2", "3 months").leading_to("WORKFLOW:PLAN_3MONTH"),
        Choice::new("3", "12 months").leading_to("PLAN:12"),
        Choice::new("4", "Speak to someone").leading_to("ESCALATE"),
    ]
}

fn keys(choices: &[Choice]) -> Vec<&str> {
    choices.iter().map(|choice| choice.key.as_str()).collect()
}

#[test]
fn the_greeting_follows_the_clock() {
    let hours = [
        ("06:00", "Good morning"),
        ("11:59", "Good morning"),
        ("12:00", "Good afternoon"),
        ("18:30", "Good evening"),
        ("23:10", "Hello"),
        ("03:00", "Hello"),
    ];
    for (time, expected) in hours {
        let values = rules().before_page(Scene::new().at(&format!("2026-03-16 {time}")).before_page()).ok();
        assert_eq!(find(&values, "greeting").unwrap().to_string(), expected, "{time}");
    }
}

#[test]
fn a_value_of_the_data_is_never_replaced() {
    let scene = Scene::new().account(account("ACC1").balance("100.00")).context("greeting", "Dear customer");
    let values = rules().before_page(scene.before_page()).ok();
    assert_eq!(find(&values, "greeting"), None);
    assert_eq!(find(&values, "account_balance").unwrap().as_money(), Some(Money::from_major(100)));
}

#[test]
fn who_owes_nothing_is_not_asked_to_pay() {
    let scene = Scene::new().account(account("ACC1"));
    assert_eq!(keys(&rules().options(scene.options(menu())).ok()), ["4"]);
    let scene = Scene::new().context("balance", "1200.00");
    assert_eq!(keys(&rules().options(scene.options(menu())).ok()), ["1", "2", "3", "4"]);
}

#[test]
fn a_plan_with_instalments_too_small_is_not_offered() {
    let scene = Scene::new().context("balance", "1200.00").context("min_instalment", "150.00");
    assert_eq!(keys(&rules().options(scene.options(menu())).ok()), ["1", "2", "4"]);
}

#[test]
fn a_page_is_never_left_without_options() {
    let only_payment = vec![Choice::new("1", "Pay").leading_to("PAY:10")];
    let scene = Scene::new().context("balance", 0);
    assert_eq!(rules().options(scene.options(only_payment.clone())).ok(), only_payment);
}

#[test]
fn the_size_of_a_balance_chooses_among_the_pages_that_the_context_names() {
    for (balance, page) in [("999.99", "10"), ("1000", "11"), ("4999.99", "11"), ("5000", "12")] {
        let scene = Scene::new()
            .context("balance", balance)
            .context("small_balance_page", 10)
            .context("medium_balance_page", "11")
            .context("large_balance_page", 12);
        assert_eq!(rules().reroute(scene.reroute(Some("ROUTE"))).ok().as_deref(), Some(page), "{balance}");
        assert_eq!(rules().reroute(scene.reroute(Some("2"))).ok(), None, "a route that is set stands");
    }
}

#[test]
fn a_promise_is_recorded_confirmed_and_remembered() {
    let scene = Scene::new().channel("whatsapp").account(account("ACC1").balance("900.00"));
    let operations = rules().after_response(scene.after_response(Some("PROMISE:250.00"))).ok();
    let Operation::RecordPromise(promise) = &operations[0] else { panic!("{operations:?}") };
    assert_eq!((promise.amount, promise.date.as_str(), promise.method.as_str()), (25_000, "2026-03-23", "whatsapp"));
    assert!(matches!(&operations[1], Operation::StartWorkflow(flow) if flow.code == "PROMISE_CONFIRMATION"));
    assert!(operations.contains(&Operation::set_context("promised_amount", Money::from_major(250))));
}

#[test]
fn a_promise_for_a_day_that_is_past_is_an_error_and_not_a_record() {
    let scene = Scene::new().context("promise_date", "2026-03-15");
    let reply = rules().after_response(scene.after_response(Some("PROMISE:250.00")));
    assert!(reply.answer.unwrap_err().contains("2026-03-15"));
    let reply = rules().after_response(Scene::new().says("soon").after_response(Some("PROMISE")));
    assert!(reply.answer.unwrap_err().contains("soon"));
}

#[test]
fn a_dispute_is_marked_once_and_only_on_an_account() {
    let disputed = |scene: Scene| rules().after_response(scene.after_response(Some("WORKFLOW:DISPUTE_HANDLER"))).ok();
    assert_eq!(disputed(Scene::new().account(account("ACC1"))), [Operation::set_flag("DISPUTE", true)]);
    assert_eq!(disputed(Scene::new().account(account("ACC1").marked(AccountFlags::DISPUTE))), []);
    assert_eq!(disputed(Scene::new()), []);
}

#[test]
fn a_vulnerable_debtor_is_spoken_to_gently_even_when_willing() {
    let scene = Scene::new().account(account("ACC1").marked(AccountFlags::VULNERABLE));
    let timing = rules().adapt_timing(scene.call_outcome("answered", Sentiment::Positive, Some(5), 2880)).ok();
    assert_eq!((timing.delay_minutes, timing.tone), (1440, Tone::Empathetic));
}

#[test]
fn a_score_outside_its_scale_is_an_error() {
    let reply = rules().adapt_timing(Scene::new().call_outcome("answered", Sentiment::Neutral, Some(9), 60));
    assert!(reply.answer.unwrap_err().contains("outside 1 to 5"));
}

#[test]
fn the_policy_is_only_ever_tightened() {
    let scene = Scene::new().account(account("ACC1").marked(AccountFlags::DISPUTE));
    let later = ContactVerdict::DelayUntil(i64::MAX);
    assert!(matches!(
        rules().check_contact(scene.attempt("sms", "collection", later.clone())).ok(),
        ContactVerdict::Deny(_)
    ));
    assert_eq!(rules().check_contact(Scene::new().attempt("sms", "collection", later.clone())).ok(), later);
}

#[test]
fn knowing_nothing_it_changes_nothing() {
    let scene = Scene::new();
    let proposed = Treatment {
        sms: Some("SMS_A".to_owned()),
        email: None,
        whatsapp: None,
        script: None,
        preferred_channel: None,
        promo: true,
    };
    assert_eq!(rules().options(scene.options(menu())).ok(), menu());
    assert_eq!(rules().reroute(scene.reroute(Some("ROUTE"))).ok(), None);
    assert_eq!(rules().after_response(scene.after_response(Some("2"))).ok(), []);
    assert_eq!(rules().choose_treatment(scene.treatment(fields![], proposed.clone())).ok(), proposed);
    let allowed = scene.attempt("sms", "collection", ContactVerdict::Allow);
    assert_eq!(rules().check_contact(allowed).ok(), ContactVerdict::Allow);
}
