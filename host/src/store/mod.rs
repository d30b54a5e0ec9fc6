//! Where everything is kept: SQLite files or PostgreSQL schemas, chosen once at start.
//!
//! The rest of the host sees one interface, [`Tx`]: a transaction that runs the host's own statements (one text with
//! `$1 …` for both stores) and, walled in, a tenant's. It is synchronous on purpose: a turn runs from first statement
//! to commit on one worker thread.

pub mod value;

use std::collections::BTreeSet;
use std::time::Duration;

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

#[derive(Debug, thiserror::Error)]
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

/// One transaction. Dropped without a commit (by its owner, the store) it leaves no trace.
pub trait Tx {
    fn dialect(&self) -> Dialect;

    /// Runs one of the host's own statements; answers how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, StoreError>;

    /// Runs one of the host's own queries.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Rows, StoreError>;

    /// Runs a tenant's statement behind the wall: SQLite's authorizer and progress handler, PostgreSQL's role and
    /// statement timeout. A write answers with no rows.
    fn tenant(&mut self, statement: &TenantStatement<'_>) -> Result<Rows, StoreError>;
}
