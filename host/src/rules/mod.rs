//! Rules: a tenant's WebAssembly modules, asked at eight named points, in a sandbox.

pub mod bindings;
mod cache;
mod call;
mod circuit;
mod engine;
mod error;
mod hook;
mod inspect;
mod limits;
mod manifest;
mod module;
mod modules;
mod permits;
mod replay;
mod settings;
mod snapshot;
mod ticker;

pub use call::{Outcome, Spent};
pub use circuit::{Circuit, DEFAULT_THRESHOLD, Verdict as CircuitVerdict};
pub use engine::{Engine, sha256};
pub use error::{CallError, EngineError, ModuleError};
pub use hook::{HOOKS, HookAnswer, HookInput, hook_name};
pub use inspect::CONTRACT;
pub use limits::Limits;
pub use module::{About, Module, Sha256};
pub use modules::{MODULES, Modules, VERSIONS_PER_TENANT};
pub use permits::{Permit, Permits};
pub use replay::{Comparison, Replay, ReplayError, replay};
pub use settings::EngineSettings;
