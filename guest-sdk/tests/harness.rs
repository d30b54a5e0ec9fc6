//! What the test helpers promise: they refuse what the host would refuse, and answer as the module would.

use forbear_guest_sdk::prelude::*;
use forbear_guest_sdk::testing::{Harness, Scene};

#[derive(Default)]
struct Prepared {
    small: Money,
}

impl Rules for Prepared {
    fn init(&mut self) -> Result<(), RuleError> {
        self.small = "500.00".parse()?;
        Ok(())
    }

    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        log.line("asked");
        let owed: Money = input.input.value.parse()?;
        Ok((owed < self.small).then(|| "10".to_owned()))
    }
}

export_rules!(
    Prepared,
    name: "prepared",
    version: "3.2.1",
    description: "for tests",
    hooks: [reroute, options],
    facts: [ledger: "SELECT 1" => [options]],
);

#[derive(Default)]
struct Unprepared;

impl Rules for Unprepared {
    fn init(&mut self) -> Result<(), RuleError> {
        Err(RuleError::new("the table of phrases is empty"))
    }
}

export_rules!(Unprepared, hooks: [reroute]);

#[test]
fn the_manifest_says_what_was_listed() {
    let rules = Harness::<Prepared>::new();
    let manifest = rules.manifest();
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("prepared", "3.2.1"));
    assert_eq!((manifest.contract.as_str(), manifest.description.as_str()), ("1.0.0", "for tests"));
    assert_eq!(manifest.hooks, [Hook::Reroute, Hook::Options]);
    assert_eq!(manifest.facts[0].hooks, [Hook::Options]);
}

#[test]
fn what_init_prepared_is_there_in_every_call() {
    let rules = Harness::<Prepared>::new();
    for _ in 0..2 {
        assert_eq!(rules.reroute(Scene::new().says("320.00").reroute(None)).ok().as_deref(), Some("10"));
    }
}

#[test]
fn an_error_keeps_the_lines_that_were_logged_before_it() {
    let reply = Harness::<Prepared>::new().reroute(Scene::new().says("a lot").reroute(None));
    assert_eq!(reply.answer.unwrap_err(), "`a lot` is not an amount such as 1250.00");
    assert_eq!(reply.log, ["asked"]);
}

#[test]
#[should_panic(expected = "add it to `hooks:`")]
fn a_hook_that_is_not_listed_is_not_called() {
    Harness::<Prepared>::new().before_page(Scene::new().before_page());
}

#[test]
#[should_panic(expected = "would not pass the fact `ledger` to Hook::Reroute")]
fn a_hook_gets_no_fact_that_it_did_not_ask_for() {
    let scene = Scene::new().fact("ledger", ["balance"], [("1.00",)]);
    Harness::<Prepared>::new().reroute(scene.reroute(None));
}

#[test]
#[should_panic(expected = "init failed: the table of phrases is empty")]
fn a_module_whose_init_fails_is_not_accepted() {
    Harness::<Unprepared>::new();
}

#[test]
fn without_an_override_every_hook_has_no_opinion() {
    #[derive(Default)]
    struct Silent;
    impl Rules for Silent {}
    export_rules!(
        Silent,
        hooks: [before_page, options, reroute, after_response, validate_transition, adapt_timing, choose_treatment, check_contact],
    );

    let (rules, scene) = (Harness::<Silent>::new(), Scene::new());
    let choices = vec![Choice::new("1", "Pay")];
    let treatment =
        Treatment { sms: None, email: None, whatsapp: None, script: None, preferred_channel: None, promo: true };
    assert_eq!(rules.before_page(scene.before_page()).ok(), []);
    assert_eq!(rules.options(scene.options(choices.clone())).ok(), choices);
    assert_eq!(rules.reroute(scene.reroute(Some("2"))).ok(), None);
    assert_eq!(rules.after_response(scene.after_response(Some("2"))).ok(), []);
    assert_eq!(rules.validate_transition(scene.transition("NEW", "SETTLED", "ANY")).ok(), Verdict::Allow);
    let timing = rules.adapt_timing(scene.call_outcome("answered", Sentiment::Hostile, None, 90)).ok();
    assert_eq!((timing.delay_minutes, timing.tone), (90, Tone::Standard));
    assert_eq!(rules.choose_treatment(scene.treatment(fields![], treatment.clone())).ok(), treatment);
    let policy = ContactVerdict::DelayUntil(7);
    assert_eq!(rules.check_contact(scene.attempt("sms", "collection", policy.clone())).ok(), policy);
}
