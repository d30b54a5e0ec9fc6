//! The eight questions a module can be asked and the eight kinds of answer, as values: for the callers of a hook, the
//! decision log and replay.
//!
//! Both serialise to JSON that stays the same from release to release, `{"hook":"reroute", …}`, because a decision that was
//! written last month is read back and asked again.

use serde::{Deserialize, Serialize};

use super::bindings::v1::types::{
    AdaptTimingInput, AfterResponseInput, BeforePageInput, CheckContactInput, Choice, ChooseTreatmentInput,
    ContactVerdict, Field, Hook, Operation, OptionsInput, RerouteInput, Timing, Treatment, ValidateTransitionInput,
    Value, Verdict,
};

/// Every hook, in the order of the contract.
pub const HOOKS: [Hook; 8] = [
    Hook::BeforePage,
    Hook::Options,
    Hook::Reroute,
    Hook::AfterResponse,
    Hook::ValidateTransition,
    Hook::AdaptTiming,
    Hook::ChooseTreatment,
    Hook::CheckContact,
];

/// The hook's name in the contract, in JSON and in people's mouths: `before-page`.
pub fn hook_name(hook: Hook) -> &'static str {
    match hook {
        Hook::BeforePage => "before-page",
        Hook::Options => "options",
        Hook::Reroute => "reroute",
        Hook::AfterResponse => "after-response",
        Hook::ValidateTransition => "validate-transition",
        Hook::AdaptTiming => "adapt-timing",
        Hook::ChooseTreatment => "choose-treatment",
        Hook::CheckContact => "check-contact",
    }
}

/// What a hook is asked: everything the module may look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "hook", rename_all = "kebab-case")]
pub enum HookInput {
    BeforePage(BeforePageInput),
    Options(OptionsInput),
    Reroute(RerouteInput),
    AfterResponse(AfterResponseInput),
    ValidateTransition(ValidateTransitionInput),
    AdaptTiming(AdaptTimingInput),
    ChooseTreatment(ChooseTreatmentInput),
    CheckContact(CheckContactInput),
}

impl HookInput {
    pub fn hook(&self) -> Hook {
        match self {
            Self::BeforePage(_) => Hook::BeforePage,
            Self::Options(_) => Hook::Options,
            Self::Reroute(_) => Hook::Reroute,
            Self::AfterResponse(_) => Hook::AfterResponse,
            Self::ValidateTransition(_) => Hook::ValidateTransition,
            Self::AdaptTiming(_) => Hook::AdaptTiming,
            Self::ChooseTreatment(_) => Hook::ChooseTreatment,
            Self::CheckContact(_) => Hook::CheckContact,
        }
    }
}

/// What a hook answered. Nothing of it is applied yet: operations are checked and policies have the last word elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "hook", content = "answer", rename_all = "kebab-case")]
pub enum HookAnswer {
    /// Values for the header and for later hooks.
    BeforePage(Vec<Field>),
    /// The options to show, in this order.
    Options(Vec<Choice>),
    /// Where to go; `None` leaves the proposed route.
    Reroute(Option<String>),
    AfterResponse(Vec<Operation>),
    ValidateTransition(Verdict),
    AdaptTiming(Timing),
    ChooseTreatment(Treatment),
    CheckContact(ContactVerdict),
}

impl HookAnswer {
    pub fn hook(&self) -> Hook {
        match self {
            Self::BeforePage(_) => Hook::BeforePage,
            Self::Options(_) => Hook::Options,
            Self::Reroute(_) => Hook::Reroute,
            Self::AfterResponse(_) => Hook::AfterResponse,
            Self::ValidateTransition(_) => Hook::ValidateTransition,
            Self::AdaptTiming(_) => Hook::AdaptTiming,
            Self::ChooseTreatment(_) => Hook::ChooseTreatment,
            Self::CheckContact(_) => Hook::CheckContact,
        }
    }

    /// How big the answer is, in bytes: its texts, and eight for every value, entry and record. The same on every machine.
    pub fn size(&self) -> usize {
        match self {
            Self::BeforePage(fields) => fields_size(fields),
            Self::Options(choices) => choices
                .iter()
                .map(|choice| {
                    ITEM + text(&choice.key) + text(&choice.label) + text(&choice.value) + maybe(&choice.callback)
                })
                .sum(),
            Self::Reroute(route) => maybe(route),
            Self::AfterResponse(operations) => operations.iter().map(operation_size).sum(),
            Self::ValidateTransition(Verdict::Allow) => ITEM,
            Self::ValidateTransition(Verdict::Deny(reason)) => text(reason),
            Self::AdaptTiming(timing) => ITEM + text(&timing.reason),
            Self::ChooseTreatment(treatment) => {
                let Treatment { sms, email, whatsapp, script, preferred_channel, promo: _ } = treatment;
                [sms, email, whatsapp, script, preferred_channel].into_iter().map(maybe).sum::<usize>() + ITEM
            }
            Self::CheckContact(ContactVerdict::Deny(reason)) => text(reason),
            Self::CheckContact(ContactVerdict::Allow | ContactVerdict::DelayUntil(_)) => ITEM,
        }
    }
}

/// What anything counts beside its text, so that a million empty entries are not free.
const ITEM: usize = 8;

fn text(text: &str) -> usize {
    ITEM + text.len()
}

fn maybe(value: &Option<String>) -> usize {
    value.as_deref().map_or(ITEM, text)
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Boolean(_) | Value::Integer(_) => ITEM,
        Value::Decimal(digits) => text(digits),
        Value::Text(content) => text(content),
    }
}

fn fields_size(fields: &[Field]) -> usize {
    fields.iter().map(|field| text(&field.name) + value_size(&field.value)).sum()
}

fn operation_size(operation: &Operation) -> usize {
    ITEM + match operation {
        Operation::SetField(set) => text(&set.name) + value_size(&set.value),
        Operation::SetFlag(set) => text(&set.name),
        Operation::AdmAction(act) => text(&act.action) + maybe(&act.dialer_action) + text(&act.reason),
        Operation::RecordPromise(promise) => text(&promise.date) + text(&promise.method),
        Operation::SetQueueStatus(set) => text(&set.status) + maybe(&set.priority),
        Operation::InsertRow(insert) => text(&insert.table) + fields_size(&insert.row),
        Operation::StartWorkflow(start) => text(&start.code) + fields_size(&start.payload),
        Operation::SendTemplate(send) => text(&send.template) + maybe(&send.channel),
        Operation::SetContext(field) => text(&field.name) + value_size(&field.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_listed_in_the_order_of_the_contract() {
        let contract = include_str!("../../../guest-sdk/wit/v1/rules.wit");
        let (_, exports) = contract.split_once("export init").expect("the world");
        let exported: Vec<_> =
            exports.lines().filter_map(|line| line.trim().strip_prefix("export ")?.split(':').next()).collect();
        assert_eq!(HOOKS.map(hook_name).as_slice(), exported);
        assert_eq!(HOOKS.map(|hook| hook as usize), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
