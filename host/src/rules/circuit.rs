//! When a module has failed so often in a row that asking it again only costs: the decision, not what follows from it.
//!
//! The circuit of a version counts failures that follow each other. Once open it stays open: the caller takes the version out,
//! serves the previous one or the data's default, and says so; only a person closes it again, by activating a version.

use super::call::Outcome;

/// The failures in a row after which a version is taken out.
pub const DEFAULT_THRESHOLD: u32 = 5;

/// The circuit of one active version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circuit {
    threshold: u32,
    failures: u32,
}

/// What a call meant for the circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on asking.
    Closed,
    /// This call opened it: take the version out now. Said once.
    Opens,
    /// It was open before, and this call was under way already.
    Open,
}

impl Default for Circuit {
    fn default() -> Self {
        Self::new(DEFAULT_THRESHOLD)
    }
}

impl Circuit {
    /// Opens after `threshold` failures in a row; 0 counts as 1.
    pub fn new(threshold: u32) -> Self {
        Self { threshold: threshold.max(1), failures: 0 }
    }

    pub fn is_open(&self) -> bool {
        self.failures >= self.threshold
    }

    /// The failures so far that no answer has interrupted.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Takes an outcome into account. An answer starts the count again, a failure of the host's own leaves it as it is, and an
    /// open circuit stays open whatever comes.
    pub fn record(&mut self, outcome: &Outcome) -> Verdict {
        match &outcome.result {
            _ if self.is_open() => Verdict::Open,
            Ok(_) => {
                self.failures = 0;
                Verdict::Closed
            }
            Err(error) if error.is_hosts_fault() => Verdict::Closed,
            Err(_) => {
                self.failures += 1;
                if self.is_open() { Verdict::Opens } else { Verdict::Closed }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{call::Spent, error::CallError, hook::HookAnswer};

    fn outcome(result: Result<HookAnswer, CallError>) -> Outcome {
        Outcome { result, log: Vec::new(), spent: Spent { fuel: 0, micros: 0 } }
    }

    fn answered() -> Outcome {
        outcome(Ok(HookAnswer::Reroute(None)))
    }

    fn failed() -> Outcome {
        outcome(Err(CallError::OutOfFuel { limit: 1 }))
    }

    fn overloaded() -> Outcome {
        outcome(Err(CallError::HostOverload { why: String::new() }))
    }

    #[test]
    fn five_failures_in_a_row_take_a_version_out_once() {
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            assert_eq!(circuit.record(&failed()), Verdict::Closed);
        }
        assert_eq!(circuit.record(&failed()), Verdict::Opens);
        assert_eq!(circuit.record(&failed()), Verdict::Open);
        assert_eq!(circuit.record(&answered()), Verdict::Open);
        assert!(circuit.is_open());
    }

    #[test]
    fn an_answer_in_between_starts_the_count_again() {
        let mut circuit = Circuit::new(2);
        for _ in 0..10 {
            assert_eq!(circuit.record(&failed()), Verdict::Closed);
            assert_eq!(circuit.record(&answered()), Verdict::Closed);
        }
    }

    #[test]
    fn our_own_overload_is_never_held_against_the_tenant() {
        let mut circuit = Circuit::new(2);
        assert_eq!(circuit.record(&failed()), Verdict::Closed);
        for _ in 0..10 {
            assert_eq!(circuit.record(&overloaded()), Verdict::Closed);
        }
        assert_eq!(circuit.failures(), 1);
        assert_eq!(circuit.record(&failed()), Verdict::Opens);
    }
}
