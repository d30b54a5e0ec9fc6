//! A compiled text: what a hook runs, statement by statement, for both stores. Compiling is pure; programs are cached
//! by whoever holds the definition.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::catalog::Catalog;
use super::check::Checker;
use super::fault::SqlFault;
use super::kind::Kind;
use super::{emit, lex};
use crate::store::{Dialect, Value};

/// Where a text stands, and so what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Before a page is shown: reads, writes, and temporary tables.
    PreSql,
    /// After an answer: reads and writes.
    PostSql,
    /// Where the conversation goes: one SELECT.
    Reroute,
    /// The options of a page: one SELECT.
    Options,
    /// A fact of a rules module: one SELECT.
    Fact,
    /// What staff run, and queue queries: may touch every account.
    Console,
}

impl Purpose {
    pub(super) fn is_one_query(self) -> bool {
        matches!(self, Purpose::Reroute | Purpose::Options | Purpose::Fact)
    }

    pub(super) fn all_accounts(self) -> bool {
        self == Purpose::Console
    }

    pub fn name(self) -> &'static str {
        match self {
            Purpose::PreSql => "pre_sql",
            Purpose::PostSql => "post_sql",
            Purpose::Reroute => "reroute_sql",
            Purpose::Options => "option_sql",
            Purpose::Fact => "a fact",
            Purpose::Console => "a query",
        }
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputColumn {
    /// As the author wrote it.
    pub name: String,
    pub kind: Kind,
}

/// The temporary tables that statements of a conversation can name, by lower-case name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Temps {
    pub tables: BTreeMap<String, Vec<OutputColumn>>,
}

impl Temps {
    /// The temporary tables that are kept with a contact.
    pub fn of(kept: &TempTables) -> Self {
        Temps { tables: kept.iter().map(|(name, table)| (name.clone(), table.columns.clone())).collect() }
    }

    /// Takes up what a page's `pre_sql` creates, so that the pages after it can be compiled.
    pub fn learn(&mut self, program: &Program) {
        for statement in &program.statements {
            if let StatementKind::CreateTemp { name } = &statement.kind {
                self.tables.insert(name.clone(), statement.columns.clone());
            }
        }
    }
}

/// The rows of a temporary table, kept with the contact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TempTable {
    pub columns: Vec<OutputColumn>,
    pub rows: Vec<Vec<Value>>,
}

/// A contact's temporary tables by lower-case name.
pub type TempTables = BTreeMap<String, TempTable>;

/// Where a parameter's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// `$name$`.
    Name(String),
    /// `NOW()`.
    Now,
    /// `CURDATE()`.
    Today,
    /// The event's account.
    Account,
    /// The rows of a temporary table, as one JSON array of arrays.
    Temp(String),
    /// 1 if both names hold numbers, else 0: how two placeholders are compared.
    BothNumbers(String, String),
    /// Rows on one page of options, and rows before it.
    PageSize,
    PageStart,
}

/// What a parameter is turned into before it is bound: MySQL's conversions, done once for both stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    Text,
    Int,
    Number,
    Date,
    DateTime,
    /// A piece of JSON: numbers bare, text quoted.
    Json,
    /// A whole number to compare an integer column with; what is not whole equals none.
    Whole,
    /// Zero or more rows, for LIMIT and OFFSET: anything else is an error.
    Count,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Param {
    pub source: Source,
    pub form: Form,
}

/// A statement in one store's dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    pub sql: String,
    /// `$1` is the first.
    pub params: Vec<Param>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    Query,
    /// INSERT, UPDATE or DELETE on a table of the tenant's own.
    Write {
        table: String,
    },
    CreateTemp {
        name: String,
    },
    /// A query whose rows the host turns into changes of its own: `id`, then the columns to set.
    QueueUpdate,
    /// A query whose rows become rows of `collections_queue`.
    QueueInsert,
    /// A query whose rows start workflows.
    StartWorkflow,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub kind: StatementKind,
    /// Where the statement begins in the author's text, from 1.
    pub line: usize,
    pub column: usize,
    /// The author's own words.
    pub text: String,
    pub sqlite: Translated,
    pub postgres: Translated,
    pub columns: Vec<OutputColumn>,
    /// The temporary tables that it reads, as they were when it was compiled.
    pub temps: BTreeMap<String, Vec<OutputColumn>>,
}

impl Statement {
    pub fn translated(&self, dialect: Dialect) -> &Translated {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub purpose: Purpose,
    pub statements: Vec<Statement>,
    /// The `$name$`s that the text uses.
    pub names: BTreeSet<String>,
    /// The tables and views of the catalog that the text reads or writes.
    pub tables: BTreeSet<String>,
    /// Of a [`Purpose::Options`] program whose author did not page with `$offset$`: the same query, one page of it.
    paged: Option<Box<Statement>>,
}

impl Program {
    /// The program that returns one page of options in the author's order ([`super::Env::page`] says which), or
    /// nothing when the author pages with `$offset$`.
    pub fn with_page(&self) -> Option<Program> {
        let statement = self.paged.as_deref()?.clone();
        Some(Program { statements: vec![statement], paged: None, ..self.clone() })
    }
}

/// Checks and translates a text. `temps` are the temporary tables that exist when it runs; `known_names`, where given,
/// are all names that the context can have. All faults are returned, at most one per statement.
pub fn compile(
    text: &str,
    purpose: Purpose,
    catalog: &Catalog,
    temps: &Temps,
    known_names: Option<&BTreeSet<String>>,
) -> Result<Program, Vec<SqlFault>> {
    let sentences = lex::sentences(text).map_err(|fault| vec![fault])?;
    let mut checker = Checker::new(purpose, catalog, temps.clone(), known_names);
    let mut faults = Vec::new();
    if purpose.is_one_query() && sentences.len() != 1 {
        let (place, found) = match sentences.get(1) {
            Some(second) => (second.place, sentences.len().to_string()),
            None => (super::fault::Place::START, "no".to_owned()),
        };
        return Err(vec![place.fault(
            "sql-one-query",
            format!("{} is exactly one SELECT; here are {found} statements", purpose.name()),
            "Keep the one that answers; what else is to be done belongs into pre_sql or post_sql.",
        )]);
    }
    let mut statements = Vec::new();
    let mut paged = None;
    for sentence in &sentences {
        match checker.statement(sentence) {
            Ok(checked) => {
                let statement = Statement {
                    line: sentence.place.line,
                    column: sentence.place.column,
                    text: lex::excerpt(text, sentence.place, sentence.end),
                    sqlite: emit::statement(&checked.tree, &checked.temps, Dialect::Sqlite),
                    postgres: emit::statement(&checked.tree, &checked.temps, Dialect::Postgres),
                    columns: checked.columns,
                    temps: checked.temps.clone(),
                    kind: checked.kind,
                };
                if purpose == Purpose::Options && !checker.names().contains("offset") {
                    paged = emit::page(&checked.tree).map(|tree| {
                        Box::new(Statement {
                            sqlite: emit::statement(&tree, &checked.temps, Dialect::Sqlite),
                            postgres: emit::statement(&tree, &checked.temps, Dialect::Postgres),
                            ..statement.clone()
                        })
                    });
                }
                statements.push(statement);
            }
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() {
        let (names, tables) = checker.finish();
        Ok(Program { purpose, statements, names, tables, paged })
    } else {
        Err(faults)
    }
}
