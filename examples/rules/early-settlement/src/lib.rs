//! probe
use forbear_guest_sdk::prelude::*;
#[derive(Default)]
pub struct Early;
impl Rules for Early {
    fn reroute(&self, input: RerouteInput, log: &mut Log) -> Result<Option<String>, RuleError> {
        let Some(balance) = input.situation.cell("ledger", "balance").and_then(Value::as_money) else {
            return Ok(None);
        };
        log.line(format_args!("balance {balance}"));
        Ok((balance < Money::from_major(500)).then(|| "10".to_owned()))
    }
}
export_rules!(Early, hooks: [reroute], facts: [ledger: "SELECT balance FROM accounts WHERE account_id = $account_id$"]);
