//! The decision log: every question put to a module, with its answer, kept in the transaction of the event that asked it.

use serde::Serialize;
use serde_json::json;

use crate::clock::Millis;
use crate::rules::{Engine, HookInput, Outcome, hook_name};
use crate::store::chain;
use crate::store::{Rows, StoreError, Tx, Value};
use crate::tenant::audit::{Verdict, verify_rows};

/// Where a question was asked.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub conversation: String,
    pub sender_id: String,
    pub guid: String,
    pub page_no: u32,
}

/// A decision, before it is written.
#[derive(Debug, Clone)]
pub struct NewDecision {
    pub at: Millis,
    pub hook: &'static str,
    /// Hexadecimal sha-256 of the module.
    pub module: String,
    pub place: Place,
    /// The question and the answer, as JSON.
    pub input: String,
    pub output: Option<String>,
    /// `answered`, or the code of what went wrong.
    pub outcome: String,
    pub error: Option<String>,
    pub log: Vec<String>,
    pub fuel: u64,
    pub micros: u64,
}

impl NewDecision {
    pub fn new(at: Millis, module: &str, place: &Place, input: &HookInput, outcome: &Outcome) -> Self {
        Self {
            at,
            hook: hook_name(input.hook()),
            module: module.to_owned(),
            place: place.clone(),
            // The records of the contract have string keys and no custom failures.
            input: serde_json::to_string(input).unwrap_or_default(),
            output: Some(outcome.to_json()),
            outcome: outcome.code().to_owned(),
            error: outcome.result.as_ref().err().map(ToString::to_string),
            log: outcome.log.clone(),
            fuel: outcome.spent.fuel,
            micros: outcome.spent.micros,
        }
    }

    /// Marks a decision whose answer could not be used.
    pub fn refuse(&mut self, why: &str) {
        self.outcome = "answer-refused".to_owned();
        self.error = Some(match &self.error {
            Some(before) => format!("{before}; {why}"),
            None => why.to_owned(),
        });
    }
}

/// Writes the decisions of one event into the chain of its contact. Comes last in a transaction: see [`chain::extend`].
///
/// # Errors
/// When the database fails.
pub fn record(tx: &mut dyn Tx, subject: &str, decisions: &[NewDecision]) -> Result<Vec<i64>, StoreError> {
    if decisions.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Vec<Value>> = decisions.iter().map(columns).collect();
    let bodies: Vec<String> = rows.iter().map(|row| body(row)).collect();
    let links = chain::extend(tx, &chain::chain_of("decisions", subject), &bodies)?;
    let mut ids = Vec::with_capacity(links.len());
    for (link, row) in links.into_iter().zip(rows) {
        let params: Vec<Value> = [link.chain.into(), link.seq.into(), link.previous.into(), link.hash.into()]
            .into_iter()
            .chain(row)
            .collect();
        let inserted = tx.query(
            "INSERT INTO host_decisions (chain, seq, previous, hash, at, hook, module, conversation, sender_id, guid,
               page_no, input, output, outcome, error, log, fuel, micros, engine)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
             RETURNING id",
            &params,
        )?;
        ids.extend(inserted.rows.first().and_then(|row| row[0].as_int()));
    }
    Ok(ids)
}

fn columns(decision: &NewDecision) -> Vec<Value> {
    let number = |value: u64| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    vec![
        decision.at.into(),
        decision.hook.into(),
        decision.module.as_str().into(),
        decision.place.conversation.as_str().into(),
        decision.place.sender_id.as_str().into(),
        decision.place.guid.as_str().into(),
        i64::from(decision.place.page_no).into(),
        decision.input.as_str().into(),
        decision.output.clone().into(),
        decision.outcome.as_str().into(),
        // It may quote the guest, whose words hold any character; PostgreSQL's texts hold no NUL.
        decision.error.as_ref().map(|error| error.replace('\0', "\u{fffd}")).into(),
        json!(decision.log).to_string().into(),
        number(decision.fuel),
        number(decision.micros),
        Engine::version().into(),
    ]
}

fn body(columns: &[Value]) -> String {
    serde_json::to_string(columns).unwrap_or_default()
}

/// Recomputes every hash of the log.
///
/// # Errors
/// When the database fails.
pub fn verify(tx: &mut dyn Tx) -> Result<Verdict, StoreError> {
    let select = "SELECT chain, seq, previous, hash, at, hook, module, conversation, sender_id, guid, page_no,
        input, output, outcome, error, log, fuel, micros, engine FROM host_decisions";
    verify_rows(tx, "decisions", select, |row| body(&row[4..]))
}

/// A decision as it is shown.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Decision {
    pub id: i64,
    /// Epoch milliseconds.
    pub at: Millis,
    pub hook: String,
    pub module: String,
    pub conversation: String,
    pub sender_id: String,
    pub guid: String,
    pub page_no: i64,
    pub outcome: String,
    pub error: Option<String>,
    pub log: Vec<String>,
    pub fuel: i64,
    pub micros: i64,
    /// The engine's release that ran it.
    pub engine: String,
    #[schema(value_type = Object)]
    pub input: Box<serde_json::value::RawValue>,
    #[schema(value_type = Object)]
    pub output: Box<serde_json::value::RawValue>,
    pub hash: String,
}

const SHOWN: &str = "SELECT id, at, hook, module, conversation, sender_id, guid, page_no, outcome, error, log, fuel,
    micros, engine, input, output, hash FROM host_decisions";

/// # Errors
/// When the database fails.
pub fn get(tx: &mut dyn Tx, id: i64) -> Result<Option<Decision>, StoreError> {
    let rows = tx.query(&format!("{SHOWN} WHERE id = $1"), &[id.into()])?;
    Ok(shown(rows).pop())
}

/// The newest decisions, newest first; of one conversation session if `guid` is given.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &mut dyn Tx, guid: Option<&str>, limit: i64) -> Result<Vec<Decision>, StoreError> {
    let rows = match guid {
        Some(guid) => {
            tx.query(&format!("{SHOWN} WHERE guid = $1 ORDER BY id DESC LIMIT $2"), &[guid.into(), limit.into()])?
        }
        None => tx.query(&format!("{SHOWN} ORDER BY id DESC LIMIT $1"), &[limit.into()])?,
    };
    Ok(shown(rows))
}

fn shown(rows: Rows) -> Vec<Decision> {
    let raw = |value: &Value| {
        let text = value.as_text().unwrap_or("null").to_owned();
        serde_json::value::RawValue::from_string(text).unwrap_or_default()
    };
    rows.rows
        .iter()
        .map(|row| Decision {
            id: row[0].as_int().unwrap_or_default(),
            at: row[1].as_int().unwrap_or_default(),
            hook: row[2].to_string(),
            module: row[3].to_string(),
            conversation: row[4].to_string(),
            sender_id: row[5].to_string(),
            guid: row[6].to_string(),
            page_no: row[7].as_int().unwrap_or_default(),
            outcome: row[8].to_string(),
            error: row[9].as_text().map(str::to_owned),
            log: row[10].as_text().and_then(|log| serde_json::from_str(log).ok()).unwrap_or_default(),
            fuel: row[11].as_int().unwrap_or_default(),
            micros: row[12].as_int().unwrap_or_default(),
            engine: row[13].to_string(),
            input: raw(&row[14]),
            output: raw(&row[15]),
            hash: row[16].to_string(),
        })
        .collect()
}
