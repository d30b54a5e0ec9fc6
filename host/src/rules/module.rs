//! A version of a tenant's rules that is ready to be asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    bindings::v1::types::{Hook, Manifest},
    call::{Linked, Outcome, Spent},
    error::CallError,
    hook::{HookInput, hook_name},
    limits::Limits,
};

/// The name of a version: the SHA-256 of the uploaded bytes.
pub type Sha256 = [u8; 32];

/// What was learned about a module when it was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Of the bytes as uploaded, in hexadecimal.
    pub sha256: String,
    /// Of the file as uploaded.
    pub bytes: usize,
    /// What the module says about itself.
    pub manifest: Manifest,
    /// What asking for the manifest cost.
    pub manifest_spent: Spent,
    /// What `init` cost; later calls do not pay it again.
    pub init_spent: Spent,
}

/// A checked and compiled module. Every call gets a fresh instance, so that one call cannot leave anything to another, and
/// the same input gives the same answer for ever.
pub struct Module {
    engine: wasmtime::Engine,
    linked: Linked,
    about: About,
}

impl Module {
    pub(super) fn new(engine: wasmtime::Engine, linked: Linked, about: About) -> Self {
        Self { engine, linked, about }
    }

    pub fn about(&self) -> &About {
        &self.about
    }

    pub fn manifest(&self) -> &Manifest {
        &self.about.manifest
    }

    /// Whether the manifest lists the hook. The host asks no other.
    pub fn answers(&self, hook: Hook) -> bool {
        self.about.manifest.hooks.contains(&hook)
    }

    /// Asks the module, on this thread, under these limits. Takes no place of [`Permits`](super::Permits): callers that share
    /// the pool with others go through [`Engine::ask`](super::Engine::ask).
    pub fn call(&self, input: &HookInput, limits: &Limits) -> Outcome {
        if !self.answers(input.hook()) {
            return Outcome::not_called(CallError::NotListed { hook: hook_name(input.hook()).to_owned() });
        }
        self.linked.ask(&self.engine, input, limits)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("about", &self.about).finish_non_exhaustive()
    }
}
