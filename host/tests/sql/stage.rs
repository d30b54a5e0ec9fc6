//! Two tenants' worth of scenery: tables, rows, a clock and a context, on both stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use forbear::clock::Moment;
use forbear::sql::{
    Catalog, Column, ColumnType, Env, HostOp, HostTables, Limits, Page, Program, Purpose, RunResult, SqlError, Table,
    TableKind, TempTables, Temps, compile, ddl, host_views, run,
};
use forbear::store::{Db, Store, StoreError, StoreSettings, Tx, Value};
use rust_decimal::Decimal;

/// 2026-03-31 14:05:09 UTC.
pub const NOW: i64 = 1_774_965_909_000;

pub fn catalog() -> Catalog {
    use ColumnType::{Boolean, Date, DateTime, Integer, Json, Text};
    const MONEY: ColumnType = ColumnType::Decimal { precision: 12, scale: 2 };
    let mut catalog = host_views::catalog(["payment_collect"]);
    catalog.insert(table(
        "accounts",
        &["id"],
        &[
            ("id", Integer),
            ("account_id", Text),
            ("customer_id", Text),
            ("balance", MONEY),
            ("status", Text),
            ("opened", Date),
            ("closed_at", DateTime),
            ("vip", Boolean),
            ("notes", Json),
        ],
    ));
    catalog.insert(table(
        "customers",
        &["customer_id"],
        &[("customer_id", Text), ("first_name", Text), ("phone", Text)],
    ));
    catalog.insert(table(
        "promises",
        &["id"],
        &[
            ("id", Integer),
            ("account_id", Text),
            ("amount", MONEY),
            ("promise_date", DateTime),
            ("due", Date),
            ("source", Text),
            ("kept", Boolean),
            ("extra", Json),
        ],
    ));
    catalog
}

fn table(name: &str, key: &[&str], columns: &[(&str, ColumnType)]) -> Table {
    let columns = columns
        .iter()
        .map(|(name, kind)| Column { name: (*name).into(), kind: *kind, nullable: !key.contains(name) })
        .collect();
    let key = key.iter().map(|name| (*name).to_owned()).collect();
    Table { name: name.into(), kind: TableKind::Own, columns, key }
}

const ROWS: &str = "
    INSERT INTO accounts (id, account_id, customer_id, balance, status, opened, closed_at, vip, notes) VALUES
      (1, 'ACC001', 'C1', 5000, 'active', '2026-01-01', NULL, TRUE, '{\"tag\": \"gold\"}'),
      (2, 'ACC002', 'C2', '800.50', 'ACTIVE', '2026-02-01', NULL, FALSE, NULL),
      (3, 'ACC003', 'C9', 0, 'closed', '2026-02-28', '2026-03-01 10:00:00', 0, NULL);
    INSERT INTO customers VALUES ('C1', 'Thandi', '0821234567'), ('C2', 'Ben', '0837654321')";

pub fn context() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("account_id", "ACC001".into()),
        ("user_input", "2".into()),
        ("amount", "500.00".into()),
        ("word", "zebra".into()),
        ("n", 3.into()),
        ("one", 1.into()),
        ("money", Decimal::new(1250, 2).into()),
        ("half", "1.5".into()),
        ("nothing", Value::Null),
        ("due", "2026-03-01".into()),
        ("evil", "'; DROP TABLE accounts; --".into()),
    ])
}

/// The host's side of the two queues, as small as it can be.
#[derive(Default)]
pub struct Host {
    pub ops: Vec<HostOp>,
}

impl HostTables for Host {
    fn apply(&mut self, tx: &mut dyn Tx, op: &HostOp) -> Result<(), StoreError> {
        self.ops.push(op.clone());
        match op {
            HostOp::QueueUpdate { id, set } => {
                if let Some(status) = set.get("status") {
                    let params = [status.clone(), (*id).into()];
                    tx.execute("UPDATE host_collections_queue SET status = $1 WHERE id = $2", &params)?;
                }
            }
            HostOp::QueueInsert { .. } => {}
            HostOp::StartWorkflow { code, context, payload } => {
                let params = [code.as_str().into(), context.clone().into(), payload.clone().into(), NOW.into()];
                tx.execute(
                    "INSERT INTO host_workflow_queue (workflow_code, context, payload, status, created_at)
                     VALUES ($1, $2, $3, 'pending', $4)",
                    &params,
                )?;
            }
        }
        Ok(())
    }
}

/// Runs a story on SQLite, and on the PostgreSQL that `make test` starts.
pub fn on_both_stores(story: impl Fn(&Arc<Db>, &str)) {
    let mut urls = vec![("sqlite", None)];
    if std::env::var_os("FORBEAR_TEST_SQLITE_ONLY").is_none() {
        let url = std::env::var("FORBEAR_TEST_DATABASE_URL")
            .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test`");
        urls.push(("postgres", Some(url)));
    }
    for (name, database_url) in urls {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { data: folder.path().into(), database_url, threads: 2, prepare_thread: || {} };
        let tenant = format!("t{}", uuid::Uuid::new_v4().simple());
        let db = Store::open(settings).unwrap().tenant(&tenant).unwrap();
        set(&db);
        story(&db, name);
    }
}

fn set(db: &Arc<Db>) {
    let outcome: Result<(), StoreError> = db
        .write("stage", |tx| {
            let catalog = catalog();
            let own: Vec<&Table> = catalog.tables.values().filter(|table| table.kind == TableKind::Own).collect();
            for table in &own {
                for statement in ddl::create(table, tx.dialect()) {
                    tx.execute(&statement, &[])?;
                }
            }
            let names: Vec<String> = own.iter().map(|table| table.name.clone()).collect();
            Db::grant(tx, &names, &["collections_queue".into(), "workflow_queue".into()])?;
            for (account, retries) in [("ACC001", 0), ("ACC002", 3)] {
                tx.execute(
                    "INSERT INTO host_collections_queue (account_id, client_id, guid, phone, retry_count, created_at)
                     VALUES ($1, $1, $1, '082', $2, $3)",
                    &[account.into(), i64::from(retries).into(), NOW.into()],
                )?;
            }
            in_tx(tx, &mut Host::default(), &program(ROWS, Purpose::Console), &mut TempTables::new())
                .map_err(|error| StoreError::Statement(error.to_string()))?;
            for table in &own {
                if let Some(statement) = ddl::after_load(table, tx.dialect()) {
                    tx.query(&statement, &[])?;
                }
            }
            Ok(())
        })
        .wait();
    outcome.unwrap();
}

pub fn program(text: &str, purpose: Purpose) -> Program {
    compile(text, purpose, &catalog(), &Temps::default(), None)
        .unwrap_or_else(|faults| panic!("{text}\n{}", faults.iter().map(|it| it.to_string()).collect::<String>()))
}

pub fn in_tx(
    tx: &mut dyn Tx,
    host: &mut Host,
    program: &Program,
    temps: &mut TempTables,
) -> Result<RunResult, SqlError> {
    paged(tx, host, program, temps, None)
}

pub fn paged(
    tx: &mut dyn Tx,
    host: &mut Host,
    program: &Program,
    temps: &mut TempTables,
    page: Option<Page>,
) -> Result<RunResult, SqlError> {
    let context = context();
    let names = |name: &str| context.get(name).cloned();
    let moment = Moment::utc(NOW);
    let mut env = Env { names: &names, moment: &moment, account_id: Some("ACC001"), temps, page };
    run(tx, host, program, &mut env, &Limits { time: std::time::Duration::from_secs(5), rows: 1_000 })
}

/// Rows as the case files write them.
pub fn shown(rows: &[Vec<Value>]) -> String {
    let cell = |value: &Value| if value.is_null() { "~".to_owned() } else { value.to_string() };
    let line = |row: &Vec<Value>| row.iter().map(cell).collect::<Vec<_>>().join("|");
    rows.iter().map(line).collect::<Vec<_>>().join(";")
}
