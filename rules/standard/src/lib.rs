//! What a new tenant starts with. It asks for no facts, so it works before the tenant has a table of its own; what it is not
//! told, it has no opinion on.
//!
//! One file per hook, each a pure function that the tests in `tests/` call as the host would.

mod adapt_timing;
mod after_response;
mod before_page;
mod check_contact;
mod choose_treatment;
mod known;
mod options;
mod reroute;
mod validate_transition;

use forbear_guest_sdk::prelude::*;

/// The standard rules.
#[derive(Debug, Default)]
pub struct Standard;

impl Rules for Standard {
    fn before_page(&self, input: BeforePageInput, _: &mut Log) -> Result<Vec<Field>, RuleError> {
        Ok(before_page::values(&input))
    }

    fn options(&self, input: OptionsInput, log: &mut Log) -> Result<Vec<Choice>, RuleError> {
        Ok(options::that_apply(input, log))
    }

    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        Ok(reroute::by_balance(&input, log))
    }

    fn after_response(&self, input: AfterResponseInput, _: &mut Log) -> Result<Vec<Operation>, RuleError> {
        after_response::follow_up(&input)
    }

    fn validate_transition(&self, input: ValidateTransitionInput, _: &mut Log) -> Result<Verdict, RuleError> {
        Ok(validate_transition::verdict(&input.from_state, &input.to_state))
    }

    fn adapt_timing(&self, input: AdaptTimingInput, _: &mut Log) -> Result<Timing, RuleError> {
        adapt_timing::timing(&input)
    }

    fn choose_treatment(&self, input: ChooseTreatmentInput, log: &mut Log) -> Result<Treatment, RuleError> {
        Ok(choose_treatment::treatment(input, log))
    }

    fn check_contact(&self, input: CheckContactInput, _: &mut Log) -> Result<ContactVerdict, RuleError> {
        let opinion = check_contact::opinion(&input);
        Ok(input.policy.tightened(opinion))
    }
}

export_rules!(
    Standard,
    name: "standard",
    hooks: [
        before_page,
        options,
        reroute,
        after_response,
        validate_transition,
        adapt_timing,
        choose_treatment,
        check_contact,
    ],
);
