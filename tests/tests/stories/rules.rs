//! A module that fails, loops or answers nonsense costs its own decision and nothing else.

use forbear_tests::{Place, Room, Tenant, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    every_kind_of_mischief_leaves_the_debtor_with_what_the_data_says,
    refused_operations_leave_none_of_their_effects,
    a_module_that_keeps_failing_is_taken_out_and_the_one_before_decides,
    a_module_that_fails_at_one_hook_and_answers_at_the_others_is_taken_out_too,
    a_module_that_only_answers_nonsense_is_taken_out_too,
    another_tenant_notices_nothing,
    two_tenants_with_the_same_pages_are_steered_by_their_own_modules,
    a_version_is_taken_back_by_its_hash,
);

/// Begins LEDGER's counterpart with options, and answers its first page, under some mischief.
fn converse(tenant: &Tenant, sender: &str, mischief: &str) -> (Value, Vec<Value>) {
    let begin = json!({ "sender_id": sender, "account_id": "W1", "context": { "mischief": mischief } });
    let first = tenant.say_and_see("TOUR", &begin);
    let second = tenant.say_and_see("TOUR", &json!({ "sender_id": sender, "text": "something is wrong" }));
    let decisions = [&first, &second].map(|said| said["debug"]["decisions"].as_array().cloned().unwrap_or_default());
    assert_eq!(first["reply"]["page_no"], 1, "{mischief}: {first}");
    assert_eq!(first["reply"]["options"].as_array().map(Vec::len), Some(4), "{mischief}: {first}");
    (second["reply"].clone(), decisions.concat())
}

fn every_kind_of_mischief_leaves_the_debtor_with_what_the_data_says(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.activate("mischief");
    let kinds = [
        ("before-page=panic", "trap"),
        ("before-page=loop", "out-of-fuel"),
        ("before-page=error", "guest-error"),
        ("before-page=fixed-name", "answer-refused"),
        ("options=panic", "trap"),
        ("options=loop", "out-of-fuel"),
        ("options=key-twice", "answer-refused"),
        ("options=leads-nowhere", "answer-refused"),
        ("options=no-label", "answer-refused"),
        ("reroute=panic", "trap"),
        ("reroute=loop", "out-of-fuel"),
        ("reroute=error", "guest-error"),
        ("reroute=missing-page", "answer-refused"),
        ("reroute=no-route", "answer-refused"),
        ("after-response=panic", "trap"),
        ("after-response=loop", "out-of-fuel"),
        ("after-response=foreign-table", "answer-refused"),
        ("after-response=unknown-table", "answer-refused"),
        ("after-response=wrong-type", "answer-refused"),
    ];
    for (number, (mischief, outcome)) in kinds.into_iter().enumerate() {
        let (reply, decisions) = converse(&lantern, &format!("s{number}"), mischief);
        assert_eq!((reply["page_no"].as_i64(), reply["status"].as_str()), (Some(4), Some("active")), "{mischief}");
        let (hook, _) = mischief.split_once('=').expect("HOOK=WHAT");
        let found = decisions.iter().filter(|decision| decision["hook"] == hook);
        let found: Vec<&Value> = found.filter(|decision| decision["outcome"] != "answered").collect();
        assert!(!found.is_empty(), "{mischief} is not flagged: {decisions:?}");
        for decision in found {
            assert_eq!(decision["outcome"], outcome, "{mischief}: {decision}");
            assert!(decision["error"].as_str().is_some_and(|error| !error.is_empty()), "{mischief}: {decision}");
        }
        // A good answer in between, so that the version stays in.
        converse(&lantern, &format!("good{number}"), "");
    }
    assert_eq!(lantern.active().as_deref(), Some("mischief"));
    assert_eq!(lantern.breaks(), Vec::<Value>::new());
}

fn refused_operations_leave_none_of_their_effects(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.activate("mischief");
    for mischief in ["foreign-table", "unknown-table", "wrong-type"] {
        converse(&lantern, mischief, &format!("after-response={mischief}"));
        let contact = lantern.contact("TOUR", mischief);
        assert_eq!(contact["context"]["kept"], Value::Null, "{contact}");
        assert_eq!(contact["page_no"], 4, "the answer itself is kept");
    }
    assert!(lantern.rows("SELECT amount FROM pledges").is_empty());
    converse(&lantern, "good", "");
    assert_eq!(lantern.contact("TOUR", "good")["context"]["answers"], 1);
}

fn a_module_that_keeps_failing_is_taken_out_and_the_one_before_decides(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.activate("standard");
    lantern.activate("mischief");
    let begin = |sender: &str| {
        let message =
            json!({ "sender_id": sender, "account_id": "W1", "context": { "mischief": "before-page=panic" } });
        lantern.say_and_see("TOUR", &message)["reply"].clone()
    };
    // Only before-page fails here; options answers in between and must not hide it.
    for sender in ["a", "b", "c", "d"] {
        assert_eq!(begin(sender)["page_no"], 1);
        assert_eq!(lantern.active().as_deref(), Some("mischief"));
    }
    assert_eq!(begin("e")["page_no"], 1);
    assert_eq!(lantern.active().as_deref(), Some("standard"));
    let said = lantern.say_and_see("TOUR", &json!({ "sender_id": "e", "text": "3" }));
    assert_eq!(said["reply"]["page_no"], 4);
    let names = said["debug"]["decisions"].as_array().expect("decisions").iter().map(|one| one["name"].clone());
    assert!(names.into_iter().all(|name| name == "standard"), "{said}");
    // Activated again by a person, it gets as many chances as before.
    lantern.activate("mischief");
    assert_eq!(begin("f")["page_no"], 1);
    assert_eq!(lantern.active().as_deref(), Some("mischief"));
}

fn a_module_that_only_answers_nonsense_is_taken_out_too(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.activate("mischief");
    for sender in ["a", "b", "c", "d", "e"] {
        assert_eq!(lantern.active().as_deref(), Some("mischief"));
        let (reply, _) = converse(&lantern, sender, "reroute=missing-page");
        assert_eq!(reply["page_no"], 4);
    }
    assert_eq!(lantern.active(), None);
}

fn a_module_that_fails_at_one_hook_and_answers_at_the_others_is_taken_out_too(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.activate("mischief");
    for sender in ["a", "b", "c", "d", "e"] {
        assert_eq!(lantern.active().as_deref(), Some("mischief"));
        let (reply, _) = converse(&lantern, sender, "reroute=panic");
        assert_eq!(reply["page_no"], 4);
    }
    assert_eq!(lantern.active(), None, "without a version before it, the data alone decides");
    let (reply, decisions) = converse(&lantern, "f", "reroute=panic");
    assert_eq!((reply["page_no"].as_i64(), decisions.len()), (Some(4), 0));
}

fn another_tenant_notices_nothing(place: &Place) {
    let room = Room::open(place);
    let (bad, good) = (room.tenant("lantern"), room.tenant("lantern"));
    bad.activate("mischief");
    good.activate("mischief");
    for number in 0..8 {
        converse(&bad, &format!("s{number}"), "reroute=loop");
        let (reply, decisions) = converse(&good, &format!("s{number}"), "");
        assert_eq!(reply["page_no"], 4);
        assert!(decisions.iter().all(|decision| decision["outcome"] == "answered"), "{decisions:?}");
    }
    assert_eq!((bad.active(), good.active().as_deref()), (None, Some("mischief")));
}

fn two_tenants_with_the_same_pages_are_steered_by_their_own_modules(place: &Place) {
    let room = Room::open(place);
    let (plain, counted) = (room.tenant("lantern"), room.tenant("lantern"));
    counted.activate("mischief");
    for tenant in [&plain, &counted] {
        converse(tenant, "s", "");
    }
    assert_eq!(plain.contact("TOUR", "s")["context"]["answers"], Value::Null);
    assert_eq!(counted.contact("TOUR", "s")["context"]["answers"], 1);
    assert!(plain.decisions().is_empty());
}

fn a_version_is_taken_back_by_its_hash(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let first = lantern.activate("standard");
    lantern.activate("mischief");
    let activate = |sha: &str| room.api.send("POST", &lantern.path(&format!("rules/{sha}/activate")), "");
    activate(&first[..12]).ok();
    assert_eq!(lantern.active().as_deref(), Some("standard"));
    activate("none").ok();
    assert_eq!(lantern.active(), None);
    activate("beef").refused(404, "version-unknown");
    let all = room.api.get(&lantern.path("rules")).ok();
    assert_eq!(all.as_array().map(Vec::len), Some(2), "versions stay");
}
