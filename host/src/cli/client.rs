//! How a command reaches the host: a running server over loopback, or one inside this process.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use super::Place;
use crate::app::{App, Settings, StartError};
use crate::clock::SystemClock;
use crate::tenant::{Secret, hash_of};
use crate::web::{Front, Problem, router};

/// What a running server leaves in its data folder for commands on the same machine.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Door {
    pub address: String,
    pub secret: String,
    pub pid: u32,
}

/// Where [`Door`] is kept, readable by its owner only.
pub(super) const DOOR: &str = "server.json";

pub(super) enum Client {
    Remote { agent: ureq::Agent, door: Door },
    Local { runtime: tokio::runtime::Runtime, router: axum::Router, secret: String },
}

/// The host said no.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(super) struct Refused(pub Problem);

impl Client {
    pub fn open(place: &Place) -> Result<Self> {
        let settings = Settings { database_url: place.database_url.clone(), ..Settings::new(&place.data) };
        match App::open(&settings, Arc::new(SystemClock)) {
            Ok(app) => {
                let secret = Secret::new("")?;
                let front = Front { app: Arc::new(app), demo: None, operator: hash_of(secret.reveal()).into() };
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
                Ok(Self::Local { runtime, router: router(front), secret: secret.reveal().to_owned() })
            }
            Err(StartError::InUse(folder)) => {
                let door = read_door(&place.data).with_context(|| {
                    format!("another forbear works in {folder}, and it is not a server that commands can reach")
                })?;
                let config = ureq::Agent::config_builder().http_status_as_error(false).build();
                Ok(Self::Remote { agent: config.into(), door })
            }
            Err(other) => Err(other.into()),
        }
    }

    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.read("GET", path, None)
    }

    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.read("POST", path, Some(serde_json::to_vec(body)?))
    }

    pub fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.read("PUT", path, Some(serde_json::to_vec(body)?))
    }

    pub fn post_bytes<T: DeserializeOwned>(&self, path: &str, body: Vec<u8>) -> Result<T> {
        self.read("POST", path, Some(body))
    }

    /// For addresses that answer nothing.
    pub fn act(&self, method: &str, path: &str) -> Result<()> {
        self.send(method, path, None).map(|_| ())
    }

    fn read<T: DeserializeOwned>(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Result<T> {
        let answer = self.send(method, path, body)?;
        serde_json::from_slice(&answer).with_context(|| format!("the answer of {path} cannot be read"))
    }

    fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Result<Vec<u8>> {
        let (status, answer) = match self {
            Self::Remote { agent, door } => remote(agent, door, method, path, body)?,
            Self::Local { runtime, router, secret } => {
                let request = request(secret, method, path, body)?;
                let router = router.clone();
                runtime.block_on(async move {
                    let response = router.oneshot(request).await?;
                    let status = response.status();
                    let answer = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
                    anyhow::Ok((status, answer.to_vec()))
                })?
            }
        };
        if status.is_success() {
            return Ok(answer);
        }
        match serde_json::from_slice::<Problem>(&answer) {
            Ok(problem) => Err(Refused(problem).into()),
            Err(_) => Err(anyhow!("{path} answered {status}")),
        }
    }
}

fn request(secret: &str, method: &str, path: &str, body: Option<Vec<u8>>) -> Result<Request<Body>> {
    let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {secret}"));
    Ok(request.body(Body::from(body.unwrap_or_default()))?)
}

fn remote(
    agent: &ureq::Agent,
    door: &Door,
    method: &str,
    path: &str,
    body: Option<Vec<u8>>,
) -> Result<(StatusCode, Vec<u8>)> {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://{}{path}", door.address))
        .header("authorization", format!("Bearer {}", door.secret))
        .body(body.unwrap_or_default())?;
    let response = agent
        .run(request)
        .with_context(|| format!("the server at {} (process {}) does not answer", door.address, door.pid))?;
    let status = StatusCode::from_u16(response.status().as_u16())?;
    let mut answer = Vec::new();
    response.into_body().into_reader().read_to_end(&mut answer)?;
    Ok((status, answer))
}

fn read_door(data: &Path) -> Result<Door> {
    let path = data.join(DOOR);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// A part of an address.
pub(super) fn part(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
