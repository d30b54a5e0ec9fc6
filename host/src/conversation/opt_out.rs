//! Who does not want to be written to. An opt-out holds for the sender on every channel and in every conversation.

use super::contact::Contact;
use crate::clock::Millis;
use crate::store::{StoreError, Tx};

/// # Errors
/// When the database fails, as everywhere in this file.
pub fn holds(tx: &mut dyn Tx, sender_id: &str) -> Result<bool, StoreError> {
    Ok(!tx.query("SELECT sender_id FROM host_opt_outs WHERE sender_id = $1", &[sender_id.into()])?.rows.is_empty())
}

pub fn record(tx: &mut dyn Tx, contact: &Contact, word: &str, now: Millis) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO host_opt_outs (sender_id, channel, word, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (sender_id) DO UPDATE SET channel = excluded.channel, word = excluded.word, at = excluded.at",
        &[contact.sender_id.as_str().into(), contact.channel.name().into(), word.into(), now.into()],
    )
    .map(|_| ())
}

/// Answers whether there was an opt-out.
pub fn lift(tx: &mut dyn Tx, sender_id: &str) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM host_opt_outs WHERE sender_id = $1", &[sender_id.into()])? > 0)
}
