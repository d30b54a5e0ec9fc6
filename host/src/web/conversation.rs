//! `POST /conversation/{code}`: one message of a debtor, from a gateway.

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Front;
use super::asking::Caller;
use super::body::{Json, too_large};
use super::problem::Problem;
use crate::conversation::channel::Channel;
use crate::conversation::contact::Context;
use crate::conversation::{Debug, TurnReply, TurnRequest, TurnResult};
use crate::store::Value;

/// The longest message of a debtor, in bytes.
const TEXT_BYTES: usize = 4 << 10;
/// Values and bytes of a context.
const CONTEXT_ENTRIES: usize = 100;
const CONTEXT_BYTES: usize = 32 << 10;

/// One inbound message.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who wrote: a telephone number or the channel's own id.
    pub sender_id: String,
    /// What was written; empty begins the conversation or shows its page again. At most 4 kB.
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `console`, `sms`, `whatsapp`, `web` or `voice`; the contact's last, or the tenant's default, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The gateway's own id of the message: the same id again gets the same reply and does nothing twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Values that pages may show as `{name}` and statements use as `$name$`.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[schema(value_type = Object)]
    pub context: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Options {
    /// Adds how the reply came about. For staff and programs of the tenant.
    #[serde(default)]
    debug: bool,
    /// Which tenant, for an operator.
    tenant: Option<String>,
}

/// A reply with the way to it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Said {
    #[schema(value_type = TurnReply)]
    pub reply: Box<RawValue>,
    /// The message had been answered before: this is that answer.
    pub repeated: bool,
    pub debug: Debug,
}

/// Takes a debtor's message and answers with what to say next.
#[utoipa::path(
    post, path = "/conversation/{code}", tag = "conversations", params(("code" = String, Path), Options),
    request_body = Message,
    responses(
        (status = 200, description = "What to say. With `debug=true` an object of `reply`, `repeated` and `debug`.", body = TurnReply),
        (status = 400, description = "The body is not valid", body = Problem),
        (status = 401, description = "No token, or an unknown one", body = Problem),
        (status = 404, description = "No such conversation", body = Problem),
        (status = 413, description = "The text is longer than 4 kB", body = Problem),
        (status = 422, description = "A page's statement failed, or a page leads nowhere; nothing was changed", body = Problem),
        (status = 503, description = "Overloaded or shutting down; try again", body = Problem),
    ),
    security(("token" = []))
)]
pub(super) async fn converse(
    State(front): State<Front>,
    caller: Caller,
    Path(code): Path<String>,
    Query(options): Query<Options>,
    Json(message): Json<Message>,
) -> Result<Response, Problem> {
    let tenant = caller.own_tenant(options.tenant.as_deref())?;
    let result = front.app.turn(&tenant, request(code, message)?).await?;
    if options.debug {
        return Ok(Answer(said(result)?).into_response());
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], result.reply).into_response())
}

pub(super) fn said(result: TurnResult) -> Result<Said, Problem> {
    let reply = RawValue::from_string(result.reply)
        .map_err(|error| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "reply", error.to_string()))?;
    Ok(Said { reply, repeated: result.repeated, debug: result.debug })
}

/// Checks what a message says of itself.
pub(super) fn request(code: String, message: Message) -> Result<TurnRequest, Problem> {
    if message.text.len() > TEXT_BYTES {
        return Err(too_large(&format!("`text` has {} bytes, {TEXT_BYTES} are allowed", message.text.len())));
    }
    let channel = message.channel.as_deref().map(str::parse::<Channel>).transpose();
    let channel = channel.map_err(|error| Problem::bad_request("channel-unknown", error.to_string()))?;
    let account_id = message.account_id.filter(|account| !account.is_empty());
    Ok(TurnRequest {
        conversation: code,
        sender_id: message.sender_id.trim().to_owned(),
        text: message.text,
        account_id,
        channel,
        message_id: message.message_id.filter(|id| !id.is_empty()),
        context: context(message.context)?,
    })
}

fn context(given: serde_json::Map<String, serde_json::Value>) -> Result<Context, Problem> {
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    if given.len() > CONTEXT_ENTRIES || bytes > CONTEXT_BYTES {
        return Err(too_large("`context` has at most 100 values and 32 kB"));
    }
    given
        .into_iter()
        .map(|(name, value)| {
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
            if !plain {
                let detail = format!("`{name}` in `context` is not a name: use letters, digits and _");
                return Err(Problem::bad_request("context-name", detail));
            }
            match from_json(value) {
                Value::Text(text) if text.contains('\0') => {
                    let detail = format!("`{name}` in `context` has a NUL character");
                    Err(Problem::bad_request("context-value", detail))
                }
                value => Ok((name, value)),
            }
        })
        .collect()
}

/// A JSON value as pages and statements have it; what is nested stays JSON.
pub(super) fn from_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(yes) => Value::Int(i64::from(yes)),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => number.to_string().parse().map_or_else(|_| Value::Text(number.to_string()), Value::Decimal),
        },
        serde_json::Value::String(text) => Value::Text(text),
        nested => Value::Text(nested.to_string()),
    }
}
