//! Running a checked statement as a page would, by hand.

use axum::Json as Reply;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::Front;
use super::asking::Caller;
use super::body::Json;
use super::conversation::from_json;
use super::problem::Problem;
use crate::app::{StatementAnswer, blocking};

/// A text of tenant SQL with the values of its `$name$`s.
#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub sql: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: serde_json::Map<String, serde_json::Value>,
    /// Keeps what the statements change; without it such statements are refused.
    #[serde(default)]
    pub write: bool,
}

/// The rows of each SELECT.
pub type Answer = Vec<StatementAnswer>;

/// Runs a checked statement as a page would.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/sql", tag = "definitions", params(("tenant" = String, Path)),
    request_body = Question,
    responses((status = 200, body = Vec<StatementAnswer>), (status = 422, body = Problem)), security(("token" = [])))]
pub(super) async fn run(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(question): Json<Question>,
) -> Result<Reply<Answer>, Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let values = question.values.into_iter().map(|(name, value)| (name, from_json(value))).collect();
    let (sql, write, actor) = (question.sql, question.write, caller.0.actor);
    Ok(Reply(blocking(move || front.app.run_sql(&tenant, &sql, values, write, &actor)).await?))
}
