//! PostgreSQL: one schema and one role per tenant. The host's statements run as the role it connected with; a tenant's
//! run as the tenant's own role, which was granted its tables and the host's views and nothing else.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, RwLock};

use ::postgres::error::SqlState;
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, Config, NoTls, Statement};
use jiff::civil::{Date, DateTime, date};
use jiff::{ToSpan, tz::TimeZone};
use rust_decimal::Decimal;

use super::lane::{Job, Runner};
use super::{Dialect, Room, Rows, StoreError, TenantStatement, Tx, Value};

/// Prepared statements kept for each connection; then all are let go and made again.
const PREPARED: usize = 1_000;
/// Runs of a job that keeps meeting other transactions.
const ATTEMPTS: usize = 5;

/// A connection and its prepared statements, by schema and text.
pub(super) struct Connection {
    client: Client,
    prepared: HashMap<(Arc<str>, String), Statement>,
    /// From a transaction's begin to its end: a connection that comes back in between is not used again.
    in_transaction: bool,
}

impl Connection {
    fn end(&mut self, how: &str) -> Result<(), StoreError> {
        self.client.batch_execute(how).map_err(error)?;
        self.in_transaction = false;
        Ok(())
    }
}

pub(super) struct Manager {
    config: Config,
}

pub(super) fn pool(url: &str, threads: usize) -> Result<r2d2::Pool<Manager>, StoreError> {
    let mut config: Config = url.parse().map_err(|error| {
        // Without the address, which may hold a password.
        StoreError::Unavailable(format!("its address is not of the form postgres://USER@HOST/DATABASE: {error}"))
    })?;
    config.application_name("forbear");
    // As many as there are threads that write, and some for reads.
    let size = u32::try_from(threads + 8).unwrap_or(32);
    r2d2::Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(std::time::Duration::from_secs(10))
        .error_handler(Box::new(Quiet))
        .build(Manager { config })
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// Failures to connect reach the caller who waits; the pool need not report them a second time.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<::postgres::Error> for Quiet {
    fn handle_error(&self, error: ::postgres::Error) {
        tracing::debug!(%error, "a connection to the database failed");
    }
}

impl r2d2::ManageConnection for Manager {
    type Connection = Connection;
    type Error = ::postgres::Error;

    fn connect(&self) -> Result<Connection, Self::Error> {
        Ok(Connection { client: self.config.connect(NoTls)?, prepared: HashMap::new(), in_transaction: false })
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), Self::Error> {
        if connection.client.is_closed() { connection.client.simple_query("").map(|_| ()) } else { Ok(()) }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.client.is_closed() || connection.in_transaction
    }
}

pub(super) struct PostgresDb {
    pool: r2d2::Pool<Manager>,
    schema: Arc<str>,
    zone: RwLock<String>,
}

impl PostgresDb {
    /// Makes the schema and the role if they are not there.
    pub fn open(pool: r2d2::Pool<Manager>, schema: &str) -> Result<Self, StoreError> {
        let db = Self { pool, schema: schema.into(), zone: RwLock::new("UTC".into()) };
        let mut connection = db.connect()?;
        // Names are made of [a-z0-9_] only (`tenant::Name`), so quoting is enough; the lock keeps two hosts apart.
        let script = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtext('{schema}'));
             CREATE SCHEMA IF NOT EXISTS \"{schema}\";
             DO $$ BEGIN
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{schema}') THEN
                 CREATE ROLE \"{schema}\" NOLOGIN; GRANT \"{schema}\" TO CURRENT_USER;
               END IF;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN
               NULL; -- roles belong to the whole server: another database's host was first
             END $$;
             DO $$ BEGIN
               IF NOT pg_has_role(CURRENT_USER, '{schema}', 'MEMBER') THEN
                 GRANT \"{schema}\" TO CURRENT_USER;
               END IF;
             END $$;
             GRANT USAGE ON SCHEMA \"{schema}\" TO \"{schema}\"; COMMIT"
        );
        connection.client.batch_execute(&script).map_err(error)?;
        Ok(db)
    }

    pub fn set_zone(&self, zone: &TimeZone) {
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        *self.zone.write().unwrap_or_else(std::sync::PoisonError::into_inner) = name;
    }

    fn connect(&self) -> Result<r2d2::PooledConnection<Manager>, StoreError> {
        self.pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    fn begin<'a>(&self, connection: &'a mut Connection, mode: &str) -> Result<PostgresTx<'a>, StoreError> {
        let zone = self.zone.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let schema = Arc::clone(&self.schema);
        // Temporary tables come last, else one of them could stand in for a table of the host's.
        let script =
            format!("BEGIN {mode}; SET LOCAL search_path = \"{schema}\", pg_temp; SET LOCAL forbear.zone = '{zone}'");
        connection.in_transaction = true;
        connection.client.batch_execute(&script).map_err(error)?;
        Ok(PostgresTx { connection, schema, met: None })
    }

    pub fn read<T, E: From<StoreError>>(&self, work: impl FnOnce(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
        let mut connection = self.connect()?;
        let mut tx = self.begin(&mut connection, "ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let result = work(&mut tx);
        connection.end("ROLLBACK")?;
        result
    }

    /// Runs a job once and ends its transaction.
    fn attempt(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        let mut tx = self.begin(&mut connection, "")?;
        let kept = job.run(&mut tx);
        let met = tx.met.take();
        let end = if matches!(kept, Ok(true)) && met.is_none() { "COMMIT" } else { "ROLLBACK" };
        let ended = connection.end(end);
        match met {
            Some(other) => Err(StoreError::Retry(other)),
            None => kept.and(ended),
        }
    }
}

impl Runner for PostgresDb {
    fn run(&self, batch: Vec<Box<dyn Job>>) {
        for mut job in batch {
            let mut result = self.attempt(job.as_mut());
            for _ in 1..ATTEMPTS {
                if !matches!(result, Err(StoreError::Retry(_))) {
                    break;
                }
                result = self.attempt(job.as_mut());
            }
            job.finish(result);
        }
    }

    fn batch_size(&self) -> usize {
        1
    }
}

struct PostgresTx<'a> {
    connection: &'a mut Connection,
    schema: Arc<str>,
    /// Another transaction was in the way: whatever the job made of that error, it has to run again.
    met: Option<String>,
}

impl PostgresTx<'_> {
    fn noted(&mut self, failure: ::postgres::Error) -> StoreError {
        let failure = error(failure);
        if let StoreError::Retry(text) = &failure {
            self.met = Some(text.clone());
        }
        failure
    }

    /// A statement, and whether it was prepared before this transaction wanted it.
    fn prepare(&mut self, sql: &str) -> Result<(Statement, bool), StoreError> {
        let key = (Arc::clone(&self.schema), sql.to_owned());
        if let Some(statement) = self.connection.prepared.get(&key) {
            return Ok((statement.clone(), true));
        }
        if self.connection.prepared.len() >= PREPARED {
            self.connection.prepared.clear();
        }
        let statement = self.connection.client.prepare(sql).map_err(|failure| self.noted(failure))?;
        self.connection.prepared.insert(key, statement.clone());
        Ok((statement, false))
    }

    /// `most`: the rows that a tenant's statement may return.
    fn run(&mut self, sql: &str, params: &[Value], most: Option<usize>) -> Result<(Rows, u64), Failed> {
        let (statement, kept) = self.prepare(sql).map_err(|error| Failed { error, stale: false })?;
        self.run_prepared(&statement, params, most).map_err(|failure| {
            let stale = kept && failure.code().is_some_and(is_of_the_schema);
            if stale {
                self.connection.prepared.retain(|(schema, _), _| *schema != self.schema);
            }
            Failed { error: self.noted(failure), stale }
        })?
    }

    fn run_prepared(
        &mut self,
        statement: &Statement,
        params: &[Value],
        most: Option<usize>,
    ) -> Result<Result<(Rows, u64), Failed>, ::postgres::Error> {
        let params = params.iter().take(statement.params().len());
        if statement.columns().is_empty() {
            let params: Vec<_> = params.map(|value| value as &(dyn ToSql + Sync)).collect();
            let changed = self.connection.client.execute(statement, &params)?;
            return Ok(Ok((Rows::default(), changed)));
        }
        let columns = statement.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>();
        let mut room = most.map(Room::new);
        let mut rows = Vec::new();
        // Row by row: what is too much is never in memory at once.
        let mut found = self.connection.client.query_raw(statement, params)?;
        while let Some(row) = found.next()? {
            let cells: Vec<Value> =
                (0..columns.len()).map(|index| row.try_get(index)).collect::<Result<_, ::postgres::Error>>()?;
            if let Err(error) = room.as_mut().map_or(Ok(()), |room| room.take(&cells)) {
                return Ok(Err(Failed { error, stale: false }));
            }
            rows.push(cells);
        }
        Ok(Ok((Rows { columns, rows }, 0)))
    }

    fn enter(&mut self, time: std::time::Duration) -> Result<(), StoreError> {
        let (role, time) = (&self.schema, time.as_millis().max(1));
        self.script(&format!("SAVEPOINT tenant; SET LOCAL ROLE \"{role}\"; SET LOCAL statement_timeout = {time}"))
    }
}

/// A statement that failed.
struct Failed {
    error: StoreError,
    /// It was prepared for tables that have changed since: prepared anew, it may do.
    stale: bool,
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// Errors that a statement makes when its tables are no longer what they were when it was prepared: another type of a
/// column (`cached plan must not change result type`), no such column, no such table.
fn is_of_the_schema(code: &SqlState) -> bool {
    *code == SqlState::FEATURE_NOT_SUPPORTED
        || code.code().starts_with("42") && *code != SqlState::INSUFFICIENT_PRIVILEGE
}

impl Tx for PostgresTx<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError> {
        Ok(self.run(sql, params, None)?.1)
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Rows, StoreError> {
        Ok(self.run(sql, params, None)?.0)
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.client.batch_execute(sql).map_err(|failure| self.noted(failure))
    }

    fn lock(&mut self, key: &str) -> Result<(), StoreError> {
        let key = format!("{}/{key}", self.schema);
        self.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text", &[key.into()]).map(|_| ())
    }

    fn tenant(&mut self, statement: &TenantStatement<'_>) -> Result<Rows, StoreError> {
        self.enter(statement.time)?;
        let mut result = self.run(statement.sql, statement.params, Some(statement.max_rows));
        if matches!(&result, Err(Failed { stale: true, .. })) {
            self.script("ROLLBACK TO SAVEPOINT tenant; RELEASE SAVEPOINT tenant")?;
            self.enter(statement.time)?;
            result = self.run(statement.sql, statement.params, Some(statement.max_rows));
        }
        match result {
            Ok((rows, _)) => {
                self.script("RESET ROLE; SET LOCAL statement_timeout = 0; RELEASE SAVEPOINT tenant")?;
                Ok(rows)
            }
            Err(failed) => {
                self.script("ROLLBACK TO SAVEPOINT tenant; RELEASE SAVEPOINT tenant")?;
                Err(failed.error)
            }
        }
    }
}

/// Rights by name: everything on own tables, reading on views. SQLite's wall asks at each statement instead.
pub(super) fn grant(tx: &mut dyn Tx, own_tables: &[String], views: &[String]) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let schema = tx.query("SELECT current_schema()::text", &[])?;
    let role = schema.rows.first().and_then(|row| row.first()).and_then(Value::as_text).unwrap_or_default().to_owned();
    let tables =
        own_tables.iter().map(|name| format!("GRANT SELECT, INSERT, UPDATE, DELETE ON \"{name}\" TO \"{role}\";"));
    let views = views.iter().map(|name| format!("GRANT SELECT ON \"{name}\" TO \"{role}\";"));
    tx.script(&tables.chain(views).collect::<String>())
}

/// Everything but bytes goes out as text, so that the column on the other side decides what it is.
impl ToSql for Value {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut ::postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Decimal(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Text(text) => out.extend_from_slice(text.as_bytes()),
            Value::Bytes(bytes) => out.extend_from_slice(bytes),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if matches!(self, Value::Bytes(_)) { Format::Binary } else { Format::Text }
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Value::Int(i64::from(bool::from_sql(kind, raw)?)),
            Type::INT2 => Value::Int(i64::from(i16::from_sql(kind, raw)?)),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::FLOAT4 => Value::from_real(f64::from(f32::from_sql(kind, raw)?))?,
            Type::FLOAT8 => Value::from_real(f64::from_sql(kind, raw)?)?,
            Type::NUMERIC => Value::Decimal(Decimal::from_sql(kind, raw)?),
            Type::DATE => Value::Text(day(i32::from_sql(&Type::INT4, raw)?)?.to_string()),
            Type::TIMESTAMP => {
                Value::Text(instant(i64::from_sql(&Type::INT8, raw)?)?.strftime("%Y-%m-%d %H:%M:%S").to_string())
            }
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            _ => Value::Text(String::from_utf8(raw.to_vec())?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Value::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// PostgreSQL counts from 2000-01-01.
const EPOCH: Date = date(2000, 1, 1);

fn day(days: i32) -> Result<Date, jiff::Error> {
    EPOCH.checked_add(i64::from(days).days())
}

fn instant(micros: i64) -> Result<DateTime, jiff::Error> {
    EPOCH.to_datetime(jiff::civil::Time::midnight()).checked_add(micros.microseconds())
}

fn error(error: ::postgres::Error) -> StoreError {
    let Some(failure) = error.as_db_error() else {
        return if error.is_closed()
            || error.code().is_none() && error.source().is_some_and(|source| source.is::<std::io::Error>())
        {
            StoreError::Unavailable(error.to_string())
        } else {
            StoreError::Statement(error.source().map_or_else(|| error.to_string(), ToString::to_string))
        };
    };
    let text = failure.message().to_owned();
    match failure.code() {
        code if *code == SqlState::UNIQUE_VIOLATION => StoreError::Conflict(text),
        code if *code == SqlState::INSUFFICIENT_PRIVILEGE => StoreError::Denied(text),
        code if *code == SqlState::QUERY_CANCELED => StoreError::Limit("the statement took too long".into()),
        code if *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE => {
            StoreError::Retry(text)
        }
        code if code.code().starts_with("53") || code.code().starts_with("57P") || code.code().starts_with("08") => {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Statement(text),
    }
}
