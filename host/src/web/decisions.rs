//! The decision log and the audit.

use axum::Json as Answer;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::Front;
use super::asking::Caller;
use super::problem::Problem;
use crate::app::{Replayed, blocking};
use crate::decision::Decision;
use crate::tenant::audit::Verdict;

const MOST: i64 = 1_000;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of one conversation session.
    guid: Option<String>,
    /// At most 1,000.
    #[serde(default = "fifty")]
    limit: i64,
}

fn fifty() -> i64 {
    50
}

/// The newest decisions, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/decisions", tag = "decisions",
    params(("tenant" = String, Path), Which), responses((status = 200, body = Vec<Decision>)), security(("token" = [])))]
pub(super) async fn list(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Query(which): Query<Which>,
) -> Result<Answer<Vec<Decision>>, Problem> {
    let tenant = caller.enter(&tenant)?;
    let limit = which.limit.clamp(1, MOST);
    Ok(Answer(blocking(move || front.app.decisions(&tenant, which.guid.as_deref(), limit)).await?))
}

/// One decision.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/decisions/{id}", tag = "decisions",
    params(("tenant" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Decision), (status = 404, body = Problem)), security(("token" = [])))]
pub(super) async fn get(
    State(front): State<Front>,
    caller: Caller,
    Path((tenant, id)): Path<(String, i64)>,
) -> Result<Answer<Decision>, Problem> {
    let tenant = caller.enter(&tenant)?;
    Ok(Answer(blocking(move || front.app.decision(&tenant, id)).await?))
}

/// Asks the module of a decision again and compares, bit for bit.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/decisions/{id}/replay", tag = "decisions",
    params(("tenant" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Replayed), (status = 404, body = Problem)), security(("token" = [])))]
pub(super) async fn replay(
    State(front): State<Front>,
    caller: Caller,
    Path((tenant, id)): Path<(String, i64)>,
) -> Result<Answer<Replayed>, Problem> {
    let tenant = caller.enter(&tenant)?;
    Ok(Answer(blocking(move || front.app.replay(&tenant, id)).await?))
}

/// Recomputes the chains of the audit and of the decision log.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit/verify", tag = "decisions", params(("tenant" = String, Path)),
    responses((status = 200, body = Verdict)), security(("token" = [])))]
pub(super) async fn verify(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Answer<Verdict>, Problem> {
    let tenant = caller.enter(&tenant)?;
    Ok(Answer(blocking(move || front.app.verify_audit(&tenant)).await?))
}
