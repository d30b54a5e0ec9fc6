//! Tenants and their tokens.

use axum::Json as Answer;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Front;
use super::asking::Caller;
use super::body::Json;
use super::problem::Problem;
use crate::app::blocking;
use crate::tenant::{Role, TenantName, TokenEntry};

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTenant {
    /// 2 to 40 lower-case letters, digits and `_`.
    name: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TenantView {
    name: String,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    role: Role,
    /// What it is for; the audit calls its holder so.
    #[serde(default)]
    label: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct TokenView {
    /// Shown once; the host keeps only its hash.
    token: String,
    role: Role,
    label: String,
}

/// The tenants of this host.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "tenants",
    responses((status = 200, body = Vec<TenantView>), (status = 403, body = Problem)), security(("token" = [])))]
pub(super) async fn list(State(front): State<Front>, caller: Caller) -> Result<Answer<Vec<TenantView>>, Problem> {
    caller.operator()?;
    let names = blocking(move || front.app.tenants()).await?;
    Ok(Answer(names.iter().map(|name| TenantView { name: name.to_string() }).collect()))
}

/// Makes a tenant.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "tenants", request_body = NewTenant,
    responses((status = 201, body = TenantView), (status = 400, body = Problem), (status = 409, body = Problem)),
    security(("token" = [])))]
pub(super) async fn create(
    State(front): State<Front>,
    caller: Caller,
    Json(new): Json<NewTenant>,
) -> Result<(StatusCode, Answer<TenantView>), Problem> {
    caller.operator()?;
    let name = TenantName::parse(&new.name).map_err(crate::app::AppError::from)?;
    let own = name.clone();
    blocking(move || front.app.create_tenant(&own)).await?;
    Ok((StatusCode::CREATED, Answer(TenantView { name: name.to_string() })))
}

/// Makes a token of a tenant.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/tokens", tag = "tenants", params(("tenant" = String, Path)),
    request_body = NewToken,
    responses((status = 201, body = TokenView), (status = 403, body = Problem), (status = 404, body = Problem)),
    security(("token" = [])))]
pub(super) async fn create_token(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Answer<TokenView>), Problem> {
    let tenant = keeper_of_tokens(&caller, &tenant)?;
    if new.role == Role::Operator {
        let detail = "no token of a tenant is an operator's";
        return Err(Problem::new(StatusCode::FORBIDDEN, "role", detail));
    }
    let label = if new.label.is_empty() { new.role.name().to_owned() } else { new.label };
    let (role, own, actor) = (new.role, label.clone(), caller.0.actor);
    let secret = blocking(move || front.app.create_token(&tenant, role, &own, &actor)).await?;
    let token = secret.reveal().to_owned();
    Ok((StatusCode::CREATED, Answer(TokenView { token, role, label })))
}

/// The tenant, for those who may make and end its tokens.
fn keeper_of_tokens(caller: &Caller, tenant: &str) -> Result<TenantName, Problem> {
    let tenant = caller.enter(tenant)?;
    if matches!(caller.0.role, Role::Admin | Role::Operator) {
        return Ok(tenant);
    }
    let detail = "the tokens of a tenant are its admin's and the operator's to make, list and revoke";
    Err(Problem::new(StatusCode::FORBIDDEN, "role", detail))
}

/// The tokens of a tenant, without their secrets.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/tokens", tag = "tenants", params(("tenant" = String, Path)),
    responses((status = 200, body = Vec<TokenEntry>), (status = 403, body = Problem)), security(("token" = [])))]
pub(super) async fn tokens(
    State(front): State<Front>,
    caller: Caller,
    Path(tenant): Path<String>,
) -> Result<Answer<Vec<TokenEntry>>, Problem> {
    let tenant = keeper_of_tokens(&caller, &tenant)?;
    Ok(Answer(blocking(move || front.app.tokens(&tenant)).await?))
}

/// Ends a token, and every sign-in that was opened with it.
#[utoipa::path(delete, path = "/api/v1/tenants/{tenant}/tokens/{token}", tag = "tenants",
    params(("tenant" = String, Path), ("token" = String, Path, description = "Its id, as the list shows it")),
    responses((status = 204, description = "Done"), (status = 403, body = Problem), (status = 404, body = Problem)),
    security(("token" = [])))]
pub(super) async fn revoke_token(
    State(front): State<Front>,
    caller: Caller,
    Path((tenant, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let tenant = keeper_of_tokens(&caller, &tenant)?;
    let actor = caller.0.actor;
    blocking(move || front.app.revoke_token(&tenant, &id, &actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}
