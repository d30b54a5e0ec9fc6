//! Workflow runs and messages that were asked for and wait for whoever carries them out.

use crate::clock::Millis;
use crate::store::{StoreError, Tx};

/// Queues a run of a workflow; answers its number. Context and payload are JSON.
///
/// # Errors
/// When the database fails, as below.
pub fn start(
    tx: &mut dyn Tx,
    code: &str,
    context: Option<&str>,
    payload: Option<&str>,
    now: Millis,
) -> Result<i64, StoreError> {
    let rows = tx.query(
        "INSERT INTO host_workflow_queue (workflow_code, context, payload, status, created_at)
         VALUES ($1, $2, $3, 'pending', $4) RETURNING id",
        &[code.into(), context.into(), payload.into(), now.into()],
    )?;
    Ok(rows.rows.first().and_then(|row| row[0].as_int()).unwrap_or_default())
}

/// Puts something to be sent into the outbox.
pub fn outbox(tx: &mut dyn Tx, kind: &str, payload: &serde_json::Value, now: Millis) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO host_outbox (kind, payload, status, created_at) VALUES ($1, $2, 'pending', $3)",
        &[kind.into(), payload.to_string().into(), now.into()],
    )
    .map(|_| ())
}
