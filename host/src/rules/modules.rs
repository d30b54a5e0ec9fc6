//! Which modules are loaded: each once, however many tenants use it, and not more than fit.
//!
//! A loaded module takes some 100 KiB and three maps of the process, so past a bound the least used is let go; it comes back
//! from the disk's cache in well under a millisecond. A call that is under way keeps its module.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    engine::{Engine, sha256},
    error::ModuleError,
    module::{Module, Sha256},
};

/// How many versions of one tenant stay loaded.
pub const VERSIONS_PER_TENANT: usize = 5;
/// How many modules stay loaded in all.
pub const MODULES: usize = 1_000;

/// The loaded modules of a server.
#[derive(Debug)]
pub struct Modules {
    engine: Engine,
    total: usize,
    per_tenant: usize,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    by_sha: HashMap<Sha256, Held>,
    /// Counts uses; a bigger number is a later use.
    uses: u64,
}

#[derive(Debug, Default)]
struct Held {
    /// Empty while the first who asked for it loads it; the others wait at this lock, and nobody else.
    module: Arc<Mutex<Option<Arc<Module>>>>,
    used: u64,
    /// When each tenant last used it.
    tenants: HashMap<Box<str>, u64>,
}

impl Modules {
    /// Keeps up to [`MODULES`] modules, and [`VERSIONS_PER_TENANT`] for a tenant.
    pub fn new(engine: Engine) -> Self {
        Self::with_bounds(engine, MODULES, VERSIONS_PER_TENANT)
    }

    pub fn with_bounds(engine: Engine, total: usize, per_tenant: usize) -> Self {
        Self { engine, total: total.max(1), per_tenant: per_tenant.max(1), loaded: Mutex::default() }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The module with this hash: from memory, else from the disk's cache, else compiled from what `bytes` gets. What `bytes`
    /// gets must have this hash.
    pub fn get_or_load(
        &self,
        tenant: &str,
        sha: &Sha256,
        bytes: impl FnOnce() -> Result<Vec<u8>, ModuleError>,
    ) -> Result<Arc<Module>, ModuleError> {
        let held = self.touch(tenant, sha);
        let mut module = held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = &*module {
            return Ok(Arc::clone(module));
        }
        match self.load(sha, bytes) {
            Ok(loaded) => Ok(Arc::clone(module.insert(Arc::new(loaded)))),
            Err(error) => {
                self.lock().by_sha.remove(sha);
                Err(error)
            }
        }
    }

    /// How many modules are loaded.
    pub fn len(&self) -> usize {
        self.lock().by_sha.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn load(&self, sha: &Sha256, bytes: impl FnOnce() -> Result<Vec<u8>, ModuleError>) -> Result<Module, ModuleError> {
        if let Some(module) = self.engine.cached(sha) {
            return Ok(module);
        }
        let bytes = bytes()?;
        let found = sha256(&bytes);
        if found != *sha {
            return Err(ModuleError::WrongBytes { expected: hex::encode(sha), found: hex::encode(found) });
        }
        self.engine.check(&bytes)
    }

    /// Marks the module as used now by this tenant, and lets go what is too much because of it.
    fn touch(&self, tenant: &str, sha: &Sha256) -> Arc<Mutex<Option<Arc<Module>>>> {
        let mut loaded = self.lock();
        loaded.uses += 1;
        let now = loaded.uses;
        let held = loaded.by_sha.entry(*sha).or_default();
        held.used = now;
        let module = Arc::clone(&held.module);
        if let Some(last) = held.tenants.get_mut(tenant) {
            *last = now;
            return module;
        }
        held.tenants.insert(tenant.into(), now);
        loaded.leave_to_tenant(tenant, self.per_tenant);
        loaded.leave(self.total);
        module
    }

    /// Each method leaves the map consistent, so a thread that panicked elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    /// Takes from a tenant its least used modules; those that nobody else uses go.
    fn leave_to_tenant(&mut self, tenant: &str, most: usize) {
        let of_tenant = |(sha, held): (&Sha256, &Held)| held.tenants.get(tenant).map(|used| (*used, *sha));
        let mut theirs: Vec<_> = self.by_sha.iter().filter_map(of_tenant).collect();
        theirs.sort_unstable();
        for (_, sha) in theirs.iter().take(theirs.len().saturating_sub(most)) {
            if let Some(held) = self.by_sha.get_mut(sha) {
                held.tenants.remove(tenant);
                if held.tenants.is_empty() {
                    self.by_sha.remove(sha);
                }
            }
        }
    }

    fn leave(&mut self, most: usize) {
        while self.by_sha.len() > most {
            let Some(least) = self.by_sha.iter().min_by_key(|(_, held)| held.used).map(|(sha, _)| *sha) else { return };
            self.by_sha.remove(&least);
        }
    }
}
