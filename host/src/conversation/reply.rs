//! What a turn answers, and, for staff who debug, how it came to that answer.

use serde::Serialize;

use super::channel::{Kind, Segments};
use super::contact::Status;
use crate::clock::Millis;

/// The answer to one message.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TurnReply {
    pub conversation_guid: String,
    pub page_no: u32,
    /// What to say; empty if nothing is to be said (the bot is silent, or the debtor opted out).
    pub message: String,
    pub options: Vec<ReplyOption>,
    pub status: Status,
    /// How the conversation ended: `PAY:500`, `WORKFLOW:PLAN_3MONTH`, `EXIT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// An attachment of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// How a gateway presents it: `text`, `buttons`, `list`, `keypad`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Of an SMS: how many are paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub segments: Option<Segments>,
    /// The text on what opens a WhatsApp list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_button: Option<String>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReplyOption {
    /// What to send back to choose it.
    pub key: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A turn's reply and the way to it.
#[derive(Debug, Clone)]
pub struct TurnResult {
    /// The reply as JSON, as it is stored: a message that arrives again gets these very bytes.
    pub reply: String,
    /// The message had been answered before.
    pub repeated: bool,
    /// When the debtor's silence will have a consequence.
    pub deadline_at: Option<Millis>,
    pub debug: Debug,
}

/// The way to a reply: pages, matches, decisions and statements, in the order in which they happened.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
pub struct Debug {
    /// The version of the definitions that the contact is on.
    pub publication: i64,
    /// What the message was taken for: `opening`, `option`, `text`, `near-tie`, `nothing`, `more`, `back`, `repeat`,
    /// `opt-out`, `opt-in`, or `unheard` while the bot is silent.
    pub understood: &'static str,
    pub matched: Option<Match>,
    pub route: Option<Way>,
    pub decisions: Vec<Decided>,
    pub statements: Vec<Ran>,
    /// `{name}` places for which there was no value.
    pub missing: Vec<String>,
    pub micros: u64,
}

/// What a reply was taken for.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Match {
    pub key: String,
    pub label: String,
    /// Thousandths.
    pub score: u32,
    /// `key`, `label`, `fuzzy`, …
    pub how: String,
}

/// Where a reply led, and whose word that was.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Way {
    pub route: String,
    pub source: String,
    /// What the data alone would have done, where a module said otherwise.
    pub proposed: Option<String>,
}

/// One question that was put to the tenant's module.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Decided {
    pub id: Option<i64>,
    pub hook: String,
    pub module: String,
    pub name: String,
    pub version: String,
    pub outcome: String,
    pub error: Option<String>,
    #[schema(value_type = Object)]
    pub answer: Option<Box<serde_json::value::RawValue>>,
    pub log: Vec<String>,
    pub fuel: u64,
    pub micros: u64,
}

/// One statement that ran.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Ran {
    pub page: u32,
    /// `pre_sql`, `option_sql`, …
    pub stage: String,
    /// In the author's text.
    pub line: usize,
    /// As the store got it.
    pub sql: String,
    pub params: Vec<String>,
    pub rows: usize,
    pub micros: u64,
}
