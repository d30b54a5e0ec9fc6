//! One tenant, and what stories do with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::place::random_name;
use crate::{Answer, Api};

/// A bundle's files by their path in it.
pub type Files = BTreeMap<String, String>;

#[derive(Clone)]
pub struct Tenant {
    pub name: String,
    /// As the operator.
    pub api: Api,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The folder of a bundle: of the tests (`lantern`) or of an example tenant (`kopano`, `harbour`).
pub(crate) fn bundle_folder(name: &str) -> PathBuf {
    let own = root().join("tests/bundles").join(name);
    if own.is_dir() { own } else { root().join("examples/tenants").join(name) }
}

/// The files of a bundle.
///
/// # Panics
/// When there is no such bundle.
pub fn bundle(name: &str) -> Files {
    let folder = bundle_folder(name);
    let mut files = Files::new();
    let mut open = vec![folder.clone()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.expect("an entry of the folder").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&folder).expect("a path inside").to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path).expect("a text file"));
            }
        }
    }
    files
}

/// A built guest module: `standard`, `mischief`.
///
/// # Panics
/// When it was not built.
pub fn module(name: &str) -> Vec<u8> {
    let path = root().join("target/rules").join(name).with_extension("wasm");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `make rules` builds it", path.display()))
}

impl Tenant {
    /// # Panics
    /// When it cannot be made, as below.
    pub fn create(api: &Api) -> Self {
        let name = random_name("t");
        api.post("/api/v1/tenants", &json!({ "name": name })).ok();
        Self { name, api: api.clone() }
    }

    pub fn with_bundle(api: &Api, name: &str) -> Self {
        let tenant = Self::create(api);
        tenant.publish(&bundle(name)).ok();
        tenant
    }

    /// The same tenant, spoken to in another way.
    pub fn over(&self, api: &Api) -> Self {
        Self { name: self.name.clone(), api: api.clone() }
    }

    /// An address of the tenant's part of the API.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/tenants/{}/{rest}", self.name)
    }

    pub fn token(&self, role: &str) -> String {
        let made = self.api.post(&self.path("tokens"), &json!({ "role": role, "label": role })).ok();
        made["token"].as_str().expect("a token").to_owned()
    }

    pub fn publish(&self, files: &Files) -> Answer {
        self.publish_with(files, &json!({}))
    }

    /// As [`Tenant::publish`] with more keys of the request.
    pub fn publish_with(&self, files: &Files, more: &Value) -> Answer {
        let mut body = json!({ "files": files });
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        self.api.put(&self.path("definitions"), &body)
    }

    /// Uploads a built module and lets it decide; answers its sha-256.
    pub fn activate(&self, name: &str) -> String {
        let answer = self.api.send("POST", &self.path("rules?activate=true"), module(name)).ok();
        assert_eq!(answer["active"], true, "{answer}");
        answer["sha256"].as_str().expect("a hash").to_owned()
    }

    /// The name of the module that decides.
    pub fn active(&self) -> Option<String> {
        let all = self.api.get(&self.path("rules")).ok();
        let active = all.as_array().expect("versions").iter().find(|version| version["active"] == true)?;
        Some(active["name"].as_str().expect("a name").to_owned())
    }

    /// Sends a message.
    pub fn send(&self, code: &str, message: &Value) -> Answer {
        self.api.post(&format!("/conversation/{code}?tenant={}", self.name), message)
    }

    /// Says something; answers the reply.
    pub fn say(&self, code: &str, sender: &str, text: &str) -> Value {
        self.send(code, &json!({ "sender_id": sender, "text": text })).ok()
    }

    /// Says something for the first time, about an account.
    pub fn begin(&self, code: &str, sender: &str, account: &str) -> Value {
        self.send(code, &json!({ "sender_id": sender, "account_id": account })).ok()
    }

    /// Says something; answers how the reply came about as well.
    pub fn say_and_see(&self, code: &str, message: &Value) -> Value {
        self.api.post(&format!("/conversation/{code}?tenant={}&debug=true", self.name), message).ok()
    }

    pub fn contact(&self, code: &str, sender: &str) -> Value {
        self.api.get(&self.path(&format!("contacts/{code}/{sender}"))).ok()
    }

    /// The rows of a SELECT, NULL as null and all else as text.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let answer = self.api.post(&self.path("sql"), &json!({ "sql": sql })).ok();
        let rows = answer[0]["rows"].as_array().unwrap_or_else(|| panic!("{sql}: {answer}"));
        rows.iter().map(|row| row.as_array().expect("a row").iter().map(as_text).collect()).collect()
    }

    /// Runs statements that change something, with the values of their `$name$`s.
    pub fn write(&self, sql: &str, values: &Map<String, Value>) {
        self.api.post(&self.path("sql"), &json!({ "sql": sql, "values": values, "write": true })).ok();
    }

    /// Gives an account a row of the dialer's queue.
    pub fn queue(&self, account: &str) {
        let mut values = Map::new();
        values.insert("account_id".to_owned(), account.into());
        self.write("INSERT INTO collections_queue (account_id, status) VALUES ($account_id$, 'pending')", &values);
    }

    pub fn decisions(&self) -> Vec<Value> {
        let all = self.api.get(&self.path("decisions?limit=1000")).ok();
        all.as_array().expect("decisions").clone()
    }

    /// What verifying the trail finds broken.
    pub fn breaks(&self) -> Vec<Value> {
        let verdict = self.api.get(&self.path("audit/verify")).ok();
        assert!(verdict["rows"].as_u64().is_some_and(|rows| rows > 0), "{verdict}");
        verdict["breaks"].as_array().expect("breaks").clone()
    }
}

fn as_text(value: &Value) -> Value {
    match value {
        Value::Null | Value::String(_) => value.clone(),
        other => other.to_string().into(),
    }
}
