//! Uploading rules, and choosing which version decides.

use axum::Json as Answer;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::Front;
use super::asking::Caller;
use super::body::whole;
use super::problem::Problem;
use crate::app::blocking;
use crate::decision::Version;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Upload {
    /// Lets the version decide at once.
    #[serde(default)]
    activate: bool,
}

/// Uploads a module: checked, compiled, kept as a version named by its sha-256.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/rules", tag = "rules", params(("tenant" = String, Path), Upload),
    request_body(content = Vec<u8>, content_type = "application/wasm"),
    responses((status = 201, body = Version), (status = 413, body = Problem), (status = 422, body = Problem)),
    security(("token" = [])))]
pub(super) async fn push(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Query(upload): Query<Upload>,
    request: Request,
) -> Result<(StatusCode, Answer<Version>), Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let content = whole(request, &front).await?.to_vec();
    let actor = caller.0.actor;
    let version = blocking(move || front.app.push_rules(&tenant, content, upload.activate, &actor)).await?;
    Ok((StatusCode::CREATED, Answer(version)))
}

/// The versions of a tenant's rules, the newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/rules", tag = "rules", params(("tenant" = String, Path)),
    responses((status = 200, body = Vec<Version>)), security(("token" = [])))]
pub(super) async fn list(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Answer<Vec<Version>>, Problem> {
    let tenant = caller.enter(&tenant)?;
    Ok(Answer(blocking(move || front.app.rules(&tenant)).await?))
}

/// Lets a version decide from now on; `sha256` may be cut short. `none` leaves the decisions to the data.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/rules/{sha256}/activate", tag = "rules",
    params(("tenant" = String, Path), ("sha256" = String, Path)),
    responses((status = 204, description = "Done"), (status = 404, body = Problem)), security(("token" = [])))]
pub(super) async fn activate(
    State(front): State<Front>,
    caller: Caller,
    Path((tenant, sha)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let tenant = caller.publish_in(&tenant)?;
    let actor = caller.0.actor;
    let chosen = (sha != "none").then_some(sha);
    blocking(move || front.app.activate_rules(&tenant, chosen.as_deref(), &actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}
