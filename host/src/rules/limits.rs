//! What one call may use up, and the part of the sandbox that holds a guest to it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wasmtime::ResourceLimiter;

/// How often the clock of running guests ticks. A call's time limit is kept to within two ticks.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// The most that any tenant's call may have; a tenant's own limits can only be lower.
///
/// Fuel is the verdict: it counts instructions, so the same call runs out at the same point on every machine. Time is the
/// backstop for what fuel does not see, and depends on how busy the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Roughly one per WebAssembly instruction.
    pub fuel: u64,
    /// Wall-clock time.
    pub time: Duration,
    /// Bytes of all linear memories and tables together.
    pub memory: usize,
    /// Bytes of the answer, as [`HookAnswer::size`](super::HookAnswer::size) counts them.
    pub answer: usize,
    /// Bytes of all log lines together; what is over is cut off and marked.
    pub log: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { fuel: 10_000_000, time: Duration::from_millis(50), memory: 16 << 20, answer: 64 << 10, log: 4 << 10 }
    }
}

impl Limits {
    /// These limits narrowed by a tenant's own; neither side can widen the other's.
    #[must_use]
    pub fn narrowed_by(self, own: Self) -> Self {
        Self {
            fuel: self.fuel.min(own.fuel),
            time: self.time.min(own.time),
            memory: self.memory.min(own.memory),
            answer: self.answer.min(own.answer),
            log: self.log.min(own.log),
        }
    }

    /// The time limit in ticks of the guests' clock, and one for the tick that is already under way.
    pub(super) fn ticks(&self) -> u64 {
        let ticks = self.time.as_millis().div_ceil(TICK.as_millis());
        u64::try_from(ticks).unwrap_or(u64::MAX - 1) + 1
    }

    /// How many bytes may cross from the guest in one reply before the host stops reading. As Rust values an answer and a log
    /// take up to eight times what [`Self::answer`] and [`Self::log`] count (a list of the shortest operations does); what is
    /// under this but over those is refused or cut by its own size.
    pub(super) fn reply_bytes(&self) -> usize {
        8 * (self.answer + self.log)
    }
}

/// Counts what a store's memories and tables take and refuses what is over the limit.
pub(super) struct Limiter {
    left: usize,
    refused: bool,
}

/// How many core instances, memories and tables a component may have. A module built with the SDK has one of each; a
/// component with text imports has three instances and two tables. The pool is sized by the same numbers.
pub(super) const INSTANCES: u32 = 8;
pub(super) const MEMORIES: u32 = 2;
pub(super) const TABLES: u32 = 4;

/// What an element of a table takes on a 64-bit host.
const TABLE_ELEMENT: usize = 8;

impl Limiter {
    pub(super) fn new(bytes: usize) -> Self {
        Self { left: bytes, refused: false }
    }

    pub(super) fn allow(&mut self, bytes: usize) {
        self.left += bytes;
    }

    /// Whether the guest asked for more than it may have. A guest may live with the refusal; if it fails later, this is why.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }

    fn take(&mut self, current: usize, desired: usize) -> bool {
        match self.left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.refused = true;
                false
            }
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(maximum.is_none_or(|maximum| desired <= maximum) && self.take(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT);
        Ok(maximum.is_none_or(|maximum| desired <= maximum) && self.take(bytes(current), bytes(desired)))
    }

    fn instances(&self) -> usize {
        INSTANCES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_can_narrow_its_limits_but_not_widen_them() {
        let own = Limits { fuel: 5, time: Duration::from_secs(9), answer: 1, ..Limits::default() };
        let limits = Limits::default().narrowed_by(own);
        assert_eq!((limits.fuel, limits.time, limits.answer), (5, Duration::from_millis(50), 1));
    }

    #[test]
    fn memories_and_tables_share_one_allowance() {
        let mut limiter = Limiter::new(1000);
        assert!(limiter.memory_growing(0, 600, None).is_ok_and(|granted| granted));
        assert!(limiter.table_growing(0, 50, None).is_ok_and(|granted| granted));
        assert!(!limiter.refused());
        assert!(limiter.table_growing(50, 51, None).is_ok_and(|granted| !granted));
        assert!(limiter.refused());
    }
}
