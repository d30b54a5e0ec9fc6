//! Publishing while debtors talk: each stays on what it began with, unless the publisher says otherwise.

use forbear_tests::{Files, Place, Room, Tenant, bundle, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    an_open_contact_stays_on_its_version_and_a_new_one_gets_the_newest,
    open_contacts_are_moved_where_the_publisher_asks_for_it,
    nobody_is_moved_onto_a_page_that_is_gone,
    publishing_the_same_files_again_is_no_new_version,
    tables_follow_the_bundle_and_rows_stay,
    dropping_a_table_asks,
    going_back_publishes_the_old_files_again,
    pages_are_imported_from_sql_text,
);

fn reworded(from: &str, to: &str) -> Files {
    let mut files = bundle("lantern");
    let text = files.get_mut("conversations/patience.yaml").expect("a file");
    assert!(text.contains(from));
    *text = text.replacen(from, to, 1);
    files
}

fn said(reply: &Value) -> &str {
    reply["message"].as_str().and_then(|message| message.lines().next()).expect("a message")
}

fn an_open_contact_stays_on_its_version_and_a_new_one_gets_the_newest(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.say("PATIENCE", "early", "hello");
    lantern.publish(&reworded("Do you want the letter?", "Shall it be sent?")).ok();
    assert_eq!(said(&lantern.say("PATIENCE", "early", "1")), "Do you want the letter?");
    lantern.say("PATIENCE", "late", "hello");
    assert_eq!(said(&lantern.say("PATIENCE", "late", "1")), "Shall it be sent?");
    let publications = ["early", "late"].map(|sender| lantern.contact("PATIENCE", sender)["publication"].clone());
    assert_eq!(publications, [json!(1), json!(2)]);
    // Once it has ended, the next conversation is on the newest.
    lantern.say("PATIENCE", "early", "keep it");
    lantern.say("PATIENCE", "early", "hello");
    assert_eq!(said(&lantern.say("PATIENCE", "early", "1")), "Shall it be sent?");
    // Also after a restart.
    lantern.say("PATIENCE", "third", "hello");
    lantern.publish(&reworded("Do you want the letter?", "What about the letter?")).ok();
    let name = lantern.name.clone();
    drop((lantern, room));
    let room = Room::open(place);
    let lantern = Tenant::named(&name, &room.api);
    assert_eq!(said(&lantern.say("PATIENCE", "third", "1")), "Shall it be sent?");
}

fn open_contacts_are_moved_where_the_publisher_asks_for_it(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.say("PATIENCE", "early", "hello");
    let files = reworded("Do you want the letter?", "Shall it be sent?");
    lantern.publish_with(&files, &json!({ "move_contacts": true })).ok();
    assert_eq!(lantern.contact("PATIENCE", "early")["publication"], 2);
    assert_eq!(said(&lantern.say("PATIENCE", "early", "1")), "Shall it be sent?");
}

fn nobody_is_moved_onto_a_page_that_is_gone(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.say("PATIENCE", "early", "hello");
    lantern.say("PATIENCE", "early", "1");
    let mut files = reworded("callback: \"2\"", "callback: \"3\"");
    let text = files.get_mut("conversations/patience.yaml").expect("a file");
    *text = text.replace("page: 2", "page: 3");
    let problem = lantern.publish_with(&files, &json!({ "move_contacts": true })).refused(409, "contacts-stranded");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("PATIENCE") && detail.contains('2'), "{detail}");
    let history = room.api.get(&lantern.path("definitions")).ok();
    assert_eq!(history.as_array().map(Vec::len), Some(1));
    // Without moving them it is fine, and they end where they began.
    lantern.publish(&files).ok();
    assert_eq!(lantern.say("PATIENCE", "early", "send it")["outcome"], "WORKFLOW:LETTER");
}

fn publishing_the_same_files_again_is_no_new_version(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    assert_eq!(lantern.publish(&bundle("lantern")).ok()["version"], 1);
    let changed = reworded("Do you want the letter?", "Shall it be sent?");
    assert_eq!(lantern.publish(&changed).ok()["version"], 2);
    assert_eq!(lantern.publish(&changed).ok()["version"], 2);
    assert_eq!(lantern.publish(&bundle("lantern")).ok()["version"], 3);
}

fn tables_follow_the_bundle_and_rows_stay(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "1", "W1");
    lantern.say("TOUR", "1", "3");
    lantern.say("TOUR", "1", "the pipe");
    let mut files = bundle("lantern");
    files.get_mut("tables/notes.yaml").expect("a file").push_str("  urgent: boolean\n");
    files.insert("tables/visits.yaml".to_owned(), "table: visits\ncolumns:\n  day: date\n".to_owned());
    lantern.publish(&files).ok();
    assert_eq!(lantern.rows("SELECT words, urgent FROM notes"), [[json!("the pipe"), Value::Null]]);
    assert!(lantern.rows("SELECT day FROM visits").is_empty());
}

fn dropping_a_table_asks(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let mut files = bundle("lantern");
    files.remove("conversations/needs.yaml");
    files.remove("tables/open_meters.yaml");
    files.insert("tables/visits.yaml".to_owned(), "table: visits\ncolumns:\n  day: date\n".to_owned());
    lantern.publish(&files).ok();
    files.remove("tables/visits.yaml");
    let problem = lantern.publish(&files);
    let problem = problem.refused(409, "tables-cannot-follow");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("visits")), "{problem}");
    assert!(lantern.rows("SELECT day FROM visits").is_empty(), "it is still there");
    lantern.publish_with(&files, &json!({ "drop": true })).ok();
    let gone = room.api.post(&lantern.path("sql"), &json!({ "sql": "SELECT day FROM visits" }));
    gone.refused(422, "sql-table-unknown");
}

fn going_back_publishes_the_old_files_again(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.publish_with(&reworded("Do you want the letter?", "Shall it be sent?"), &json!({ "note": "wording" })).ok();
    let diff = room.api.get(&lantern.path("definitions/1/diff/2")).ok();
    let diff = diff["diff"].as_str().expect("a text");
    assert!(diff.contains("-    header: \"Do you want the letter?\"\n+    header: \"Shall it be sent?\""), "{diff}");
    assert_eq!(room.api.post(&lantern.path("definitions/rollback"), &json!({ "version": 1 })).ok()["version"], 3);
    lantern.say("PATIENCE", "1", "hello");
    assert_eq!(said(&lantern.say("PATIENCE", "1", "1")), "Do you want the letter?");
    assert_eq!(room.api.get(&lantern.path("definitions/1/diff/3")).ok()["diff"], "");
    room.api.post(&lantern.path("definitions/rollback"), &json!({ "version": 9 })).refused(404, "publication-unknown");
    let history = room.api.get(&lantern.path("definitions")).ok();
    let notes: Vec<&str> = history.as_array().expect("a list").iter().filter_map(|one| one["note"].as_str()).collect();
    assert_eq!(notes, ["back to version 1", "wording", ""]);
}

const PAGES: &str = "
-- Two statements, columns in another order, quotes doubled.
INSERT INTO def_conversation_page (PageNo, ConversationCode, Package, HeaderText, Option1, Option1Callback, Option2, Option2Callback, PostSql)
VALUES (1, 'IMPORTED', 'water', 'It''s {account_id}: yes or no?', '1. Yes', '2', '2. No', 'EXIT',
        'INSERT INTO notes (sender_id, words, written_at) VALUES ($sender_id$, CONCAT(''said '', $user_input$), NOW())');
INSERT INTO def_conversation_page (ConversationCode, Package, PageNo, HeaderText, Option1, Option1Callback)
VALUES ('IMPORTED', 'water', 2, 'Good.', 'Done', 'WORKFLOW:DONE');
";

fn pages_are_imported_from_sql_text(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let imported = room.api.post(&lantern.path("pages"), &json!({ "sql": PAGES })).ok();
    assert_eq!((&imported["version"], &imported["conversations"]), (&json!(2), &json!(["IMPORTED"])), "{imported}");
    assert_eq!(said(&lantern.begin("IMPORTED", "1", "W1")), "It's W1: yes or no?");
    lantern.say("IMPORTED", "1", "yes");
    assert_eq!(lantern.say("IMPORTED", "1", "done")["outcome"], "WORKFLOW:DONE");
    assert_eq!(lantern.rows("SELECT words FROM notes"), [["said 1"]]);
    assert_eq!(lantern.say("LEDGER", "1", "hello")["status"], "active", "the others are still there");
    let broken = PAGES.replace("'2', '2. No'", "'7', '2. No'");
    let problem = room.api.post(&lantern.path("pages"), &json!({ "sql": broken })).refused(422, "definitions-faulty");
    assert!(problem["faults"].as_array().is_some_and(|faults| !faults.is_empty()), "{problem}");
    assert_eq!(room.api.get(&lantern.path("definitions")).ok().as_array().map(Vec::len), Some(2));
}
