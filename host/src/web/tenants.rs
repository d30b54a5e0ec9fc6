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
use crate::tenant::{Role, TenantName};

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
    let tenant = caller.enter(&tenant)?;
    let may = matches!(caller.0.role, Role::Admin | Role::Operator) && new.role != Role::Operator;
    if !may {
        let detail = "tokens of a tenant are made by its admin or by the operator, and none of them is an operator's";
        return Err(Problem::new(StatusCode::FORBIDDEN, "role", detail));
    }
    let label = if new.label.is_empty() { new.role.name().to_owned() } else { new.label };
    let (role, own) = (new.role, label.clone());
    let secret = blocking(move || front.app.create_token(Some(&tenant), role, &own)).await?;
    let token = secret.reveal().to_owned();
    Ok((StatusCode::CREATED, Answer(TokenView { token, role, label })))
}
