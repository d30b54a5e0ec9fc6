//! The wiring: the only file that picks concrete parts (which store, which clock, which engine) and puts them together.
//! Everything that the web and the command line offer is a method here, on plain values.

mod conversations;
mod definitions;
mod people;
mod rules;

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use crate::bundle::{PublishError, Published};
use crate::clock::{Clock, Millis};
use crate::conversation::TurnError;
use crate::decision::{Registry, RuleError};
use crate::due::Due;
use crate::rules::{Engine, EngineSettings, Limits, Modules};
use crate::store::{Db, Store, StoreError, StoreSettings};
use crate::tenant::{self, Principal, TenantError, TenantName};

pub use conversations::{ContactView, StatementAnswer};
pub use rules::Replayed;

/// Where and how the host runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of everything that is kept on this machine: SQLite files, compiled modules, the operator's token.
    pub data: PathBuf,
    /// `postgres://…`: tenants live there instead of in SQLite files.
    pub database_url: Option<String>,
    /// Threads on which turns run; 0 picks by the machine and the store.
    pub threads: usize,
}

impl Settings {
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database_url: None, threads: 0 }
    }
}

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path}: {error}")]
    Folder { path: String, error: std::io::Error },
    /// Another process has the folder.
    #[error("another forbear works in {0}; stop it, or use another --data folder")]
    InUse(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Rules(#[from] RuleError),
    #[error(transparent)]
    Tenant(#[from] TenantError),
}

/// A running host.
pub struct App {
    store: Store,
    clock: Arc<dyn Clock>,
    registry: Registry,
    published: RwLock<HashMap<(TenantName, i64), Kept>>,
    /// Counts uses of publications; a bigger number is a later use.
    uses: AtomicU64,
    /// Tenants that were seen: asked for once, since none is ever removed.
    known: RwLock<HashMap<TenantName, Arc<Db>>>,
    /// Held as long as this lives.
    _folder: File,
    sessions: Mutex<HashMap<String, (Millis, Principal)>>,
    due: Mutex<Due>,
}

/// A compiled publication, and when it was last used.
struct Kept {
    published: Arc<Published>,
    used: AtomicU64,
}

/// How long another host's deadlines may stay unseen, should that host be gone.
const OTHERS_LOOK: Millis = 300_000;
/// Why an act on a tenant failed, over all areas.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Tenant(#[from] TenantError),
    #[error(transparent)]
    Turn(#[from] TurnError),
    #[error(transparent)]
    Rules(#[from] RuleError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    BadRequest(String),
    #[error("{fault}")]
    Statement { fault: crate::sql::SqlFault },
}

impl App {
    /// Opens the store and starts the engine.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let folder = lock_folder(&settings.data)?;
        let threads = match settings.threads {
            0 if settings.database_url.is_some() => 16,
            0 => std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2),
            chosen => chosen,
        };
        let store = Store::open(StoreSettings {
            data: settings.data.clone(),
            database_url: settings.database_url.clone(),
            threads,
            prepare_thread: Engine::prepare_thread,
        })?;
        let engine =
            Engine::new(EngineSettings { cache_dir: Some(settings.data.join("cache")), ..EngineSettings::default() })
                .map_err(RuleError::from)?;
        Ok(Self {
            store,
            clock,
            registry: Registry::new(Modules::new(engine), Limits::default()),
            published: RwLock::default(),
            uses: AtomicU64::new(0),
            known: RwLock::default(),
            _folder: folder,
            sessions: Mutex::default(),
            due: Mutex::new(Due::new(settings.database_url.as_ref().map(|_| OTHERS_LOOK))),
        })
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// What the store says.
    pub fn ready(&self) -> Result<(), AppError> {
        self.store.control().read(|tx| tenant::all(tx).map(|_| ()))?;
        Ok(())
    }
}

/// Runs something that waits for a database on a thread that may wait.
///
/// # Errors
/// What `work` says; [`StoreError::Unavailable`] if it panicked.
pub async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, AppError>
where
    T: Send + 'static,
    E: Into<AppError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(StoreError::Unavailable(format!("an error inside the host: {error}")).into()),
    }
}

/// One process per folder: two would each think that they alone write.
fn lock_folder(data: &Path) -> Result<File, StartError> {
    let failed = |error| StartError::Folder { path: data.display().to_string(), error };
    // Debtors' data and the door's secret: for the owner's eyes.
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::InUse(data.display().to_string())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
