//! What publishing does to a tenant's tables and contacts, on both databases.

use std::sync::Arc;

use forbear::app::{App, AppError, Settings};
use forbear::bundle::{Files, Wishes};
use forbear::clock::SystemClock;
use forbear::conversation::TurnRequest;
use forbear::store::StoreError;
use forbear::tenant::TenantName;

struct Host {
    app: Arc<App>,
    tenant: TenantName,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

fn on_both_stores(story: impl Fn(&Host)) {
    let url = std::env::var("FORBEAR_TEST_DATABASE_URL")
        .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test`");
    for database_url in [None, Some(url)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { database_url, ..Settings::new(folder.path()) };
        let app = Arc::new(App::open(&settings, Arc::new(SystemClock)).unwrap());
        let tenant = TenantName::parse(&format!("t{}", uuid::Uuid::new_v4().simple())).unwrap();
        app.create_tenant(&tenant).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        story(&Host { app, tenant, runtime, _folder: folder });
    }
}

const HELLO: (&str, &str) = (
    "conversations/hello.yaml",
    "conversation: HELLO\npages:\n  - page: 1\n    header: First.\n    options:\n      - text: Go on\n        callback: 2\n  - page: 2\n    header: Second.\n",
);
const ACCOUNTS: (&str, &str) = (
    "tables/accounts.yaml",
    "table: accounts\nkey: [account_id]\ncolumns:\n  account_id: text\n  region: text\n  balance: decimal(12,2)\nindexes:\n  - [region]\n",
);

fn files(given: &[(&str, &str)]) -> Files {
    let bundle = ("bundle.yaml", "name: Story\n");
    given.iter().chain([&bundle]).map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

impl Host {
    fn publish(&self, given: &[(&str, &str)], wishes: Wishes) -> Result<i64, AppError> {
        self.app.publish(&self.tenant, files(given), wishes).map(|(version, _)| version)
    }

    fn sql(&self, text: &str) -> Result<Vec<Vec<serde_json::Value>>, AppError> {
        let answers = self.app.run_sql(&self.tenant, text, Default::default(), true, "story")?;
        Ok(answers.into_iter().flat_map(|answer| answer.rows).collect())
    }

    fn say(&self, text: &str) -> String {
        let request = TurnRequest {
            conversation: "HELLO".to_owned(),
            sender_id: "0825550101".to_owned(),
            text: text.to_owned(),
            account_id: None,
            channel: None,
            message_id: None,
            context: Default::default(),
        };
        self.runtime.block_on(self.app.turn(&self.tenant, request)).unwrap().reply
    }
}

#[test]
fn a_new_tenant_can_read_the_hosts_views_before_it_has_published() {
    on_both_stores(|host| {
        assert!(host.sql("SELECT account_id FROM collections_queue").unwrap().is_empty());
    });
}

#[test]
fn a_column_with_an_index_can_be_dropped() {
    on_both_stores(|host| {
        host.publish(&[ACCOUNTS], Wishes::default()).unwrap();
        let narrow = ("tables/accounts.yaml", "table: accounts\nkey: [account_id]\ncolumns:\n  account_id: text\n");
        let refused = host.publish(&[narrow], Wishes::default()).unwrap_err().to_string();
        assert!(refused.contains("--drop"), "{refused}");
        host.publish(&[narrow], Wishes { drop: true, ..Wishes::default() }).unwrap();
        assert!(host.sql("SELECT account_id FROM accounts").unwrap().is_empty());
    });
}

#[test]
fn going_back_keeps_the_rows_of_tables_and_columns_that_came_later() {
    on_both_stores(|host| {
        let narrow = ("tables/accounts.yaml", "table: accounts\nkey: [account_id]\ncolumns:\n  account_id: text\n");
        let notes = ("tables/notes.yaml", "table: notes\nkey: [id]\ncolumns:\n  id: integer\n  note: text\n");
        let before = host.publish(&[narrow], Wishes::default()).unwrap();
        let after = host.publish(&[ACCOUNTS, notes], Wishes::default()).unwrap();
        host.sql(
            "INSERT INTO accounts (account_id, balance) VALUES ('A1', 12.50); INSERT INTO notes (note) VALUES ('x')",
        )
        .unwrap();
        host.app.rollback(&host.tenant, before, "story").unwrap();
        host.sql("INSERT INTO accounts (account_id) VALUES ('A2')").unwrap();
        host.app.rollback(&host.tenant, after, "story").unwrap();
        let rows = host.sql("SELECT account_id, balance FROM accounts ORDER BY account_id").unwrap();
        assert_eq!(serde_json::json!(rows), serde_json::json!([["A1", "12.50"], ["A2", null]]));
        assert_eq!(host.sql("SELECT note FROM notes").unwrap().len(), 1);
    });
}

#[test]
fn contacts_can_be_moved_to_what_is_published_already() {
    on_both_stores(|host| {
        host.publish(&[HELLO], Wishes::default()).unwrap();
        host.say("hi");
        let text = HELLO.1.replace("Second", "Newer");
        let newer = [("conversations/hello.yaml", text.as_str())];
        let version = host.publish(&newer, Wishes::default()).unwrap();
        assert_eq!(host.publish(&newer, Wishes { move_contacts: true, ..Wishes::default() }).unwrap(), version);
        assert!(host.say("1").contains("Newer."));
    });
}

#[test]
fn a_trail_that_was_mended_shows() {
    on_both_stores(|host| {
        host.publish(&[HELLO], Wishes::default()).unwrap();
        host.say("STOP");
        assert_eq!(host.app.verify_audit(&host.tenant).unwrap().breaks, []);
        let db = host.app.db(&host.tenant).unwrap();
        db.write("story", |tx| -> Result<u64, StoreError> {
            tx.execute("UPDATE host_chain_heads SET hash = 'x' WHERE chain = (SELECT max(chain) FROM host_audit)", &[])
        })
        .wait()
        .unwrap();
        assert_eq!(host.app.verify_audit(&host.tenant).unwrap().breaks.len(), 1);
    });
}
