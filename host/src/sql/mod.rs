//! Tenant SQL: check on the tree, translate for the store, run within limits.

pub mod catalog;

pub use catalog::{Catalog, Column, ColumnType, Table, TableKind};
