//! Asking a past question again: whether a module still answers what the decision log says it answered.

use super::{
    call::Outcome,
    error::CallError,
    hook::{HookAnswer, HookInput},
    limits::Limits,
    module::Module,
};

/// What asking again gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    pub outcome: Outcome,
    pub comparison: Comparison,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same answer or the same failure, bit for bit.
    Same,
    Different,
    /// One of the two runs was cut short by time or by an overload of the host, which says nothing about the module.
    NotComparable,
}

/// Why a decision cannot be asked again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the decision's input cannot be read: {0}; was it written by another release?")]
    Input(serde_json::Error),
    #[error("the decision's answer cannot be read: {0}; was it written by another release?")]
    Recorded(serde_json::Error),
}

/// Asks `module` the question `input_json` and compares with `recorded_json`, both as the decision log keeps them (see
/// [`Outcome::to_json`]). `limits` are those of the decision, since another limit can be another verdict.
pub fn replay(module: &Module, input_json: &str, recorded_json: &str, limits: &Limits) -> Result<Replay, ReplayError> {
    let input: HookInput = serde_json::from_str(input_json).map_err(ReplayError::Input)?;
    let recorded = recorded(recorded_json).map_err(ReplayError::Recorded)?;
    let outcome = module.call(&input, limits);
    let repeatable =
        |result: &Result<HookAnswer, CallError>| result.as_ref().err().is_none_or(CallError::is_repeatable);
    let comparison = match () {
        () if outcome.result == recorded => Comparison::Same,
        () if repeatable(&recorded) && repeatable(&outcome.result) => Comparison::Different,
        () => Comparison::NotComparable,
    };
    Ok(Replay { outcome, comparison })
}

/// The inverse of [`Outcome::to_json`].
fn recorded(json: &str) -> Result<Result<HookAnswer, CallError>, serde_json::Error> {
    let value: serde_json::Value = serde_json::from_str(json)?;
    if value.get("error").is_some() {
        serde_json::from_value(value).map(Err)
    } else {
        serde_json::from_value(value).map(Ok)
    }
}
