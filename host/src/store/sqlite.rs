//! SQLite: one file per tenant, one writer that commits many turns at once, readers beside it.
//!
//! A tenant's statements run on the same connection and in the same transaction as the host's. The wall between them
//! is SQLite's own: an authorizer that asks, for every table a statement touches, whether a tenant may.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Instant;

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql};

use super::lane::{Job, Runner, lock};
use super::{Dialect, Room, Rows, StoreError, TenantStatement, Tx, Value};

/// Longest value that a tenant's statement may build, in bytes.
const TENANT_VALUE_BYTES: i32 = 1 << 20;
/// Longest value at all: a module of 4 MiB must fit.
const HOST_VALUE_BYTES: i32 = 32 << 20;
/// Virtual-machine steps between two looks at the watch.
const STEPS_PER_LOOK: i32 = 1_000;
/// Turns that share one durable commit.
const BATCH: usize = 64;
/// Readers that are kept open for the next read; each has its own page and statement cache.
const IDLE_READERS: usize = 8;

pub(super) struct SqliteDb {
    path: PathBuf,
    zone: Arc<RwLock<TimeZone>>,
    writer: Mutex<SqliteConnection>,
    readers: Mutex<Vec<SqliteConnection>>,
}

impl SqliteDb {
    /// Opens or makes the file.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let zone = Arc::new(RwLock::new(TimeZone::UTC));
        let writer = SqliteConnection::open(path, Arc::clone(&zone), false)?;
        Ok(Self { path: path.to_owned(), zone, writer: Mutex::new(writer), readers: Mutex::default() })
    }

    pub fn set_zone(&self, zone: TimeZone) {
        *self.zone.write().unwrap_or_else(std::sync::PoisonError::into_inner) = zone;
    }

    /// Runs `work` on a reader. It sees what was committed when it began, and can change nothing.
    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
        let idle = lock(&self.readers).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => SqliteConnection::open(&self.path, Arc::clone(&self.zone), true)?,
        };
        reader.connection.execute_batch("BEGIN").map_err(error)?;
        let result = work(&mut reader);
        reader.connection.execute_batch("ROLLBACK").map_err(error)?;
        let mut idle = lock(&self.readers);
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        result
    }
}

impl Runner for SqliteDb {
    /// One transaction for the whole batch, one savepoint for each job: a job that fails is undone alone. Where SQLite
    /// undid the whole transaction for one of them, each gets a transaction of its own.
    fn run(&self, batch: Vec<Box<dyn Job>>) {
        let mut writer = lock(&self.writer);
        let mut batch: Vec<Attempt> = batch.into_iter().map(|job| (job, Ok(()))).collect();
        if writer.transaction(&mut batch) == Ending::Lost && batch.len() > 1 {
            for entry in &mut batch {
                writer.transaction(std::slice::from_mut(entry));
            }
        }
        drop(writer);
        for (job, result) in batch {
            job.finish(result);
        }
    }

    fn batch_size(&self) -> usize {
        BATCH
    }
}

/// A job, and what is to be said to its caller of its commit.
type Attempt = (Box<dyn Job>, Result<(), StoreError>);

/// How the transaction of a batch came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Each job knows how it went.
    Settled,
    /// SQLite itself undid everything in the middle of a job: it does when a write is interrupted, and when the disk is
    /// full.
    Lost,
}

struct SqliteConnection {
    connection: Connection,
    wall: Arc<Wall>,
}

/// What the authorizer and the progress handler look at: empty while the host's own statements run.
#[derive(Default)]
struct Wall {
    tenant: Mutex<Option<Guest>>,
}

struct Guest {
    writes: BTreeSet<String>,
    until: Instant,
}

impl SqliteConnection {
    fn open(path: &Path, zone: Arc<RwLock<TimeZone>>, read_only: bool) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(error)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                 PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
            )
            .map_err(error)?;
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, HOST_VALUE_BYTES).map_err(error)?;
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(error)?;
        connection.set_prepared_statement_cache_capacity(512);
        register_local(&connection, zone).map_err(error)?;
        crate::sql::register_functions(&connection).map_err(error)?;
        if read_only {
            connection.execute_batch("PRAGMA query_only = ON").map_err(error)?;
        }
        let wall = Arc::new(Wall::default());
        let guard = Arc::clone(&wall);
        connection.authorizer(Some(move |context: AuthContext<'_>| guard.authorize(&context))).map_err(error)?;
        let guard = Arc::clone(&wall);
        connection.progress_handler(STEPS_PER_LOOK, Some(move || guard.expired())).map_err(error)?;
        Ok(Self { connection, wall })
    }

    fn transaction(&mut self, batch: &mut [Attempt]) -> Ending {
        let failed = |batch: &mut [Attempt], error: &StoreError| {
            batch.iter_mut().filter(|(_, own)| own.is_ok()).for_each(|(_, own)| *own = Err(error.clone()));
        };
        if let Err(error) = self.begin() {
            failed(batch, &error);
            return Ending::Settled;
        }
        for index in 0..batch.len() {
            let (job, own) = &mut batch[index];
            *own = self.savepoint(job.as_mut());
            if self.connection.is_autocommit() {
                let undone =
                    "the database undid a transaction that it could not finish; nothing was changed".to_owned();
                failed(batch, &StoreError::Unavailable(undone));
                return Ending::Lost;
            }
        }
        if let Err(failure) = self.connection.execute_batch("COMMIT") {
            failed(batch, &error(failure));
            self.roll_back();
        }
        Ending::Settled
    }

    fn begin(&self) -> Result<(), StoreError> {
        if !self.connection.is_autocommit() {
            self.roll_back();
        }
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(error)
    }

    fn roll_back(&self) {
        if let Err(undo) = self.connection.execute_batch("ROLLBACK") {
            tracing::error!(error = %undo, "a transaction could not be rolled back");
        }
    }

    /// Runs a job so that it can be undone alone.
    fn savepoint(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.connection.prepare_cached("SAVEPOINT job").and_then(|mut s| s.execute([])).map_err(error)?;
        let kept = job.run(self);
        if self.connection.is_autocommit() {
            return kept.map(|_| ());
        }
        if !matches!(kept, Ok(true)) {
            self.connection.prepare_cached("ROLLBACK TO job").and_then(|mut s| s.execute([])).map_err(error)?;
        }
        self.connection.prepare_cached("RELEASE job").and_then(|mut s| s.execute([])).map_err(error)?;
        kept.map(|_| ())
    }

    /// `most`: the rows that a tenant's statement may return.
    fn run(&mut self, sql: &str, params: &[Value], most: Option<usize>) -> Result<(Rows, u64), StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(error)?;
        for (index, value) in params.iter().enumerate() {
            // A statement may leave a parameter unused; SQLite then does not know it.
            if let Some(position) = statement.parameter_index(&format!("${}", index + 1)).map_err(error)? {
                statement.raw_bind_parameter(position, value).map_err(error)?;
            }
        }
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        if columns.is_empty() {
            let changed = statement.raw_execute().map_err(error)?;
            return Ok((Rows::default(), changed as u64));
        }
        let mut result = Rows { columns, rows: Vec::new() };
        let mut rows = statement.raw_query();
        let mut room = most.map(Room::new);
        while let Some(row) = rows.next().map_err(error)? {
            let cells = (0..result.columns.len()).map(|index| row.get_ref(index).map_err(error).and_then(cell));
            let cells: Vec<Value> = cells.collect::<Result<_, _>>()?;
            room.as_mut().map_or(Ok(()), |room| room.take(&cells))?;
            result.rows.push(cells);
        }
        Ok((result, 0))
    }
}

impl Tx for SqliteConnection {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        self.run(sql, params, None).map(|(_, changed)| changed)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Rows, StoreError> {
        self.run(sql, params, None).map(|(rows, _)| rows)
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(error)
    }

    fn lock(&mut self, _key: &str) -> Result<(), StoreError> {
        // The one writer is the lock.
        Ok(())
    }

    fn tenant(&mut self, statement: &TenantStatement<'_>) -> Result<Rows, StoreError> {
        let guest = Guest { writes: statement.writes.clone(), until: Instant::now() + statement.time };
        let behind = BehindTheWall::enter(self, guest)?;
        // The mark keeps a tenant's prepared statements apart from the host's in the cache.
        let sql = format!("/* tenant */ {}", statement.sql);
        behind.0.run(&sql, statement.params, Some(statement.max_rows)).map(|(rows, _)| rows)
    }
}

/// A connection while a tenant's statement runs on it; whichever way that ends, the host has it back.
struct BehindTheWall<'a>(&'a mut SqliteConnection);

impl<'a> BehindTheWall<'a> {
    fn enter(connection: &'a mut SqliteConnection, guest: Guest) -> Result<Self, StoreError> {
        connection.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, TENANT_VALUE_BYTES).map_err(error)?;
        *lock(&connection.wall.tenant) = Some(guest);
        Ok(Self(connection))
    }
}

impl Drop for BehindTheWall<'_> {
    fn drop(&mut self) {
        *lock(&self.0.wall.tenant) = None;
        if let Err(error) = self.0.connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, HOST_VALUE_BYTES) {
            tracing::error!(%error, "the limits of a connection could not be set back");
        }
    }
}

impl Wall {
    fn expired(&self) -> bool {
        lock(&self.tenant).as_ref().is_some_and(|guest| Instant::now() > guest.until)
    }

    /// The host's own statements may do anything. A tenant's may read its own tables and the host's views (not what
    /// lies under them), call functions, and write the tables that the checked statement names.
    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        let tenant = lock(&self.tenant);
        let Some(guest) = tenant.as_ref() else { return Authorization::Allow };
        let may_write = |table: &str| !is_hosts(table) && guest.writes.contains(&table.to_ascii_lowercase());
        let allowed = match context.action {
            AuthAction::Select | AuthAction::Recursive => true,
            AuthAction::Function { function_name } => !function_name.eq_ignore_ascii_case("load_extension"),
            // A query that needs no column, `SELECT COUNT(*)` of a view, asks for the empty one and no longer knows the view.
            AuthAction::Read { table_name, column_name: "" } => !is_hosts(table_name) || is_under_a_view(table_name),
            AuthAction::Read { table_name, .. } => {
                !is_hosts(table_name) || context.accessor.is_some_and(|view| is_view_over(view, table_name))
            }
            AuthAction::Insert { table_name } | AuthAction::Delete { table_name } => may_write(table_name),
            AuthAction::Update { table_name, .. } => may_write(table_name),
            _ => false,
        };
        if allowed { Authorization::Allow } else { Authorization::Deny }
    }
}

fn is_hosts(table: &str) -> bool {
    let table = table.to_ascii_lowercase();
    ["host_", "sqlite_", "pragma_", "dbstat"].iter().any(|start| table.starts_with(start))
}

/// Whether some view of the host's own stands on `table`: how many rows it has is no secret then.
fn is_under_a_view(table: &str) -> bool {
    ["collections_queue", "def_conversation_page", "workflow_queue", "data_conversation_"]
        .into_iter()
        .any(|view| is_view_over(view, table))
}

/// Whether `view` is one of the host's own over `table`. A tenant can call a CTE of its own by a view's name, so the name
/// alone opens nothing: only the pair does, and with it no more than the view shows of that table anyway.
fn is_view_over(view: &str, table: &str) -> bool {
    match table.to_ascii_lowercase().as_str() {
        "host_collections_queue" => view.eq_ignore_ascii_case("collections_queue"),
        "host_conversation_pages" => view.eq_ignore_ascii_case("def_conversation_page"),
        "host_workflow_queue" => view.eq_ignore_ascii_case("workflow_queue"),
        "host_conversation_contacts" | "host_conversation_responses" => {
            view.get(..18).is_some_and(|start| start.eq_ignore_ascii_case("data_conversation_"))
        }
        _ => false,
    }
}

/// `fb_local(ms)`: an instant as the tenant's zone reads it. The host's views use it.
fn register_local(connection: &Connection, zone: Arc<RwLock<TimeZone>>) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("fb_local", 1, flags, move |context| {
        let Some(millis) = context.get::<Option<i64>>(0)? else { return Ok(None) };
        let zone = zone.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let local = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
        Ok(Some(local.strftime("%Y-%m-%d %H:%M:%S").to_string()))
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Value::Null => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Value::Int(number) => ToSqlOutput::Owned(rusqlite::types::Value::Integer(*number)),
            // As SQLite's decimals are reals; to_string and back is exact for the 15 digits that money needs.
            Value::Decimal(number) => {
                ToSqlOutput::Owned(rusqlite::types::Value::Real(number.to_string().parse().unwrap_or_default()))
            }
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Result<Value, StoreError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::from_real(number)?,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    })
}

fn error(error: rusqlite::Error) -> StoreError {
    let text = match &error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::AuthorizationForStatementDenied) => StoreError::Denied(text),
        Some(ErrorCode::OperationInterrupted) => StoreError::Limit("the statement took too long".into()),
        Some(ErrorCode::TooBig) => StoreError::Limit("a value grew too long".into()),
        Some(ErrorCode::ConstraintViolation) if text.starts_with("UNIQUE") => StoreError::Conflict(text),
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied,
        ) => StoreError::Unavailable(text),
        _ if text.starts_with("access to") || text.starts_with("not authorized") => StoreError::Denied(text),
        _ => StoreError::Statement(text),
    }
}
