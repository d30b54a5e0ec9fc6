//! Each promise of the module, tried without WebAssembly.

use early_settlement::EarlySettlement;
use forbear_guest_sdk::testing::{Harness, Scene};
use forbear_guest_sdk::{Choice, Operation, find};

fn rules() -> Harness<EarlySettlement> {
    Harness::new()
}

/// On 2026-03-16, an account due on this day.
fn owing(balance: &str, due: &str) -> Scene {
    let ledger = [(balance, due, "active")];
    Scene::new().page("PAYMENT_COLLECT", 1).fact("ledger", ["balance", "due_date", "status"], ledger)
}

fn menu() -> Vec<Choice> {
    vec![
        Choice::new("1", "Yes, pay now").leading_to("2"),
        Choice::new("2", "Arrange a plan").leading_to("3"),
        Choice::new("3", "Speak to someone").leading_to("ESCALATE"),
    ]
}

#[test]
fn the_longer_overdue_the_lower_the_settlement() {
    let cases = [
        ("2026-02-20", None),
        ("2026-02-14", Some("900.00")),
        ("2026-01-15", Some("800.00")),
        ("2025-12-16", Some("700.00")),
        ("2020-01-01", Some("700.00")),
    ];
    for (due, expected) in cases {
        let values = rules().before_page(owing("1000.00", due).before_page()).ok();
        let amount = find(&values, "settlement_amount").map(ToString::to_string);
        assert_eq!(amount.as_deref(), expected, "due {due}");
    }
}

#[test]
fn the_greeting_is_the_shops_own() {
    let scene = Scene::new().fact("customer", ["first_name"], [("Thandi",)]);
    let values = rules().before_page(scene.before_page()).ok();
    assert_eq!(find(&values, "greeting").unwrap().to_string(), "Dumela Thandi");
}

#[test]
fn the_offer_comes_first_and_the_other_options_mean_what_they_meant() {
    let choices = rules().options(owing("1000.00", "2025-12-01").options(menu())).ok();
    let seen: Vec<_> = choices.iter().map(|choice| (choice.key.as_str(), choice.value.as_str())).collect();
    assert_eq!(seen, [("1", "settle"), ("2", "1"), ("3", "2"), ("4", "3")]);
    assert_eq!(choices[0].label, "Settle today for R700.00 and save R300.00");
    assert_eq!(choices[0].callback.as_deref(), Some("WORKFLOW:EARLY_SETTLEMENT"));
}

#[test]
fn the_conversation_may_name_its_own_settlement_page() {
    let scene = owing("1000.00", "2025-12-01").context("settlement_page", 20);
    let choices = rules().options(scene.options(menu())).ok();
    assert_eq!(choices[0].callback.as_deref(), Some("20"));
}

#[test]
fn nothing_is_offered_where_the_page_does_not_ask_for_money() {
    let survey = vec![Choice::new("1", "Very satisfied").leading_to("2")];
    assert_eq!(rules().options(owing("1000.00", "2025-12-01").options(survey.clone())).ok(), survey);
}

#[test]
fn an_accepted_settlement_is_not_offered_again() {
    let scene = owing("1000.00", "2025-12-01").context("settlement_accepted", true);
    assert_eq!(rules().options(scene.options(menu())).ok(), menu());
}

#[test]
fn small_balances_go_to_their_own_page() {
    let route = |balance: &str, proposed: &str| {
        let scene = owing(balance, "2026-03-01").context("small_balance_page", 10);
        rules().reroute(scene.reroute(Some(proposed))).ok()
    };
    assert_eq!(route("499.99", "3").as_deref(), Some("10"));
    assert_eq!(route("500.00", "3"), None);
    assert_eq!(route("120.00", "ESCALATE"), None, "who asks for a person gets one");
    assert_eq!(route("0.00", "3"), None);
}

#[test]
fn accepting_marks_the_queue_and_sends_the_letter() {
    let offer = Choice::new("1", "Settle today").with_value("settle").leading_to("WORKFLOW:EARLY_SETTLEMENT");
    let scene = owing("1000.00", "2025-12-01").picks(offer);
    let operations = rules().after_response(scene.after_response(Some("WORKFLOW:EARLY_SETTLEMENT"))).ok();
    assert!(operations.contains(&Operation::set_context("settlement_accepted", true)));
    assert!(operations.contains(&Operation::queue_status_with_priority("settlement_accepted", "high")));
    let letter = operations.iter().find_map(|operation| match operation {
        Operation::StartWorkflow(letter) => Some(letter),
        _ => None,
    });
    assert_eq!(letter.unwrap().code, "SETTLEMENT_LETTER");
    assert_eq!(find(&letter.unwrap().payload, "valid_until").unwrap().to_string(), "2026-03-23");
    assert_eq!(rules().after_response(owing("1000.00", "2025-12-01").after_response(Some("2"))).ok(), []);
}

#[test]
fn without_facts_there_is_no_opinion() {
    let scene = Scene::new().context("small_balance_page", 10).picks(menu().remove(0));
    let values = rules().before_page(scene.before_page()).ok();
    assert_eq!(values.len(), 1, "only the greeting: {values:?}");
    assert_eq!(rules().options(scene.options(menu())).ok(), menu());
    assert_eq!(rules().reroute(scene.reroute(Some("3"))).ok(), None);
    assert_eq!(rules().after_response(scene.after_response(Some("2"))).ok(), []);
}
