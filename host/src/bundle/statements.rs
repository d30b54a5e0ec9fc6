//! Has every statement of a bundle checked by [`crate::sql`], with the tables, temporary tables and names that it can
//! know where it stands, and brings the faults back to the lines of the YAML files.

use std::collections::BTreeSet;

use crate::conversation::page::Conversation;
use crate::fault::Fault;
use crate::located::Text;
use crate::sql::{Catalog, Program, Purpose, SqlFault, Temps, compile, host_views};

use super::answers::answers;
use super::lint::CONTEXT_NAMES;
use super::load::Bundle;

/// The faults of all statements of pages and views.
pub(super) fn sql_faults(bundle: &Bundle) -> Vec<Fault> {
    let catalog = bundle.full_catalog();
    let mut faults = Vec::new();
    view_faults(bundle, &mut faults);
    for entry in bundle.conversations.values() {
        let scope = Scope::of(&entry.conversation, &catalog);
        let doubtful = doubtful(&entry.conversation, &catalog, &scope);
        for page in entry.conversation.pages.values() {
            for (key, sql) in page.statements() {
                let Err(mut found) = compile(sql, purpose(key), &catalog, &scope.temps, Some(&scope.names)) else {
                    continue;
                };
                found.retain(|fault| !is_consequence(fault, &doubtful));
                faults.extend(found.into_iter().map(|fault| located(fault, &entry.file, sql)));
            }
        }
    }
    faults
}

impl Bundle {
    /// All that the tenant's statements can name: its own tables and views, and the host's.
    pub fn full_catalog(&self) -> Catalog {
        let mut catalog = host_views::catalog(self.conversations.keys().map(String::as_str));
        for table in self.catalog().tables.into_values() {
            catalog.insert(table);
        }
        catalog
    }
}

/// What the statements of one conversation can know: names for `$name$`, and temporary tables.
pub struct Scope {
    pub names: BTreeSet<String>,
    pub temps: Temps,
}

impl Scope {
    /// Pages are visited in an order that nobody knows beforehand, so whatever any `pre_sql` provides may be there.
    pub fn of(conversation: &Conversation, catalog: &Catalog) -> Self {
        let declared = conversation.context.iter().map(Text::as_str);
        let mut scope = Self {
            names: CONTEXT_NAMES.iter().copied().chain(declared).map(str::to_owned).collect(),
            temps: Temps::default(),
        };
        // A page may read what a page with a higher number has made: twice round finds that.
        for _ in 0..2 {
            for sql in conversation.pages.values().filter_map(|page| page.pre_sql.as_ref()) {
                if let Ok(program) = compile(sql, Purpose::PreSql, catalog, &scope.temps, None) {
                    scope.learn(&program);
                }
            }
        }
        scope
    }

    fn learn(&mut self, program: &Program) {
        self.temps.learn(program);
        let columns = program.statements.iter().flat_map(|statement| &statement.columns);
        self.names.extend(columns.map(|column| column.name.clone()));
    }
}

/// Names and temporary tables that are missing only because the `pre_sql` that provides them has a fault itself.
fn doubtful(conversation: &Conversation, catalog: &Catalog, scope: &Scope) -> BTreeSet<String> {
    let mut doubtful = BTreeSet::new();
    for sql in conversation.pages.values().filter_map(|page| page.pre_sql.as_ref()) {
        if compile(sql, Purpose::PreSql, catalog, &scope.temps, None).is_err() {
            for answer in answers(sql) {
                doubtful.extend(answer.table.map(|table| format!("`{table}`")));
                doubtful.extend(answer.columns.into_iter().map(|column| format!("`${}$`", column.name)));
            }
        }
    }
    doubtful
}

fn is_consequence(fault: &SqlFault, doubtful: &BTreeSet<String>) -> bool {
    matches!(fault.code, "sql-table-unknown" | "sql-name-unknown")
        && doubtful.iter().any(|name| fault.message.contains(name.as_str()))
}

fn purpose(key: &str) -> Purpose {
    match key {
        "pre_sql" => Purpose::PreSql,
        "option_sql" => Purpose::Options,
        "reroute_sql" => Purpose::Reroute,
        _ => Purpose::PostSql,
    }
}

/// The fault at its line of the file; where the checker has no advice, the bundle's.
fn located(fault: SqlFault, file: &str, sql: &Text) -> Fault {
    let hint = match fault.code {
        _ if !fault.hint.is_empty() => fault.hint,
        "sql-table-unknown" => "Define it in tables/, or create it as a temporary table in a `pre_sql`.".to_owned(),
        "sql-name-unknown" => "Select it in a `pre_sql`, or list it under `context:` if callers send it.".to_owned(),
        "sql-column-unknown" => "Add the column to its file in tables/, or check the spelling.".to_owned(),
        _ => "See the reference of tenant SQL.".to_owned(),
    };
    Fault::new(fault.code, file, sql.at(fault.line, fault.column), fault.message).hint(hint)
}

/// A view is one SELECT over own tables, without `$name$`, that answers the columns it declares.
fn view_faults(bundle: &Bundle, faults: &mut Vec<Fault>) {
    let mut own = bundle.catalog();
    own.tables.retain(|name, _| bundle.tables.get(name).is_some_and(|definition| definition.view.is_none()));
    for definition in bundle.tables.values() {
        let Some(sql) = &definition.view else { continue };
        let program = match compile(sql, Purpose::Fact, &own, &Temps::default(), Some(&BTreeSet::new())) {
            Ok(program) => program,
            Err(found) => {
                faults.extend(found.into_iter().map(|fault| {
                    let named = fault.code == "sql-name-unknown";
                    let fault = located(fault, &definition.file, sql);
                    if named { fault.hint("A view belongs to no conversation: it cannot use `$name$`.") } else { fault }
                }));
                continue;
            }
        };
        let answered: Vec<String> = program
            .statements
            .iter()
            .flat_map(|statement| &statement.columns)
            .map(|column| column.name.to_ascii_lowercase())
            .collect();
        let declared: Vec<&str> = definition.columns.iter().map(|column| column.name.as_str()).collect();
        if answered != declared {
            let message = format!("the query of `{}` answers other columns than the view declares", definition.name);
            let hint = format!("declare {} in this order, or change the query", answered.join(", "));
            faults.push(Fault::new("view-columns", &definition.file, sql.spot(), message).hint(hint));
        }
    }
}
