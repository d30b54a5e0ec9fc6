//! What a decision and a turn cost, in one run: figures to compare with each other, not with another machine's.
//!
//!     make bench
//!
//! On PostgreSQL as well if FORBEAR_TEST_DATABASE_URL names one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use forbear::app::{App, Settings};
use forbear::clock::SystemClock;
use forbear::conversation::TurnRequest;
use forbear::conversation::contact::Context;
use forbear::conversation::intent::{self, Prepared};
use forbear::conversation::options::Choice;
use forbear::demo::Demo;
use forbear::rules::{Engine, EngineSettings, HookInput, Limits};
use forbear::tenant::{Role, TenantName};

/// Contacts that talk at once.
const CONTACTS: usize = 32;
/// How long each figure of turns is measured.
const SPAN: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = PathBuf::from("target/rules");
    println!("{:<58} {:>12} {:>12} {:>12}", "what", "p50", "p99", "rate");
    decisions(&rules)?;
    intents();
    let sqlite = tempfile::tempdir()?;
    turns("SQLite, durable", Settings::new(sqlite.path()), &rules)?;
    if let Ok(url) = std::env::var("FORBEAR_TEST_DATABASE_URL") {
        let folder = tempfile::tempdir()?;
        turns("PostgreSQL", Settings { database_url: Some(url), ..Settings::new(folder.path()) }, &rules)?;
    }
    Ok(())
}

fn row(what: &str, mut times: Vec<Duration>, rate: Option<f64>) {
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    let rate = rate.map(|rate| format!("{rate:.0}/s")).unwrap_or_default();
    println!("{what:<58} {:>9.1} µs {:>9.1} µs {rate:>12}", at(0.5), at(0.99));
}

fn time<T>(count: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            let started = Instant::now();
            std::hint::black_box(work());
            started.elapsed()
        })
        .collect()
}

/// A hook of each kind of module, through the front door: fresh instance, limits on.
fn decisions(rules: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let cache = tempfile::tempdir()?;
    let engine = Engine::new(EngineSettings { cache_dir: Some(cache.path().into()), ..EngineSettings::default() })?;
    Engine::prepare_thread();
    let bytes = std::fs::read(rules.join("standard.wasm"))?;
    let started = Instant::now();
    let module = engine.check(&bytes)?;
    row(&format!("upload of a module of {} kB: check and compile", bytes.len() / 1_000), vec![started.elapsed()], None);
    let sha = forbear::rules::sha256(&bytes);
    row("the same from the disk's cache", time(20, || engine.cached(&sha)), None);
    let limits = Limits::default();
    for (what, file) in [("small context", "reroute-small.json"), ("16 kB of context", "reroute-16k.json")] {
        let input: HookInput = serde_json::from_str(&question(file))?;
        let mut ask = || engine.ask("bench", &module, &input, &limits);
        time(2_000, &mut ask);
        let started = Instant::now();
        let times = time(20_000, &mut ask);
        let rate = times.len() as f64 / started.elapsed().as_secs_f64();
        row(&format!("one hook call (reroute), fresh instance, {what}"), times, Some(rate));
    }
    Ok(())
}

/// A question as the decision log keeps it.
fn question(file: &str) -> String {
    let values = if file.contains("16k") { 160 } else { 4 };
    let fields: Vec<String> = (0..values)
        .map(|number| format!(r#"{{"name":"name_{number}","value":{{"Text":"{}"}}}}"#, "value ".repeat(14)))
        .collect();
    format!(
        r#"{{"hook":"reroute","situation":{{"tenant":"bench","now":{{"epoch_ms":1795264923680,"date":"2026-11-21",
        "time":"12:00:00","zone":"UTC","weekday":6}},"account":null,"context":[{}],"facts":[]}},
        "page":{{"conversation":"PAYMENT_COLLECT","page_no":1,"channel":"sms","sender_id":"1","account_id":null,"header":"x"}},
        "input":{{"raw":"yes","value":"1","matched":null,"score":0}},"proposed":"2"}}"#,
        fields.join(",")
    )
}

fn intents() {
    let labels = ["Yes, pay now", "Pay in instalments", "That is not right", "Not right now", "Speak to a person"];
    let choices: Vec<Choice> =
        (1..).zip(labels).map(|(number, label)| Choice::fixed(number, label, Some("2"))).collect();
    let prepared = Prepared::new(&choices);
    let settings = intent::Settings::default();
    for reply in ["2", "yes please", "i would rather pay in instalments please"] {
        let times = time(20_000, || intent::read_intent(reply, &prepared, &settings));
        row(&format!("reading the reply “{reply}” on five options"), times, None);
    }
}

/// Debtors who each go through the same conversation again and again, first in process, then over HTTP.
fn turns(store: &str, settings: Settings, rules: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let app = Arc::new(App::open(&settings, Arc::new(SystemClock))?);
    Demo::set_up(&app, rules)?;
    row(&format!("{store}: open the store and set up the demo"), vec![started.elapsed()], None);
    let tenant = TenantName::parse("kopano")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;

    let request = |sender: usize, step: usize| TurnRequest {
        conversation: "PAYMENT_COLLECT".into(),
        sender_id: format!("bench-{sender}"),
        text: if step.is_multiple_of(2) { String::new() } else { "not right now".into() },
        account_id: Some("KA-1001".into()),
        channel: None,
        message_id: None,
        context: Context::new(),
    };
    let one = time(300, || runtime.block_on(app.turn(&tenant, request(0, 1))).is_ok());
    row(&format!("{store}: a turn in process, one contact, committed"), one, None);

    let token = app.create_token(&tenant, Role::System, "bench", "bench")?;
    let operator = forbear::tenant::hash_of("nobody").into();
    let front = forbear::web::Front { app: Arc::clone(&app), demo: None, operator };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (told, address) = std::sync::mpsc::channel();
    let server = runtime.spawn(forbear::web::serve(
        front,
        "127.0.0.1:0".parse()?,
        move |address| {
            let _ = told.send(address);
        },
        async move {
            let _ = stopped.await;
        },
    ));
    let address = address.recv()?;
    let failures = AtomicUsize::new(0);
    let began = Instant::now();
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let talk = |sender: usize| {
            let (token, failures) = (token.reveal(), &failures);
            move || {
                let agent = ureq::Agent::new_with_defaults();
                let mut times = Vec::new();
                let mut step = 0_usize;
                while began.elapsed() < SPAN {
                    let text = if step.is_multiple_of(2) { "" } else { "not right now" };
                    let body = serde_json::json!({ "sender_id": format!("http-{sender}"), "text": text,
                        "account_id": "KA-1001" });
                    let started = Instant::now();
                    let answer = agent
                        .post(format!("http://{address}/conversation/PAYMENT_COLLECT"))
                        .header("authorization", format!("Bearer {token}"))
                        .send_json(body)
                        .and_then(|mut answer| answer.body_mut().read_to_string());
                    times.push(started.elapsed());
                    if answer.is_err() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                    step += 1;
                }
                times
            }
        };
        let talks: Vec<_> = (0..CONTACTS).map(|sender| scope.spawn(talk(sender))).collect();
        talks.into_iter().flat_map(|talk| talk.join().unwrap_or_default()).collect()
    });
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    row(&format!("{store}: a turn over HTTP, {CONTACTS} contacts at once"), times, Some(rate));
    if failures.load(Ordering::Relaxed) > 0 {
        println!("  {} turns failed", failures.load(Ordering::Relaxed));
    }
    drop(stop);
    runtime.block_on(server)??;
    Ok(())
}
