//! The tenant's own tables in the database: made and widened as `tables/*.yaml` says, filled once, never shrunk unasked.

use std::collections::{BTreeMap, BTreeSet};

use super::Published;
use super::pages;
use super::publish::PublishError;
use crate::clock::Moment;
use crate::sql::{self, Purpose, Table, TableKind, Temps, ddl, host_views};
use crate::store::{Db, Dialect, StoreError, Tx, Value};

/// Brings tables, views and first rows to where the publication wants them.
pub(super) fn bring_up_to_date(
    tx: &mut dyn Tx,
    published: &Published,
    drop: bool,
    moment: &Moment,
) -> Result<(), PublishError> {
    let before = recorded(tx)?;
    let wanted: BTreeMap<&str, &Table> = published
        .catalog
        .tables
        .values()
        .filter(|table| !matches!(table.kind, TableKind::HostView { .. }))
        .map(|table| (table.name.as_str(), table))
        .collect();
    // Views stand on tables: they go first and come last.
    for table in before.values().filter(|table| table.kind == TableKind::OwnView) {
        tx.script(&format!("DROP VIEW IF EXISTS {}", quoted(&table.name)))?;
    }
    for table in before.values().filter(|table| table.kind == TableKind::Own) {
        match wanted.get(table.name.as_str()) {
            Some(now) if now.kind == TableKind::Own => change(tx, table, now, drop)?,
            _ if drop => tx.script(&format!("DROP TABLE {}", quoted(&table.name)))?,
            _ => return Err(shrinks(&format!("the table `{}`", table.name))),
        }
    }
    let dialect = tx.dialect();
    for table in wanted.values().filter(|table| table.kind == TableKind::Own) {
        if before.get(&table.name).is_none_or(|known| known.kind != TableKind::Own) {
            for statement in ddl::create(table, dialect) {
                tx.script(&statement)?;
            }
            for (number, columns) in (1..).zip(&published.bundle.tables[&table.name].indexes) {
                let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
                let name = quoted(&format!("{}_{number}", table.name));
                tx.script(&format!("CREATE INDEX {name} ON {} ({})", quoted(&table.name), columns.join(", ")))?;
            }
        }
    }
    make_views(tx, published, dialect)?;
    fill(tx, published, moment)?;
    pages::write(tx, &published.bundle)?;
    record(tx, &wanted)?;
    grant(tx, published)?;
    Ok(())
}

fn shrinks(what: &str) -> PublishError {
    PublishError::Schema(format!(
        "the bundle no longer has {what}; publishing would drop it with its rows. Keep it, or say so: `forbear apply --drop`"
    ))
}

fn change(tx: &mut dyn Tx, before: &Table, now: &Table, drop: bool) -> Result<(), PublishError> {
    if before.key != now.key {
        return Err(PublishError::Schema(format!(
            "the key of the table `{}` cannot change while it has rows; make a new table",
            now.name
        )));
    }
    for column in &now.columns {
        match before.column(&column.name) {
            Some(known) if known.kind != column.kind => {
                return Err(PublishError::Schema(format!(
                    "the column `{}` of `{}` cannot change its type; add a column with another name",
                    column.name, now.name
                )));
            }
            Some(_) => {}
            None => tx.script(&ddl::add_column(&now.name, column, tx.dialect()))?,
        }
    }
    for column in before.columns.iter().filter(|column| now.column(&column.name).is_none()) {
        if !drop {
            return Err(shrinks(&format!("the column `{}` of `{}`", column.name, now.name)));
        }
        tx.script(&format!("ALTER TABLE {} DROP COLUMN {}", quoted(&now.name), quoted(&column.name)))?;
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

fn recorded(tx: &mut dyn Tx) -> Result<BTreeMap<String, Table>, StoreError> {
    let rows = tx.query("SELECT name, definition FROM host_own_tables", &[])?;
    let read = |row: &Vec<Value>| {
        let table: Table = serde_json::from_str(row[1].as_text().unwrap_or_default())
            .map_err(|error| StoreError::Statement(format!("the definition of `{}` is damaged: {error}", row[0])))?;
        Ok((table.name.clone(), table))
    };
    rows.rows.iter().map(read).collect()
}

fn record(tx: &mut dyn Tx, wanted: &BTreeMap<&str, &Table>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM host_own_tables", &[])?;
    for (name, table) in wanted {
        let definition = serde_json::to_string(table).map_err(|error| StoreError::Statement(error.to_string()))?;
        let sql = "INSERT INTO host_own_tables (name, definition) VALUES ($1, $2)";
        tx.execute(sql, &[(*name).into(), definition.into()])?;
    }
    Ok(())
}

/// Names were checked when the bundle was read; quotes make keywords of them plain names.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
