//! Which scripts a database has had, and which it still needs. Scripts have the same names for both stores and run once,
//! in the order of their names, each in its own transaction.

use super::{Db, StoreError, Tx, Value};

/// The scripts of one kind of database, by store.
#[derive(Clone, Copy)]
pub(super) struct Scripts {
    pub sqlite: &'static [Script],
    pub postgres: &'static [Script],
}

/// Name and text.
pub(super) type Script = (&'static str, &'static str);

macro_rules! scripts {
    ($folder:literal: $($name:literal),+) => {
        Scripts {
            sqlite: &[$(($name, include_str!(concat!("../../../migrations/sqlite/", $folder, "/", $name, ".sql")))),+],
            postgres: &[$(($name, include_str!(concat!("../../../migrations/postgres/", $folder, "/", $name, ".sql")))),+],
        }
    };
}

pub(super) const HOST: Scripts = scripts!("host": "0001_control");
pub(super) const TENANT: Scripts = scripts!("tenant": "0001_spine", "0002_functions", "0003_pages");

/// Runs what is missing.
pub(super) fn run(db: &Db, scripts: &'static [Script]) -> Result<(), StoreError> {
    db.write("migrate", move |tx| -> Result<(), StoreError> {
        tx.lock("migrate")?;
        tx.script("CREATE TABLE IF NOT EXISTS host_migrations (name TEXT PRIMARY KEY)")?;
        let done = tx.query("SELECT name FROM host_migrations", &[])?;
        let is_done = |name: &str| done.rows.iter().any(|row| row.first().and_then(Value::as_text) == Some(name));
        for (name, text) in scripts.iter().filter(|(name, _)| !is_done(name)) {
            apply(tx, name, text)?;
        }
        Ok(())
    })
    .wait()
}

fn apply(tx: &mut dyn Tx, name: &str, text: &str) -> Result<(), StoreError> {
    tx.script(text)
        .map_err(|error| StoreError::Statement(format!("migration {name}: {error}")))
        .and_then(|()| tx.execute("INSERT INTO host_migrations (name) VALUES ($1)", &[name.into()]).map(|_| ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stores_have_scripts_of_the_same_names() {
        for kind in ["host", "tenant"] {
            let names = |store: &str| {
                let folder = format!("{}/../migrations/{store}/{kind}", env!("CARGO_MANIFEST_DIR"));
                let mut names: Vec<_> =
                    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                names.sort();
                names
            };
            assert_eq!(names("sqlite"), names("postgres"), "{kind}");
        }
        for scripts in [HOST, TENANT] {
            assert!(scripts.sqlite.iter().map(|(name, _)| name).eq(scripts.postgres.iter().map(|(name, _)| name)));
        }
    }
}
