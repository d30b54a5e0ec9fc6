//! Starting and stopping: turns in flight are finished, and one folder has one host.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use forbear_tests::{Place, Server, forbear, on_both_stores};
use serde_json::json;

on_both_stores!(
    a_stop_under_load_finishes_every_turn_that_was_accepted,
    a_second_server_on_the_same_folder_is_refused,
    a_server_that_starts_again_knows_everything,
);

fn a_stop_under_load_finishes_every_turn_that_was_accepted(place: &Place) {
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    lantern.activate("mischief");
    let acknowledged: Mutex<Vec<String>> = Mutex::default();
    let count = AtomicUsize::new(0);
    thread::scope(|scope| {
        for contact in 0..16 {
            let (lantern, acknowledged, count) = (&lantern, &acknowledged, &count);
            scope.spawn(move || {
                let path = format!("/conversation/LEDGER?tenant={}", lantern.name);
                for number in 0.. {
                    let line = format!("{contact}/{number}");
                    let message = json!({ "sender_id": format!("s{contact}"), "text": line });
                    match lantern.api.try_send("POST", &path, message.to_string().into_bytes()) {
                        Ok(answer) => {
                            assert_eq!(answer.status, 200, "{}", answer.text());
                            count.fetch_add(1, Ordering::SeqCst);
                            if number > 0 {
                                acknowledged.lock().expect("no panic").push(line);
                            }
                        }
                        // A connection that was kept open may be closed between two requests, and new ones are refused; a
                        // request that was taken is answered.
                        Err(_) => break,
                    }
                }
            });
        }
        while count.load(Ordering::SeqCst) < 100 {
            thread::yield_now();
        }
        server.ask_to_stop();
    });
    assert_eq!(server.end(), Some(0));
    let server = Server::start(place);
    let lantern = lantern.over(&server.api);
    let mut kept: Vec<String> = lantern
        .rows("SELECT line FROM entries")
        .iter()
        .map(|row| row[0].as_str().expect("a line").to_owned())
        .collect();
    let mut acknowledged = acknowledged.into_inner().expect("no panic");
    kept.sort();
    acknowledged.sort();
    // The other way round as well: what was kept was acknowledged, since no connection was cut.
    assert_eq!(kept, acknowledged);
    assert!(lantern.breaks().is_empty());
}

fn a_second_server_on_the_same_folder_is_refused(place: &Place) {
    let server = Server::start(place);
    let second = forbear(place, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.code, 1, "{second:?}");
    assert!(second.err.contains("another forbear works in") && second.err.contains("--data"), "{second:?}");
    assert_eq!(server.api.get("/readyz").status, 200, "the first is not disturbed");
    // Nor is its way in for commands taken away.
    assert_eq!(forbear(place, &["tenant", "list"]).code, 0);
    let third = forbear(place, &["--data", "elsewhere", "serve", "--listen", &server.address]);
    assert_eq!(third.code, 1);
    assert!(third.err.contains(&server.address), "{third:?}");
}

fn a_server_that_starts_again_knows_everything(place: &Place) {
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    lantern.activate("mischief");
    let token = lantern.token("system");
    lantern.begin("TOUR", "1", "W3");
    lantern.say("TOUR", "1", "2");
    server.ask_to_stop();
    assert_eq!(server.end(), Some(0));
    let server = Server::start(place);
    let lantern = lantern.over(&server.api.with_token(&token));
    // The temporary table of the first page is the contact's, not the process's.
    assert_eq!(lantern.say("TOUR", "1", "half")["page_no"], 6);
    assert_eq!(lantern.rows("SELECT amount FROM pledges"), [["50000.00"]]);
    assert_eq!(lantern.active().as_deref(), Some("mischief"));
}
