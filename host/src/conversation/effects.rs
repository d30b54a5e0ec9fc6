//! The operations that a module asks for after an answer: each checked like the same act by a person, all or none.

use std::collections::BTreeMap;

use serde_json::json;

use super::error::TurnError;
use super::show::is_fixed;
use super::turn::Turn;
use crate::decision::ask::from_rules;
use crate::queue;
use crate::rules::bindings::v1::types::{Field, InsertRow, Operation, QueueStatus, SendTemplate, StartWorkflow};
use crate::sql::{self, Purpose, Temps};
use crate::store::{StoreError, Value};

/// Operations of one answer.
const MOST: usize = 50;

/// Applies the operations. `Ok(Err(why))` means that one of them was refused and none was kept.
///
/// # Errors
/// When the database itself fails.
pub(super) fn apply(turn: &mut Turn<'_>, operations: &[Operation]) -> Result<Result<(), String>, TurnError> {
    if operations.is_empty() {
        return Ok(Ok(()));
    }
    if operations.len() > MOST {
        return Ok(Err(format!("{} operations are more than {MOST}", operations.len())));
    }
    let context = turn.contact.context.clone();
    turn.tx.script("SAVEPOINT operations")?;
    for (index, operation) in operations.iter().enumerate() {
        match one(turn, operation) {
            Ok(()) => {}
            Err(Refusal::Store(error @ (StoreError::Unavailable(_) | StoreError::Retry(_)))) => {
                return Err(error.into());
            }
            Err(refusal) => {
                turn.tx.script("ROLLBACK TO operations; RELEASE operations")?;
                turn.contact.context = context;
                return Ok(Err(format!("operation {}: {refusal}", index + 1)));
            }
        }
    }
    turn.tx.script("RELEASE operations")?;
    Ok(Ok(()))
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Store(#[from] StoreError),
}

fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Refused(why.into()))
}

fn one(turn: &mut Turn<'_>, operation: &Operation) -> Result<(), Refusal> {
    match operation {
        Operation::SetContext(field) => set_context(turn, field),
        Operation::SetQueueStatus(set) => set_queue_status(turn, set),
        Operation::InsertRow(insert) => insert_row(turn, insert),
        Operation::StartWorkflow(start) => start_workflow(turn, start),
        Operation::SendTemplate(send) => send_template(turn, send),
        Operation::SetField(_) | Operation::SetFlag(_) | Operation::AdmAction(_) | Operation::RecordPromise(_) => {
            refuse("this host keeps no account master, so that nothing of an account can be set")
        }
    }
}

fn set_context(turn: &mut Turn<'_>, field: &Field) -> Result<(), Refusal> {
    if is_fixed(&field.name) {
        return refuse(format!("`{}` is the host's to set", field.name));
    }
    let value = from_rules(&field.value).map_err(Refusal::Refused)?;
    turn.contact.context.insert(field.name.clone(), value);
    Ok(())
}

fn set_queue_status(turn: &mut Turn<'_>, set: &QueueStatus) -> Result<(), Refusal> {
    let Some(account) = turn.contact.account_id.as_deref() else {
        return refuse("the conversation has no account, so that there is no row of the queue to set");
    };
    if set.status.trim().is_empty() || set.status.chars().count() > 50 {
        return refuse("a queue status has 1 to 50 characters");
    }
    let priority = set.priority.as_ref().map(|priority| priority.to_ascii_uppercase());
    if let Some(priority) = &priority
        && !["NORMAL", "HIGH", "URGENT"].contains(&priority.as_str())
    {
        return refuse(format!("`{priority}` is not a priority; use NORMAL, HIGH or URGENT"));
    }
    queue::set_status(turn.tx, account, &set.status, priority.as_deref(), turn.moment.millis)?;
    Ok(())
}

/// As a statement of the tenant's own would: checked against the catalog, run behind the wall.
fn insert_row(turn: &mut Turn<'_>, insert: &InsertRow) -> Result<(), Refusal> {
    let identifiers = std::iter::once(&insert.table).chain(insert.row.iter().map(|field| &field.name));
    for name in identifiers {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
        if !plain {
            return refuse(format!("`{name}` is not the name of a table or column"));
        }
    }
    let columns: Vec<&str> = insert.row.iter().map(|field| field.name.as_str()).collect();
    let places: Vec<String> = columns.iter().map(|name| format!("$row_{name}$")).collect();
    let text = format!("INSERT INTO {} ({}) VALUES ({})", insert.table, columns.join(", "), places.join(", "));
    let program = sql::compile(&text, Purpose::PostSql, &turn.published.catalog, &Temps::default(), None)
        .map_err(|faults| Refusal::Refused(faults.first().map(|fault| fault.message.clone()).unwrap_or_default()))?;
    let mut row = BTreeMap::new();
    for field in &insert.row {
        row.insert(format!("row_{}", field.name), from_rules(&field.value).map_err(Refusal::Refused)?);
    }
    let mut temps = sql::TempTables::default();
    let context = turn.workflow_context(None);
    let mut env = sql::Env {
        names: &|name: &str| row.get(name).cloned(),
        moment: turn.moment,
        account_id: turn.contact.account_id.as_deref(),
        temps: &mut temps,
        page: None,
    };
    let mut queues = queue::Queues { moment: turn.moment, context: &context };
    sql::run(turn.tx, &mut queues, &program, &mut env, &sql::Limits::default()).map(|_| ()).map_err(|error| match error
    {
        sql::SqlError::Statement(fault) => Refusal::Refused(fault.message),
        sql::SqlError::Store(error) => Refusal::Store(error),
    })
}

fn start_workflow(turn: &mut Turn<'_>, start: &StartWorkflow) -> Result<(), Refusal> {
    let plain = start.code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !plain || start.code.is_empty() || start.code.len() > 64 {
        return refuse(format!("`{}` is not the code of a workflow", start.code));
    }
    let payload = payload(&start.payload)?;
    let context = turn.workflow_context(None);
    queue::start(turn.tx, &start.code, Some(&context), Some(&payload), turn.moment.millis)?;
    Ok(())
}

fn send_template(turn: &mut Turn<'_>, send: &SendTemplate) -> Result<(), Refusal> {
    let payload = json!({
        "template": send.template,
        "channel": send.channel.as_deref().unwrap_or(turn.contact.channel.name()),
        "sender_id": turn.contact.sender_id,
        "account_id": turn.contact.account_id,
    });
    queue::outbox(turn.tx, "send-template", &payload, turn.moment.millis)?;
    Ok(())
}

/// Fields as a JSON object; decimals are numbers with their digits as written.
fn payload(fields: &[Field]) -> Result<String, Refusal> {
    let mut object = serde_json::Map::new();
    for field in fields {
        let value = match from_rules(&field.value).map_err(Refusal::Refused)? {
            Value::Int(number) => json!(number),
            Value::Decimal(number) => {
                serde_json::from_str(&number.to_string()).unwrap_or_else(|_| json!(number.to_string()))
            }
            Value::Text(text) => json!(text),
            Value::Null | Value::Bytes(_) => serde_json::Value::Null,
        };
        object.insert(field.name.clone(), value);
    }
    Ok(serde_json::Value::Object(object).to_string())
}
