//! Who asks: a program with a bearer token, a person with a cookie, or, in the demo, anybody.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use super::Front;
use super::problem::Problem;
use crate::app::blocking;
use crate::tenant::{Principal, Role, TenantName};

/// The cookie of a signed-in browser.
pub(super) const COOKIE: &str = "forbear_session";

/// Somebody who may be here; what they may do is asked with [`Caller::enter`] and [`Caller::publish_in`].
#[derive(Debug, Clone)]
pub(super) struct Caller(pub Principal);

impl Caller {
    /// The tenant by name, if the caller may enter it. A foreign tenant is one that is not there.
    pub fn enter(&self, name: &str) -> Result<TenantName, Problem> {
        let tenant = TenantName::parse(name).map_err(|_| Self::no_tenant(name))?;
        if self.0.may_enter(&tenant) { Ok(tenant) } else { Err(Self::no_tenant(name)) }
    }

    /// As [`Caller::enter`], for those who change what the host interprets.
    pub fn publish_in(&self, name: &str) -> Result<TenantName, Problem> {
        let tenant = self.enter(name)?;
        if self.0.role.publishes() {
            return Ok(tenant);
        }
        let detail = format!("the role {} may not do this; it takes manager, admin or system", self.0.role.name());
        Err(Problem::new(StatusCode::FORBIDDEN, "role", detail))
    }

    pub fn operator(&self) -> Result<(), Problem> {
        if self.0.role == Role::Operator {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "role", "only the operator of this host may do this"))
    }

    /// The caller's own tenant, or for an operator the one that is named.
    pub fn own_tenant(&self, named: Option<&str>) -> Result<TenantName, Problem> {
        match (named, &self.0.tenant) {
            (Some(name), _) => self.enter(name),
            (None, Some(own)) => Ok(own.clone()),
            (None, None) => Err(Problem::bad_request("tenant-missing", "say which tenant: ?tenant=NAME")),
        }
    }

    fn no_tenant(name: &str) -> Problem {
        let shown: String = name.chars().take(60).collect();
        Problem::new(StatusCode::NOT_FOUND, "tenant-unknown", format!("there is no tenant `{shown}`"))
    }
}

impl FromRequestParts<Front> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, Problem> {
        let found = <Self as OptionalFromRequestParts<Front>>::from_request_parts(parts, front).await?;
        found.ok_or_else(|| {
            let detail = "a bearer token is needed: Authorization: Bearer TOKEN; `forbear token create` makes one";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
        })
    }
}

impl OptionalFromRequestParts<Front> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Option<Self>, Problem> {
        let app = std::sync::Arc::clone(&front.app);
        let found = if let Some(token) = bearer(parts) {
            if front.is_operator(&token) {
                return Ok(Some(Self(Principal::operator("operator"))));
            }
            let known = blocking(move || app.principal_of_token(&token)).await?;
            if known.is_none() {
                let detail = "this token is not known here, or was revoked";
                return Err(Problem::new(StatusCode::UNAUTHORIZED, "token-unknown", detail));
            }
            known
        } else if let Some(session) = cookie(parts) {
            blocking(move || app.principal_of_session(&session)).await?
        } else {
            None
        };
        Ok(found.map(Self))
    }
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

pub(super) fn cookie(parts: &Parts) -> Option<String> {
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}
