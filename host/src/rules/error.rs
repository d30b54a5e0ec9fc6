//! The ways in which a module can be refused and a call can fail, kept apart: each says whose fault it is and what to do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why a file cannot become a version of a tenant's rules. The text is for whoever uploads it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModuleError {
    #[error("the module has {bytes} bytes and may have {limit}; build it with `--release`, and strip it")]
    TooLarge { bytes: usize, limit: usize },
    #[error("this is not a WebAssembly module: {why}")]
    NotWasm { why: String },
    #[error(
        "this is precompiled machine code, which is never accepted from outside; upload the `.wasm` that it was made from"
    )]
    Precompiled,
    #[error("the module is damaged or uses something this host does not offer: {why}")]
    Invalid { why: String },
    #[error(
        "the module imports WASI, which rules do not have: {}; build it for `wasm32-unknown-unknown`, and take the time, \
         files and random numbers out of it",
        .imports.join(", ")
    )]
    Wasi { imports: Vec<String> },
    #[error(
        "the module imports what this host does not offer: {}; a rule gets everything it needs in its input",
        .imports.join(", ")
    )]
    UnknownImports { imports: Vec<String> },
    #[error("the module was built for {built_for}, this host speaks {spoken}; build it with the SDK of this release")]
    WrongContract { built_for: String, spoken: String },
    #[error(
        "the module does not say which contract it was built for; write it with `forbear-guest-sdk` and `export_rules!`"
    )]
    NoContract,
    #[error("the module does not export {}; `export_rules!` exports all of them", .names.join(", "))]
    MissingExports { names: Vec<String> },
    #[error(
        "the module has {found} {what} and may have {limit}; such a module would hold up the compiler for everybody"
    )]
    TooComplex { what: &'static str, found: u64, limit: u64 },
    #[error("the module starts with {bytes} bytes of memory and tables and may have {limit}")]
    NeedsTooMuchMemory { bytes: u64, limit: u64 },
    #[error("the module does not fit the contract: {why}")]
    Signature { why: String },
    #[error("the compiler refused the module: {why}")]
    Compile { why: String },
    #[error("`manifest` failed: {0}")]
    ManifestFailed(CallError),
    #[error("the manifest is not usable: {}", .faults.join("; "))]
    Manifest { faults: Vec<String> },
    #[error("`init` failed: {0}")]
    InitFailed(CallError),
    #[error("what `init` leaves in memory cannot be kept: {why}")]
    Snapshot { why: String },
    #[error("the module's bytes have the sha-256 {found}, {expected} was asked for")]
    WrongBytes { expected: String, found: String },
    #[error("the module's bytes cannot be read: {why}")]
    Unavailable { why: String },
    #[error("this host is busy: {why}; try again")]
    HostOverload { why: String },
}

impl ModuleError {
    /// Stable, for programs to match.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "module-too-large",
            Self::NotWasm { .. } => "module-not-wasm",
            Self::Precompiled => "module-precompiled",
            Self::Invalid { .. } => "module-invalid",
            Self::Wasi { .. } => "module-imports-wasi",
            Self::UnknownImports { .. } => "module-imports-unknown",
            Self::WrongContract { .. } => "module-wrong-contract",
            Self::NoContract => "module-no-contract",
            Self::MissingExports { .. } => "module-exports-missing",
            Self::TooComplex { .. } => "module-too-complex",
            Self::NeedsTooMuchMemory { .. } => "module-needs-too-much-memory",
            Self::Signature { .. } => "module-wrong-signature",
            Self::Compile { .. } => "module-does-not-compile",
            Self::ManifestFailed(_) => "module-manifest-failed",
            Self::Manifest { .. } => "module-manifest-wrong",
            Self::InitFailed(_) => "module-init-failed",
            Self::Snapshot { .. } => "module-init-not-kept",
            Self::WrongBytes { .. } => "module-wrong-bytes",
            Self::Unavailable { .. } => "module-unavailable",
            Self::HostOverload { .. } => "host-overload",
        }
    }

    /// Whether another attempt with the same bytes may succeed.
    pub fn is_hosts_fault(&self) -> bool {
        match self {
            Self::HostOverload { .. } | Self::Unavailable { .. } | Self::WrongBytes { .. } => true,
            Self::ManifestFailed(call) | Self::InitFailed(call) => call.is_hosts_fault(),
            _ => false,
        }
    }
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "kebab-case")]
pub enum CallError {
    /// The module answered that it cannot decide: its own error, in its own words.
    #[error("the module says: {message}")]
    Guest { message: String },
    #[error("the call used up its {limit} units of fuel; look for a loop that does not end")]
    OutOfFuel { limit: u64 },
    #[error("the call took longer than {} ms", .limit.as_millis())]
    Timeout { limit: Duration },
    /// The guest's code stopped itself or was stopped: a panic, an index out of bounds, a recursion too deep.
    #[error("the module crashed: {}", crash(.message, .frames, .panic.as_deref()))]
    Trap {
        message: String,
        /// The guest's functions, innermost first, as far as the module names them.
        frames: Vec<String>,
        /// What the guest's panic said.
        panic: Option<String>,
    },
    #[error("the module's answer cannot be used: {why}")]
    BadAnswer { why: String },
    #[error("the call asked for more than {limit} bytes of memory")]
    OutOfMemory { limit: usize },
    /// Ours, never the tenant's: no place was free in time. Says nothing about the module.
    #[error("this host is overloaded: {why}")]
    HostOverload { why: String },
    /// Ours as well: a hook is asked only if the manifest lists it.
    #[error("the module's manifest does not list the hook {hook}")]
    NotListed { hook: String },
}

fn crash(message: &str, frames: &[String], panic: Option<&str>) -> String {
    let mut text = panic.unwrap_or(message).to_owned();
    if let Some(innermost) = frames.first() {
        text.push_str(" (in ");
        text.push_str(innermost);
        text.push(')');
    }
    text
}

impl CallError {
    /// Stable, for the decision log and for programs to match.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Guest { .. } => "guest-error",
            Self::OutOfFuel { .. } => "out-of-fuel",
            Self::Timeout { .. } => "timeout",
            Self::Trap { .. } => "trap",
            Self::BadAnswer { .. } => "bad-answer",
            Self::OutOfMemory { .. } => "out-of-memory",
            Self::HostOverload { .. } => "host-overload",
            Self::NotListed { .. } => "not-listed",
        }
    }

    /// Whether the module has nothing to do with it; such a failure opens no circuit.
    pub fn is_hosts_fault(&self) -> bool {
        matches!(self, Self::HostOverload { .. } | Self::NotListed { .. })
    }

    /// Whether the same call would fail the same way on any machine at any time.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::Timeout { .. } | Self::HostOverload { .. })
    }
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("the WebAssembly engine does not start on this machine: {0}")]
    Start(String),
    #[error("the folder for compiled rules, {}, cannot be used: {source}; make it writable for the server alone", .dir.display())]
    Cache { dir: std::path::PathBuf, source: std::io::Error },
}
