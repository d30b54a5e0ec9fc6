//! Which versions of its rules a tenant has, and which one decides.
//!
//! Versions are immutable and named by the sha-256 of what was uploaded. Activation is a new row, so that its history
//! is the table; the newest row decides, and a row without a module means that the data alone decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::json;

use crate::clock::Millis;
use crate::rules::bindings::v1::types::{Hook, Manifest};
use crate::rules::{
    Circuit, CircuitVerdict, DEFAULT_THRESHOLD, EngineError, Limits, Module, ModuleError, Modules, Outcome, hook_name,
};
use crate::store::{StoreError, Tx, Value};
use crate::tenant::TenantName;
use crate::tenant::audit::{self, Act};

#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    #[error("{0}")]
    Module(#[from] ModuleError),
    #[error("the rules engine did not start: {0}")]
    Engine(#[from] EngineError),
    #[error("there is no version `{0}`; `forbear rules list` shows what there is")]
    Unknown(String),
    #[error("`{0}` is the beginning of more than one version; write more of it")]
    Ambiguous(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A version as it is listed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Version {
    pub sha256: String,
    pub name: String,
    pub version: String,
    pub hooks: Vec<String>,
    pub facts: Vec<String>,
    /// Bytes.
    pub size: i64,
    pub uploaded_at: Millis,
    pub uploaded_by: String,
    pub active: bool,
}

/// The loaded modules of all tenants, and how each has fared lately.
pub struct Registry {
    modules: Modules,
    limits: Limits,
    /// By hook as well: an answer to one question does not make up for failing at another.
    circuits: Mutex<HashMap<(TenantName, String, &'static str), Circuit>>,
}

impl Registry {
    pub fn new(modules: Modules, limits: Limits) -> Self {
        Self { modules, limits, circuits: Mutex::default() }
    }

    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks and compiles an upload. Nothing is kept yet.
    ///
    /// # Errors
    /// What is wrong with the module, in [`RuleError::Module`].
    pub fn check(&self, tenant: &TenantName, content: &[u8]) -> Result<Arc<Module>, RuleError> {
        let sha = crate::rules::sha256(content);
        Ok(self.modules.get_or_load(tenant.as_str(), &sha, || Ok(content.to_vec()))?)
    }

    /// The module that decides for a tenant just now, if one does.
    ///
    /// # Errors
    /// When the database fails or the module cannot be loaded any more.
    pub fn active(&self, tx: &mut dyn Tx, tenant: &TenantName) -> Result<Option<Arc<Module>>, RuleError> {
        let newest = tx.query("SELECT sha256 FROM host_activations ORDER BY id DESC LIMIT 1", &[])?;
        match newest.rows.first().and_then(|row| row[0].as_text()) {
            Some(sha) => self.load(tx, tenant, sha).map(Some),
            None => Ok(None),
        }
    }

    /// Any version of a tenant, for replay.
    ///
    /// # Errors
    /// As [`Registry::active`]; [`RuleError::Unknown`].
    pub fn load(&self, tx: &mut dyn Tx, tenant: &TenantName, sha: &str) -> Result<Arc<Module>, RuleError> {
        let key = hex::decode(sha).ok().and_then(|bytes| bytes.try_into().ok());
        let key = key.ok_or_else(|| RuleError::Unknown(sha.to_owned()))?;
        let content = || {
            let unavailable = |why: String| ModuleError::Unavailable { why };
            let rows = tx
                .query("SELECT content FROM host_modules WHERE sha256 = $1", &[sha.into()])
                .map_err(|error| unavailable(error.to_string()))?;
            match rows.rows.into_iter().next().and_then(|row| row.into_iter().next()) {
                Some(Value::Bytes(bytes)) => Ok(bytes),
                _ => Err(unavailable(format!("there is no version {sha}"))),
            }
        };
        Ok(self.modules.get_or_load(tenant.as_str(), &key, content)?)
    }

    /// Counts an outcome. The last of too many failures in a row takes the module out: the version before it decides
    /// again, or the data alone, and the audit says so.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record(
        &self,
        tx: &mut dyn Tx,
        tenant: &TenantName,
        (sha, hook): (&str, Hook),
        outcome: &Outcome,
        now: Millis,
    ) -> Result<(), StoreError> {
        let verdict = {
            let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (tenant.clone(), sha.to_owned(), hook_name(hook));
            circuits.entry(key).or_insert_with(|| Circuit::new(DEFAULT_THRESHOLD)).record(outcome)
        };
        // An open circuit whose module is still active: the event that opened it was undone, and this one takes it out.
        if verdict == CircuitVerdict::Closed || outcome.result.is_ok() {
            return Ok(());
        }
        let active = tx.query("SELECT sha256 FROM host_activations ORDER BY id DESC LIMIT 1", &[])?;
        if active.rows.first().and_then(|row| row[0].as_text()) != Some(sha) {
            return Ok(());
        }
        let before = tx.query(
            "SELECT a.sha256 FROM host_activations a
             WHERE a.id < (SELECT max(id) FROM host_activations WHERE sha256 = $1) AND (a.sha256 IS NULL OR a.sha256 <> $1)
             ORDER BY a.id DESC LIMIT 1",
            &[sha.into()],
        )?;
        let before = before.rows.first().and_then(|row| row[0].as_text()).map(str::to_owned);
        let reason = format!("taken out after {DEFAULT_THRESHOLD} failures in a row");
        activate(tx, before.as_deref(), "host", &reason, now)
    }

    /// Forgets how a version has fared: it was activated anew.
    pub fn forgive(&self, tenant: &TenantName, sha: &str) {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.retain(|(of, version, _), _| of != tenant || version != sha);
    }
}

/// Keeps a checked module as a version. The same bytes a second time are the same version.
///
/// # Errors
/// When the database fails, as everywhere below.
pub fn keep(tx: &mut dyn Tx, module: &Module, content: &[u8], actor: &str, now: Millis) -> Result<(), StoreError> {
    let about = module.about();
    let manifest = serde_json::to_string(&about.manifest).unwrap_or_default();
    let added = tx.execute(
        "INSERT INTO host_modules (sha256, name, version, manifest, size, uploaded_at, uploaded_by, content)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (sha256) DO NOTHING",
        &[
            about.sha256.as_str().into(),
            about.manifest.name.as_str().into(),
            about.manifest.version.as_str().into(),
            manifest.into(),
            i64::try_from(content.len()).unwrap_or(i64::MAX).into(),
            now.into(),
            actor.into(),
            content.to_vec().into(),
        ],
    )?;
    if added > 0 {
        let detail = json!({ "name": about.manifest.name, "version": about.manifest.version, "bytes": content.len() });
        audit::record(tx, &Act { at: now, actor, action: "rules-uploaded", subject: &about.sha256, detail })?;
    }
    Ok(())
}

/// Lets this version decide from now on; without one, the data alone.
pub fn activate(tx: &mut dyn Tx, sha: Option<&str>, actor: &str, reason: &str, now: Millis) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO host_activations (at, actor, sha256, reason) VALUES ($1, $2, $3, $4)",
        &[now.into(), actor.into(), sha.into(), reason.into()],
    )?;
    let action = if sha.is_some() { "rules-activated" } else { "rules-deactivated" };
    let detail = json!({ "reason": reason });
    audit::record(tx, &Act { at: now, actor, action, subject: sha.unwrap_or("none"), detail })
}

/// The whole hash of the version that begins with `prefix`.
pub fn resolve(tx: &mut dyn Tx, prefix: &str) -> Result<String, RuleError> {
    let plain = prefix.chars().all(|c| c.is_ascii_hexdigit()) && !prefix.is_empty();
    let pattern = if plain { format!("{}%", prefix.to_ascii_lowercase()) } else { String::new() };
    let found = tx.query("SELECT sha256 FROM host_modules WHERE sha256 LIKE $1 LIMIT 2", &[pattern.into()])?;
    match found.rows.as_slice() {
        [one] => Ok(one[0].to_string()),
        [] => Err(RuleError::Unknown(prefix.to_owned())),
        _ => Err(RuleError::Ambiguous(prefix.to_owned())),
    }
}

/// Every version, the newest first.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<Version>, StoreError> {
    let rows = tx.query(
        "SELECT m.sha256, m.name, m.version, m.manifest, m.size, m.uploaded_at, m.uploaded_by,
           (SELECT a.sha256 FROM host_activations a ORDER BY a.id DESC LIMIT 1) AS active
         FROM host_modules m ORDER BY m.uploaded_at DESC, m.sha256",
        &[],
    )?;
    Ok(rows
        .rows
        .iter()
        .map(|row| {
            let manifest: Option<Manifest> = row[3].as_text().and_then(|text| serde_json::from_str(text).ok());
            let (hooks, facts) = manifest.map(|manifest| (manifest.hooks, manifest.facts)).unwrap_or_default();
            Version {
                sha256: row[0].to_string(),
                name: row[1].to_string(),
                version: row[2].to_string(),
                hooks: hooks.into_iter().map(|hook| hook_name(hook).to_owned()).collect(),
                facts: facts.into_iter().map(|fact| fact.name).collect(),
                size: row[4].as_int().unwrap_or_default(),
                uploaded_at: row[5].as_int().unwrap_or_default(),
                uploaded_by: row[6].to_string(),
                active: row[7] == row[0],
            }
        })
        .collect())
}
