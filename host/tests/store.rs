//! The store keeps what it says it keeps, on both databases.

use std::collections::BTreeSet;
use std::time::Duration;

use forbear::store::{Db, Store, StoreError, StoreSettings, TenantStatement, Tx, Value};

/// Runs a story on SQLite, and on the PostgreSQL that `make test` starts.
fn on_both_stores(story: impl Fn(&Store, &str)) {
    let url = std::env::var("FORBEAR_TEST_DATABASE_URL")
        .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test`");
    for database_url in [None, Some(url)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = StoreSettings { data: folder.path().into(), database_url, threads: 4, prepare_thread: || {} };
        let tenant = format!("t{}", uuid::Uuid::new_v4().simple());
        story(&Store::open(settings).unwrap(), &tenant);
    }
}

fn write<T: Send + 'static>(
    db: &Db,
    work: impl FnMut(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    db.write("story", work).wait()
}

fn own_table(db: &Db) {
    write(db, |tx| {
        tx.script("CREATE TABLE accounts (account_id TEXT PRIMARY KEY, status TEXT)")?;
        Db::grant(tx, &["accounts".into()], &["collections_queue".into()])
    })
    .unwrap();
}

fn tenant(tx: &mut dyn Tx, sql: &str, params: &[Value], writes: &[&str]) -> Result<usize, StoreError> {
    let writes: BTreeSet<String> = writes.iter().map(|name| (*name).to_owned()).collect();
    let time = Duration::from_millis(250);
    tx.tenant(&TenantStatement { sql, params, writes: &writes, time, max_rows: 1_000 }).map(|rows| rows.rows.len())
}

#[test]
fn a_write_that_fails_leaves_nothing_and_its_neighbours_alone() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        let insert = |id: &'static str, fails: bool| {
            db.write("story", move |tx| {
                tx.execute("INSERT INTO accounts (account_id) VALUES ($1)", &[id.into()])?;
                if fails { Err(StoreError::Statement("on purpose".into())) } else { Ok(()) }
            })
        };
        let waits: Vec<_> = [("a", false), ("b", true), ("c", false)].map(|(id, fails)| insert(id, fails)).into();
        let results: Vec<_> = waits.into_iter().map(|wait| wait.wait().is_ok()).collect();
        assert_eq!(results, [true, false, true]);
        let rows = db.read(|tx| tx.query("SELECT account_id FROM accounts ORDER BY account_id", &[])).unwrap();
        assert_eq!(rows.rows, [[Value::from("a")], [Value::from("c")]]);
    });
}

#[test]
fn writes_of_one_key_keep_their_order() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        write(&db, |tx| tx.script("CREATE TABLE seen (n BIGINT)")).unwrap();
        let waits: Vec<_> = (0..100_i64)
            .map(|n| {
                db.write("one", move |tx| -> Result<i64, StoreError> {
                    let rows = tx.query("SELECT count(*) FROM seen", &[])?;
                    tx.execute("INSERT INTO seen (n) VALUES ($1)", &[n.into()])?;
                    Ok(rows.rows[0][0].as_int().unwrap_or(-1))
                })
            })
            .collect();
        let seen: Vec<i64> = waits.into_iter().map(|wait| wait.wait().unwrap()).collect();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn a_tenants_statement_reaches_its_own_tables_and_the_views_and_nothing_else() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        write(&db, |tx| {
            tx.execute(
                "INSERT INTO host_collections_queue (account_id, created_at) VALUES ($1, $2)",
                &["A1".into(), 0.into()],
            )?;
            assert_eq!(
                tenant(tx, "INSERT INTO accounts (account_id) VALUES ($1)", &["x".into()], &["accounts"]),
                Ok(0)
            );
            assert_eq!(tenant(tx, "SELECT account_id FROM collections_queue", &[], &[]), Ok(1));
            Ok(())
        })
        .unwrap();
        for sql in [
            "SELECT * FROM host_collections_queue",
            "SELECT * FROM host_modules",
            "WITH collections_queue AS (SELECT * FROM host_modules) SELECT * FROM collections_queue",
            "UPDATE host_collections_queue SET status = 'x'",
            "DELETE FROM host_audit",
            "CREATE TABLE mine (a TEXT)",
            "DROP TABLE accounts",
        ] {
            let result =
                write(&db, move |tx| tenant(tx, sql, &[], &["accounts", "host_audit", "host_collections_queue"]));
            assert!(matches!(result, Err(StoreError::Denied(_) | StoreError::Statement(_))), "{sql}: {result:?}");
        }
    });
}

#[test]
fn a_tenants_statement_that_takes_too_long_is_ended_and_the_turn_can_go_on() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        write(&db, |tx| {
            let bomb = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
            assert!(matches!(tenant(tx, bomb, &[], &[]), Err(StoreError::Limit(_))));
            tx.execute("INSERT INTO accounts (account_id) VALUES ('after')", &[]).map(|_| ())
        })
        .unwrap();
    });
}

#[test]
fn a_write_that_takes_too_long_costs_its_own_turn_and_not_its_neighbours() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        let insert = |id: &'static str| {
            db.write("story", move |tx| -> Result<(), StoreError> {
                // Long enough for the next ones to gather behind it.
                std::thread::sleep(Duration::from_millis(50));
                tx.execute("INSERT INTO accounts (account_id) VALUES ($1)", &[id.into()]).map(|_| ())
            })
        };
        let first = [insert("a"), insert("b")];
        let slow = db.write("story", |tx| -> Result<(), StoreError> {
            tx.execute("INSERT INTO accounts (account_id) VALUES ('slow')", &[])?;
            let bomb =
                "INSERT INTO accounts (account_id) WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
                        SELECT 'n' || count(*) FROM n";
            tenant(tx, bomb, &[], &["accounts"]).map(|_| ())
        });
        let last = insert("c");
        let results: Vec<_> = first.into_iter().chain([last]).map(|wait| wait.wait()).collect();
        assert_eq!(results, [Ok(()), Ok(()), Ok(())]);
        assert!(matches!(slow.wait(), Err(StoreError::Limit(_))));
        let rows = db.read(|tx| tx.query("SELECT account_id FROM accounts ORDER BY account_id", &[])).unwrap();
        assert_eq!(rows.rows, [[Value::from("a")], [Value::from("b")], [Value::from("c")]]);
    });
}

#[test]
fn a_tenants_statement_follows_its_tables_when_they_change() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        let ask = |id: &'static str| {
            write(&db, move |tx| tenant(tx, "SELECT status FROM accounts WHERE account_id = $1", &[id.into()], &[]))
        };
        assert_eq!(ask("A1"), Ok(0));
        write(&db, |tx| {
            tx.script("DROP TABLE accounts; CREATE TABLE accounts (status BIGINT, account_id BIGINT)")?;
            tx.execute("INSERT INTO accounts (status, account_id) VALUES (1, 7)", &[])?;
            Db::grant(tx, &["accounts".into()], &[])
        })
        .unwrap();
        assert_eq!(ask("7"), Ok(1));
    });
}

#[test]
fn a_tenants_result_has_bounds_in_rows_and_in_bytes() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        own_table(&db);
        write(&db, |tx| {
            for id in 0..11_i64 {
                tx.execute(
                    "INSERT INTO accounts VALUES ($1, $2)",
                    &[id.to_string().into(), "x".repeat(50_000).into()],
                )?;
            }
            let pairs = "SELECT a.account_id, b.account_id FROM accounts a, accounts b, accounts c";
            let long = "SELECT a.status FROM accounts a, accounts b";
            for (sql, limit) in [(pairs, "more than 1000 rows"), (long, "more than 4 MB of rows")] {
                let statement = TenantStatement {
                    sql,
                    params: &[],
                    writes: &BTreeSet::new(),
                    time: Duration::from_secs(10),
                    max_rows: 1_000,
                };
                assert_eq!(tx.tenant(&statement), Err(StoreError::Limit(limit.into())));
            }
            Ok(())
        })
        .unwrap();
    });
}

#[test]
fn values_come_back_as_they_went_in() {
    on_both_stores(|store, name| {
        let db = store.tenant(name).unwrap();
        write(&db, |tx| {
            let text = Value::from("O'Brien ✓ $1 {x}");
            let bytes = Value::from(vec![0_u8, 255, 10]);
            tx.execute("INSERT INTO host_blobs (sha256, content) VALUES ($1, $2)", &[text.clone(), bytes.clone()])?;
            let rows = tx
                .query("SELECT sha256, content, NULL FROM host_blobs WHERE sha256 = $1", std::slice::from_ref(&text))?;
            assert_eq!(rows.rows, [[text, bytes, Value::Null]]);
            Ok(())
        })
        .unwrap();
    });
}
