//! Misbehaves on demand: the context's `mischief` says at which hook and how, such as `reroute=panic`. Without it the
//! module has no opinion, except that it counts the answers it saw.

use forbear_guest_sdk::prelude::*;

#[derive(Default)]
pub struct Mischief;

impl Rules for Mischief {
    fn before_page(&self, input: BeforePageInput, _: &mut Log) -> Result<Vec<Field>, RuleError> {
        match wished(&input.situation, "before-page")? {
            "fixed-name" => Ok(fields![sender_id: "somebody else"]),
            _ => Ok(fields![seen_page: i64::from(input.page.page_no)]),
        }
    }

    fn options(&self, input: OptionsInput, _: &mut Log) -> Result<Vec<Choice>, RuleError> {
        match wished(&input.situation, "options")? {
            "key-twice" => Ok(vec![Choice::new("1", "This"), Choice::new("1", "That")]),
            "leads-nowhere" => Ok(vec![Choice::new("1", "This").leading_to("999")]),
            "no-label" => Ok(vec![Choice::new("1", "")]),
            _ => Ok(input.proposed),
        }
    }

    fn reroute(&self, input: RerouteInput, _: &mut Log) -> Result<Option<String>, RuleError> {
        match wished(&input.situation, "reroute")? {
            "missing-page" => Ok(Some("999".to_owned())),
            "no-route" => Ok(Some("12 monkeys".to_owned())),
            _ => Ok(None),
        }
    }

    fn after_response(&self, input: AfterResponseInput, _: &mut Log) -> Result<Vec<Operation>, RuleError> {
        let foreign = |table: &str| Operation::insert_row(table, fields![account_id: "A1", words: "not mine"]);
        let before = Operation::set_context("kept", "although a later operation was refused");
        match wished(&input.situation, "after-response")? {
            "foreign-table" => Ok(vec![before, foreign("host_audit")]),
            "unknown-table" => Ok(vec![before, foreign("nowhere")]),
            "wrong-type" => Ok(vec![before, Operation::insert_row("pledges", fields![amount: "much"])]),
            _ => {
                let counted = input.situation.context("answers").and_then(Value::as_integer).unwrap_or_default();
                Ok(vec![Operation::set_context("answers", counted + 1)])
            }
        }
    }
}

export_rules!(Mischief, hooks: [before_page, options, reroute, after_response]);

/// What to do at this hook. What is the same everywhere is done at once: failing, crashing, and never coming back.
fn wished<'a>(situation: &'a Situation, hook: &str) -> Result<&'a str, RuleError> {
    let wish = situation.context_text("mischief");
    let wish = wish.split_once('=').filter(|(at, _)| *at == hook).map_or("", |(_, wish)| wish);
    match wish {
        "error" => Err(RuleError::new("the tariff is missing")),
        "panic" => panic!("the tariff has no rows"),
        "loop" => loop {
            std::hint::black_box(wish);
        },
        _ => Ok(wish),
    }
}
