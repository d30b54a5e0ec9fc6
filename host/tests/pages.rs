//! Pages imported from SQL are talked through on both stores, and leave the rows that they say. The pages, the tenant they
//! stand in and what is said are in `pages/`.

use std::collections::BTreeMap;
use std::sync::Arc;

use forbear::app::{App, Settings};
use forbear::bundle::{Files, Wishes, write_conversation};
use forbear::clock::ManualClock;
use forbear::conversation::{TurnRequest, import};
use forbear::store::Value;
use forbear::tenant::TenantName;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    it: String,
    code: String,
    sender: String,
    account: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    say: Vec<String>,
    ends: Option<(String, Option<String>)>,
    fails: Option<String>,
    #[serde(default)]
    rows: Vec<Rows>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    sql: String,
    /// Rows parted by `;`, values by `|`, NULL as `~`.
    gives: String,
}

/// 2026-03-02 10:00 UTC.
const NOW: i64 = 1_772_445_600_000;

fn files() -> Files {
    let tenant: BTreeMap<String, String> = serde_yaml::from_str(include_str!("pages/tenant.yaml")).unwrap();
    let mut files: Files = tenant.into_iter().map(|(path, content)| (path, content.into_bytes())).collect();
    let imported = import::import("pages.sql", include_str!("pages/pages.sql")).unwrap();
    assert_eq!(imported.notes, []);
    for (code, conversation) in &imported.conversations {
        files.insert(format!("conversations/{code}.yaml"), write_conversation(conversation).into_bytes());
    }
    files
}

fn asked(app: &App, tenant: &TenantName, sql: &str) -> String {
    let answer = app.run_sql(tenant, sql, BTreeMap::new(), false, "test").unwrap().remove(0);
    let cell = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "~".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |row: &Vec<serde_json::Value>| row.iter().map(cell).collect::<Vec<_>>().join("|");
    answer.rows.iter().map(row).collect::<Vec<_>>().join(";")
}

fn told(
    app: &Arc<App>,
    tenant: &TenantName,
    runtime: &tokio::runtime::Runtime,
    story: &Story,
) -> Result<String, String> {
    let mut last = String::new();
    for text in &story.say {
        let request = TurnRequest {
            conversation: story.code.clone(),
            sender_id: story.sender.clone(),
            text: text.clone(),
            account_id: story.account.clone(),
            channel: None,
            message_id: None,
            context: story.context.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        };
        last = runtime.block_on(app.turn(tenant, request)).map_err(|error| error.to_string())?.reply;
    }
    Ok(last)
}

#[test]
fn imported_pages_leave_the_same_rows_on_both_stores() {
    let url = std::env::var("FORBEAR_TEST_DATABASE_URL")
        .expect("FORBEAR_TEST_DATABASE_URL is not set: run the tests with `make test`");
    let stories: Vec<Story> = serde_yaml::from_str(include_str!("pages/stories.yaml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for database_url in [None, Some(url)] {
        let store = if database_url.is_some() { "postgres" } else { "sqlite" };
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { database_url, ..Settings::new(folder.path()) };
        let app = Arc::new(App::open(&settings, Arc::new(ManualClock::at(NOW))).unwrap());
        let name = format!("t{}", uuid::Uuid::new_v4().simple());
        let tenant = TenantName::parse(&name[..24]).unwrap();
        app.create_tenant(&tenant).unwrap();
        app.publish(&tenant, files(), Wishes::default()).unwrap();
        for account in ["M-1", "M-2"] {
            let values = BTreeMap::from([("account_id".to_owned(), Value::from(account))]);
            let queue = "INSERT INTO collections_queue (account_id) VALUES ($account_id$)";
            app.run_sql(&tenant, queue, values, true, "test").unwrap();
        }
        for story in &stories {
            let place = format!("{}, on {store}", story.it);
            match (told(&app, &tenant, &runtime, story), &story.fails) {
                (Ok(reply), None) => {
                    let reply: serde_json::Value = serde_json::from_str(&reply).unwrap();
                    let end =
                        (reply["status"].as_str().unwrap().to_owned(), reply["outcome"].as_str().map(str::to_owned));
                    assert_eq!(Some(end), story.ends, "{place}: {reply}");
                }
                (Err(error), Some(fails)) => assert_eq!(&error, fails, "{place}"),
                (other, _) => panic!("{place}: {other:?}"),
            }
            for rows in &story.rows {
                assert_eq!(asked(&app, &tenant, &rows.sql), rows.gives, "{place}: {}", rows.sql);
            }
        }
    }
}
