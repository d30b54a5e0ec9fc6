//! Kopano Store Credit would rather have most of its money today than all of it some day: whoever is well overdue may settle
//! for less. This module shows facts, values for pages, options of its own, and operations.
//!
//! It needs two queries over the retailer's own tables. Where one cannot run, because the conversation knows no account, the
//! module has no opinion.
//!
//! | the page sees | when |
//! |---|---|
//! | `{greeting}` | always |
//! | `{settlement_amount}`, `{settlement_saving}`, `{settlement_until}` | an offer exists |
//! | an option that leads to the context's `settlement_page`, else `WORKFLOW:EARLY_SETTLEMENT` | an offer exists and the page asks for payment |
//! | the context's `small_balance_page` in place of another page | the balance is small |

mod offer;

use forbear_guest_sdk::prelude::*;
use offer::Offer;

/// Balances under this are not worth a negotiation.
const SMALL: Money = Money::from_major(500);
/// Where the offer's option leads when the conversation names no page for it.
const ROUTE: &str = "WORKFLOW:EARLY_SETTLEMENT";

/// The rules of Kopano Store Credit.
#[derive(Debug, Default)]
pub struct EarlySettlement;

impl Rules for EarlySettlement {
    fn before_page(&self, input: BeforePageInput, log: &mut Log) -> Result<Vec<Field>, RuleError> {
        let situation = &input.situation;
        let mut values = fields![greeting: greeting(situation)];
        if let Some(offer) = Offer::for_situation(situation) {
            log.line(format_args!("{} % off {}", offer.percent, offer.balance));
            values.extend(fields![
                settlement_amount: offer.amount(),
                settlement_saving: offer.saving(),
                settlement_percent: offer.percent,
                settlement_until: offer.until,
            ]);
        }
        Ok(values)
    }

    fn options(&self, input: OptionsInput, _: &mut Log) -> Result<Vec<Choice>, RuleError> {
        let situation = &input.situation;
        let mut choices = input.proposed;
        let Some(offer) = Offer::for_situation(situation) else { return Ok(choices) };
        let route = settlement_route(situation);
        let offered_already = choices.iter().any(|choice| choice.callback.as_deref() == Some(&route));
        if offered_already || !choices.iter().any(asks_for_payment) {
            return Ok(choices);
        }
        let label = format!("Settle today for R{} and save R{}", offer.amount(), offer.saving());
        // First, because it is the best deal on the page. The others keep their values, so the page's SQL is not confused.
        choices.insert(0, Choice::new("", label).with_value("settle").leading_to(route));
        Ok(renumber(choices))
    }

    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        let situation = &input.situation;
        let Some(balance) = offer::balance(situation) else { return Ok(None) };
        let Some(small_page) = situation.context("small_balance_page").map(Value::to_string) else { return Ok(None) };
        // Only a step to another page is changed: who leaves, asks for a person or starts a workflow is let go.
        let to_a_page = input.proposed.as_deref().is_some_and(|route| route.parse::<u32>().is_ok());
        let here = input.page.page_no.to_string() == small_page;
        if balance >= SMALL || !balance.is_positive() || !to_a_page || here {
            return Ok(None);
        }
        log.line(format_args!("balance {balance} is small"));
        Ok(Some(small_page))
    }

    fn after_response(&self, input: AfterResponseInput, log: &mut Log) -> Result<Vec<Operation>, RuleError> {
        let situation = &input.situation;
        // The debtor must have picked the option; arriving there some other way accepts nothing.
        let route = settlement_route(situation);
        let accepted = input.input.callback() == Some(&route) && input.route.as_deref() == Some(&route);
        let Some(offer) = Offer::for_situation(situation).filter(|_| accepted) else { return Ok(Vec::new()) };
        log.line(format_args!("accepted {} until {}", offer.amount(), offer.until));
        Ok(vec![
            Operation::set_context("settlement_accepted", true),
            // What was accepted stands, whatever tomorrow's offer would be.
            Operation::set_context("settlement_amount", offer.amount()),
            Operation::set_context("settlement_saving", offer.saving()),
            Operation::set_context("settlement_until", offer.until),
            Operation::queue_status_with_priority("settlement_accepted", "high"),
            Operation::start_workflow(
                "SETTLEMENT_LETTER",
                fields![
                    account_id: input.page.account_id.clone(),
                    amount: offer.amount(),
                    saving: offer.saving(),
                    valid_until: offer.until,
                ],
            ),
        ])
    }
}

export_rules!(
    EarlySettlement,
    hooks: [before_page, options, reroute, after_response],
    facts: [
        ledger: "SELECT balance, due_date, status FROM accounts WHERE account_id = $account_id$",
        customer: "SELECT c.first_name FROM customers c JOIN accounts a ON a.customer_id = c.customer_id \
                   WHERE a.account_id = $account_id$" => [before_page],
    ],
);

/// The shop's greeting, with the first name where it is known.
fn greeting(situation: &Situation) -> String {
    let name = situation.cell("customer", "first_name").or_else(|| situation.context("first_name"));
    match name {
        Some(name) => format!("Dumela {name}"),
        None => "Dumela".to_owned(),
    }
}

fn settlement_route(situation: &Situation) -> String {
    situation.context("settlement_page").map_or_else(|| ROUTE.to_owned(), Value::to_string)
}

/// An option about paying, told by its label.
fn asks_for_payment(choice: &Choice) -> bool {
    let words = choice.label.split(|c: char| !c.is_ascii_alphanumeric());
    choice.callback.is_some()
        && words.into_iter().any(|word| ["pay", "payment", "full"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}
