//! Whether the process lives, and whether it can work.

use axum::extract::State;

use super::Front;
use super::problem::Problem;
use crate::app::blocking;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "`ok`", body = String)))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The store answers: turns can be made.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, description = "`ready`", body = String), (status = 503, body = Problem)))]
pub(super) async fn ready(State(front): State<Front>) -> Result<&'static str, Problem> {
    let app = std::sync::Arc::clone(&front.app);
    blocking(move || app.ready()).await?;
    Ok("ready\n")
}
