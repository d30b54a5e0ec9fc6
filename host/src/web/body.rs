//! Reading JSON bodies: what is wrong with one is said with its place.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body. Whatever its content type says: a program that sends JSON is understood.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = whole(request, state).await?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            wrong(error.inner(), (path != ".").then_some(path))
        })?;
        reader.end().map_err(|error| wrong(&error, None))?;
        Ok(Self(value))
    }
}

fn wrong(error: &serde_json::Error, path: Option<String>) -> Problem {
    let what = match path {
        Some(path) => format!("the body is not what is expected at `{path}`: {error}"),
        None => format!("the body is not what is expected: {error}"),
    };
    Problem::bad_request("json", what).at(error.line(), error.column())
}

/// All bytes of a body, up to the limit that the route sets.
pub(super) async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large("the body is larger than this address takes"),
        _ => Problem::bad_request("body", format!("the body cannot be read: {}", rejection.body_text())),
    })
}

pub(super) fn too_large(detail: &str) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
}
