//! A contact: where one sender stands in one conversation, kept between turns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::options::Choice;
use crate::clock::Millis;
use crate::sql::TempTables;
use crate::store::{StoreError, Tx, Value};

/// The values of a conversation by name: what its pages show as `{name}` and its statements bind as `$name$`.
pub type Context = BTreeMap<String, Value>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for the debtor's answer.
    Active,
    /// The debtor was silent for longer than the page allows; the next message resumes it.
    Suspended,
    /// An agent has it; the bot is silent until the agent lets go.
    Escalated,
    Completed,
    /// The debtor opted out.
    Stopped,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Suspended => "suspended",
            Status::Escalated => "escalated",
            Status::Completed => "completed",
            Status::Stopped => "stopped",
        }
    }

    fn parse(name: &str) -> Status {
        [Status::Active, Status::Suspended, Status::Escalated, Status::Stopped]
            .into_iter()
            .find(|status| status.name() == name)
            .unwrap_or(Status::Completed)
    }
}

/// The options as they were shown, so that a reply means what the debtor saw, whatever changed since.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shown {
    /// As it was said, filled in.
    #[serde(default)]
    pub header: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// On this page of the list.
    pub choices: Vec<Choice>,
    /// On pages of the list that were shown before; their keys still count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Choice>,
    pub has_more: bool,
    pub has_back: bool,
    /// Any text is an answer.
    pub free_text: bool,
}

impl Shown {
    /// Everything a reply can mean; the options in view win where keys repeat.
    pub fn all(&self) -> Vec<Choice> {
        let seen = |key: &str| self.choices.iter().any(|choice| choice.key == key);
        self.choices.iter().cloned().chain(self.earlier.iter().filter(|choice| !seen(&choice.key)).cloned()).collect()
    }
}

#[derive(Debug, Clone)]
pub struct Contact {
    pub conversation: String,
    pub sender_id: String,
    pub guid: String,
    pub channel: Channel,
    pub account_id: Option<String>,
    /// The publication it began with; it stays there to its end.
    pub publication: i64,
    pub page_no: u32,
    pub page_offset: usize,
    pub retries: u32,
    pub status: Status,
    pub outcome: Option<String>,
    pub context: Context,
    pub temps: TempTables,
    pub shown: Shown,
    pub started_at: Millis,
    pub updated_at: Millis,
    /// When the page's silence becomes a suspension.
    pub deadline_at: Option<Millis>,
    /// When the contact would begin anew.
    pub expires_at: Option<Millis>,
}

/// What a contact may carry from turn to turn: every turn reads and writes it.
const MOST_BYTES: usize = 512 << 10;

const COLUMNS: &str = "conversation, sender_id, guid, channel, account_id, publication, page_no, page_offset, retries,
    status, outcome, context, temps, shown, started_at, updated_at, deadline_at, expires_at";

/// # Errors
/// When the database fails, as everywhere in this file.
pub fn load(tx: &mut dyn Tx, conversation: &str, sender_id: &str) -> Result<Option<Contact>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM host_conversation_contacts WHERE conversation = $1 AND sender_id = $2");
    tx.query(&sql, &[conversation.into(), sender_id.into()])?.rows.pop().map(read).transpose()
}

/// When the first page will have waited long enough.
pub fn next_deadline(tx: &mut dyn Tx) -> Result<Option<Millis>, StoreError> {
    let rows =
        tx.query("SELECT min(deadline_at) FROM host_conversation_contacts WHERE deadline_at IS NOT NULL", &[])?;
    Ok(rows.rows.first().and_then(|row| row[0].as_int()))
}

/// The contacts whose page has waited long enough, the longest-waiting first: conversation and sender.
pub fn overdue(tx: &mut dyn Tx, now: Millis, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    let rows = tx.query(
        "SELECT conversation, sender_id FROM host_conversation_contacts
         WHERE deadline_at IS NOT NULL AND deadline_at <= $1 ORDER BY deadline_at LIMIT $2",
        &[now.into(), limit.into()],
    )?;
    Ok(rows.rows.iter().map(|row| (row[0].to_string(), row[1].to_string())).collect())
}

/// Open contacts of a publication, to be moved to another.
pub fn move_open(tx: &mut dyn Tx, publication: i64) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE host_conversation_contacts SET publication = $1
         WHERE status IN ('active', 'suspended', 'escalated') AND publication < $1",
        &[publication.into()],
    )
}

/// How many open contacts stand on each page: to say who would land on a page that is gone.
pub fn open_pages(tx: &mut dyn Tx) -> Result<Vec<(String, u32, i64)>, StoreError> {
    let rows = tx.query(
        "SELECT conversation, page_no, count(*) FROM host_conversation_contacts
         WHERE status IN ('active', 'suspended', 'escalated') GROUP BY conversation, page_no",
        &[],
    )?;
    let number = |value: &Value| value.as_int().unwrap_or_default();
    let page = |value: &Value| u32::try_from(number(value)).unwrap_or_default();
    Ok(rows.rows.iter().map(|row| (row[0].to_string(), page(&row[1]), number(&row[2]))).collect())
}

pub fn save(tx: &mut dyn Tx, contact: &Contact) -> Result<(), StoreError> {
    let json = |value: Result<String, serde_json::Error>| {
        value.map_err(|error| StoreError::Statement(format!("a contact cannot be written: {error}")))
    };
    let context = json(serde_json::to_string(&contact.context))?;
    let temps = json(serde_json::to_string(&contact.temps))?;
    let shown = json(serde_json::to_string(&contact.shown))?;
    let bytes = context.len() + temps.len() + shown.len();
    if bytes > MOST_BYTES {
        return Err(StoreError::Limit(format!(
            "the conversation's values, temporary tables and options take {bytes} bytes, {MOST_BYTES} are allowed; \
             send fewer values, or let pre_sql select fewer rows"
        )));
    }
    tx.execute(
        "INSERT INTO host_conversation_contacts (conversation, sender_id, guid, channel, account_id, publication,
           page_no, page_offset, retries, status, outcome, context, temps, shown, started_at, updated_at, deadline_at,
           expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         ON CONFLICT (conversation, sender_id) DO UPDATE SET guid = excluded.guid, channel = excluded.channel,
           account_id = excluded.account_id, publication = excluded.publication, page_no = excluded.page_no,
           page_offset = excluded.page_offset, retries = excluded.retries, status = excluded.status,
           outcome = excluded.outcome, context = excluded.context, temps = excluded.temps, shown = excluded.shown,
           started_at = excluded.started_at, updated_at = excluded.updated_at, deadline_at = excluded.deadline_at,
           expires_at = excluded.expires_at",
        &[
            contact.conversation.as_str().into(),
            contact.sender_id.as_str().into(),
            contact.guid.as_str().into(),
            contact.channel.name().into(),
            contact.account_id.clone().into(),
            contact.publication.into(),
            i64::from(contact.page_no).into(),
            i64::try_from(contact.page_offset).unwrap_or(i64::MAX).into(),
            i64::from(contact.retries).into(),
            contact.status.name().into(),
            contact.outcome.clone().into(),
            context.into(),
            temps.into(),
            shown.into(),
            contact.started_at.into(),
            contact.updated_at.into(),
            contact.deadline_at.into(),
            contact.expires_at.into(),
        ],
    )
    .map(|_| ())
}

/// Forgets where a sender stands; the responses stay. Answers whether there was a contact.
pub fn reset(tx: &mut dyn Tx, conversation: &str, sender_id: &str) -> Result<bool, StoreError> {
    let key = [conversation.into(), sender_id.into()];
    let sql = "DELETE FROM host_conversation_contacts WHERE conversation = $1 AND sender_id = $2";
    Ok(tx.execute(sql, &key)? > 0)
}

fn read(row: Vec<Value>) -> Result<Contact, StoreError> {
    let number = |index: usize| row[index].as_int().unwrap_or_default();
    let text = |index: usize| row[index].as_text().map(str::to_owned);
    let damaged = |error: serde_json::Error| StoreError::Statement(format!("a contact cannot be read: {error}"));
    let json = |index: usize| row[index].as_text().unwrap_or("null");
    Ok(Contact {
        conversation: row[0].to_string(),
        sender_id: row[1].to_string(),
        guid: row[2].to_string(),
        channel: json(3).parse().unwrap_or_default(),
        account_id: text(4),
        publication: number(5),
        page_no: u32::try_from(number(6)).unwrap_or(1),
        page_offset: usize::try_from(number(7)).unwrap_or_default(),
        retries: u32::try_from(number(8)).unwrap_or_default(),
        status: Status::parse(json(9)),
        outcome: text(10),
        context: serde_json::from_str(json(11)).map_err(damaged)?,
        temps: serde_json::from_str(json(12)).map_err(damaged)?,
        shown: serde_json::from_str(json(13)).map_err(damaged)?,
        started_at: number(14),
        updated_at: number(15),
        deadline_at: row[16].as_int(),
        expires_at: row[17].as_int(),
    })
}
