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
        if verdict == CircuitVerdict::Closed || outcome.result.is_ok() {
            return Ok(());
        }
        // Also when it opened before: the event that opened it may have been undone, and with it the taking out.
        tx.lock("rules")?;
        let Some(before) = before_taken_out(tx, sha)? else { return Ok(()) };
        activate(tx, before.as_deref(), "host", TAKEN_OUT, now)
    }

    /// Forgets how a version has fared: it was activated anew.
    pub fn forgive(&self, tenant: &TenantName, sha: &str) {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.retain(|(of, version, _), _| of != tenant || version != sha);
    }
}

/// Why the host itself activated another version.
const TAKEN_OUT: &str = "the version before failed too often in a row";
/// How far back a version is looked for that may decide again.
const LOOK_BACK: i64 = 100;

/// What decides once `sha` is taken out: the version before it that was not taken out itself, or the data alone. `None` if
/// `sha` does not decide any more.
fn before_taken_out(tx: &mut dyn Tx, sha: &str) -> Result<Option<Option<String>>, StoreError> {
    let rows =
        tx.query("SELECT sha256, reason FROM host_activations ORDER BY id DESC LIMIT $1", &[LOOK_BACK.into()])?;
    let newest_first: Vec<(Option<&str>, bool)> =
        rows.rows.iter().map(|row| (row[0].as_text(), row[1].as_text() == Some(TAKEN_OUT))).collect();
    if newest_first.first().is_none_or(|(module, _)| *module != Some(sha)) {
        return Ok(None);
    }
    let mut failed = vec![sha];
    for pair in newest_first.windows(2) {
        let [(_, host_took_out), (module, _)] = pair else { continue };
        let Some(module) = module else { return Ok(Some(None)) };
        if *host_took_out {
            failed.push(module);
        }
        if !failed.contains(module) {
            return Ok(Some(Some((*module).to_owned())));
        }
    }
    Ok(Some(None))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, StoreSettings};

    /// What decides after this history of activations, when the last of them is taken out.
    fn after(history: &[(Option<&str>, &str)]) -> Option<Option<String>> {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            StoreSettings { data: folder.path().into(), database_url: None, threads: 1, prepare_thread: || {} };
        let db = Store::open(settings).unwrap().tenant("tenant").unwrap();
        let history: Vec<_> =
            history.iter().map(|(sha, reason)| (sha.map(str::to_owned), (*reason).to_owned())).collect();
        db.write("rules", move |tx| -> Result<_, StoreError> {
            for sha in ["a", "b", "c"] {
                tx.execute(
                    "INSERT INTO host_modules (sha256, name, version, manifest, size, uploaded_at, uploaded_by, content)
                     VALUES ($1, 'n', '1', '{}', 0, 0, 'x', $2)",
                    &[sha.into(), Vec::new().into()],
                )?;
            }
            for (sha, reason) in &history {
                activate(tx, sha.as_deref(), "somebody", reason, 0)?;
            }
            before_taken_out(tx, history.last().and_then(|(sha, _)| sha.as_deref()).unwrap_or("a"))
        })
        .wait()
        .unwrap()
    }

    #[test]
    fn the_version_before_decides_again_unless_it_was_taken_out_itself() {
        let (a, b, c) = (Some("a"), Some("b"), Some("c"));
        let now = |sha: &str| Some(Some(sha.to_owned()));
        assert_eq!(after(&[(a, "by hand")]), Some(None));
        assert_eq!(after(&[(a, "by hand"), (b, "by hand")]), now("a"));
        assert_eq!(after(&[(a, "by hand"), (None, "by hand"), (b, "by hand")]), Some(None));
        assert_eq!(after(&[(a, "by hand"), (b, "by hand"), (a, TAKEN_OUT)]), Some(None));
        assert_eq!(after(&[(a, "by hand"), (b, "by hand"), (c, "by hand"), (b, TAKEN_OUT)]), now("a"));
    }

    #[test]
    fn a_version_that_does_not_decide_any_more_is_not_taken_out_again() {
        assert_eq!(after(&[(Some("b"), "by hand"), (None, TAKEN_OUT)]), None);
    }
}
