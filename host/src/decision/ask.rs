//! Asking a tenant's module: its facts are fetched, the question is put, and question and answer are noted for the log.
//! A module that fails costs its own decision and nothing else: the caller goes on with what the data says.

use std::sync::Arc;

use super::log::{NewDecision, Place};
use super::registry::{Registry, RuleError};
use crate::bundle::Published;
use crate::clock::Moment;
use crate::rules::bindings::v1::types::{self, Clock, Field, Hook, Situation};
use crate::rules::{CallError, HookAnswer, HookInput, Module, Outcome, hook_name};
use crate::sql::{self, Env, HostOp, HostTables, Limits, TempTables};
use crate::store::{StoreError, Tx, Value};
use crate::tenant::TenantName;

/// What an event asks its tenant's module, and what came of it.
pub struct Panel<'a> {
    registry: &'a Registry,
    tenant: &'a TenantName,
    published: &'a Published,
    moment: &'a Moment,
    module: Option<Arc<Module>>,
    pub place: Place,
    /// The last question, until it is known whether its answer could be used.
    heard: Option<(String, Hook, Outcome)>,
    /// In the order in which they were asked; written at the end of the event.
    pub decisions: Vec<NewDecision>,
}

/// What a situation is made of, beside the clock.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub context: &'a std::collections::BTreeMap<String, Value>,
    pub account_id: Option<&'a str>,
}

impl<'a> Panel<'a> {
    /// # Errors
    /// When the database fails. A module that cannot be loaded any more leaves the decision to the data.
    pub fn new(
        tx: &mut dyn Tx,
        registry: &'a Registry,
        tenant: &'a TenantName,
        published: &'a Published,
        moment: &'a Moment,
    ) -> Result<Self, RuleError> {
        let module = match registry.active(tx, tenant) {
            Ok(module) => module,
            Err(RuleError::Module(error)) => {
                tracing::error!(%tenant, %error, "the active rules cannot be loaded; the data alone decides");
                None
            }
            Err(other) => return Err(other),
        };
        Ok(Self {
            registry,
            tenant,
            published,
            moment,
            module,
            place: Place::default(),
            heard: None,
            decisions: Vec::new(),
        })
    }

    /// Name and version of the module; empty without one.
    pub fn module_name(&self) -> (String, String) {
        let manifest = self.module.as_ref().map(|module| module.manifest());
        manifest.map(|manifest| (manifest.name.clone(), manifest.version.clone())).unwrap_or_default()
    }

    pub fn answers(&self, hook: Hook) -> bool {
        self.module.as_ref().is_some_and(|module| module.answers(hook))
    }

    /// Asks one hook, if the module answers it. `question` makes the input of the situation.
    pub fn ask(
        &mut self,
        tx: &mut dyn Tx,
        hook: Hook,
        seen: Seen<'_>,
        question: impl FnOnce(Situation) -> HookInput,
    ) -> Option<HookAnswer> {
        self.count(tx);
        let module = Arc::clone(self.module.as_ref().filter(|module| module.answers(hook))?);
        let facts = match self.facts(tx, &module, hook, seen) {
            Ok(facts) => facts,
            Err(why) => {
                self.decisions.push(self.not_asked(&module, hook, why));
                return None;
            }
        };
        let input = question(self.situation(seen, facts));
        let outcome =
            self.registry.modules().engine().ask(self.tenant.as_str(), &module, &input, self.registry.limits());
        let sha = &module.about().sha256;
        self.decisions.push(NewDecision::new(self.moment.millis, sha, &self.place, &input, &outcome));
        let answer = outcome.result.as_ref().ok().cloned();
        self.heard = Some((sha.clone(), hook, outcome));
        answer
    }

    /// Counts what came of the last question for or against the module, once it is known whether its answer could be
    /// used. To be called at the end of the event too.
    pub fn count(&mut self, tx: &mut dyn Tx) {
        let Some((sha, hook, outcome)) = self.heard.take() else { return };
        if let Err(error) = self.registry.record(tx, self.tenant, (&sha, hook), &outcome, self.moment.millis) {
            tracing::error!(tenant = %self.tenant, %error, "a module's failures could not be counted");
        }
    }

    /// The answer that was given last cannot be used: the log says so, and it counts as a failure.
    pub fn refuse(&mut self, why: &str) {
        if let Some((_, _, outcome)) = &mut self.heard {
            outcome.result = Err(CallError::BadAnswer { why: why.to_owned() });
        }
        if let Some(last) = self.decisions.last_mut() {
            last.refuse(why);
        }
    }

    fn not_asked(&self, module: &Module, hook: Hook, why: String) -> NewDecision {
        NewDecision {
            at: self.moment.millis,
            hook: hook_name(hook),
            module: module.about().sha256.clone(),
            place: self.place.clone(),
            input: "null".to_owned(),
            output: None,
            outcome: "fact-failed".to_owned(),
            error: Some(why),
            log: Vec::new(),
            fuel: 0,
            micros: 0,
        }
    }

    fn facts(&self, tx: &mut dyn Tx, module: &Module, hook: Hook, seen: Seen<'_>) -> Result<Vec<types::Fact>, String> {
        let mut facts = Vec::new();
        for (name, hooks, program) in self.published.facts(module).iter() {
            if !hooks.contains(&hook) {
                continue;
            }
            let program = program.as_ref().map_err(|why| format!("the fact `{name}`: {why}"))?;
            let mut temps = TempTables::default();
            let mut env = Env {
                names: &|name: &str| seen.context.get(name).cloned(),
                moment: self.moment,
                account_id: seen.account_id,
                temps: &mut temps,
                page: None,
            };
            // A conversation without an account has no facts about one: the module sees that they are not there.
            if program.names.iter().any(|wanted| !seen.context.contains_key(wanted)) {
                continue;
            }
            let found = sql::run(tx, &mut ReadOnly, program, &mut env, &Limits::default())
                .map_err(|error| format!("the fact `{name}`: {error}"))?;
            let Some(rows) = found.outcomes.into_iter().next() else { continue };
            facts.push(types::Fact {
                name: name.clone(),
                columns: rows.columns.into_iter().map(|column| column.name).collect(),
                rows: rows.rows.into_iter().map(|row| row.into_iter().map(to_rules).collect()).collect(),
            });
        }
        Ok(facts)
    }

    fn situation(&self, seen: Seen<'_>, facts: Vec<types::Fact>) -> Situation {
        let local = self.moment.local();
        Situation {
            tenant: self.tenant.to_string(),
            now: Clock {
                epoch_ms: self.moment.millis,
                date: self.moment.date(),
                time: local.strftime("%H:%M:%S").to_string(),
                zone: self.published.bundle.manifest.zone.clone(),
                weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
            },
            account: None,
            context: fields(seen.context.iter()),
            facts,
        }
    }
}

/// Facts are single queries; the compiler lets none of them write.
struct ReadOnly;

impl HostTables for ReadOnly {
    fn apply(&mut self, _: &mut dyn Tx, _: &HostOp) -> Result<(), StoreError> {
        Err(StoreError::Denied("a fact only reads".into()))
    }
}

/// Named values as the contract has them.
pub fn fields<'v>(values: impl Iterator<Item = (&'v String, &'v Value)>) -> Vec<Field> {
    values.map(|(name, value)| Field { name: name.clone(), value: to_rules(value.clone()) }).collect()
}

fn to_rules(value: Value) -> types::Value {
    match value {
        Value::Null | Value::Bytes(_) => types::Value::Null,
        Value::Int(number) => types::Value::Integer(number),
        Value::Decimal(number) => types::Value::Decimal(number.to_string()),
        Value::Text(text) => types::Value::Text(text),
    }
}

/// A module's value as the host has it.
///
/// # Errors
/// When a decimal is not a number.
pub fn from_rules(value: &types::Value) -> Result<Value, String> {
    Ok(match value {
        types::Value::Null => Value::Null,
        types::Value::Boolean(yes) => Value::Int(i64::from(*yes)),
        types::Value::Integer(number) => Value::Int(*number),
        types::Value::Decimal(digits) => {
            Value::Decimal(digits.parse().map_err(|_| format!("`{digits}` is not a decimal"))?)
        }
        types::Value::Text(text) => Value::Text(text.clone()),
    })
}
