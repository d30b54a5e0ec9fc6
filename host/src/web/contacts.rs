//! Where a sender stands in a conversation.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Front;
use super::asking::Caller;
use super::problem::Problem;
use crate::app::{ContactView, blocking};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SenderPath {
    tenant: String,
    /// The conversation's code.
    code: String,
    sender_id: String,
}

/// Where a sender stands, and what was said.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/contacts/{code}/{sender_id}", tag = "conversations",
    params(SenderPath), responses((status = 200, body = ContactView), (status = 404, body = Problem)),
    security(("token" = [])))]
pub(super) async fn show(
    State(front): State<Front>,
    caller: Caller,
    Path(path): Path<SenderPath>,
) -> Result<Answer<ContactView>, Problem> {
    let tenant = caller.enter(&path.tenant)?;
    Ok(Answer(blocking(move || front.app.contact(&tenant, &path.code, &path.sender_id)).await?))
}

/// Lets a sender begin anew. What was said stays on record.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/contacts/{code}/{sender_id}", tag = "conversations",
    params(SenderPath), responses((status = 204, description = "Done"), (status = 404, body = Problem)),
    security(("token" = [])))]
pub(super) async fn reset(
    State(front): State<Front>,
    caller: Caller,
    Path(path): Path<SenderPath>,
) -> Result<StatusCode, Problem> {
    let tenant = caller.enter(&path.tenant)?;
    let actor = caller.0.actor;
    blocking(move || front.app.reset_contact(&tenant, &path.code, &path.sender_id, &actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}
