//! What a tenant's statements may write of the host's own tables, and what becomes of it.

use std::collections::BTreeMap;

use super::workflow;
use crate::clock::{Millis, Moment};
use crate::sql::{HostOp, HostTables};
use crate::store::{StoreError, Tx, Value};

/// Applies the host's operations that a tenant's statements ask for, at the moment of the event.
pub struct Queues<'a> {
    pub moment: &'a Moment,
    /// The context of workflow runs that name none: JSON.
    pub context: &'a str,
}

/// Columns of `collections_queue` that hold an instant.
const INSTANTS: &[&str] = &["next_retry", "last_contact", "removed_date", "created_at"];

impl HostTables for Queues<'_> {
    fn apply(&mut self, tx: &mut dyn Tx, operation: &HostOp) -> Result<(), StoreError> {
        match operation {
            HostOp::QueueUpdate { id, set } => self.update(tx, *id, set),
            HostOp::QueueInsert { set } => self.insert(tx, set),
            HostOp::StartWorkflow { code, context, payload } => {
                let context = context.as_deref().unwrap_or(self.context);
                workflow::start(tx, code, Some(context), payload.as_deref(), self.moment.millis).map(|_| ())
            }
        }
    }
}

impl Queues<'_> {
    fn update(&self, tx: &mut dyn Tx, id: i64, set: &BTreeMap<String, Value>) -> Result<(), StoreError> {
        let columns: Vec<String> = (2..).zip(set).map(|(index, (name, _))| format!("{name} = ${index}")).collect();
        let values = set.iter().map(|(name, value)| self.stored(name, value));
        let params = std::iter::once(Ok(id.into())).chain(values).collect::<Result<Vec<_>, _>>()?;
        let sql = format!("UPDATE host_collections_queue SET {} WHERE id = $1", columns.join(", "));
        tx.execute(&sql, &params).map(|_| ())
    }

    fn insert(&self, tx: &mut dyn Tx, set: &BTreeMap<String, Value>) -> Result<(), StoreError> {
        let mut set = set.clone();
        set.remove("id");
        for (name, value) in [
            ("created_at", Value::Text(self.moment.datetime())),
            ("guid", Value::Text(uuid::Uuid::new_v4().to_string())),
        ] {
            set.entry(name.to_owned()).or_insert(value);
        }
        let names: Vec<&str> = set.keys().map(String::as_str).collect();
        let places: Vec<String> = (1..=set.len()).map(|index| format!("${index}")).collect();
        let params = set.iter().map(|(name, value)| self.stored(name, value)).collect::<Result<Vec<_>, _>>()?;
        let sql = format!("INSERT INTO host_collections_queue ({}) VALUES ({})", names.join(", "), places.join(", "));
        tx.execute(&sql, &params).map(|_| ())
    }

    /// A value of the view as the table below keeps it.
    fn stored(&self, column: &str, value: &Value) -> Result<Value, StoreError> {
        match value {
            Value::Text(text) if INSTANTS.contains(&column) => instant(text, self.moment).map(Value::Int),
            other => Ok(other.clone()),
        }
    }
}

fn instant(text: &str, moment: &Moment) -> Result<Millis, StoreError> {
    let wrong = || StoreError::Statement(format!("`{text}` is not a date and time (YYYY-MM-DD HH:MM:SS)"));
    let local: jiff::civil::DateTime = text.parse().map_err(|_| wrong())?;
    Ok(local.to_zoned(moment.zone.clone()).map_err(|_| wrong())?.timestamp().as_millisecond())
}
