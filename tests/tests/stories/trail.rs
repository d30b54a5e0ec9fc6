//! What was decided can be repeated, and what was recorded cannot be changed unseen.

use forbear_tests::{Place, Room, Tenant, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(every_decision_replays_as_it_was, changing_a_row_of_the_trail_shows);

fn every_decision_replays_as_it_was(place: &Place) {
    let room = Room::open(place);
    let (kopano, lantern) = (room.tenant("kopano"), room.tenant("lantern"));
    kopano.activate("early-settlement");
    lantern.activate("mischief");
    kopano.begin("PAYMENT_COLLECT", "1", "KA-1001");
    for text in ["yes, pay now", "more", "R1000", "card"] {
        kopano.say("PAYMENT_COLLECT", "1", text);
    }
    for (sender, mischief) in [("a", ""), ("b", "reroute=panic"), ("c", "reroute=error"), ("d", "options=key-twice")] {
        let context = json!({ "mischief": mischief });
        lantern.send("TOUR", &json!({ "sender_id": sender, "account_id": "W1", "context": context })).ok();
        lantern.say("TOUR", sender, "3");
    }
    for tenant in [&kopano, &lantern] {
        // Replay needs the version that decided, whichever decides now.
        room.api.send("POST", &tenant.path("rules/none/activate"), "").ok();
        let decisions = tenant.decisions();
        assert!(decisions.len() >= 5, "{decisions:?}");
        for decision in decisions {
            let replayed =
                room.api.post(&tenant.path(&format!("decisions/{}/replay", decision["id"])), &json!({})).ok();
            assert_eq!(replayed["comparison"], "same", "{decision}: {replayed}");
            assert_eq!(replayed["fuel_now"], replayed["fuel_recorded"], "{decision}");
        }
        assert_eq!(tenant.breaks(), Vec::<Value>::new());
    }
}

fn changing_a_row_of_the_trail_shows(place: &Place) {
    let changes = [
        ("UPDATE host_audit SET actor = 'somebody' WHERE id = (SELECT min(id) FROM host_audit)", "audit"),
        ("UPDATE host_decisions SET output = '{}' WHERE id = (SELECT min(id) FROM host_decisions)", "decisions"),
        ("DELETE FROM host_decisions WHERE id = (SELECT min(id) FROM host_decisions)", "decisions"),
        ("DELETE FROM host_decisions WHERE id = (SELECT max(id) FROM host_decisions)", "decisions"),
    ];
    for (number, (change, kind)) in changes.into_iter().enumerate() {
        let room = Room::open(place);
        let lantern = room.tenant("lantern");
        lantern.activate("mischief");
        lantern.begin("TOUR", "1", "W1");
        lantern.say("TOUR", "1", "3");
        assert_eq!(lantern.breaks(), Vec::<Value>::new());
        let name = lantern.name.clone();
        drop((lantern, room));
        place.tamper(&name, change);
        let room = Room::open(place);
        let breaks = Tenant::named(&name, &room.api).breaks();
        assert!(!breaks.is_empty(), "change {number} is not seen: {change}");
        assert!(
            breaks.iter().all(|found| found["chain"].as_str().is_some_and(|chain| chain.starts_with(kind))),
            "{breaks:?}"
        );
    }
}
