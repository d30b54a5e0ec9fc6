//! Runs a compiled program inside an event's transaction, within limits, and says what it did.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

use super::bind;
use super::fault::SqlFault;
use super::program::{OutputColumn, Param, Program, Source, Statement, StatementKind, TempTable, TempTables};
use crate::clock::Moment;
use crate::store::{Rows, StoreError, TenantStatement, Tx, Value};

/// What a program runs with: the event, its clock, and what the contact keeps.
pub struct Env<'a> {
    /// The value of a `$name$`, if the context has it.
    pub names: &'a dyn Fn(&str) -> Option<Value>,
    pub moment: &'a Moment,
    /// The account that the statements may change in the host's queue.
    pub account_id: Option<&'a str>,
    /// The contact's temporary tables; those that the program makes are added.
    pub temps: &'a mut TempTables,
    /// For [`Program::with_page`].
    pub page: Option<Page>,
}

/// Which rows of a paged query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub size: u32,
    /// Rows before the page.
    pub start: u32,
}

/// Bounds of one hook's statements together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub time: Duration,
    /// Of each statement.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_millis(250), rows: 1_000 }
    }
}

/// A change of the host's own tables that a statement asks for. Values have the types of the views' columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostOp {
    QueueUpdate { id: i64, set: BTreeMap<String, Value> },
    QueueInsert { set: BTreeMap<String, Value> },
    StartWorkflow { code: String, context: Option<String>, payload: Option<String> },
}

/// The host's tables that tenant SQL may change.
pub trait HostTables {
    /// Makes the change, so that the statements that follow see it.
    ///
    /// # Errors
    /// [`StoreError::Denied`] with a sentence for the author when the host refuses; other errors of the store.
    fn apply(&mut self, tx: &mut dyn Tx, op: &HostOp) -> Result<(), StoreError>;
}

/// The rows of a SELECT, or those that a temporary table was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The name of the temporary table.
    pub temp: Option<String>,
    pub columns: Vec<OutputColumn>,
    pub rows: Vec<Vec<Value>>,
}

/// What one statement did, for the people who write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    pub line: usize,
    /// The author's words.
    pub text: String,
    /// What the store was given.
    pub sql: String,
    pub params: Vec<Value>,
    /// Returned, or changes asked of the host.
    pub rows: usize,
    pub micros: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunResult {
    /// Of each SELECT and temporary table, in order.
    pub outcomes: Vec<Outcome>,
    /// Already applied.
    pub ops: Vec<HostOp>,
    pub trace: Vec<Trace>,
}

impl RunResult {
    /// The first row of every SELECT and temporary table: what `{name}` placeholders show. Later ones win.
    pub fn first_values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.outcomes
            .iter()
            .filter_map(|outcome| Some((outcome, outcome.rows.first()?)))
            .flat_map(|(outcome, row)| outcome.columns.iter().map(|column| column.name.as_str()).zip(row))
    }

    /// The rows of the last SELECT.
    pub fn rows(&self) -> Option<&Outcome> {
        self.outcomes.iter().rev().find(|outcome| outcome.temp.is_none())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The author's to mend; where, and what the database said.
    #[error("{0}")]
    Statement(SqlFault),
    /// Nobody's fault who wrote the statement: the store is away, or the transaction has to run again.
    #[error(transparent)]
    Store(StoreError),
}

/// Runs the statements in order. What they change stays in the transaction, also when a later one fails: whoever owns
/// the transaction undoes it.
///
/// # Errors
/// The first statement that fails, with its place.
pub fn run(
    tx: &mut dyn Tx,
    host: &mut dyn HostTables,
    program: &Program,
    env: &mut Env<'_>,
    limits: &Limits,
) -> Result<RunResult, SqlError> {
    let begun = Instant::now();
    let mut result = RunResult::default();
    for statement in &program.statements {
        let started = Instant::now();
        let time = limits.time.saturating_sub(begun.elapsed());
        if time.is_zero() {
            return Err(failed(statement, "sql-limit", format!("the statements took longer than {:?}", limits.time)));
        }
        let translated = statement.translated(tx.dialect());
        let params = translated
            .params
            .iter()
            .map(|param| bound(param, statement, env))
            .collect::<Result<Vec<Value>, SqlError>>()?;
        let writes: BTreeSet<String> = match &statement.kind {
            StatementKind::Write { table } => BTreeSet::from([table.clone()]),
            _ => BTreeSet::new(),
        };
        let rows = tx
            .tenant(&TenantStatement {
                sql: &translated.sql,
                params: &params,
                writes: &writes,
                time,
                max_rows: limits.rows,
            })
            .map_err(|error| store_error(statement, error))?;
        let count = rows.rows.len();
        finish(tx, host, program, statement, rows, env, &mut result)?;
        result.trace.push(Trace {
            line: statement.line,
            text: statement.text.clone(),
            sql: translated.sql.clone(),
            params,
            rows: count,
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        });
    }
    Ok(result)
}

fn finish(
    tx: &mut dyn Tx,
    host: &mut dyn HostTables,
    program: &Program,
    statement: &Statement,
    rows: Rows,
    env: &mut Env<'_>,
    result: &mut RunResult,
) -> Result<(), SqlError> {
    let columns = &statement.columns;
    let rows: Vec<Vec<Value>> = rows
        .rows
        .into_iter()
        .map(|row| row.into_iter().zip(columns).map(|(value, column)| bind::shaped(value, column.kind)).collect())
        .collect();
    let ops: Vec<HostOp> = match &statement.kind {
        StatementKind::Write { .. } => return Ok(()),
        StatementKind::Query => {
            result.outcomes.push(Outcome { temp: None, columns: columns.clone(), rows });
            return Ok(());
        }
        StatementKind::CreateTemp { name } => {
            env.temps.insert(name.clone(), TempTable { columns: columns.clone(), rows: rows.clone() });
            result.outcomes.push(Outcome { temp: Some(name.clone()), columns: columns.clone(), rows });
            return Ok(());
        }
        StatementKind::QueueUpdate => {
            let mut seen = BTreeSet::new();
            rows.into_iter()
                .filter_map(|row| queue_update(row, columns))
                .filter(|(id, _)| seen.insert(*id))
                .map(|(id, set)| HostOp::QueueUpdate { id, set })
                .collect()
        }
        StatementKind::QueueInsert => {
            let mut ops = Vec::new();
            for row in rows {
                let mut set = named(row, columns);
                if !program.purpose.all_accounts() {
                    own_account(&mut set, statement, env.account_id)?;
                }
                ops.push(HostOp::QueueInsert { set });
            }
            ops
        }
        StatementKind::StartWorkflow => {
            let mut ops = Vec::new();
            for row in rows {
                let set = named(row, columns);
                let text = |name: &str| set.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
                let Some(code) = text("workflow_code") else {
                    return Err(failed(statement, "sql-failed", "the workflow_code is NULL".into()));
                };
                ops.push(HostOp::StartWorkflow { code, context: text("context"), payload: text("payload") });
            }
            ops
        }
    };
    for op in &ops {
        host.apply(tx, op).map_err(|error| store_error(statement, error))?;
    }
    result.ops.extend(ops);
    Ok(())
}

fn queue_update(row: Vec<Value>, columns: &[OutputColumn]) -> Option<(i64, BTreeMap<String, Value>)> {
    let mut set = named(row, columns);
    let id = set.remove("id")?.as_int()?;
    Some((id, set))
}

fn named(row: Vec<Value>, columns: &[OutputColumn]) -> BTreeMap<String, Value> {
    columns.iter().map(|column| column.name.clone()).zip(row).collect()
}

/// A row of the queue belongs to the event's account.
fn own_account(
    set: &mut BTreeMap<String, Value>,
    statement: &Statement,
    account: Option<&str>,
) -> Result<(), SqlError> {
    let given = set.get("account_id").filter(|value| !value.is_null()).map(ToString::to_string);
    match (given, account) {
        (None, Some(account)) => {
            set.insert("account_id".into(), account.into());
            Ok(())
        }
        (None, None) => Ok(()),
        (Some(given), Some(account)) if given == account => Ok(()),
        (Some(given), _) => Err(failed(
            statement,
            "sql-account-foreign",
            format!("a row for account {given} cannot be made from an event of another account"),
        )),
    }
}

fn bound(param: &Param, statement: &Statement, env: &Env<'_>) -> Result<Value, SqlError> {
    let named = |name: &str| {
        (env.names)(name)
            .ok_or_else(|| failed(statement, "sql-name-missing", format!("the conversation has no value for ${name}$")))
    };
    let value = match &param.source {
        Source::Name(name) => {
            let value = named(name)?;
            return bind::formed(&value, param.form)
                .map_err(|wrong| failed(statement, "sql-value", format!("${name}$ {wrong}")));
        }
        Source::Now => Value::Text(env.moment.datetime()),
        Source::Today => Value::Text(env.moment.date()),
        Source::Account => env.account_id.map(str::to_owned).into(),
        Source::Temp(name) => {
            let columns = statement.temps.get(name).map_or(&[][..], Vec::as_slice);
            Value::Text(bind::rows_as_json(env.temps.get(name), columns))
        }
        Source::BothNumbers(left, right) => {
            Value::Int(i64::from(bind::is_number(&named(left)?) && bind::is_number(&named(right)?)))
        }
        Source::PageSize => Value::Int(env.page.map_or(i64::from(u32::MAX), |page| page.size.into())),
        Source::PageStart => Value::Int(env.page.map_or(0, |page| page.start.into())),
    };
    Ok(value)
}

fn failed(statement: &Statement, code: &'static str, message: String) -> SqlError {
    SqlError::Statement(SqlFault { line: statement.line, column: statement.column, code, message, hint: String::new() })
}

fn store_error(statement: &Statement, error: StoreError) -> SqlError {
    match error {
        StoreError::Retry(_) | StoreError::Unavailable(_) => SqlError::Store(error),
        StoreError::Limit(message) => failed(statement, "sql-limit", message),
        StoreError::Denied(message) => failed(statement, "sql-denied", message),
        StoreError::Conflict(message) => failed(statement, "sql-conflict", message),
        StoreError::Statement(message) => failed(statement, "sql-failed", told(&message)),
    }
}

/// What our own conversions say arrives from PostgreSQL as a value that could not be read.
fn told(message: &str) -> String {
    match message.split_once(": \"") {
        Some((_, inner)) if inner.ends_with("is no number\"") || inner.ends_with("is no date\"") => {
            inner.trim_end_matches('"').to_owned()
        }
        _ => message.to_owned(),
    }
}

impl fmt::Display for HostOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |set: &BTreeMap<String, Value>| {
            set.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ")
        };
        match self {
            HostOp::QueueUpdate { id, set } => write!(f, "queue row {id}: {}", list(set)),
            HostOp::QueueInsert { set } => write!(f, "new queue row: {}", list(set)),
            HostOp::StartWorkflow { code, .. } => write!(f, "start workflow {code}"),
        }
    }
}
