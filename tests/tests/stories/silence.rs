//! What happens when a debtor says nothing: the clock of these stories is the test's.

use forbear_tests::{Place, Room, on_both_stores};
use serde_json::Value;

on_both_stores!(
    a_silent_debtor_is_suspended_and_resumes_where_they_were,
    the_accounts_row_is_tried_again_later_each_time,
    a_conversation_that_went_stale_begins_anew,
    nothing_is_suspended_that_was_answered_in_time,
);

fn status(contact: &Value) -> (&str, i64) {
    (contact["status"].as_str().expect("a status"), contact["page_no"].as_i64().expect("a page"))
}

fn a_silent_debtor_is_suspended_and_resumes_where_they_were(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("PATIENCE", "0821110001", "W1");
    lantern.say("PATIENCE", "0821110001", "1");
    room.wait(599);
    assert_eq!(status(&lantern.contact("PATIENCE", "0821110001")), ("active", 2));
    room.wait(1);
    assert_eq!(status(&lantern.contact("PATIENCE", "0821110001")), ("suspended", 2));
    let resumed = lantern.say("PATIENCE", "0821110001", "send it");
    assert_eq!(resumed["outcome"], "WORKFLOW:LETTER", "{resumed}");
}

fn the_accounts_row_is_tried_again_later_each_time(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.queue("W1");
    let row = || lantern.rows("SELECT status, retry_count, next_retry FROM collections_queue").remove(0);
    lantern.begin("PATIENCE", "0821110001", "W1");
    room.wait(600);
    assert_eq!(row(), ["retry", "1", "2026-03-02 11:10:00"]);
    room.wait(600);
    assert_eq!(row(), ["retry", "1", "2026-03-02 11:10:00"], "asked twice, done once");
    lantern.say("PATIENCE", "0821110001", "");
    room.wait(600);
    assert_eq!(row(), ["retry", "2", "2026-03-02 12:30:00"]);
    lantern.say("PATIENCE", "0821110001", "");
    room.wait(600);
    assert_eq!(row(), ["retry", "3", "2026-03-02 14:40:00"]);
    lantern.say("PATIENCE", "0821110001", "");
    room.wait(600);
    assert_eq!(row(), ["retry", "3", "2026-03-02 14:40:00"], "its retries are used up");
}

fn a_conversation_that_went_stale_begins_anew(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("PATIENCE", "0821110001", "W1");
    let before = lantern.say("PATIENCE", "0821110001", "1");
    room.wait(7_199);
    assert_eq!(lantern.say("PATIENCE", "0821110001", "")["page_no"], 2, "each message gives it more time");
    room.wait(7_200);
    let anew = lantern.say("PATIENCE", "0821110001", "2");
    assert_eq!((anew["page_no"].as_i64(), anew["status"].as_str()), (Some(1), Some("active")), "{anew}");
    assert_ne!(anew["conversation_guid"], before["conversation_guid"]);
}

fn nothing_is_suspended_that_was_answered_in_time(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("PATIENCE", "0821110001", "W1");
    lantern.begin("PATIENCE", "0821110002", "W2");
    room.wait(500);
    lantern.say("PATIENCE", "0821110001", "1");
    room.wait(500);
    assert_eq!(status(&lantern.contact("PATIENCE", "0821110001")), ("active", 2));
    assert_eq!(status(&lantern.contact("PATIENCE", "0821110002")), ("suspended", 1));
}
