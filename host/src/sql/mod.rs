//! Tenant SQL: check on the tree, translate for the store, run within limits.
//!
//! Authors write one dialect, MySQL's. [`compile`] reads a text into a typed tree that can only say what is allowed,
//! and writes it out for both stores; [`run`] binds the values of one event and runs it inside the event's transaction.

mod bind;
pub mod catalog;
mod check;
pub mod ddl;
mod emit;
mod fault;
pub mod host_views;
mod kind;
mod lex;
mod program;
mod run;
mod sqlite_functions;
mod tree;
mod values;

pub use catalog::{Catalog, Column, ColumnType, Table, TableKind};
pub use fault::SqlFault;
pub use kind::Kind;
pub use program::{
    Form, OutputColumn, Param, Program, Purpose, Source, Statement, StatementKind, TempTable, TempTables, Temps,
    Translated, compile,
};
pub use run::{Env, HostOp, HostTables, Limits, Outcome, Page, RunResult, SqlError, Trace, run};
pub use sqlite_functions::register_functions;
