//! The one engine of a server: from a tenant's file to a module that can be asked, and the asking.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256 as Sha256Hasher};
use wasmtime::{
    Store, WasmFeatures,
    component::{Component, HasSelf, Linker},
};
use wit_component::ComponentEncoder;

use super::{
    bindings::v1::{Rules, types::Manifest},
    cache::{Cache, Entry},
    call::{self, Host, Linked, Outcome, Spent, Stop},
    error::{CallError, EngineError, ModuleError},
    hook::HookInput,
    inspect::{self, Shape, guarded},
    limits::{Limits, MEMORIES},
    manifest,
    module::{About, Module, Sha256},
    permits::{Permit, Permits},
    settings::{self, EngineSettings, SPARE_PAGE},
    snapshot, ticker,
};

/// Compiles tenants' modules and runs them. Cheap to clone; all clones share one pool.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    engine: wasmtime::Engine,
    linker: Linker<Host>,
    features: WasmFeatures,
    cache: Option<Cache>,
    calls: Permits,
    compilations: Permits,
    patience: Duration,
    pagemap_scan: bool,
}

/// The release of wasmtime that is built in. A test holds it against the lock file.
const WASMTIME: &str = "48.0.8";

/// How long an upload waits for its turn at the compiler.
const COMPILER_PATIENCE: Duration = Duration::from_secs(60);

impl Engine {
    /// Starts the engine and the clock of its guests.
    pub fn new(settings: EngineSettings) -> Result<Self, EngineError> {
        let start = |fault: wasmtime::Error| EngineError::Start(format!("{fault:#}"));
        let (config, pagemap_scan) = settings::config(&settings);
        let engine = wasmtime::Engine::new(&config).map_err(start)?;
        let mut linker = Linker::new(&engine);
        Rules::add_to_linker::<_, HasSelf<_>>(&mut linker, |host| host).map_err(start)?;
        ticker::start(&engine).map_err(|fault| EngineError::Start(format!("no thread for its clock: {fault}")))?;

        if !pagemap_scan {
            tracing::info!(
                "rules: this kernel cannot tell which memory a call has touched (PAGEMAP_SCAN, Linux 6.7); \
                 big modules cost a little more at each call"
            );
        }
        let cache = match &settings.cache_dir {
            Some(dir) => Some(Cache::open(dir, &compilation_settings(&engine))?),
            None => None,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                features: engine.get_wasm_features(),
                engine,
                linker,
                cache,
                calls: Permits::new(settings.places as usize, settings.places_per_tenant as usize),
                compilations: Permits::new(settings.compilers, settings.compilers),
                patience: settings.patience,
                pagemap_scan,
            }),
        })
    }

    /// The release of the engine, for the decision log.
    pub fn version() -> &'static str {
        WASMTIME
    }

    /// Makes this thread ready to run guests, so that its first call is not slower than the others. For worker threads, when
    /// they start.
    pub fn prepare_thread() {
        wasmtime::Engine::tls_eager_initialize();
    }

    /// Whether memory is cleaned with the kernel's help (Linux 6.7 and later).
    pub fn uses_pagemap_scan(&self) -> bool {
        self.inner.pagemap_scan
    }

    /// The places for calls: who waits, how many are taken.
    pub fn places(&self) -> &Permits {
        &self.inner.calls
    }

    /// Asks a module on behalf of a tenant, as soon as there is a place for it.
    pub fn ask(&self, tenant: &str, module: &Module, input: &HookInput, limits: &Limits) -> Outcome {
        match self.inner.calls.acquire(tenant, self.inner.patience) {
            Some(_place) => module.call(input, limits),
            None => Outcome::not_called(CallError::HostOverload {
                why: format!("no place for a call got free within {} ms", self.inner.patience.as_millis()),
            }),
        }
    }

    /// Checks an uploaded file from first to last: that it is a module, imports nothing it may not, speaks this contract, has
    /// a manifest that can be believed and an `init` that ends. What comes back is compiled, ready, and in the cache.
    pub fn check(&self, bytes: &[u8]) -> Result<Module, ModuleError> {
        let limits = upload_limits();
        let shape = inspect::inspect(bytes, self.inner.features, limits.memory)?;
        let _turn = self.turn_to_compile()?;
        let component = match shape {
            Shape::CoreModule => Cow::Owned(componentise(bytes)?),
            Shape::Component => Cow::Borrowed(bytes),
        };

        let readable = snapshot::readable(&component)?;
        let trial = self.link(&self.compile(&readable.component)?)?;
        let (manifest, manifest_spent) = self.manifest(&trial, &limits)?;
        let faults = manifest::faults(&manifest);
        if !faults.is_empty() {
            return Err(ModuleError::Manifest { faults });
        }
        let (initialised, init_spent) = self.initialise(&trial, &readable, &limits)?;

        let compiled = self.compile(&initialised)?;
        let sha256 = sha256(bytes);
        let about = About { sha256: hex::encode(sha256), bytes: bytes.len(), manifest, manifest_spent, init_spent };
        self.keep(&sha256, &compiled, &about);
        Ok(Module::new(self.inner.engine.clone(), self.link(&compiled)?, about))
    }

    /// The module with this hash, if this host has compiled it before and can still use what it kept.
    pub fn cached(&self, sha256: &Sha256) -> Option<Module> {
        let entry = self.inner.cache.as_ref()?.get(sha256)?;
        let about: About = serde_json::from_slice(&entry.about).ok()?;
        let compiled = deserialize(&self.inner.engine, &entry)?;
        let rules = self.link(&compiled).ok()?;
        Some(Module::new(self.inner.engine.clone(), rules, about))
    }

    /// The module, from the cache if it is there, else checked and compiled.
    pub fn load(&self, bytes: &[u8]) -> Result<Module, ModuleError> {
        match self.cached(&sha256(bytes)) {
            Some(module) => Ok(module),
            None => self.check(bytes),
        }
    }

    fn turn_to_compile(&self) -> Result<Permit<'_>, ModuleError> {
        self.inner.compilations.acquire("", COMPILER_PATIENCE).ok_or_else(|| ModuleError::HostOverload {
            why: format!("the compiler was busy for {} seconds", COMPILER_PATIENCE.as_secs()),
        })
    }

    fn compile(&self, component: &[u8]) -> Result<Component, ModuleError> {
        guarded(|| Component::from_binary(&self.inner.engine, component).map_err(|fault| format!("{fault:#}")))
            .map_err(|why| ModuleError::Compile { why })
    }

    /// Everything of making an instance that does not depend on the call.
    fn link(&self, component: &Component) -> Result<Linked, ModuleError> {
        Linked::new(self.inner.linker.instantiate_pre(component).map_err(misfit)?)
    }

    fn manifest(&self, trial: &Linked, limits: &Limits) -> Result<(Manifest, Spent), ModuleError> {
        let started = Instant::now();
        let failed = ModuleError::ManifestFailed;
        let mut store = call::store(&self.inner.engine, limits).map_err(failed)?;
        let instance = match trial.instances.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(fault) => return Err(failed(Stop::starting(&fault).explain(&store, limits))),
        };
        let rules = Rules::new(&mut store, &instance).map_err(misfit)?;
        let manifest = rules.call_manifest(&mut store);
        let manifest = manifest.map_err(|fault| failed(Stop::running(&fault).explain(&store, limits)))?;
        Ok((manifest, spent(&store, limits, started)))
    }

    /// Runs `init` once and returns the component as it is afterwards.
    fn initialise(
        &self,
        trial: &Linked,
        readable: &snapshot::Readable<'_>,
        limits: &Limits,
    ) -> Result<(Vec<u8>, Spent), ModuleError> {
        let started = Instant::now();
        let failed = ModuleError::InitFailed;
        let mut store = call::store(&self.inner.engine, limits).map_err(failed)?;
        let instance = match trial.instances.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(fault) => return Err(failed(Stop::starting(&fault).explain(&store, limits))),
        };
        let rules = Rules::new(&mut store, &instance).map_err(misfit)?;
        match rules.call_init(&mut store) {
            Ok(Ok(())) => {}
            Ok(Err(message)) => {
                return Err(failed(CallError::Guest { message: call::shortened(message, limits.log) }));
            }
            Err(fault) => return Err(failed(Stop::running(&fault).explain(&store, limits))),
        }
        let spent = spent(&store, limits, started);

        // From here on the host reads, and the guest's limits are not meant for it.
        store.data_mut().allow(MEMORIES as usize * SPARE_PAGE);
        store.set_hostcall_fuel(usize::MAX);
        store.set_epoch_deadline(limits.ticks());
        store.set_fuel(limits.fuel).map_err(|fault| ModuleError::Snapshot { why: fault.to_string() })?;
        Ok((readable.snapshot(&mut store, instance)?, spent))
    }

    fn keep(&self, sha256: &Sha256, compiled: &Component, about: &About) {
        let Some(cache) = &self.inner.cache else { return };
        match (compiled.serialize(), serde_json::to_vec(about)) {
            (Ok(artefact), Ok(about)) => cache.put(sha256, &Entry { about, artefact }),
            (Err(fault), _) => tracing::warn!(%fault, "a compiled module cannot be written down"),
            (_, Err(fault)) => tracing::warn!(%fault, "what is known of a module cannot be written down"),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("places", &self.inner.calls).finish_non_exhaustive()
    }
}

/// The name of a version.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256Hasher::digest(bytes).into()
}

/// Nobody waits for an upload as they wait for an answer, so its time is longer; its fuel, which is the verdict, is not.
fn upload_limits() -> Limits {
    Limits { time: Duration::from_secs(2), ..Limits::default() }
}

fn spent(store: &Store<Host>, limits: &Limits, started: Instant) -> Spent {
    Spent {
        fuel: limits.fuel - store.get_fuel().unwrap_or(0).min(limits.fuel),
        micros: call::micros(started.elapsed()),
    }
}

fn misfit(fault: wasmtime::Error) -> ModuleError {
    ModuleError::Signature { why: format!("{fault:#}") }
}

/// Wraps a core module into the component that its own metadata describes.
fn componentise(bytes: &[u8]) -> Result<Vec<u8>, ModuleError> {
    guarded(|| {
        ComponentEncoder::default()
            .module(bytes)
            .and_then(|encoder| encoder.validate(false).encode())
            .map_err(|fault| format!("{fault:#}"))
    })
    .map_err(|why| ModuleError::Signature { why })
}

/// Everything that decides what the compiler makes of a module: the engine's own account of version, target and settings,
/// the release of this host, which writes the components, and the limits under which `init` ran.
fn compilation_settings(engine: &wasmtime::Engine) -> Vec<u8> {
    struct Collect(Vec<u8>);
    impl Hasher for Collect {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
    }
    let mut collected = Collect(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut collected);
    (env!("CARGO_PKG_VERSION"), inspect::CONTRACT).hash(&mut collected);
    let limits = upload_limits();
    (limits.fuel, limits.memory, limits.answer).hash(&mut collected);
    collected.0
}

/// Machine code from the cache.
#[expect(unsafe_code, reason = "loading compiled code means trusting it; nothing else in this program does")]
fn deserialize(engine: &wasmtime::Engine, entry: &Entry) -> Option<Component> {
    // SAFETY: the bytes must be what `Component::serialize` wrote. `Cache::get` hands out an artefact only if its keyed hash
    // is right, the key is 64 random bytes in a folder that only the server's user can read, and only `Engine::keep` seals
    // with it. Version and settings are compared by the engine once more.
    let component = unsafe { Component::deserialize(engine, &entry.artefact) };
    component.inspect_err(|fault| tracing::warn!(%fault, "a compiled module does not fit; compiling it again")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_that_decisions_record_is_the_one_that_is_built_in() {
        let lock = include_str!("../../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"wasmtime\"\nversion = \"{}\"", Engine::version())));
    }

    #[test]
    fn the_clock_of_the_guests_ends_with_the_engine() {
        let engine = Engine::new(EngineSettings::default()).expect("an engine");
        let weak = engine.inner.engine.weak();
        drop(engine);
        let until = Instant::now() + Duration::from_secs(10);
        while weak.upgrade().is_some() {
            assert!(Instant::now() < until, "something still holds the engine");
            std::thread::yield_now();
        }
    }
}
