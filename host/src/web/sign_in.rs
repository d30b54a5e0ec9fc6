//! Signing in with a token: staff get a cookie for the day. Works without JavaScript.

use axum::extract::{DefaultBodyLimit, Form, Query};
use axum::http::{HeaderValue, StatusCode, header, request};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, extract::State};
use serde::Deserialize;

use super::asking::{COOKIE, cookie};
use super::assets;
use super::problem::Problem;
use super::router::{Front, FrontState};
use crate::app::blocking;

pub(super) fn router() -> Router<Front> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .layer(DefaultBodyLimit::max(8 << 10))
}

#[derive(Debug, Deserialize)]
struct Next {
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Given {
    #[serde(default)]
    token: String,
    next: Option<String>,
}

/// Where `<!-- error -->` stands in the page.
const ERROR_PLACE: &str = "<!-- error -->";
/// Where the page is to send people on to.
const NEXT_PLACE: &str = "<!-- next -->";

async fn form(Query(next): Query<Next>) -> Response {
    show(StatusCode::OK, None, next.next.as_deref())
}

fn show(status: StatusCode, error: Option<&str>, next: Option<&str>) -> Response {
    let Some(mut page) = assets::page("sign-in.html") else {
        return Problem::not_found("this build has no sign-in page").into_response();
    };
    if let Some(error) = error {
        let summary = format!(
            "<section class=\"notice notice-bad\" role=\"alert\" aria-labelledby=\"error-title\" tabindex=\"-1\" autofocus>\
             <h2 id=\"error-title\">There is a problem</h2><p><a href=\"#token\">{error}</a></p></section>"
        );
        page = page.replace(ERROR_PLACE, &summary).replacen("<title>", "<title>Error: ", 1);
    }
    let next = local(next).replace('&', "&amp;");
    let next = format!("<input type=\"hidden\" name=\"next\" value=\"{next}\">");
    (status, Html(page.replace(NEXT_PLACE, &next))).into_response()
}

/// Only addresses of this host, and of a plain form, are gone on to.
fn local(next: Option<&str>) -> &str {
    let plain = |text: &&str| {
        text.starts_with('/')
            && !text.starts_with("//")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_?=&%.+".contains(c))
    };
    next.filter(plain).unwrap_or("/phone")
}

async fn sign_in(State(front): FrontState, Form(given): Form<Given>) -> Result<Response, Problem> {
    let token = given.token.trim().to_owned();
    if token.is_empty() {
        return Ok(show(StatusCode::BAD_REQUEST, Some("Enter your token"), given.next.as_deref()));
    }
    let session = blocking(move || front.app.sign_in(&token)).await?;
    let Some(session) = session else {
        return Ok(show(
            StatusCode::UNAUTHORIZED,
            Some("This token is not known, or was revoked"),
            given.next.as_deref(),
        ));
    };
    let mut response = Redirect::to(local(given.next.as_deref())).into_response();
    let value = format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200", session.reveal());
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

async fn sign_out(State(front): FrontState, request: axum::extract::Request) -> Result<Response, Problem> {
    let (parts, _): (request::Parts, _) = request.into_parts();
    if let Some(session) = cookie(&parts) {
        blocking(move || front.app.sign_out(&session)).await?;
    }
    let mut response = Redirect::to("/sign-in").into_response();
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    if let Ok(value) = HeaderValue::from_str(&gone) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}
