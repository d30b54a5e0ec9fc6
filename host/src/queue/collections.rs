//! The dialer's work queue: what conversations do to the row of their account.

use crate::clock::Millis;
use crate::store::{StoreError, Tx, Value};

const HOUR: Millis = 3_600_000;
/// Doublings of the retry interval after which it grows no more.
const MOST_DOUBLINGS: u32 = 6;

/// A debtor who asked for a person.
#[derive(Debug, Clone, Copy)]
pub struct Front<'a> {
    pub account_id: Option<&'a str>,
    pub sender_id: &'a str,
    pub page_no: u32,
}

/// Puts an account to the front of the work queue; a debtor without a row gets one.
///
/// # Errors
/// When the database fails, as everywhere in this file.
pub fn to_the_front(tx: &mut dyn Tx, who: Front<'_>, now: Millis) -> Result<(), StoreError> {
    let page = Value::Int(i64::from(who.page_no));
    let (column, key) = match who.account_id {
        Some(account) => ("account_id", account),
        None => ("phone", who.sender_id),
    };
    let changed = tx.execute(
        &format!(
            "UPDATE host_collections_queue SET status = 'active', priority = 'URGENT', last_contact = $2,
               last_action = 'ESCALATE', page_reached = $3, outcome = 'ESCALATE' WHERE {column} = $1"
        ),
        &[key.into(), now.into(), page.clone()],
    )?;
    if changed == 0 {
        tx.execute(
            "INSERT INTO host_collections_queue (guid, account_id, client_id, phone, status, priority, last_contact,
               last_action, page_reached, outcome, created_at)
             VALUES ($1, $2, $2, $3, 'active', 'URGENT', $4, 'ESCALATE', $5, 'ESCALATE', $4)",
            &[uuid::Uuid::new_v4().to_string().into(), who.account_id.into(), who.sender_id.into(), now.into(), page],
        )?;
    }
    Ok(())
}

/// Sets status and, if given, priority of an account's rows; answers how many it has.
pub fn set_status(
    tx: &mut dyn Tx,
    account_id: &str,
    status: &str,
    priority: Option<&str>,
    now: Millis,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE host_collections_queue SET status = $2, priority = coalesce($3, priority), last_contact = $4
         WHERE account_id = $1",
        &[account_id.into(), status.into(), priority.into(), now.into()],
    )
}

/// A debtor fell silent: the account's row is to be tried again, each time after twice as long, until its retries are
/// used up.
pub fn retry_after_timeout(tx: &mut dyn Tx, account_id: &str, now: Millis) -> Result<(), StoreError> {
    let rows = tx.query(
        "SELECT id, retry_count, retry_interval FROM host_collections_queue
         WHERE account_id = $1 AND retry_count < max_retries",
        &[account_id.into()],
    )?;
    for row in rows.rows {
        let [Value::Int(id), Value::Int(count), Value::Int(hours)] = row.as_slice() else { continue };
        let next = now.saturating_add(back_off(*hours, *count));
        tx.execute(
            "UPDATE host_collections_queue SET status = 'retry', retry_count = retry_count + 1, next_retry = $2
             WHERE id = $1",
            &[(*id).into(), next.into()],
        )?;
    }
    Ok(())
}

/// The wait before retry number `count` (from 0), in milliseconds.
fn back_off(hours: i64, count: i64) -> Millis {
    let doublings = u32::try_from(count).unwrap_or(0).min(MOST_DOUBLINGS);
    hours.max(1).saturating_mul(HOUR).saturating_mul(1 << doublings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_retry_waits_twice_as_long_up_to_a_bound() {
        let hours: Vec<i64> = (0..9).map(|count| back_off(1, count) / HOUR).collect();
        assert_eq!(hours, [1, 2, 4, 8, 16, 32, 64, 64, 64]);
        assert_eq!(back_off(0, -1), HOUR);
    }
}
