//! kill -9 in the middle of a thousand turns: every acknowledged turn is there once, none half.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use forbear_tests::{Place, Server, Tenant, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(a_kill_at_any_moment_loses_no_acknowledged_turn_and_leaves_none_half);

const CONTACTS: usize = 24;
const TURNS: usize = 1_000;
/// Turns between two kills, about.
const BETWEEN: usize = 150;

/// What a debtor has sent, and for how many of it a reply came. Message 0 begins the conversation.
#[derive(Default)]
struct Debtor {
    acknowledged: usize,
    /// One more was sent, and no reply came.
    in_doubt: bool,
    replies: Vec<Vec<u8>>,
}

fn a_kill_at_any_moment_loses_no_acknowledged_turn_and_leaves_none_half(place: &Place) {
    let debtors: Vec<Mutex<Debtor>> = (0..CONTACTS).map(|_| Mutex::default()).collect();
    let total = AtomicUsize::new(0);
    let mut server = Server::start(place);
    let mut lantern = server.tenant("lantern");
    lantern.activate("mischief");
    let mut kills: u64 = 0;
    loop {
        let target = (total.load(Ordering::SeqCst) + BETWEEN).min(TURNS);
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for (number, debtor) in debtors.iter().enumerate() {
                let (lantern, total, stop) = (&lantern, &total, &stop);
                scope.spawn(move || talk(lantern, number, &mut debtor.lock().expect("no panic"), total, stop));
            }
            while total.load(Ordering::SeqCst) < target {
                thread::sleep(Duration::from_millis(1));
            }
            if target == TURNS {
                stop.store(true, Ordering::SeqCst);
            } else {
                // Not always at the same point of a turn.
                thread::sleep(Duration::from_micros(613 * kills % 5_000));
                server.strike();
            }
        });
        if target == TURNS {
            break;
        }
        kills += 1;
        server = Server::start(place);
        lantern = lantern.over(&server.api);
        check(&lantern, &debtors);
    }
    assert!(kills >= 5, "{kills} kills");
    check(&lantern, &debtors);
    // Whoever got no reply sends the message again, and whoever got one may as well.
    for (number, debtor) in debtors.iter().enumerate() {
        let mut debtor = debtor.lock().expect("no panic");
        for (line, reply) in debtor.replies.iter().enumerate().rev().take(2) {
            assert_eq!(lantern.send("LEDGER", &message(number, line)).body, *reply, "a repetition gets the same reply");
        }
        if debtor.in_doubt {
            lantern.send("LEDGER", &message(number, debtor.acknowledged)).ok();
            debtor.acknowledged += 1;
            debtor.in_doubt = false;
        }
    }
    check(&lantern, &debtors);
}

fn message(debtor: usize, line: usize) -> Value {
    json!({ "sender_id": format!("s{debtor}"), "message_id": format!("m{line}"), "text": format!("line {line}") })
}

/// Sends one message after the other until the server is gone. The message that got no reply is sent first.
fn talk(lantern: &Tenant, number: usize, debtor: &mut Debtor, total: &AtomicUsize, stop: &AtomicBool) {
    let path = format!("/conversation/LEDGER?tenant={}", lantern.name);
    while !stop.load(Ordering::SeqCst) {
        debtor.in_doubt = true;
        let body = message(number, debtor.acknowledged).to_string().into_bytes();
        let Ok(answer) = lantern.api.try_send("POST", &path, body) else { return };
        assert_eq!(answer.status, 200, "{}", answer.text());
        debtor.replies.push(answer.body);
        debtor.acknowledged += 1;
        debtor.in_doubt = false;
        total.fetch_add(1, Ordering::SeqCst);
    }
}

/// The contact's record, the tenant's rows, the page and the module's count agree, and hold all that was acknowledged.
fn check(lantern: &Tenant, debtors: &[Mutex<Debtor>]) {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..debtors.len() {
        let sender = format!("s{number}");
        let rows = lantern.rows(&format!("SELECT line FROM entries WHERE sender_id = '{sender}' ORDER BY entry_id"));
        lines.insert(sender, rows.iter().map(|row| row[0].as_str().unwrap_or_default().to_owned()).collect());
    }
    let mut decisions = 0;
    for (number, debtor) in debtors.iter().enumerate() {
        let debtor = debtor.lock().expect("no panic");
        let sender = format!("s{number}");
        let own = lines.remove(&sender).unwrap_or_default();
        let answer = lantern.api.get(&lantern.path(&format!("contacts/LEDGER/{sender}")));
        if answer.status == 404 {
            assert_eq!((debtor.acknowledged, own.len()), (0, 0), "{sender}");
            continue;
        }
        let contact = answer.ok();
        let history = contact["history"].as_array().expect("a history");
        let texts: Vec<&str> = history.iter().filter_map(|line| line["raw_input"].as_str()).collect();
        let unique: BTreeSet<&str> = texts.iter().copied().collect();
        assert_eq!(unique.len(), texts.len(), "{sender} has a message twice");
        let most = debtor.acknowledged + usize::from(debtor.in_doubt);
        assert!((debtor.acknowledged..=most).contains(&texts.len()), "{sender}: {} of {most}", texts.len());
        let expected: Vec<String> = (0..texts.len()).map(|line| format!("line {line}")).collect();
        assert_eq!(texts, expected, "{sender}");
        // The first message only begins; each other one is a row of the tenant's table, a page and a count.
        assert_eq!(own, expected[1..], "{sender}");
        assert_eq!(contact["page_no"], own.len() % 2 + 1, "{sender}");
        assert_eq!(contact["context"]["answers"].as_u64().unwrap_or_default(), own.len() as u64, "{sender}");
        decisions += own.len();
    }
    let all: usize = lantern.rows("SELECT count(*) FROM entries")[0][0].as_str().map_or(0, |n| n.parse().unwrap_or(0));
    assert_eq!(all, decisions);
    assert_eq!(lantern.breaks(), Vec::<Value>::new(), "after {decisions} answers");
}
