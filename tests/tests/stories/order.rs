//! One effect for one message, in the order of its contact, however many arrive at once.

use std::collections::BTreeSet;
use std::thread;

use forbear_tests::{Place, Server, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    the_same_message_ten_times_at_once_has_one_effect_and_ten_equal_replies,
    messages_of_one_contact_wait_for_each_other,
    many_contacts_at_once_keep_their_order,
);

fn the_same_message_ten_times_at_once_has_one_effect_and_ten_equal_replies(place: &Place) {
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    lantern.activate("mischief");
    lantern.say("LEDGER", "0821110001", "hello");
    let message = json!({ "sender_id": "0821110001", "text": "a line", "message_id": "m-1" });
    let replies: BTreeSet<Vec<u8>> = thread::scope(|scope| {
        let send = || {
            let answer = lantern.send("LEDGER", &message);
            answer.ok();
            answer.body
        };
        let sent: Vec<_> = (0..10).map(|_| scope.spawn(send)).collect();
        sent.into_iter().map(|one| one.join().expect("a reply")).collect()
    });
    assert_eq!(replies.len(), 1, "{replies:?}");
    assert_eq!(lantern.rows("SELECT line FROM entries"), [["a line"]]);
    let contact = lantern.contact("LEDGER", "0821110001");
    assert_eq!((&contact["page_no"], contact["history"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    let counted = &contact["context"]["answers"];
    assert_eq!(counted, 1, "the module was asked once");
    // Also later, and whatever came in between; the same id of somebody else is another message.
    lantern.say("LEDGER", "0821110001", "another line");
    assert_eq!(lantern.send("LEDGER", &message).body, *replies.first().expect("a reply"));
    let said = lantern.say_and_see("LEDGER", &message);
    assert_eq!(said["repeated"], true);
    let other = json!({ "sender_id": "0821110002", "text": "a line", "message_id": "m-1" });
    assert_eq!(lantern.say_and_see("LEDGER", &other)["repeated"], false);
    assert_eq!(lantern.rows("SELECT count(*) FROM entries"), [["2"]]);
}

fn messages_of_one_contact_wait_for_each_other(place: &Place) {
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    lantern.say("LEDGER", "0821110001", "hello");
    thread::scope(|scope| {
        for number in 0..10 {
            let lantern = &lantern;
            scope.spawn(move || lantern.say("LEDGER", "0821110001", &format!("line {number}")));
        }
    });
    // Each found the page that the one before it had left.
    let pages: Vec<Value> = lantern.rows("SELECT page_no FROM entries ORDER BY entry_id").concat();
    assert_eq!(pages, ["1", "2", "1", "2", "1", "2", "1", "2", "1", "2"]);
    let lines: BTreeSet<String> =
        lantern.rows("SELECT line FROM entries").iter().map(|row| row[0].to_string()).collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(lantern.contact("LEDGER", "0821110001")["page_no"], 1);
}

fn many_contacts_at_once_keep_their_order(place: &Place) {
    const CONTACTS: usize = 64;
    const LINES: usize = 6;
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    lantern.activate("mischief");
    thread::scope(|scope| {
        for contact in 0..CONTACTS {
            let lantern = &lantern;
            scope.spawn(move || {
                let sender = format!("s{contact}");
                lantern.say("LEDGER", &sender, "hello");
                for line in 0..LINES {
                    lantern.say("LEDGER", &sender, &format!("{contact}/{line}"));
                }
            });
        }
    });
    for contact in 0..CONTACTS {
        let lines = lantern.rows(&format!("SELECT line FROM entries WHERE sender_id = 's{contact}' ORDER BY entry_id"));
        let expected: Vec<Vec<Value>> = (0..LINES).map(|line| vec![json!(format!("{contact}/{line}"))]).collect();
        assert_eq!(lines, expected);
    }
    assert_eq!(lantern.breaks(), Vec::<Value>::new());
}
