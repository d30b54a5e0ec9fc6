//! Reads one `tables/*.yaml`: a table of the tenant's own, or a view over such tables.

use std::collections::BTreeSet;

use crate::located::{Spot, Text};
use crate::sql::ColumnType;

use super::fields::{Faults, Fields, did_you_mean, list, text};
use super::yaml::Node;

const TABLE_KEYS: &[&str] = &["table", "description", "columns", "key", "indexes"];
const VIEW_KEYS: &[&str] = &["view", "description", "columns", "sql"];
const COLUMN_KEYS: &[&str] = &["type", "required", "description"];
const TYPES: &[&str] = &["text", "integer", "decimal(12,2)", "date", "datetime", "boolean", "json"];
/// PostgreSQL cuts longer names off.
const MAX_NAME: usize = 63;
const MAX_COLUMNS: usize = 200;
/// What a `Decimal` of the host holds.
const MAX_PRECISION: u8 = 28;

/// Tables and views of the host, under the names that people's SQL uses; a tenant cannot take them.
const RESERVED: &[&str] = &[
    "audit",
    "collections_queue",
    "conversation_contacts",
    "conversation_responses",
    "data_conversation",
    "debtor_master",
    "decisions",
    "def_conversation_page",
    "def_queues",
    "def_queues_queries",
    "feedback_repository",
    "ptp_ledger",
    "state_transitions",
    "workflow_queue",
];
const RESERVED_PREFIXES: &[&str] = &["data_conversation_", "fb_", "host_", "pg_", "sqlite_"];

/// A table or a view of the tenant's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub file: String,
    /// Lower case.
    pub name: Text,
    pub description: String,
    pub columns: Vec<ColumnDefinition>,
    /// Columns of the primary key, lower case; empty for a table without one and for views.
    pub key: Vec<String>,
    /// Columns of each further index, lower case.
    pub indexes: Vec<Vec<String>>,
    /// The query of a view.
    pub view: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Lower case.
    pub name: String,
    pub kind: ColumnType,
    pub nullable: bool,
}

impl Definition {
    pub fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// True for a single key of whole numbers: rows that leave it out are numbered by the store.
    pub fn numbers_itself(&self, column: &str) -> bool {
        self.key == [column] && self.column(column).is_some_and(|column| column.kind == ColumnType::Integer)
    }
}

/// The definition in `node`, as far as it can be read; what cannot be is in `faults`.
pub(super) fn read(node: Node, faults: &mut Faults) -> Option<Definition> {
    let is_view = matches!(&node, Node::Map(entries) if entries.iter().any(|(key, _)| key.as_str() == "view"));
    let (what, keys) = if is_view { ("a view", VIEW_KEYS) } else { ("a table", TABLE_KEYS) };
    let mut fields = Fields::of(node, what, keys, (1, 1), faults)?;
    let name = fields.required(keys[0], faults)?;
    check_name(&name, faults);
    let description = fields.text("description", faults).map(|text| text.as_str().to_owned()).unwrap_or_default();
    let mut columns: Vec<ColumnDefinition> = Vec::new();
    let entries = fields.map("columns", faults);
    if entries.is_empty() {
        let hint = "list its columns: `columns: { account_id: text, balance: \"decimal(12,2)\" }`";
        faults.error("table-columns-missing", fields.spot, format!("`{name}` has no columns"), hint);
    }
    if entries.len() > MAX_COLUMNS {
        let message = format!("`{name}` has {} columns, {MAX_COLUMNS} are allowed", entries.len());
        faults.error("table-columns-many", name.spot(), message, "split the table");
    }
    for (column, node) in entries {
        if let Some(definition) = read_column(&column, node, faults) {
            if columns.iter().any(|earlier| earlier.name == definition.name) {
                let message = format!("`{column}` stands twice in `{name}`");
                faults.error("column-duplicate", column.spot(), message, "names of columns ignore case");
            } else {
                columns.push(definition);
            }
        }
    }
    let mut definition = Definition {
        file: faults.file.clone(),
        name: located_lowercase(&name),
        description,
        columns,
        key: Vec::new(),
        indexes: Vec::new(),
        view: None,
    };
    if is_view {
        definition.view = fields.required("sql", faults);
        return definition.view.is_some().then_some(definition);
    }
    definition.key = named_columns(fields.texts("key", faults), &definition, faults);
    for key in &definition.key {
        if let Some(column) = definition.columns.iter_mut().find(|column| column.name == *key) {
            column.nullable = false;
        }
    }
    if let Some((spot, indexes)) = fields.list("indexes", faults) {
        for node in indexes {
            let items = match node {
                Node::List(items) => items,
                other => vec![other],
            };
            let names = items.into_iter().filter_map(|item| text(item, "indexes", spot, faults)).collect();
            let index = named_columns(names, &definition, faults);
            if !index.is_empty() {
                definition.indexes.push(index);
            }
        }
    }
    Some(definition)
}

fn located_lowercase(name: &Text) -> Text {
    let (line, column) = name.spot();
    Text::starting_at(name.to_ascii_lowercase(), (line, column))
}

/// Columns of a key or index; each must be one of the table's, once.
fn named_columns(names: Vec<Text>, definition: &Definition, faults: &mut Faults) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for name in names {
        let lower = name.to_ascii_lowercase();
        if definition.column(&lower).is_none() {
            let known = definition.columns.iter().map(|column| column.name.as_str());
            let hint =
                did_you_mean(&lower, known.clone()).unwrap_or_else(|| format!("its columns are {}", list(known)));
            let message = format!("`{}` has no column `{name}`", definition.name);
            faults.error("column-unknown", name.spot(), message, hint);
        } else if !seen.insert(lower.clone()) {
            faults.error("column-duplicate", name.spot(), format!("`{name}` stands twice"), "name it once");
        } else {
            columns.push(lower);
        }
    }
    columns
}

/// `text`, `text required`, or `{ type: text, required: Y }`.
fn read_column(name: &Text, node: Node, faults: &mut Faults) -> Option<ColumnDefinition> {
    if !is_identifier(name) {
        let message = format!("`{name}` cannot be the name of a column");
        faults.error("column-name", name.spot(), message, "use letters, digits and `_`, beginning with a letter");
        return None;
    }
    let (spec, required) = match node {
        Node::Map(_) => {
            let mut fields = Fields::of(node, "a column", COLUMN_KEYS, name.spot(), faults)?;
            let spec = fields.required("type", faults)?;
            fields.text("description", faults);
            (spec, fields.flag("required", faults).unwrap_or(false))
        }
        other => match text(other, name, name.spot(), faults) {
            Some(spec) => (spec, false),
            None => {
                faults.error("column-type", name.spot(), format!("`{name}` has no type"), types_hint());
                return None;
            }
        },
    };
    let lower = spec.to_ascii_lowercase();
    let (kind, suffix) = match lower.strip_suffix(" required").or_else(|| lower.strip_suffix(" not null")) {
        Some(kind) => (kind.trim_end(), true),
        None => (lower.as_str(), false),
    };
    match column_type(kind) {
        Ok(kind) => Some(ColumnDefinition { name: name.to_ascii_lowercase(), kind, nullable: !(required || suffix) }),
        Err(hint) => {
            faults.error("column-type", spec.spot(), format!("`{spec}` is not a type"), hint);
            None
        }
    }
}

fn types_hint() -> String {
    format!("types are {}", list(TYPES.iter().copied()))
}

fn column_type(kind: &str) -> Result<ColumnType, String> {
    Ok(match kind {
        "text" => ColumnType::Text,
        "integer" => ColumnType::Integer,
        "date" => ColumnType::Date,
        "datetime" => ColumnType::DateTime,
        "boolean" => ColumnType::Boolean,
        "json" => ColumnType::Json,
        "string" | "char" | "varchar" => return Err("write `text`".to_owned()),
        "int" | "bigint" | "number" => return Err("write `integer`, or `decimal(12,2)` for money".to_owned()),
        "float" | "double" | "real" | "money" | "numeric" => {
            return Err("write `decimal(12,2)`: money is never a float".to_owned());
        }
        "timestamp" => return Err("write `datetime`".to_owned()),
        "bool" => return Err("write `boolean`".to_owned()),
        other => match other.strip_prefix("decimal") {
            Some(digits) => decimal(digits.trim())?,
            None => return Err(did_you_mean(other, TYPES.iter().copied()).unwrap_or_else(types_hint)),
        },
    })
}

fn decimal(digits: &str) -> Result<ColumnType, String> {
    let inner = digits.strip_prefix('(').and_then(|digits| digits.strip_suffix(')'));
    let numbers = inner
        .and_then(|inner| inner.split_once(','))
        .and_then(|(precision, scale)| Some((precision.trim().parse::<u8>().ok()?, scale.trim().parse::<u8>().ok()?)));
    match numbers {
        Some((precision, scale)) if (1..=MAX_PRECISION).contains(&precision) && scale <= precision => {
            Ok(ColumnType::Decimal { precision, scale })
        }
        _ => Err(format!("write `decimal(digits,decimals)` with at most {MAX_PRECISION} digits: `decimal(12,2)`")),
    }
}

fn check_name(name: &Text, faults: &mut Faults) {
    let at: Spot = name.spot();
    let lower = name.to_ascii_lowercase();
    if !is_identifier(name) {
        let hint = "use letters, digits and `_`, beginning with a letter";
        faults.error("table-name", at, format!("`{name}` cannot be the name of a table"), hint);
    } else if let Some(prefix) = RESERVED_PREFIXES.iter().find(|prefix| lower.starts_with(**prefix)) {
        let message = format!("`{name}` is reserved: names with `{prefix}` belong to the host");
        faults.error("table-reserved", at, message, "choose another name");
    } else if RESERVED.contains(&lower.as_str()) {
        let message = format!("`{name}` is reserved: the host provides it");
        faults.error("table-reserved", at, message, "leave the file out to use the host's, or choose another name");
    }
}

fn is_identifier(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
