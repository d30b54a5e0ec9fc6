//! Each promise of the module, tried without WebAssembly.

use careful_listener::CarefulListener;
use forbear_guest_sdk::testing::{Harness, Scene, account};
use forbear_guest_sdk::{AccountFlags, Choice, Operation, find};

fn rules() -> Harness<CarefulListener> {
    Harness::new()
}

fn menu() -> Vec<Choice> {
    vec![
        Choice::new("1", "Yes, pay now").leading_to("2"),
        Choice::new("2", "Arrange a plan").leading_to("3"),
        Choice::new("3", "Pay in full").leading_to("WORKFLOW:PAYMENT_FLOW"),
    ]
}

#[test]
fn trouble_is_heard_and_brings_a_person() {
    for line in include_str!("heard.txt").lines().filter(|line| !line.starts_with('#')) {
        let (text, expected) = line.split_once('|').unwrap();
        let (text, expected) = (text.trim(), expected.trim());
        let scene = Scene::new().says(text);
        let route = rules().reroute(scene.reroute(Some("2"))).ok();
        let operations = rules().after_response(scene.after_response(Some("ESCALATE"))).ok();
        if expected == "-" {
            assert_eq!((route, operations), (None, vec![]), "{text:?}");
        } else {
            assert_eq!(route.as_deref(), Some("ESCALATE"), "{text:?}");
            assert!(operations.contains(&Operation::set_context("care_need", expected)), "{text:?}: {operations:?}");
        }
    }
}

#[test]
fn a_crisis_goes_to_the_front_of_the_queue() {
    let scene = Scene::new().account(account("ACC1")).says("i want to die");
    let operations = rules().after_response(scene.after_response(Some("ESCALATE"))).ok();
    assert!(operations.contains(&Operation::queue_status_with_priority("needs_care", "urgent")));
    assert!(operations.contains(&Operation::set_flag("VULNERABLE", true)));
}

#[test]
fn hardship_alone_leaves_no_lasting_mark() {
    let scene = Scene::new().account(account("ACC1")).says("I lost my job");
    let operations = rules().after_response(scene.after_response(Some("ESCALATE"))).ok();
    assert!(!operations.contains(&Operation::set_flag("VULNERABLE", true)), "{operations:?}");
}

#[test]
fn once_care_is_needed_nothing_presses_and_a_person_is_one_key_away() {
    for scene in [
        Scene::new().context("care_need", "health"),
        Scene::new().account(account("ACC1").marked(AccountFlags::VULNERABLE)),
        Scene::new().fact("standing", ["status"], [("vulnerable",)]),
    ] {
        let choices = rules().options(scene.options(menu())).ok();
        let seen: Vec<_> = choices.iter().map(|choice| (choice.key.as_str(), choice.label.as_str())).collect();
        assert_eq!(seen, [("1", "Talk to someone who can help"), ("2", "Arrange a plan")]);
        let values = rules().before_page(scene.before_page()).ok();
        assert!(find(&values, "care_note").is_some());
    }
}

#[test]
fn who_needs_no_care_gets_the_page_as_it_is() {
    let scene = Scene::new();
    assert_eq!(rules().options(scene.options(menu())).ok(), menu());
    let values = rules().before_page(scene.fact("customer", ["first_name"], [("Amy",)]).before_page()).ok();
    assert_eq!(find(&values, "greeting").unwrap().to_string(), "Hello Amy");
    assert!(find(&values, "care_note").is_none());
}

#[test]
fn a_page_that_asks_for_text_gets_no_options() {
    let scene = Scene::new().context("care_need", "health");
    assert_eq!(rules().options(scene.options([])).ok(), []);
}
