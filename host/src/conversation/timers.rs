//! What happens when a debtor falls silent: the page's time passes, the conversation sleeps, the account is tried again.

use serde_json::json;

use super::contact::{self, Status};
use crate::clock::Millis;
use crate::queue;
use crate::store::{StoreError, Tx};
use crate::tenant::audit::{self, Act};

/// Suspends a contact if its page has waited long enough; answers whether it did. Running it twice changes nothing more.
///
/// # Errors
/// When the database fails.
pub fn suspend(tx: &mut dyn Tx, conversation: &str, sender_id: &str, now: Millis) -> Result<bool, StoreError> {
    tx.lock(&format!("{conversation}/{sender_id}"))?;
    // A message may have come in between.
    let Some(mut contact) = contact::load(tx, conversation, sender_id)? else { return Ok(false) };
    if contact.deadline_at.is_none_or(|deadline| deadline > now) {
        return Ok(false);
    }
    contact.deadline_at = None;
    let suspends = contact.status == Status::Active;
    if suspends {
        contact.status = Status::Suspended;
        if let Some(account) = contact.account_id.as_deref() {
            queue::retry_after_timeout(tx, account, now)?;
        }
        let detail = json!({ "conversation": contact.conversation, "page": contact.page_no });
        let action = "conversation-suspended";
        audit::record(tx, &Act { at: now, actor: "timer", action, subject: &contact.sender_id, detail })?;
    }
    contact::save(tx, &contact)?;
    Ok(suspends)
}
