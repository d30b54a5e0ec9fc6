//! Every message with its reply: the record of a conversation, and what answers a message that arrives twice.

use serde::Serialize;

use super::contact::Contact;
use crate::clock::Millis;
use crate::store::{StoreError, Tx, Value};

/// One message and what it was taken for.
#[derive(Debug, Clone, Default)]
pub struct NewResponse<'a> {
    pub message_id: Option<&'a str>,
    /// The page that was answered; none if the message began the conversation.
    pub page_no: Option<u32>,
    pub raw_input: &'a str,
    /// `$user_input$`.
    pub user_input: Option<&'a str>,
    /// The label of the option.
    pub matched: Option<&'a str>,
    pub score: Option<u32>,
    pub how: Option<&'a str>,
    pub route: Option<&'a str>,
}

/// The stored reply to a message that was answered before.
///
/// # Errors
/// When the database fails, as everywhere in this file.
pub fn answered(
    tx: &mut dyn Tx,
    conversation: &str,
    sender_id: &str,
    message_id: &str,
) -> Result<Option<String>, StoreError> {
    let rows = tx.query(
        "SELECT reply FROM host_conversation_responses WHERE conversation = $1 AND sender_id = $2 AND message_id = $3",
        &[conversation.into(), sender_id.into(), message_id.into()],
    )?;
    Ok(rows.rows.first().map(|row| row[0].to_string()))
}

/// Records a message; `contact` is as the turn left it, `reply` is JSON.
pub fn record(
    tx: &mut dyn Tx,
    contact: &Contact,
    response: &NewResponse<'_>,
    reply: &str,
    now: Millis,
) -> Result<(), StoreError> {
    let page = |page: u32| Value::Int(i64::from(page));
    tx.execute(
        "INSERT INTO host_conversation_responses (conversation, sender_id, message_id, guid, channel, account_id,
           page_no, raw_input, user_input, matched, score, how, route, next_page, status, reply, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        &[
            contact.conversation.as_str().into(),
            contact.sender_id.as_str().into(),
            response.message_id.into(),
            contact.guid.as_str().into(),
            contact.channel.name().into(),
            contact.account_id.clone().into(),
            response.page_no.map(page).into(),
            response.raw_input.into(),
            response.user_input.into(),
            response.matched.into(),
            response.score.map(page).into(),
            response.how.into(),
            response.route.into(),
            page(contact.page_no),
            contact.status.name().into(),
            reply.into(),
            now.into(),
        ],
    )
    .map(|_| ())
}

/// A message as it is listed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Line {
    pub at: Millis,
    pub guid: String,
    pub page_no: Option<i64>,
    pub raw_input: String,
    pub user_input: Option<String>,
    pub matched: Option<String>,
    /// Thousandths.
    pub score: Option<i64>,
    pub how: Option<String>,
    pub route: Option<String>,
    pub status: String,
    /// What was said.
    pub message: String,
}

/// The newest messages of a sender in a conversation, the oldest of them first.
pub fn history(tx: &mut dyn Tx, conversation: &str, sender_id: &str, limit: i64) -> Result<Vec<Line>, StoreError> {
    let rows = tx.query(
        "SELECT at, guid, page_no, raw_input, user_input, matched, score, how, route, status, reply
         FROM host_conversation_responses WHERE conversation = $1 AND sender_id = $2 ORDER BY id DESC LIMIT $3",
        &[conversation.into(), sender_id.into(), limit.into()],
    )?;
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let line = |row: &Vec<Value>| Line {
        at: row[0].as_int().unwrap_or_default(),
        guid: row[1].to_string(),
        page_no: row[2].as_int(),
        raw_input: row[3].to_string(),
        user_input: text(&row[4]),
        matched: text(&row[5]),
        score: row[6].as_int(),
        how: text(&row[7]),
        route: text(&row[8]),
        status: row[9].to_string(),
        message: row[10]
            .as_text()
            .and_then(|reply| serde_json::from_str::<serde_json::Value>(reply).ok())
            .and_then(|reply| reply["message"].as_str().map(str::to_owned))
            .unwrap_or_default(),
    };
    Ok(rows.rows.iter().rev().map(line).collect())
}
