//! What a caller is told when something cannot be done: RFC 9457 problem details, the same shape everywhere.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::app::AppError;
use crate::bundle::PublishError;
use crate::conversation::TurnError;
use crate::decision::RuleError;
use crate::fault::Fault;
use crate::store::StoreError;
use crate::tenant::TenantError;

/// `application/problem+json`.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened and what to do about it.
    pub detail: String,
    /// Stable, for programs to match.
    pub code: String,
    /// Where it is in what was sent: the line and column of JSON, or of a page's statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Every fault of a bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<Fault>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            line: None,
            column: None,
            faults: Vec::new(),
        }
    }

    pub fn bad_request(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub fn at(mut self, line: usize, column: usize) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(status = self.status, code = self.code, detail = self.detail, "a request failed");
        }
        let mut response = (status, Json(self)).into_response();
        let kind = header::HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let detail = error.to_string();
        match error {
            AppError::Tenant(error) => tenant(&error, detail),
            AppError::Turn(error) => turn(error, detail),
            AppError::Rules(error) => rules(&error, detail),
            AppError::Publish(error) => publish(error, detail),
            AppError::Store(error) => store(&error, detail),
            AppError::NotFound(_) => Problem::not_found(detail),
            AppError::BadRequest(_) => Problem::bad_request("bad-request", detail),
            AppError::Statement { fault } => {
                let (line, column) = (fault.line, fault.column);
                let message = match fault.hint.as_str() {
                    "" => fault.message,
                    hint => format!("{}. {hint}", fault.message),
                };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, fault.code, message).at(line, column)
            }
        }
    }
}

fn tenant(error: &TenantError, detail: String) -> Problem {
    match error {
        TenantError::BadName(_) => Problem::bad_request("tenant-name", detail),
        TenantError::Exists(_) => Problem::new(StatusCode::CONFLICT, "tenant-exists", detail),
        TenantError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "tenant-unknown", detail),
        TenantError::Random(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no-random-numbers", detail),
        TenantError::Store(error) => store(error, detail),
    }
}

fn turn(error: TurnError, detail: String) -> Problem {
    match error {
        TurnError::UnknownConversation(_) => Problem::new(StatusCode::NOT_FOUND, "conversation-unknown", detail),
        TurnError::BadRequest(_) => Problem::bad_request("bad-request", detail),
        TurnError::Statement { code, line, column, .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at(line, column)
        }
        TurnError::TooManyPages(_) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many-pages", detail),
        TurnError::Route { .. } => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "route-nowhere", detail),
        TurnError::Rules(error) => rules(&error, detail),
        TurnError::Store(error) => store(&error, detail),
    }
}

fn rules(error: &RuleError, detail: String) -> Problem {
    match error {
        RuleError::Module(error) if error.is_hosts_fault() => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.code(), detail)
        }
        RuleError::Module(error) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), detail),
        RuleError::Engine(_) => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "engine", detail),
        RuleError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "version-unknown", detail),
        RuleError::Ambiguous(_) => Problem::new(StatusCode::CONFLICT, "version-ambiguous", detail),
        RuleError::Store(error) => store(error, detail),
    }
}

fn publish(error: PublishError, detail: String) -> Problem {
    match error {
        PublishError::Faults(faults) => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "definitions-faulty", detail);
            Problem { faults, ..problem }
        }
        PublishError::Schema(_) => Problem::new(StatusCode::CONFLICT, "tables-cannot-follow", detail),
        PublishError::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "publication-unknown", detail),
        PublishError::Stranded(_) => Problem::new(StatusCode::CONFLICT, "contacts-stranded", detail),
        PublishError::Store(error) => store(&error, detail),
    }
}

fn store(error: &StoreError, detail: String) -> Problem {
    let (status, code) = match error {
        StoreError::Unavailable(_) | StoreError::Retry(_) => (StatusCode::SERVICE_UNAVAILABLE, "store-unavailable"),
        StoreError::Limit(_) => (StatusCode::UNPROCESSABLE_ENTITY, "store-limit"),
        StoreError::Conflict(_) => (StatusCode::CONFLICT, "store-conflict"),
        StoreError::Denied(_) | StoreError::Statement(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
    };
    Problem::new(status, code, detail)
}
