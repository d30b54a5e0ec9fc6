//! Where everything is kept: SQLite files or PostgreSQL schemas, chosen once at start.
//!
//! The rest of the host sees one interface, [`Tx`]: a transaction that runs the host's own statements (one text with
//! `$1 …` for both stores) and, walled in, a tenant's. It is synchronous on purpose: a turn runs from first statement
//! to commit on one worker thread.

pub mod chain;
mod lane;
mod migrate;
mod pending;
mod postgres;
mod sqlite;
pub mod value;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use self::lane::{Lane, Workers, lock};
use self::postgres::PostgresDb;
use self::sqlite::SqliteDb;
pub use pending::Pending;
pub use value::Value;

/// Which SQL a text is written in. Only `store` and `sql` ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// The rows of a query, each as wide as `columns`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique or primary key is taken.
    #[error("{0}")]
    Conflict(String),
    /// The database refused a tenant's statement: not allowed for it.
    #[error("not allowed: {0}")]
    Denied(String),
    /// A tenant's statement ran out of its time or returned too many rows.
    #[error("{0}")]
    Limit(String),
    /// A statement is wrong: type, constraint, syntax.
    #[error("{0}")]
    Statement(String),
    /// Another transaction was in the way; running the same work again is right.
    #[error("two transactions met; try again: {0}")]
    Retry(String),
    /// The database cannot be reached, is full, or is damaged.
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

/// A statement of a tenant, already checked and translated by [`crate::sql`], with what the database itself enforces.
#[derive(Debug)]
pub struct TenantStatement<'a> {
    /// In the dialect of the store, parameters as `$1`, `$2`, … (each may occur several times).
    pub sql: &'a str,
    pub params: &'a [Value],
    /// The tenant's own tables that the statement may write, lower case; everything else is read-only.
    pub writes: &'a BTreeSet<String>,
    pub time: Duration,
    /// Rows returned beyond this many are an error, not a truncation.
    pub max_rows: usize,
}

/// What a tenant's statement may still return, whatever the store.
struct Room {
    most: usize,
    rows: usize,
    bytes: usize,
}

/// The longest result of a tenant's statement: a thousand rows of a few kilobytes.
const RESULT_BYTES: usize = 4 << 20;

impl Room {
    fn new(most: usize) -> Self {
        Self { most, rows: most, bytes: RESULT_BYTES }
    }

    /// Makes room for one row.
    fn take(&mut self, row: &[Value]) -> Result<(), StoreError> {
        let rows = self.rows.checked_sub(1);
        self.rows = rows.ok_or_else(|| StoreError::Limit(format!("more than {} rows", self.most)))?;
        let bytes = self.bytes.checked_sub(row.iter().map(Value::size).sum());
        self.bytes = bytes.ok_or_else(|| StoreError::Limit(format!("more than {} MB of rows", RESULT_BYTES >> 20)))?;
        Ok(())
    }
}

/// One transaction. Dropped without a commit (by its owner, the store) it leaves no trace.
pub trait Tx {
    fn dialect(&self) -> Dialect;

    /// Runs one of the host's own statements; answers how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;

    /// Runs one of the host's own queries.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Rows, StoreError>;

    /// Runs a script of the host's own: several statements, no parameters, no rows.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Holds back other transactions that ask for the same key, until this one ends.
    fn lock(&mut self, key: &str) -> Result<(), StoreError>;

    /// Runs a tenant's statement behind the wall: SQLite's authorizer and progress handler, PostgreSQL's role and
    /// statement timeout. A write answers with no rows.
    fn tenant(&mut self, statement: &TenantStatement<'_>) -> Result<Rows, StoreError>;
}

/// Where a store is, and how wide.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Folder of the SQLite files.
    pub data: PathBuf,
    /// `postgres://…`; without it everything is in SQLite.
    pub database_url: Option<String>,
    /// Threads that run writes.
    pub threads: usize,
    /// Runs once on each of those threads.
    pub prepare_thread: fn(),
}

/// Lanes of one PostgreSQL database: writes with different keys run side by side.
const POSTGRES_LANES: usize = 64;
/// A tenant's SQLite connections are closed when nobody asked for them this long.
const IDLE: Duration = Duration::from_secs(300);

/// All databases: the control plane and one for each tenant, opened when first asked for.
pub struct Store {
    settings: StoreSettings,
    workers: Arc<Workers>,
    backend: Backend,
    control: Arc<Db>,
    tenants: Mutex<HashMap<String, OpenTenant>>,
}

enum Backend {
    Sqlite,
    Postgres(r2d2::Pool<postgres::Manager>),
}

struct OpenTenant {
    db: Arc<Db>,
    used: Instant,
}

impl Store {
    /// Opens the control plane and brings it up to date.
    ///
    /// # Errors
    /// When the folder or the server cannot be reached, or a migration fails.
    pub fn open(settings: StoreSettings) -> Result<Self, StoreError> {
        std::fs::create_dir_all(settings.data.join("tenants"))
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", settings.data.display())))?;
        let workers = Workers::start(settings.threads, settings.prepare_thread)
            .map_err(|error| StoreError::Unavailable(format!("no thread for writes: {error}")))?;
        let workers = Arc::new(workers);
        let backend = match &settings.database_url {
            None => Backend::Sqlite,
            Some(url) => Backend::Postgres(postgres::pool(url, settings.threads)?),
        };
        let control = match &backend {
            Backend::Sqlite => Db::sqlite(&settings.data.join("host.db"), &workers, migrate::HOST)?,
            Backend::Postgres(pool) => Db::postgres(pool, "forbear_host", &workers, migrate::HOST)?,
        };
        Ok(Self { settings, workers, backend, control: Arc::new(control), tenants: Mutex::default() })
    }

    /// Tenants, tokens, sessions.
    pub fn control(&self) -> &Arc<Db> {
        &self.control
    }

    /// A tenant's database, made and brought up to date if need be. Whether there is such a tenant is the control
    /// plane's to say; `name` is already checked by [`crate::tenant`].
    ///
    /// # Errors
    /// When the database cannot be reached, or a migration fails.
    pub fn tenant(&self, name: &str) -> Result<Arc<Db>, StoreError> {
        let mut tenants = lock(&self.tenants);
        if let Some(open) = tenants.get_mut(name) {
            open.used = Instant::now();
            return Ok(Arc::clone(&open.db));
        }
        let db = match &self.backend {
            Backend::Sqlite => {
                let path = self.settings.data.join("tenants").join(format!("{name}.db"));
                Db::sqlite(&path, &self.workers, migrate::TENANT)?
            }
            Backend::Postgres(pool) => Db::postgres(pool, &format!("tenant_{name}"), &self.workers, migrate::TENANT)?,
        };
        let db = Arc::new(db);
        tenants.insert(name.to_owned(), OpenTenant { db: Arc::clone(&db), used: Instant::now() });
        Ok(db)
    }

    /// Closes the databases of tenants that nobody asked for lately.
    pub fn close_idle(&self) {
        lock(&self.tenants).retain(|_, open| open.used.elapsed() < IDLE || Arc::strong_count(&open.db) > 1);
    }
}

/// One database: the control plane's or one tenant's.
pub struct Db {
    place: Place,
    workers: Arc<Workers>,
    lanes: Vec<Arc<Lane>>,
}

enum Place {
    Sqlite(Arc<SqliteDb>),
    Postgres(Arc<PostgresDb>),
}

impl Db {
    fn sqlite(path: &std::path::Path, workers: &Arc<Workers>, scripts: migrate::Scripts) -> Result<Self, StoreError> {
        let sqlite = Arc::new(SqliteDb::open(path)?);
        let lanes = vec![Lane::new(Arc::clone(&sqlite) as Arc<dyn lane::Runner>)];
        let db = Self { place: Place::Sqlite(sqlite), workers: Arc::clone(workers), lanes };
        migrate::run(&db, scripts.sqlite)?;
        Ok(db)
    }

    fn postgres(
        pool: &r2d2::Pool<postgres::Manager>,
        schema: &str,
        workers: &Arc<Workers>,
        scripts: migrate::Scripts,
    ) -> Result<Self, StoreError> {
        let postgres = Arc::new(PostgresDb::open(pool.clone(), schema)?);
        let lane = || Lane::new(Arc::clone(&postgres) as Arc<dyn lane::Runner>);
        let lanes = (0..POSTGRES_LANES).map(|_| lane()).collect();
        let db = Self { place: Place::Postgres(postgres), workers: Arc::clone(workers), lanes };
        migrate::run(&db, scripts.postgres)?;
        Ok(db)
    }

    /// Hands in a write: one transaction, kept if `work` answers `Ok` and undone if not. Writes with the same `key` run
    /// in the order in which they came. `work` may run again when two transactions met.
    pub fn write<T, E>(
        &self,
        key: &str,
        work: impl FnMut(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Pending<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, pending) = pending::job(work);
        let lane = &self.lanes[spread(key, self.lanes.len())];
        self.workers.submit(lane, job);
        pending
    }

    /// Runs a read on this thread, over one consistent state.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
        match &self.place {
            Place::Sqlite(db) => db.read(work),
            Place::Postgres(db) => db.read(work),
        }
    }

    /// In which zone the tenant's statements and views read the clock.
    pub fn set_zone(&self, zone: &TimeZone) {
        match &self.place {
            Place::Sqlite(db) => db.set_zone(zone.clone()),
            Place::Postgres(db) => db.set_zone(zone),
        }
    }

    /// Writes that wait for their turn.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.waiting()).sum()
    }

    /// Lets the tenant's own statements reach its own tables and views, as far as the database keeps rights by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn grant(tx: &mut dyn Tx, own_tables: &[String], views: &[String]) -> Result<(), StoreError> {
        postgres::grant(tx, own_tables, views)
    }
}

/// The same key always meets the same lane (FNV-1a).
fn spread(key: &str, lanes: usize) -> usize {
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash % lanes as u64) as usize
}
