//! Asking a host over HTTP, wherever it runs.

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// A way into a host, with a token.
#[derive(Clone)]
pub struct Api {
    door: Door,
    token: Option<String>,
}

#[derive(Clone)]
enum Door {
    Server { agent: ureq::Agent, address: String },
    Room { router: axum::Router, runtime: Arc<Runtime> },
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Api {
    pub fn of_server(address: &str, token: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { door: Door::Server { agent, address: address.to_owned() }, token: Some(token.to_owned()) }
    }

    pub fn of_room(router: axum::Router, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = Arc::new(runtime.expect("a runtime"));
        Self { door: Door::Room { router, runtime }, token: Some(token.to_owned()) }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When no answer came: the connection was refused, or broke.
    pub fn try_send(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Answer, String> {
        let token = self.token.as_ref().map(|token| format!("Bearer {token}"));
        match &self.door {
            Door::Server { agent, address } => {
                let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{address}{path}"));
                if let Some(token) = token {
                    request = request.header("authorization", token);
                }
                let request = request.body(body).map_err(|error| error.to_string())?;
                let response = agent.run(request).map_err(|error| error.to_string())?;
                let status = response.status().as_u16();
                let mut body = Vec::new();
                response.into_body().into_reader().read_to_end(&mut body).map_err(|error| error.to_string())?;
                Ok(Answer { status, body })
            }
            Door::Room { router, runtime } => {
                let mut request = Request::builder().method(method).uri(path);
                if let Some(token) = token {
                    request = request.header("authorization", token);
                }
                let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
                let router = router.clone();
                runtime.block_on(async move {
                    let response = router.oneshot(request).await.map_err(|error| error.to_string())?;
                    let status = response.status().as_u16();
                    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
                    Ok(Answer { status, body: body.map_err(|error| error.to_string())?.to_vec() })
                })
            }
        }
    }

    /// # Panics
    /// When no answer came.
    pub fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.try_send(method, path, body.into()).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body.to_string())
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, body.to_string())
    }
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The JSON of an answer that must be good.
    ///
    /// # Panics
    /// When it is not.
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem of an answer that must be refused in this way.
    ///
    /// # Panics
    /// When it was not.
    pub fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        problem
    }
}
