//! Bad input gets a clear error and loses nothing.

use forbear_tests::{Place, Room, Tenant, bundle, module, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    who_may_not_come_in_is_told_so,
    a_message_that_cannot_be_read_is_refused_with_its_place,
    a_message_that_is_too_large_is_refused,
    a_contact_carries_only_so_much_from_turn_to_turn,
    unknown_names_are_named,
    a_missing_value_is_named_and_nothing_is_kept,
    a_faulty_bundle_is_refused_with_every_place_and_the_old_version_stays,
    a_module_that_cannot_be_used_is_refused,
    tenant_sql_that_is_not_allowed_is_refused_with_its_place,
    an_address_that_is_not_there_says_where_to_look,
);

fn a_contact_carries_only_so_much_from_turn_to_turn(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let with_values = |number: usize| {
        let name = format!("value_{number}");
        json!({ "sender_id": "0821110001", "text": "", "context": { name: "x".repeat(30_000) } })
    };
    let refused =
        (0..40).map(|number| lantern.send("LEDGER", &with_values(number))).find(|answer| answer.status != 200);
    refused.expect("a bound").refused(422, "store-limit");
    // What went before stands, and the conversation goes on without the values that were too much.
    lantern.send("LEDGER", &json!({ "sender_id": "0821110001", "text": "" })).ok();
}

fn who_may_not_come_in_is_told_so(place: &Place) {
    let room = Room::open(place);
    let (own, other) = (room.tenant("lantern"), room.tenant("lantern"));
    let message = json!({ "sender_id": "0821110001", "text": "hello" });
    let nobody = room.api.without_token();
    nobody.post("/conversation/LEDGER", &message).refused(401, "unauthenticated");
    room.api.with_token("not-a-token").post("/conversation/LEDGER", &message).refused(401, "token-unknown");
    let program = own.over(&room.api.with_token(&own.token("system")));
    // Its own tenant needs no name.
    program.api.post("/conversation/LEDGER", &message).ok();
    other.over(&program.api).send("LEDGER", &message).refused(404, "tenant-unknown");
    let foreign = |rest: &str| program.api.get(&other.path(rest)).refused(404, "tenant-unknown");
    for rest in ["definitions", "rules", "decisions", "audit/verify", "contacts/LEDGER/0821110001"] {
        let said = foreign(rest);
        let missing = program.api.get(&format!("/api/v1/tenants/nobody_at_all/{rest}"));
        // A foreign tenant cannot be told from one that is not there.
        let detail = said["detail"].as_str().expect("a detail").replace(&other.name, "nobody_at_all");
        assert_eq!(missing.json()["detail"], detail, "{rest}");
    }
    other.over(&program.api).publish(&bundle("lantern")).refused(404, "tenant-unknown");
    program.api.get("/api/v1/tenants").refused(403, "role");
    program.api.post("/api/v1/tenants", &json!({ "name": "another" })).refused(403, "role");
    let agent = own.over(&room.api.with_token(&own.token("agent")));
    agent.publish(&bundle("lantern")).refused(403, "role");
    agent.api.send("POST", &own.path("rules"), module("standard")).refused(403, "role");
    assert!(other.rows("SELECT line FROM entries").is_empty());
}

fn a_message_that_cannot_be_read_is_refused_with_its_place(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let path = format!("/conversation/LEDGER?tenant={}", lantern.name);
    let broken = room.api.send("POST", &path, "{\n  \"sender_id\": \"1\",\n  \"text\": oops\n}").refused(400, "json");
    assert_eq!((&broken["line"], &broken["column"]), (&json!(3), &json!(11)), "{broken}");
    let wrong = room.api.send("POST", &path, "{\"sender_id\": 5}").refused(400, "json");
    assert!(wrong["detail"].as_str().is_some_and(|detail| detail.contains("`sender_id`")), "{wrong}");
    let unknown = room.api.send("POST", &path, "{\"sender_id\": \"1\", \"txt\": \"hi\"}").refused(400, "json");
    assert!(unknown["detail"].as_str().is_some_and(|detail| detail.contains("txt")), "{unknown}");
    for body in ["", "[]", "null", "{\"sender_id\": \"1\"} more", "\u{feff}{}", "{\"sender_id\": \"\\ud800\"}"] {
        room.api.send("POST", &path, body).refused(400, "json");
    }
    room.api.send("POST", &path, vec![b'{', 0xff, 0xfe, b'}']).refused(400, "json");
    let empty = lantern.send("LEDGER", &json!({ "sender_id": " " })).refused(400, "bad-request");
    assert!(empty["detail"].as_str().is_some_and(|detail| detail.contains("sender_id")), "{empty}");
    lantern.send("LEDGER", &json!({ "sender_id": "1", "text": "a\u{0}b" })).refused(400, "bad-request");
    lantern.send("LEDGER", &json!({ "sender_id": "1", "context": { "a b": 1 } })).refused(400, "context-name");
}

fn a_message_that_is_too_large_is_refused(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let say = |text: String| lantern.send("LEDGER", &json!({ "sender_id": "1", "text": text }));
    say("x".repeat(4_096)).ok();
    let long = say("x".repeat(4_097)).refused(413, "too-large");
    assert!(long["detail"].as_str().is_some_and(|detail| detail.contains("4097")), "{long}");
    say("✓".repeat(1_366)).refused(413, "too-large");
    say("x".repeat(200_000)).refused(413, "too-large");
    let context = json!({ "big": "x".repeat(40_000) });
    lantern.send("LEDGER", &json!({ "sender_id": "1", "context": context })).refused(413, "too-large");
    assert_eq!(lantern.contact("LEDGER", "1")["history"].as_array().map(Vec::len), Some(1));
}

fn unknown_names_are_named(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let said = lantern.send("NOWHERE", &json!({ "sender_id": "1" })).refused(404, "conversation-unknown");
    assert!(said["detail"].as_str().is_some_and(|detail| detail.contains("NOWHERE")), "{said}");
    let said = lantern.send("TOUR", &json!({ "sender_id": "1", "channel": "pigeon" })).refused(400, "channel-unknown");
    assert!(
        said["detail"].as_str().is_some_and(|detail| detail.contains("pigeon") && detail.contains("sms")),
        "{said}"
    );
    room.api.get(&lantern.path("contacts/TOUR/nobody")).refused(404, "not-found");
    room.api.get(&lantern.path("contacts/NOWHERE/nobody")).refused(404, "conversation-unknown");
    room.api.get(&lantern.path("decisions/77")).refused(404, "not-found");
    room.api.get(&lantern.path("definitions/1/diff/9")).refused(404, "publication-unknown");
    room.api.post("/api/v1/tenants", &json!({ "name": lantern.name })).refused(409, "tenant-exists");
    room.api.post("/api/v1/tenants", &json!({ "name": "No Such; Name" })).refused(400, "tenant-name");
    room.api.post("/conversation/TOUR", &json!({ "sender_id": "1" })).refused(400, "tenant-missing");
}

fn a_missing_value_is_named_and_nothing_is_kept(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let said = lantern.send("TOUR", &json!({ "sender_id": "1" })).refused(422, "sql-name-missing");
    assert!(said["detail"].as_str().is_some_and(|detail| detail.contains("$account_id$")), "{said}");
    assert_eq!((&said["line"], &said["column"]), (&json!(2), &json!(1)), "{said}");
    room.api.get(&lantern.path("contacts/TOUR/1")).refused(404, "not-found");

    lantern.say("NEEDS", "1", "hello");
    let said = lantern.send("NEEDS", &json!({ "sender_id": "1", "text": "a line", "message_id": "m1" }));
    let said = said.refused(422, "sql-name-missing");
    assert!(said["detail"].as_str().is_some_and(|detail| detail.contains("$visit_code$")), "{said}");
    let contact = lantern.contact("NEEDS", "1");
    assert_eq!((&contact["page_no"], contact["history"].as_array().map(Vec::len)), (&json!(1), Some(1)), "{contact}");
    assert!(lantern.rows("SELECT words FROM notes").is_empty(), "the statement before it is undone as well");
    // The same message with what was missing is a new try, not a repetition.
    let message = json!({ "sender_id": "1", "text": "a line", "message_id": "m1", "context": { "visit_code": "V9" } });
    assert_eq!(lantern.send("NEEDS", &message).ok()["page_no"], 2);
    assert_eq!(lantern.rows("SELECT count(*) FROM notes WHERE words IN ('V9', 'before')"), [["2"]]);
}

fn faults(problem: &Value) -> Vec<String> {
    let fault = |fault: &Value| {
        let text = |key: &str| fault[key].as_str().unwrap_or_default();
        format!("{}:{}:{} {}", text("file"), fault["line"], fault["column"], text("code"))
    };
    problem["faults"].as_array().expect("faults").iter().map(fault).collect()
}

fn replaced(files: &mut forbear_tests::Files, file: &str, from: &str, to: &str) {
    let text = files.get_mut(file).expect("a file of the bundle");
    assert!(text.contains(from), "{file} has no {from:?}");
    *text = text.replacen(from, to, 1);
}

fn a_faulty_bundle_is_refused_with_every_place_and_the_old_version_stays(place: &Place) {
    let room = Room::open(place);
    let lantern: Tenant = room.tenant("lantern");
    lantern.begin("TOUR", "1", "W1");
    let mut files = bundle("lantern");
    replaced(&mut files, "conversations/patience.yaml", "callback: \"2\"", "callback: \"12\"");
    replaced(&mut files, "conversations/tour.yaml", "FROM meters WHERE", "FROM metres WHERE");
    replaced(&mut files, "conversations/needs.yaml", "$visit_code$", "$visit_cod$");
    replaced(&mut files, "tables/notes.yaml", "words: text required", "words: wool required");
    files.insert("tables/extra.yaml".to_owned(), "table: extra\ncolumns:\n  a: text\n".to_owned());
    let problem = lantern.publish(&files).refused(422, "definitions-faulty");
    let found = faults(&problem);
    let places = [
        "conversations/patience.yaml:8:49 page-route-missing",
        "conversations/tour.yaml:16:82 sql-table-unknown",
        "tables/notes.yaml:5:10 column-type",
    ];
    for place in places {
        assert!(found.iter().any(|fault| fault == place), "{place} is not among {found:#?}");
    }
    assert!(problem["faults"].as_array().expect("faults").iter().all(|fault| fault["hint"].is_string()), "{problem}");
    replaced(&mut files, "tables/notes.yaml", "words: wool required", "words: text required");
    let found = faults(&lantern.publish(&files).refused(422, "definitions-faulty"));
    let named = |fault: &String| fault.starts_with("conversations/needs.yaml:10:") && fault.contains("name");
    assert!(found.iter().any(named), "the misspelt $visit_cod$ is not among {found:#?}");
    let history = room.api.get(&lantern.path("definitions")).ok();
    assert_eq!(history.as_array().map(Vec::len), Some(1), "{history}");
    room.api.post(&lantern.path("sql"), &json!({ "sql": "SELECT a FROM extra" })).refused(422, "sql-table-unknown");
    assert_eq!(lantern.say("TOUR", "1", "1")["page_no"], 2);
}

fn a_module_that_cannot_be_used_is_refused(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let push = |content: Vec<u8>| room.api.send("POST", &lantern.path("rules?activate=true"), content);
    let refused = |content: Vec<u8>| {
        let answer = push(content);
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.json()["code"].as_str().expect("a code").to_owned()
    };
    let codes = [
        refused(b"not a module".to_vec()),
        refused(Vec::new()),
        refused(b"\0asm\x01\0\0\0".to_vec()),
        refused(module("standard")[..2_000].to_vec()),
    ];
    assert!(codes.iter().all(|code| !code.is_empty()), "{codes:?}");
    let mut large = module("standard");
    large.resize(4 * 1024 * 1024 + 1, 0);
    let code = refused(large);
    assert!(code.contains("large"), "{code}");
    push(vec![0; 6 * 1024 * 1024]).refused(413, "too-large");
    // Its facts ask for tables that this tenant does not have.
    let unfit = push(module("payday")).refused(400, "bad-request");
    assert!(unfit["detail"].as_str().is_some_and(|detail| detail.contains("`wages`")), "{unfit}");
    assert_eq!(lantern.active(), None);
    assert_eq!(room.api.get(&lantern.path("rules")).ok(), json!([]));
}

fn tenant_sql_that_is_not_allowed_is_refused_with_its_place(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let ask = |sql: &str| room.api.post(&lantern.path("sql"), &json!({ "sql": sql, "write": true }));
    for sql in [
        "SELECT * FROM host_modules",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM information_schema.tables",
        "DROP TABLE notes",
        "DELETE FROM host_audit",
        "UPDATE host_decisions SET output = ''",
        "CREATE TABLE mine (a INT)",
        "SELECT 1; ATTACH 'x' AS y",
        "SELEC 1",
    ] {
        let answer = ask(sql);
        assert!(matches!(answer.status, 400 | 422), "{sql}: {}", answer.text());
        assert!(answer.json()["line"].is_number(), "{sql}: {}", answer.text());
    }
    let name = ask("SELECT owed FROM meters WHERE account_id = $acount_id$");
    let name = name.json();
    assert!(name["detail"].as_str().is_some_and(|detail| detail.contains("$acount_id$")), "{name}");
    let reads = room.api.post(&lantern.path("sql"), &json!({ "sql": "DELETE FROM notes" }));
    reads.refused(400, "bad-request");
}

fn an_address_that_is_not_there_says_where_to_look(place: &Place) {
    let room = Room::open(place);
    let said = room.api.get("/conversations").refused(404, "not-found");
    assert!(said["detail"].as_str().is_some_and(|detail| detail.contains("/openapi.json")), "{said}");
    room.api.get("/conversation/TOUR").refused(405, "method");
}
