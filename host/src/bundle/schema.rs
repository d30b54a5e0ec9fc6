//! The tenant's own tables in the database: made and widened as `tables/*.yaml` says, filled once, never shrunk unasked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Published;
use super::pages;
use super::publish::PublishError;
use crate::clock::Moment;
use crate::sql::{self, Purpose, Table, TableKind, Temps, ddl, host_views};
use crate::store::{Db, Dialect, StoreError, Tx, Value};

/// A table as it stands in the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded {
    #[serde(flatten)]
    table: Table,
    /// Columns of each further index, in the order of their names.
    #[serde(default)]
    indexes: Vec<Vec<String>>,
}

/// What becomes of tables and columns that the publication no longer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surplus {
    Refuse,
    Drop,
    /// They stay with their rows, unseen, until a publication has them again.
    Keep,
}

/// Brings tables, views and first rows to where the publication wants them.
pub(super) fn bring_up_to_date(
    tx: &mut dyn Tx,
    published: &Published,
    surplus: Surplus,
    moment: &Moment,
) -> Result<(), PublishError> {
    let dialect = tx.dialect();
    let before = recorded(tx)?;
    let mut after: BTreeMap<String, Recorded> = published
        .catalog
        .tables
        .values()
        .filter(|table| !matches!(table.kind, TableKind::HostView { .. }))
        .map(|table| {
            let indexes = published.bundle.tables.get(&table.name).map(|table| table.indexes.clone());
            (table.name.clone(), Recorded { table: table.clone(), indexes: indexes.unwrap_or_default() })
        })
        .collect();
    // Views stand on tables: they go first and come last.
    for known in before.values().filter(|known| known.table.kind == TableKind::OwnView) {
        tx.script(&format!("DROP VIEW IF EXISTS {}", quoted(&known.table.name)))?;
    }
    let mut existing = BTreeSet::new();
    for known in before.into_values().filter(|known| known.table.kind == TableKind::Own) {
        let name = known.table.name.clone();
        match (after.get_mut(&name), surplus) {
            (Some(now), _) if now.table.kind == TableKind::Own => {
                change(tx, &known, now, surplus)?;
                existing.insert(name);
            }
            (_, Surplus::Drop) => tx.script(&format!("DROP TABLE {}", quoted(&name)))?,
            (None, Surplus::Keep) => {
                existing.insert(name.clone());
                after.insert(name, known);
            }
            _ => return Err(shrinks(&format!("the table `{name}`"))),
        }
    }
    for now in after.values().filter(|now| now.table.kind == TableKind::Own && !existing.contains(&now.table.name)) {
        for statement in ddl::create(&now.table, dialect) {
            tx.script(&statement)?;
        }
        change_indexes(tx, &now.table.name, &[], &now.indexes)?;
    }
    make_views(tx, published, dialect)?;
    fill(tx, published, moment)?;
    pages::write(tx, &published.bundle)?;
    record(tx, &after)?;
    grant(tx, published)?;
    Ok(())
}

fn shrinks(what: &str) -> PublishError {
    PublishError::Schema(format!(
        "the bundle no longer has {what}; publishing would drop it with its rows. Keep it, or say so: `forbear apply --drop`"
    ))
}

/// Widens a table to what it is to be; `now` takes on what stays of `before`.
fn change(tx: &mut dyn Tx, before: &Recorded, now: &mut Recorded, surplus: Surplus) -> Result<(), PublishError> {
    let name = now.table.name.clone();
    if before.table.key != now.table.key {
        return Err(PublishError::Schema(format!(
            "the key of the table `{name}` cannot change while it has rows; make a new table"
        )));
    }
    for column in &now.table.columns {
        match before.table.column(&column.name) {
            Some(known) if known.kind != column.kind => {
                return Err(PublishError::Schema(format!(
                    "the column `{}` of `{name}` cannot change its type; add a column with another name",
                    column.name
                )));
            }
            Some(_) => {}
            None => tx.script(&ddl::add_column(&name, column, tx.dialect()))?,
        }
    }
    change_indexes(tx, &name, &before.indexes, &now.indexes)?;
    for column in &before.table.columns {
        match surplus {
            _ if now.table.column(&column.name).is_some() => {}
            Surplus::Refuse => return Err(shrinks(&format!("the column `{}` of `{name}`", column.name))),
            Surplus::Drop => {
                tx.script(&format!("ALTER TABLE {} DROP COLUMN {}", quoted(&name), quoted(&column.name)))?;
            }
            Surplus::Keep => now.table.columns.push(column.clone()),
        }
    }
    Ok(())
}

/// An index is named after its table and its place among the table's.
fn change_indexes(tx: &mut dyn Tx, table: &str, before: &[Vec<String>], now: &[Vec<String>]) -> Result<(), StoreError> {
    for place in 0..before.len().max(now.len()) {
        let (known, wanted) = (before.get(place), now.get(place));
        if known == wanted {
            continue;
        }
        let name = quoted(&format!("{table}_{}", place + 1));
        if known.is_some() {
            tx.script(&format!("DROP INDEX IF EXISTS {name}"))?;
        }
        if let Some(columns) = wanted {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            tx.script(&format!("CREATE INDEX {name} ON {} ({})", quoted(table), columns.join(", ")))?;
        }
    }
    Ok(())
}

/// The tenant's own views, and the host's over each conversation.
fn make_views(tx: &mut dyn Tx, published: &Published, dialect: Dialect) -> Result<(), PublishError> {
    for definition in published.bundle.tables.values() {
        let Some(view) = &definition.view else { continue };
        let program = sql::compile(view, Purpose::Fact, &published.catalog, &Temps::default(), Some(&BTreeSet::new()))
            .map_err(|faults| {
                PublishError::Schema(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
        let Some(statement) = program.statements.first() else { continue };
        let translated = statement.translated(dialect);
        if !translated.params.is_empty() {
            let name = definition.name.as_str();
            let why = format!("the view `{name}` uses the clock or a `$name$`; a view can use neither");
            return Err(PublishError::Schema(why));
        }
        tx.script(&format!("CREATE VIEW {} AS {}", quoted(definition.name.as_str()), translated.sql))?;
    }
    for code in published.codes() {
        let literal = code.replace('\'', "''");
        for (name, select) in [
            (
                host_views::contact_view(code),
                "SELECT conversation AS conversationcode, sender_id AS senderid, guid AS conversationguid, channel,
                   page_no AS pageno, page_offset AS \"offset\", fb_local(updated_at) AS lastupdate,
                   fb_local(expires_at) AS expirydate, context
                 FROM host_conversation_contacts",
            ),
            (
                host_views::response_view(code),
                "SELECT conversation AS conversationcode, sender_id AS senderid, guid AS conversationguid, channel,
                   page_no AS pageno, raw_input AS response, user_input AS userinput, matched AS matchedoption,
                   route AS callback, fb_local(at) AS created_at
                 FROM host_conversation_responses",
            ),
        ] {
            let name = quoted(&name);
            tx.script(&format!(
                "DROP VIEW IF EXISTS {name}; CREATE VIEW {name} AS {select} WHERE conversation = '{literal}'"
            ))?;
        }
    }
    Ok(())
}

/// Loads `data/*.csv` into tables that are empty.
fn fill(tx: &mut dyn Tx, published: &Published, moment: &Moment) -> Result<(), StoreError> {
    for (name, data) in &published.bundle.data {
        let table = quoted(name);
        let any = tx.query(&format!("SELECT 1 FROM {table} LIMIT 1"), &[])?;
        if !any.rows.is_empty() || data.is_empty() {
            continue;
        }
        let columns: Vec<String> = data.columns.iter().map(|column| quoted(column)).collect();
        let places: Vec<String> = (1..=columns.len()).map(|index| format!("${index}")).collect();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), places.join(", "));
        for row in data.rows(moment) {
            tx.execute(&sql, &row)?;
        }
        let loaded = published.catalog.table(name).and_then(|table| ddl::after_load(table, tx.dialect()));
        if let Some(statement) = loaded {
            tx.script(&statement)?;
        }
    }
    Ok(())
}

fn grant(tx: &mut dyn Tx, published: &Published) -> Result<(), StoreError> {
    let mut own = Vec::new();
    let mut views = Vec::new();
    for table in published.catalog.tables.values() {
        match table.kind {
            TableKind::Own => own.push(table.name.clone()),
            TableKind::OwnView | TableKind::HostView { .. } => views.push(table.name.clone()),
        }
    }
    Db::grant(tx, &own, &views)
}

fn recorded(tx: &mut dyn Tx) -> Result<BTreeMap<String, Recorded>, StoreError> {
    let rows = tx.query("SELECT name, definition FROM host_own_tables", &[])?;
    let read = |row: &Vec<Value>| {
        let known: Recorded = serde_json::from_str(row[1].as_text().unwrap_or_default())
            .map_err(|error| StoreError::Statement(format!("the definition of `{}` is damaged: {error}", row[0])))?;
        Ok((known.table.name.clone(), known))
    };
    rows.rows.iter().map(read).collect()
}

fn record(tx: &mut dyn Tx, after: &BTreeMap<String, Recorded>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM host_own_tables", &[])?;
    for (name, known) in after {
        let definition = serde_json::to_string(known).map_err(|error| StoreError::Statement(error.to_string()))?;
        let sql = "INSERT INTO host_own_tables (name, definition) VALUES ($1, $2)";
        tx.execute(sql, &[name.as_str().into(), definition.into()])?;
    }
    Ok(())
}

/// Names were checked when the bundle was read; quotes make keywords of them plain names.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
