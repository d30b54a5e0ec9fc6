//! What a tenant's statements can see: tables with typed columns, the tenant's own and the host's views.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The types of a column, in the words of `tables/*.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    Text,
    Integer,
    /// Money and rates: `precision` digits in all, `scale` of them behind the point.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    DateTime,
    /// 0 or 1, as in MySQL.
    Boolean,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Lower case.
    pub name: String,
    pub kind: ColumnType,
    pub nullable: bool,
}

/// Who a table belongs to, and so what a tenant's statement may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableKind {
    /// From `tables/*.yaml`: read and write.
    Own,
    /// A view of the tenant's own: read.
    OwnView,
    /// A view of the host's over its own table: read; the writable ones (`collections_queue`, `workflow_queue`) are
    /// written through the host, never in the database.
    HostView { writable: bool },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Lower case.
    pub name: String,
    pub kind: TableKind,
    pub columns: Vec<Column>,
    /// Columns of the primary key; may be empty.
    pub key: Vec<String>,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

/// All tables a tenant's statements may name, by lower-case name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    pub tables: BTreeMap<String, Table>,
}

impl Catalog {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(&name.to_ascii_lowercase())
    }

    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table.name.clone(), table);
    }
}
