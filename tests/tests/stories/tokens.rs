//! Tokens: listed without their secrets, ended for good, and never mistaken for the host itself.

use forbear_tests::{Place, Room, on_both_stores};
use serde_json::json;

on_both_stores!(a_revoked_token_opens_nothing_any_more, a_token_cannot_bear_the_hosts_own_name);

fn a_revoked_token_opens_nothing_any_more(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let made = room.api.post(&lantern.path("tokens"), &json!({ "role": "system", "label": "gateway" })).ok();
    let secret = made["token"].as_str().expect("a token");
    let program = room.api.with_token(secret);
    let message = json!({ "sender_id": "0821110001" });
    program.post("/conversation/LEDGER", &message).ok();

    let listed = room.api.get(&lantern.path("tokens")).ok();
    let entry = listed.as_array().and_then(|all| all.iter().find(|one| one["label"] == "gateway")).expect("listed");
    assert!(!listed.to_string().contains(secret), "the secret is nobody's to see again");
    let id = entry["id"].as_str().expect("an id");
    program.get(&lantern.path("tokens")).refused(403, "role");

    room.api.send("DELETE", &lantern.path(&format!("tokens/{id}")), "").ok();
    program.post("/conversation/LEDGER", &message).refused(401, "token-unknown");
    room.api.send("DELETE", &lantern.path(&format!("tokens/{id}")), "").refused(404, "not-found");
    assert!(lantern.breaks().is_empty());
}

fn a_token_cannot_bear_the_hosts_own_name(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    for label in ["host", "Timer", "debtor"] {
        let new = json!({ "role": "agent", "label": label });
        room.api.post(&lantern.path("tokens"), &new).refused(400, "bad-request");
    }
}
