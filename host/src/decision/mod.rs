//! Decisions: which module decides for a tenant, what it is asked, and the log of what it answered.

pub mod ask;
pub mod log;
pub mod registry;

pub use ask::Panel;
pub use log::{Decision, NewDecision, Place};
pub use registry::{Registry, RuleError, Version};
