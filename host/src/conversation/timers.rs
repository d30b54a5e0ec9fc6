//! What happens when a debtor falls silent: the page's time passes, the conversation sleeps, the account is tried again.

use serde_json::json;

use super::contact::{self, Status};
use crate::clock::Millis;
use crate::queue;
use crate::store::{StoreError, Tx};
use crate::tenant::audit::{self, Act};

/// Contacts in one transaction.
const PORTION: i64 = 200;

/// Suspends the contacts whose page has waited long enough; answers how many. Running it twice changes nothing more.
///
/// # Errors
/// When the database fails.
pub fn suspend_overdue(tx: &mut dyn Tx, now: Millis) -> Result<usize, StoreError> {
    let overdue = contact::overdue(tx, now, PORTION)?;
    let mut suspended = 0;
    for known in overdue {
        tx.lock(&format!("{}/{}", known.conversation, known.sender_id))?;
        // A message may have come in between.
        let Some(mut contact) = contact::load(tx, &known.conversation, &known.sender_id)? else { continue };
        if contact.deadline_at.is_none_or(|deadline| deadline > now) {
            continue;
        }
        contact.deadline_at = None;
        if contact.status == Status::Active {
            contact.status = Status::Suspended;
            suspended += 1;
            if let Some(account) = contact.account_id.as_deref() {
                queue::retry_after_timeout(tx, account, now)?;
            }
            let detail = json!({ "conversation": contact.conversation, "page": contact.page_no });
            let action = "conversation-suspended";
            audit::record(tx, &Act { at: now, actor: "timer", action, subject: &contact.sender_id, detail })?;
        }
        contact::save(tx, &contact)?;
    }
    Ok(suspended)
}
