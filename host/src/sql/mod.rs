//! Tenant SQL: check on the tree, translate for the store, run within limits.

pub mod catalog;

pub use catalog::{Catalog, Column, ColumnType, Table, TableKind};

/// The functions that translated statements call in SQLite.
///
/// # Errors
/// When SQLite refuses to register one.
pub fn register_functions(_: &rusqlite::Connection) -> rusqlite::Result<()> {
    Ok(())
}
