//! Rules: a tenant's WebAssembly modules, asked at eight named points, in a sandbox.
//!
//! A module is a pure function. Everything it may look at is in the question ([`HookInput`]), everything it wants is in the
//! answer ([`HookAnswer`]), and this room makes sure that there is nothing else: no clock, no files, no memory of the last
//! call, no way to run for longer than its [`Limits`] allow. What an answer means is decided elsewhere; this room neither
//! applies operations nor knows a database.
//!
//! From a file to an answer:
//!
//! 1. [`Engine::check`] takes an uploaded file. `inspect` looks it over without running it (size, imports, exports, contract,
//!    bombs for the compiler); a core module is wrapped into a component; `manifest` and `init` run once, limited like any
//!    call; `snapshot` keeps what `init` left in memory; the result is compiled and put into the `cache` on disk. Whatever
//!    is wrong is a [`ModuleError`] that tells the author what to do.
//! 2. [`Modules`] keeps compiled modules loaded, each once, and lets the least used go. A version is named by the SHA-256 of
//!    its file.
//! 3. [`Engine::ask`] waits for a place ([`Permits`]: global, and a share for each tenant) and calls
//!    [`Module::call`]: a fresh instance from the pool, fuel and deadline set, the question lowered into it, the answer
//!    lifted and measured. What comes back is an [`Outcome`], always: answer or [`CallError`], log, cost.
//! 4. [`Circuit`] says when a version has failed too often in a row; [`replay()`] asks a past question again and compares.
//!
//! Whose fault a failure is stays visible: [`CallError::is_hosts_fault`] is ours and never held against the module; what
//! [`CallError::is_repeatable`] fails the same way on every machine, because fuel is counted, numbers are canonical and the
//! module is alone with its question. Time is the one exception, and only the backstop.
//!
//! All of it is synchronous: a hook is called on the worker thread that runs the turn, which has called
//! [`Engine::prepare_thread`] at its start. `settings` says why the engine is set up as it is. The only line of unsafe code
//! loads the host's own compiled code from its cache.

pub mod bindings;
mod cache;
mod call;
mod circuit;
mod effort;
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
