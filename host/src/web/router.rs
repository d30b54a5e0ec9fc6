//! Which address leads where, and what holds for all of them: limits, timeouts, security headers, the description.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::{
    assets, contacts, conversation, decisions, definitions, health, phone, rules, sign_in, tenant_sql, tenants,
};
use crate::app::App;
use crate::demo::Demo;
use crate::tenant::hash_of;

/// What every handler has.
#[derive(Clone)]
pub struct Front {
    pub app: Arc<App>,
    /// Present in the demo: anybody may use the phone.
    pub demo: Option<Arc<Demo>>,
    /// Hash of the secret that the command line on this machine holds.
    pub operator: Arc<str>,
}

impl Front {
    pub(super) fn is_operator(&self, token: &str) -> bool {
        // Hashes are compared, so that the time it takes says nothing about the secret.
        *self.operator == *hash_of(token)
    }
}

const JSON_BYTES: usize = 128 << 10;
const BUNDLE_BYTES: usize = 64 << 20;
/// A module of 4 MiB, and room to say that a larger one is too large.
const MODULE_BYTES: usize = 5 << 20;
/// A request that takes longer is given up; its turn, once handed in, is still made.
const REQUEST: Duration = Duration::from_secs(30);
/// Publishing and compiling may take longer.
const SLOW_REQUEST: Duration = Duration::from_secs(120);

const CONTENT_SECURITY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

/// All addresses.
pub fn router(front: Front) -> Router {
    let (described, api) = described(front.clone());
    let description: Arc<str> = api.to_json().unwrap_or_default().into();
    let described = described.route(
        "/openapi.json",
        get(move || async move { ([(header::CONTENT_TYPE, "application/json")], description.to_string()) }),
    );
    let set = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    described
        .merge(assets::router())
        .merge(phone::router().with_state(front.clone()))
        .merge(sign_in::router().with_state(front))
        .fallback(|| async {
            Problem::not_found("there is nothing at this address; /openapi.json lists what there is")
        })
        .method_not_allowed_fallback(|| async {
            let detail = "this address does not take that method; /openapi.json lists what it takes";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
        })
        .layer(CsrfLayer::new())
        .layer(map_response(as_problem))
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
        .layer(set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(set(header::CACHE_CONTROL, "no-store"))
}

/// The description of all addresses that programs use.
pub fn openapi(front: Front) -> OpenApi {
    described(front).1
}

fn described(front: Front) -> (Router, OpenApi) {
    let quick = OpenApiRouter::new()
        .routes(routes!(conversation::converse))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(tenants::list, tenants::create))
        .routes(routes!(tenants::create_token, tenants::tokens))
        .routes(routes!(tenants::revoke_token))
        .routes(routes!(contacts::show, contacts::reset))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::get))
        .routes(routes!(decisions::replay))
        .routes(routes!(rules::activate))
        .routes(routes!(tenant_sql::run))
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(from_fn(|request, next| within(REQUEST, request, next)));
    let slow = OpenApiRouter::new()
        .routes(routes!(definitions::publish, definitions::history))
        .routes(routes!(definitions::lint))
        .routes(routes!(definitions::diff))
        .routes(routes!(definitions::rollback))
        .routes(routes!(definitions::import_pages))
        .routes(routes!(decisions::verify))
        .layer(DefaultBodyLimit::max(BUNDLE_BYTES))
        .layer(from_fn(|request, next| within(SLOW_REQUEST, request, next)));
    let uploads = OpenApiRouter::new()
        .routes(routes!(rules::push, rules::list))
        .layer(DefaultBodyLimit::max(MODULE_BYTES))
        .layer(from_fn(|request, next| within(SLOW_REQUEST, request, next)));
    let token = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let base = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Forbear")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some("A WebAssembly rules host with scripted screens for collections teams"))
                .build(),
        )
        .components(Some(ComponentsBuilder::new().security_scheme("token", token).build()))
        .build();
    OpenApiRouter::with_openapi(base).merge(quick).merge(slow).merge(uploads).with_state(front).split_for_parts()
}

/// What the framework itself refuses (a path or query that cannot be read, another site's form) is told in the same shape
/// as everything else.
async fn as_problem(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !response.status().is_client_error() || !(kind.is_empty() || kind.starts_with("text/plain")) {
        return response;
    }
    let status = response.status();
    let said = axum::body::to_bytes(response.into_body(), JSON_BYTES).await.unwrap_or_default();
    let detail = match String::from_utf8_lossy(&said).trim() {
        "" if status == StatusCode::FORBIDDEN => "this came from a page of another site, and was not done".to_owned(),
        "" => "this request cannot be understood; /openapi.json describes what can".to_owned(),
        said => said.to_owned(),
    };
    Problem::new(status, "request", detail).into_response()
}

/// Answers in time, or says that it could not.
pub(super) async fn within(time: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "this took too long; a message that was sent with a message_id can be sent again safely";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
        }
    }
}

/// The phone's own limits are those of a conversation.
pub(super) fn phone_limits<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(DefaultBodyLimit::max(JSON_BYTES)).layer(from_fn(|request, next| within(REQUEST, request, next)))
}

pub(super) type FrontState = State<Front>;
