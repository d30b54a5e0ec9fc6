//! Harbour Lending listens before it asks for money: when somebody writes that they are ill, bereaved, out of work or worse,
//! the conversation stops pressing, goes to a person, and stays gentle from then on. This module shows `init`, reading raw
//! text, changing routes and options, and remembering through the context.
//!
//! It has no opinion on anybody who says nothing of the kind and is not known to need care.

mod listen;

use forbear_guest_sdk::prelude::*;
use listen::{Ear, Need};

/// The context's note that somebody needs care: the name of the need.
const CARE: &str = "care_need";

/// The rules of Harbour Lending.
#[derive(Debug, Default)]
pub struct CarefulListener {
    ear: Ear,
}

impl Rules for CarefulListener {
    fn init(&mut self) -> Result<(), RuleError> {
        self.ear = Ear::from_phrases(include_str!("phrases.txt"))?;
        Ok(())
    }

    fn before_page(&self, input: BeforePageInput, _: &mut Log) -> Result<Vec<Field>, RuleError> {
        let situation = &input.situation;
        let hello = match situation.cell("customer", "first_name").or_else(|| situation.context("first_name")) {
            Some(name) => format!("Hello {name}"),
            None => "Hello".to_owned(),
        };
        if !needs_care(situation) {
            return Ok(fields![greeting: hello]);
        }
        Ok(fields![
            greeting: format!("{hello}, thank you for telling us. Nothing has to be decided today"),
            care_note: "Free, independent help with debt: MoneyHelper or StepChange.",
        ])
    }

    fn options(&self, input: OptionsInput, log: &mut Log) -> Result<Vec<Choice>, RuleError> {
        let mut choices = input.proposed;
        // A page without options asks for text; it stays as it is.
        if choices.is_empty() || !needs_care(&input.situation) {
            return Ok(choices);
        }
        let before = choices.len();
        choices.retain(|choice| !presses(choice));
        log.line(format_args!("care needed: {} of {before} options press for money", before - choices.len()));
        if !choices.iter().any(|choice| choice.callback.as_deref() == Some("ESCALATE")) {
            choices
                .insert(0, Choice::new("", "Talk to someone who can help").with_value("help").leading_to("ESCALATE"));
        }
        Ok(renumber(choices))
    }

    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        let Some(need) = self.heard(&input.input) else { return Ok(None) };
        log.line(format_args!("heard: {}", need.name));
        Ok(Some("ESCALATE".to_owned()))
    }

    fn after_response(&self, input: AfterResponseInput, _: &mut Log) -> Result<Vec<Operation>, RuleError> {
        let Some(need) = self.heard(&input.input) else { return Ok(Vec::new()) };
        let mut operations = vec![
            Operation::set_context(CARE, need.name),
            Operation::set_context("care_since", input.situation.now.today()),
            Operation::queue_status_with_priority("needs_care", need.priority),
        ];
        // Where the debt is on the books, the mark outlives this conversation. Hardship alone is no vulnerability.
        let lasting = need.priority != "normal";
        if input.situation.account.as_ref().is_some_and(|account| lasting && !account.is_vulnerable()) {
            operations.push(Operation::set_flag("VULNERABLE", true));
        }
        Ok(operations)
    }
}

impl CarefulListener {
    /// The need in what was written, whichever option it was taken for.
    fn heard(&self, input: &UserInput) -> Option<Need> {
        self.ear.hear(&input.raw)
    }
}

export_rules!(
    CarefulListener,
    hooks: [before_page, options, reroute, after_response],
    facts: [
        customer: "SELECT c.first_name FROM customers c JOIN accounts a ON a.customer_id = c.customer_id \
                   WHERE a.account_id = $account_id$" => [before_page],
        standing: "SELECT status FROM accounts WHERE account_id = $account_id$" => [before_page, options],
    ],
);

/// Whether this conversation, the account or the lender's own table says that care is needed.
fn needs_care(situation: &Situation) -> bool {
    situation.context(CARE).is_some()
        || situation.account.as_ref().is_some_and(|account| account.is_vulnerable())
        || situation.cell("standing", "status").and_then(Value::as_text) == Some("vulnerable")
}

/// An option that asks for money now, told by the words of its label and by where it leads.
fn presses(choice: &Choice) -> bool {
    let route = choice.callback.as_deref().unwrap_or_default();
    if ["PAY:", "WORKFLOW:PAY", "WORKFLOW:EARLY"].iter().any(|start| route.starts_with(start)) {
        return true;
    }
    let mut words = choice.label.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .any(|word| ["pay", "today", "now", "full", "immediately"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}
