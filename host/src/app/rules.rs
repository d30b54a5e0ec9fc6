//! Versions of rules, what they decided, and asking them again.

use std::sync::Arc;

use serde::Serialize;

use super::{App, AppError};
use crate::decision::{Decision, RuleError, Version, log, registry};
use crate::rules::{self, Comparison};
use crate::store::StoreError;
use crate::tenant::TenantName;
use crate::tenant::audit::{self, Verdict};

/// What a replay found.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Replayed {
    pub id: i64,
    /// `same`, `different`, or `not-comparable`.
    pub comparison: String,
    #[schema(value_type = Object)]
    pub recorded: Box<serde_json::value::RawValue>,
    #[schema(value_type = Object)]
    pub now: Box<serde_json::value::RawValue>,
    pub fuel_recorded: i64,
    pub fuel_now: u64,
}

impl App {
    /// Checks an upload without keeping it.
    pub fn check_rules(&self, tenant: &TenantName, content: &[u8]) -> Result<Arc<rules::Module>, AppError> {
        Ok(self.registry.check(tenant, content)?)
    }

    /// Keeps a module as a version, and lets it decide if asked to.
    pub fn push_rules(
        &self,
        name: &TenantName,
        content: Vec<u8>,
        activate: bool,
        actor: &str,
    ) -> Result<Version, AppError> {
        let db = self.db(name)?;
        let module = self.registry.check(name, &content)?;
        let current = self.current(name)?;
        for (fact, _, program) in current.facts(&module).iter() {
            if let (Err(why), true) = (program, activate) {
                return Err(AppError::BadRequest(format!(
                    "the fact `{fact}` of the module does not fit this tenant: {why}"
                )));
            }
        }
        let (now, actor, sha) = (self.now(), actor.to_owned(), module.about().sha256.clone());
        if activate {
            self.registry.forgive(name, &sha);
        }
        let mut versions = db
            .write("rules", move |tx| -> Result<Vec<Version>, StoreError> {
                registry::keep(tx, &module, &content, &actor, now)?;
                if activate {
                    registry::activate(tx, Some(&module.about().sha256), &actor, "activated on upload", now)?;
                }
                registry::list(tx)
            })
            .wait()?;
        versions.retain(|version| version.sha256 == sha);
        versions.pop().ok_or_else(|| AppError::NotFound(format!("version {sha}")))
    }

    pub fn rules(&self, name: &TenantName) -> Result<Vec<Version>, AppError> {
        Ok(self.db(name)?.read(registry::list)?)
    }

    /// Lets the version that begins with `prefix` decide from now on; with `None` the data alone.
    pub fn activate_rules(&self, name: &TenantName, prefix: Option<&str>, actor: &str) -> Result<(), AppError> {
        let (now, actor, prefix) = (self.now(), actor.to_owned(), prefix.map(str::to_owned));
        let sha = self
            .db(name)?
            .write("rules", move |tx| -> Result<Option<String>, RuleError> {
                let sha = prefix.as_deref().map(|prefix| registry::resolve(tx, prefix)).transpose()?;
                registry::activate(tx, sha.as_deref(), &actor, "by hand", now)?;
                Ok(sha)
            })
            .wait()?;
        if let Some(sha) = sha {
            self.registry.forgive(name, &sha);
        }
        Ok(())
    }

    pub fn decisions(&self, name: &TenantName, guid: Option<&str>, limit: i64) -> Result<Vec<Decision>, AppError> {
        Ok(self.db(name)?.read(|tx| log::list(tx, guid, limit))?)
    }

    pub fn decision(&self, name: &TenantName, id: i64) -> Result<Decision, AppError> {
        let found = self.db(name)?.read(|tx| log::get(tx, id))?;
        found.ok_or_else(|| AppError::NotFound(format!("there is no decision {id}")))
    }

    /// Asks the module of a decision the same question again, and compares.
    pub fn replay(&self, name: &TenantName, id: i64) -> Result<Replayed, AppError> {
        let decision = self.decision(name, id)?;
        let module = self.db(name)?.read(|tx| self.registry.load(tx, name, &decision.module))?;
        let replay = rules::replay(&module, decision.input.get(), decision.output.get(), self.registry.limits())
            .map_err(|error| AppError::BadRequest(error.to_string()))?;
        let comparison = match replay.comparison {
            Comparison::Same => "same",
            Comparison::Different => "different",
            Comparison::NotComparable => "not-comparable",
        };
        Ok(Replayed {
            id,
            comparison: comparison.to_owned(),
            recorded: decision.output,
            now: serde_json::value::RawValue::from_string(replay.outcome.to_json()).unwrap_or_default(),
            fuel_recorded: decision.fuel,
            fuel_now: replay.outcome.spent.fuel,
        })
    }

    pub fn verify_audit(&self, name: &TenantName) -> Result<Verdict, AppError> {
        let verdict = self.db(name)?.read(|tx| Ok::<_, StoreError>(audit::verify(tx)?.and(log::verify(tx)?)));
        Ok(verdict?)
    }
}
