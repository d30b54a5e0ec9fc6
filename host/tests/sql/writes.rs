//! Writing: own tables, temporary tables that outlive their page, and the host's two queues.

use std::sync::Arc;

use forbear::sql::{HostOp, Page, Purpose, SqlError, TempTables, Temps, compile};
use forbear::store::{Db, StoreError, Value};

use crate::stage::{Host, catalog, in_tx, on_both_stores, paged, program, shown};

/// Runs a text as `post_sql`, then a query, and undoes both.
fn after(db: &Arc<Db>, text: &str, query: &str) -> (Result<String, String>, Vec<HostOp>) {
    let (text, query) = (text.to_owned(), query.to_owned());
    let answer = Arc::new(std::sync::Mutex::new((Ok(String::new()), Vec::new())));
    let told = Arc::clone(&answer);
    let undone: Result<(), StoreError> = db
        .write("story", move |tx| {
            let mut host = Host::default();
            let mut temps = TempTables::new();
            let result = in_tx(tx, &mut host, &program(&text, Purpose::PostSql), &mut temps)
                .and_then(|_| in_tx(tx, &mut host, &program(&query, Purpose::Console), &mut temps))
                .map(|result| shown(&result.outcomes[0].rows))
                .map_err(|error| error.to_string());
            *told.lock().unwrap() = (result, host.ops);
            Err(StoreError::Statement("undone on purpose".into()))
        })
        .wait();
    assert!(undone.is_err());
    answer.lock().unwrap().clone()
}

const ALL: &str = "SELECT account_id, amount, promise_date, due, source, kept FROM promises ORDER BY id";

#[test]
fn own_tables_are_written_as_mysql_would() {
    let cases = [
        (
            "INSERT INTO promises (account_id, amount, promise_date, source) VALUES ($account_id$, $amount$, NOW(), 'conversation')",
            ALL,
            "ACC001|500.00|2026-03-31 14:05:09|~|conversation|~",
        ),
        (
            "INSERT INTO promises (account_id, amount, due, kept) SELECT account_id, balance / 3, DATE_ADD(CURDATE(), INTERVAL 1 MONTH), balance > 1000
             FROM accounts WHERE balance > 0 ORDER BY id",
            ALL,
            "ACC001|1666.67|~|2026-04-30|~|1;ACC002|266.83|~|2026-04-30|~|0",
        ),
        ("INSERT INTO promises SET account_id = 'A', amount = 1", ALL, "A|1.00|~|~|~|~"),
        ("INSERT INTO promises (account_id, due) VALUES ('A', NOW()), ('B', '2026-1-5'), (NULL, NULL)", ALL, "A|~|~|2026-03-31|~|~;B|~|~|2026-01-05|~|~;~|~|~|~|~|~"),
        (
            "INSERT INTO promises (account_id, amount) VALUES ($account_id$, (SELECT balance FROM accounts WHERE account_id = $account_id$))",
            ALL,
            "ACC001|5000.00|~|~|~|~",
        ),
        (
            "UPDATE accounts SET balance = balance - $amount$, status = 'paying' WHERE account_id = $account_id$",
            "SELECT account_id, balance, status FROM accounts ORDER BY id",
            "ACC001|4500.00|paying;ACC002|800.50|ACTIVE;ACC003|0.00|closed",
        ),
        (
            "UPDATE accounts SET balance = balance * 2, notes = JSON_OBJECT('now', balance) WHERE id = 2",
            "SELECT balance, notes FROM accounts WHERE id = 2",
            "1601.00|{\"now\": 1601.00}",
        ),
        (
            "UPDATE accounts a JOIN customers c ON a.customer_id = c.customer_id SET a.status = CONCAT('of ', c.first_name) WHERE c.phone LIKE '082%'",
            "SELECT status FROM accounts ORDER BY id",
            "of Thandi;ACTIVE;closed",
        ),
        (
            "UPDATE accounts SET status = 'best' WHERE balance = (SELECT MAX(balance) FROM accounts)",
            "SELECT status FROM accounts ORDER BY id",
            "best;ACTIVE;closed",
        ),
        (
            "DELETE FROM accounts WHERE balance = 0 OR customer_id IN (SELECT customer_id FROM customers WHERE first_name = 'BEN')",
            "SELECT account_id FROM accounts",
            "ACC001",
        ),
        ("DELETE FROM accounts AS a WHERE a.id > 1", "SELECT account_id FROM accounts", "ACC001"),
        (
            "INSERT INTO promises (account_id, source) VALUES ($account_id$, $evil$)",
            "SELECT source FROM promises",
            "'; DROP TABLE accounts; --",
        ),
        (
            "WITH big AS (SELECT account_id FROM accounts WHERE balance > 1000) SELECT 1 FROM big; INSERT INTO promises (account_id) SELECT account_id FROM accounts WHERE id NOT IN (SELECT id FROM accounts WHERE balance > 0)",
            ALL,
            "ACC003|~|~|~|~|~",
        ),
    ];
    on_both_stores(|db, store| {
        for (text, query, wanted) in cases {
            let (found, _) = after(db, text, query);
            assert_eq!(found.as_deref(), Ok(wanted), "on {store}: {text}");
        }
    });
}

#[test]
fn what_does_not_fit_a_column_is_an_error_with_its_place() {
    let cases = [
        ("INSERT INTO promises (amount) VALUES ($word$)", "1:1: 'zebra' is no number [sql-failed]"),
        ("SELECT 1;\n INSERT INTO promises (due) VALUES ($word$)", "2:2: 'zebra' is no date [sql-failed]"),
        (
            "INSERT INTO promises (account_id) VALUES ($missing$)",
            "1:1: the conversation has no value for $missing$ [sql-name-missing]",
        ),
        ("SELECT id FROM accounts LIMIT $word$", "1:1: $word$ is not a number of rows [sql-value]"),
    ];
    on_both_stores(|db, store| {
        for (text, wanted) in cases {
            let (found, _) = after(db, text, "SELECT 1");
            assert_eq!(found, Err(wanted.to_owned()), "on {store}");
        }
        for text in [
            "INSERT INTO promises (amount) VALUES (12345678901.00)",
            "INSERT INTO accounts (id, account_id) VALUES (1, 'twice')",
            "INSERT INTO customers (customer_id) VALUES ('c1')",
            "INSERT INTO customers (first_name) VALUES ('no key')",
            "INSERT INTO promises (kept) VALUES (7)",
            "INSERT INTO promises (extra) VALUES ('no json')",
            "INSERT INTO promises (amount) VALUES ((SELECT balance FROM accounts))",
            "SELECT 9223372036854775807 + id FROM accounts",
        ] {
            let (found, _) = after(db, text, "SELECT 1");
            assert!(found.is_err(), "on {store}: {text} gives {found:?}");
        }
    });
}

#[test]
fn a_temporary_table_lives_on_in_later_pages() {
    let pre = "CREATE TEMPORARY TABLE payment_opts AS
                 SELECT account_id, balance, ROUND(balance, 2) AS full_payment, ROUND(balance * 0.5, 2) AS half,
                        ROUND(balance / 3, 2) AS installment, opened, closed_at, vip
                 FROM accounts WHERE account_id = $account_id$;
               SELECT full_payment FROM payment_opts";
    let later = "SELECT months AS value, CONCAT(months, ' months - R', ROUND(balance / months, 2), '/month') AS display
                 FROM (SELECT 3 AS months UNION SELECT 6 UNION SELECT 12) plans, payment_opts WHERE balance > 0";
    let post = "INSERT INTO promises (account_id, amount, promise_date, source)
                VALUES ($account_id$, (SELECT installment FROM payment_opts), NOW(), 'plan');
                INSERT INTO workflow_queue (workflow_code, payload) VALUES ('PROCESS',
                JSON_OBJECT('account_id', $account_id$, 'amount', (SELECT half FROM payment_opts)));
                UPDATE promises SET due = (SELECT DATE_ADD(opened, INTERVAL 1 MONTH) FROM payment_opts) WHERE source = 'plan';
                DELETE FROM accounts WHERE account_id IN (SELECT account_id FROM payment_opts)";
    let catalog = catalog();
    let mut temps = Temps::default();
    let pre = compile(pre, Purpose::PreSql, &catalog, &temps, None).unwrap();
    temps.learn(&pre);
    let later = compile(later, Purpose::Options, &catalog, &temps, None).unwrap();
    let post = compile(post, Purpose::PostSql, &catalog, &temps, None).unwrap();
    on_both_stores(|db, store| {
        let (pre, later, post) = (pre.clone(), later.clone(), post.clone());
        let done: Result<_, SqlErrorOrStore> = db
            .write("story", move |tx| {
                let mut host = Host::default();
                let mut kept = TempTables::new();
                let first = in_tx(tx, &mut host, &pre, &mut kept)?;
                let shows: Vec<String> = first.first_values().map(|(name, value)| format!("{name}={value}")).collect();
                // The contact is kept as JSON between two messages.
                let mut kept: TempTables = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
                let options = in_tx(tx, &mut host, &later, &mut kept)?;
                let without = in_tx(tx, &mut host, &later, &mut TempTables::new())?;
                in_tx(tx, &mut host, &post, &mut kept)?;
                let left =
                    in_tx(tx, &mut host, &program("SELECT amount, due FROM promises", Purpose::Console), &mut kept)?;
                Ok((shows, options, without, host.ops, left))
            })
            .wait();
        let (shows, options, without, ops, left) = done.unwrap();
        assert!(
            shows.contains(&"half=2500.00".to_owned()) && shows.contains(&"opened=2026-01-01".to_owned()),
            "{shows:?}"
        );
        let mut lines: Vec<String> = shown(&options.outcomes[0].rows).split(';').map(str::to_owned).collect();
        lines.sort();
        assert_eq!(
            lines,
            ["12|12 months - R416.67/month", "3|3 months - R1666.67/month", "6|6 months - R833.33/month"],
            "on {store}"
        );
        assert!(without.outcomes[0].rows.is_empty());
        let payload = "{\"amount\": 2500.00, \"account_id\": \"ACC001\"}";
        assert_eq!(
            ops,
            [HostOp::StartWorkflow { code: "PROCESS".into(), context: None, payload: Some(payload.into()) }]
        );
        assert_eq!(shown(&left.outcomes[0].rows), "1666.67|2026-02-01", "on {store}");
    });
}

#[derive(Debug)]
enum SqlErrorOrStore {
    Sql(#[expect(dead_code, reason = "shown by unwrap")] SqlError),
    Store(#[expect(dead_code, reason = "shown by unwrap")] StoreError),
}

impl From<SqlError> for SqlErrorOrStore {
    fn from(error: SqlError) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for SqlErrorOrStore {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[test]
fn the_queue_is_changed_through_the_host_and_for_the_events_account_only() {
    on_both_stores(|db, store| {
        let (found, ops) = after(
            db,
            "UPDATE collections_queue SET status = 'promised', last_contact = NOW(), page_reached = $n$;
             SELECT 1",
            "SELECT account_id, status FROM collections_queue ORDER BY account_id",
        );
        assert_eq!(found.as_deref(), Ok("ACC001|promised;ACC002|pending"), "on {store}");
        let [HostOp::QueueUpdate { set, .. }] = ops.as_slice() else { panic!("{ops:?}") };
        assert_eq!(set["last_contact"], Value::from("2026-03-31 14:05:09"));
        assert_eq!(set["page_reached"], Value::Int(3));

        let (_, ops) = after(
            db,
            "UPDATE collections_queue SET status = 'retry', retry_count = retry_count + 1,
                    next_retry = DATE_ADD(NOW(), INTERVAL retry_interval HOUR)
             WHERE guid = $account_id$ AND retry_count < max_retries",
            "SELECT 1",
        );
        let [HostOp::QueueUpdate { set, .. }] = ops.as_slice() else { panic!("{ops:?}") };
        assert_eq!(set["retry_count"], Value::Int(1), "on {store}");
        assert_eq!(set["next_retry"], Value::from("2026-03-31 15:05:09"), "on {store}");

        let (_, ops) = after(
            db,
            "UPDATE collections_queue cq JOIN accounts a ON cq.account_id = a.account_id
             SET cq.status = a.status, cq.callback_date = DATE_ADD(CURDATE(), INTERVAL 7 DAY) WHERE a.balance > 0",
            "SELECT 1",
        );
        let [HostOp::QueueUpdate { set, .. }] = ops.as_slice() else { panic!("{ops:?}") };
        assert_eq!(set["callback_date"], Value::from("2026-04-07"), "on {store}");

        let (_, ops) = after(
            db,
            "INSERT INTO collections_queue (phone, queue, callback_date) VALUES ('083', 'late', '2026-04-01')",
            "SELECT 1",
        );
        let [HostOp::QueueInsert { set }] = ops.as_slice() else { panic!("{ops:?}") };
        assert_eq!(set["account_id"], Value::from("ACC001"));
        let (found, ops) = after(db, "INSERT INTO collections_queue (account_id) SELECT 'ACC002'", "SELECT 1");
        assert!(found.unwrap_err().ends_with("[sql-account-foreign]") && ops.is_empty());
    });
}

#[test]
fn an_insert_into_the_workflow_queue_starts_the_workflow_at_once() {
    on_both_stores(|db, store| {
        let (found, ops) = after(
            db,
            "INSERT INTO workflow_queue (workflow_code, context, payload)
             VALUES ('CONFIRM', 'collections', JSON_OBJECT('account_id', $account_id$, 'amount', $money$));
             INSERT INTO workflow_queue (workflow_code, payload) SELECT CONCAT('FOR_', account_id), notes FROM accounts WHERE balance > 1000",
            "SELECT workflow_code, context, payload, status FROM workflow_queue ORDER BY id",
        );
        let wanted = "CONFIRM|collections|{\"amount\": 12.50, \"account_id\": \"ACC001\"}|pending;\
                      FOR_ACC001|~|{\"tag\": \"gold\"}|pending";
        assert_eq!(found.as_deref(), Ok(wanted), "on {store}");
        assert_eq!(ops.len(), 2);
    });
}

#[test]
fn options_are_paged_in_the_authors_order() {
    let text = "SELECT account_id AS value, CONCAT('R', balance) AS display FROM accounts ORDER BY balance DESC";
    let limited = format!("{text} LIMIT 2");
    on_both_stores(|db, store| {
        for (text, size, start, wanted) in [
            (text, 2, 0, "ACC001|R5000.00;ACC002|R800.50"),
            (text, 2, 2, "ACC003|R0.00"),
            (limited.as_str(), 1, 1, "ACC002|R800.50"),
            (limited.as_str(), 5, 2, ""),
        ] {
            let program = program(text, Purpose::Options).with_page().unwrap();
            let result = db.read(|tx| -> Result<_, SqlErrorOrStore> {
                let page = Some(Page { size, start });
                Ok(paged(tx, &mut Host::default(), &program, &mut TempTables::new(), page)?)
            });
            assert_eq!(shown(&result.unwrap().outcomes[0].rows), wanted, "on {store}");
        }
    });
    assert!(program("SELECT account_id FROM accounts LIMIT 5 OFFSET $offset$", Purpose::Options).with_page().is_none());
}

#[test]
fn a_run_keeps_to_its_limits() {
    let slow = "SELECT COUNT(*) FROM accounts a, accounts b, accounts c, accounts d, accounts e, accounts f, accounts g,
                accounts h, accounts i, accounts j, accounts k, accounts l, accounts m, accounts n, accounts o WHERE
                a.id + b.id + c.id + d.id + e.id + f.id + g.id + h.id + i.id + j.id + k.id + l.id + m.id + n.id + o.id = 0";
    let wide = "SELECT a.id FROM accounts a, accounts b, accounts c, accounts d, accounts e, accounts f, accounts g";
    on_both_stores(|db, store| {
        let started = std::time::Instant::now();
        for (text, wanted) in [(slow, "too long"), (wide, "1000 rows")] {
            let program = program(text, Purpose::Fact);
            let result = db.read(|tx| -> Result<_, StoreError> {
                let names = |_: &str| None;
                let moment = forbear::clock::Moment::utc(crate::stage::NOW);
                let mut temps = TempTables::new();
                let mut env = forbear::sql::Env {
                    names: &names,
                    moment: &moment,
                    account_id: None,
                    temps: &mut temps,
                    page: None,
                };
                Ok(forbear::sql::run(tx, &mut Host::default(), &program, &mut env, &forbear::sql::Limits::default()))
            });
            let error = result.unwrap().unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("[sql-limit]"), "on {store}: {error}");
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(3));
    });
}
