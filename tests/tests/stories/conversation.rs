//! A debtor's conversation from the first message to the end, and what it leaves in the tenant's tables.

use forbear_tests::{Place, Room, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    a_debtor_pays_by_card,
    a_survey_is_answered_to_its_end,
    an_amount_is_chosen_from_the_second_part_of_the_list,
    a_share_is_booked_with_the_figures_of_the_first_page,
    free_text_is_kept_as_it_was_written,
    a_workflow_waits_with_the_conversations_context,
    a_route_without_a_page_completes_the_conversation_with_its_name,
    reroute_sql_chooses_by_balance,
    stop_words_end_it_everywhere_and_start_begins_anew,
    a_near_tie_asks_instead_of_guessing,
    answers_that_fit_nothing_lead_to_a_person_and_the_bot_falls_silent,
    a_page_may_say_where_too_many_wrong_answers_lead,
    an_agent_who_resets_the_contact_lets_it_begin_anew,
    each_channel_shows_a_page_in_its_own_way,
);

fn options(reply: &Value) -> Vec<&str> {
    reply["options"].as_array().expect("options").iter().filter_map(|option| option["label"].as_str()).collect()
}

fn message(reply: &Value) -> &str {
    reply["message"].as_str().expect("a message")
}

fn a_debtor_pays_by_card(place: &Place) {
    let room = Room::open(place);
    let kopano = room.tenant("kopano");
    kopano.activate("early-settlement");
    kopano.queue("KA-1001");
    let first = kopano.begin("PAYMENT_COLLECT", "0825550101", "KA-1001");
    assert!(message(&first).contains("R4850.00"), "{first}");
    assert_eq!(kopano.say("PAYMENT_COLLECT", "0825550101", "yes, pay now please")["page_no"], 2);
    let how = kopano.say("PAYMENT_COLLECT", "0825550101", "R1000");
    assert_eq!((how["page_no"].as_i64(), how["outcome"].as_str()), (Some(4), Some("PAY:1000.00")), "{how}");
    assert!(message(&how).contains("R1000.00"), "{how}");
    let end = kopano.say("PAYMENT_COLLECT", "0825550101", "card");
    assert_eq!((end["status"].as_str(), end["outcome"].as_str()), (Some("completed"), Some("WORKFLOW:PAYMENT_LINK")));
    assert_eq!(
        kopano.rows("SELECT account_id, amount, source FROM payment_requests"),
        [["KA-1001", "1000.00", "conversation"]]
    );
    assert_eq!(
        kopano.rows("SELECT account_id, amount, promise_date, promise_type FROM payment_promises"),
        [["KA-1001", "1000.00", "2026-03-05", "card"]]
    );
    assert_eq!(
        kopano.rows("SELECT status, last_contact FROM collections_queue"),
        [["payment_promised", "2026-03-02 10:00:00"]]
    );
    assert_eq!(kopano.rows("SELECT workflow_code, status FROM workflow_queue"), [["PAYMENT_LINK", "pending"]]);
}

fn a_survey_is_answered_to_its_end(place: &Place) {
    let room = Room::open(place);
    let harbour = room.tenant("harbour");
    harbour.activate("careful-listener");
    let sender = "07700900101";
    harbour.say("SERVICE_SURVEY", sender, "hello");
    assert_eq!(harbour.say("service_survey", sender, "very good")["page_no"], 2);
    assert_eq!(harbour.say("SERVICE_SURVEY", sender, "yes gladly")["page_no"], 4);
    let end = harbour.say("SERVICE_SURVEY", sender, "They listened; it's solved. {name} $x$");
    assert_eq!(end["status"], "completed", "{end}");
    assert_eq!(harbour.rows("SELECT question, response FROM survey_responses"), [["treatment", "1"]]);
    assert_eq!(
        harbour.rows("SELECT customer_id, testimonial_text FROM testimonials"),
        [["HC-31", "They listened; it's solved. {name} $x$"]]
    );
    assert_eq!(harbour.rows("SELECT customer_id FROM customers WHERE allow_testimonial = 'Y'"), [["HC-31"]]);
}

fn an_amount_is_chosen_from_the_second_part_of_the_list(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.queue("W1");
    let first = lantern.begin("TOUR", "0821110001", "W1");
    assert_eq!(message(&first).lines().next(), Some("Good day Naledi. R640.00 is open on meter W1, for 40 days."));
    let offered = lantern.say("TOUR", "0821110001", "1");
    assert_eq!(options(&offered)[..5], ["R10.00", "R20.00", "R30.00", "R40.00", "R50.00"]);
    let more = lantern.say("TOUR", "0821110001", "more");
    assert_eq!(options(&more)[..5], ["R60.00", "R70.00", "R80.00", "R90.00", "R100.00"]);
    let last = lantern.say("TOUR", "0821110001", "next please");
    assert_eq!(options(&last)[..2], ["R110.00", "R120.00"]);
    assert_eq!(options(&lantern.say("TOUR", "0821110001", "back"))[0], "R60.00");
    // Seven is on the page in view; an amount may be named as well as its number.
    let noted = lantern.say("TOUR", "0821110001", "7");
    assert_eq!((noted["page_no"].as_i64(), noted["outcome"].as_str()), (Some(5), Some("PLEDGE:70.00")));
    assert_eq!(noted["media_url"], "https://water.example/W1.pdf");
    assert_eq!(lantern.say("TOUR", "0821110001", "that is all")["message"], "Goodbye, Naledi.");
    assert_eq!(lantern.rows("SELECT account_id, amount, due FROM pledges"), [["W1", "70.00", "2026-03-05"]]);
    assert_eq!(lantern.rows("SELECT status FROM collections_queue WHERE account_id = 'W1'"), [["promised"]]);
}

fn a_share_is_booked_with_the_figures_of_the_first_page(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110003", "W3");
    let shares = lantern.say("TOUR", "0821110003", "choose a share");
    assert_eq!(options(&shares), ["all of R99999.99", "half of R99999.99", "third of R99999.99"]);
    let all = lantern.say("TOUR", "0821110003", "1");
    assert_eq!((all["page_no"].as_i64(), all["outcome"].as_str()), (Some(7), Some("PART:all")), "{all}");
    assert_eq!(lantern.rows("SELECT account_id, amount FROM pledges"), [["W3", "99999.99"]]);
    assert_eq!(lantern.rows("SELECT status FROM meters WHERE account_id = 'W3'"), [["pledged"]]);
    let runs = lantern.rows("SELECT workflow_code, context, payload FROM workflow_queue");
    let payload: Value = serde_json::from_str(runs[0][2].as_str().expect("text")).expect("JSON");
    assert_eq!((&runs[0][0], &runs[0][1]), (&json!("SHARE"), &json!("water")));
    assert_eq!(payload, json!({ "account_id": "W3", "share": "all" }));
}

fn free_text_is_kept_as_it_was_written(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110003", "W3");
    assert_eq!(lantern.say("TOUR", "0821110003", "there is a leak in the street")["page_no"], 4);
    let words = "It's 100% \"wet\" — ✓ 水; DROP TABLE notes; -- $account_id$ {name}\nsecond line";
    assert_eq!(
        lantern.say("TOUR", "0821110003", words)["message"].as_str().map(|text| text.contains("O'Brien")),
        Some(true)
    );
    assert_eq!(lantern.rows("SELECT words, account_id FROM notes"), [[words, "W3"]]);
}

fn a_workflow_waits_with_the_conversations_context(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110001", "W1");
    lantern.say("TOUR", "0821110001", "3");
    lantern.say("TOUR", "0821110001", "the pipe");
    let end = lantern.say("TOUR", "0821110001", "a letter");
    assert_eq!((end["status"].as_str(), end["outcome"].as_str()), (Some("completed"), Some("WORKFLOW:LETTER")));
    let runs = lantern.rows("SELECT workflow_code, status, context FROM workflow_queue");
    assert_eq!((&runs[0][0], &runs[0][1]), (&json!("LETTER"), &json!("pending")));
    let context: Value = serde_json::from_str(runs[0][2].as_str().expect("text")).expect("JSON");
    let expected = json!({
        "conversation_code": "TOUR", "sender_id": "0821110001", "page_no": 5, "user_response": "2", "account_id": "W1",
    });
    assert_eq!(context, expected);
}

fn a_route_without_a_page_completes_the_conversation_with_its_name(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110001", "W1");
    lantern.say("TOUR", "0821110001", "3");
    lantern.say("TOUR", "0821110001", "the pipe");
    let end = lantern.say("TOUR", "0821110001", "come and look");
    assert_eq!((end["status"].as_str(), end["outcome"].as_str()), (Some("completed"), Some("VISIT:soon")));
    // What comes next begins a new conversation.
    let again = lantern.say("TOUR", "0821110001", "hello again");
    assert_eq!(again["page_no"], 1);
    assert_ne!(again["conversation_guid"], end["conversation_guid"]);
}

fn reroute_sql_chooses_by_balance(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110002", "W2");
    let small = lantern.say("TOUR", "0821110002", "you decide");
    assert_eq!(small["page_no"], 6, "{small}");
    assert!(message(&small).contains("R60.25"), "{small}");
    let message = json!({ "sender_id": "0821110001", "account_id": "W1", "context": { "agent_name": "Sizwe" } });
    lantern.send("TOUR", &message).ok();
    let large = lantern.say("TOUR", "0821110001", "4");
    assert_eq!(large["page_no"], 7);
    assert!(large["message"].as_str().is_some_and(|text| text.contains("Sizwe will call")), "{large}");
}

fn stop_words_end_it_everywhere_and_start_begins_anew(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110001", "W1");
    let end = lantern.say("TOUR", "0821110001", "Please stop!");
    assert_eq!(end["status"], "stopped");
    assert_eq!(end["message"], "We will not write to this number again, Naledi.");
    for (code, text) in [("TOUR", "hello?"), ("LEDGER", "hello"), ("LEDGER", "1")] {
        let silent = lantern.say(code, "0821110001", text);
        assert_eq!((silent["message"].as_str(), silent["status"].as_str()), (Some(""), Some("stopped")), "{silent}");
    }
    assert!(lantern.rows("SELECT line FROM entries").is_empty());
    // Somebody else is not meant by it; the tenant's own words count as well.
    assert_eq!(lantern.begin("TOUR", "0821110002", "W2")["status"], "active");
    assert_eq!(lantern.say("TOUR", "0821110002", "No more letters")["status"], "stopped");
    let begun = lantern.begin("TOUR", "0821110001", "W1");
    assert_eq!(begun["message"], "");
    let begun = lantern.say("TOUR", "0821110001", "START");
    assert_eq!((begun["status"].as_str(), begun["page_no"].as_i64()), (Some("active"), Some(1)), "{begun}");
    assert_eq!(lantern.say("LEDGER", "0821110001", "hello")["status"], "active");
}

fn a_near_tie_asks_instead_of_guessing(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.say("PATIENCE", "0821110001", "hello");
    let asked = lantern.say_and_see("PATIENCE", &json!({ "sender_id": "0821110001", "text": "go on" }));
    assert_eq!(asked["debug"]["matched"], Value::Null, "{asked}");
    assert_eq!(asked["reply"]["page_no"], 1);
    assert_eq!(options(&asked["reply"]), ["Go on to the form", "Go on to the end"]);
    assert_eq!(lantern.say("PATIENCE", "0821110001", "to the form")["page_no"], 2);
}

fn answers_that_fit_nothing_lead_to_a_person_and_the_bot_falls_silent(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.queue("W1");
    lantern.begin("PATIENCE", "0821110001", "W1");
    for _ in 0..2 {
        let again = lantern.say("PATIENCE", "0821110001", "xyzzy");
        assert_eq!((again["page_no"].as_i64(), again["status"].as_str()), (Some(1), Some("active")), "{again}");
    }
    let handed = lantern.say("PATIENCE", "0821110001", "xyzzy");
    assert_eq!((handed["status"].as_str(), handed["outcome"].as_str()), (Some("escalated"), Some("ESCALATE")));
    assert_eq!(
        lantern.rows("SELECT account_id, status, priority, outcome, page_reached FROM collections_queue"),
        [["W1", "active", "URGENT", "ESCALATE", "1"]]
    );
    for text in ["1", "hello?"] {
        let silent = lantern.say("PATIENCE", "0821110001", text);
        assert_eq!((silent["message"].as_str(), silent["status"].as_str()), (Some(""), Some("escalated")), "{silent}");
    }
    // A debtor without an account gets a row as well.
    lantern.begin("TOUR", "0829990000", "W2");
    assert_eq!(lantern.say("TOUR", "0829990000", "human")["status"], "escalated");
    assert_eq!(
        lantern.rows("SELECT phone, priority FROM collections_queue WHERE account_id = 'W2'"),
        [["0829990000", "URGENT"]]
    );
    // Whoever opts out is heard even then.
    assert_eq!(lantern.say("PATIENCE", "0821110001", "STOP")["status"], "stopped");
}

fn a_page_may_say_where_too_many_wrong_answers_lead(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.say("PATIENCE", "0821110001", "hello");
    lantern.say("PATIENCE", "0821110001", "1");
    assert_eq!(lantern.say("PATIENCE", "0821110001", "xyzzy")["page_no"], 2);
    let back = lantern.say_and_see("PATIENCE", &json!({ "sender_id": "0821110001", "text": "xyzzy" }));
    assert_eq!(back["reply"]["page_no"], 1, "{back}");
    assert_eq!(back["debug"]["route"]["source"], "max_retries");
}

fn an_agent_who_resets_the_contact_lets_it_begin_anew(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    lantern.begin("TOUR", "0821110001", "W1");
    assert_eq!(lantern.say("TOUR", "0821110001", "person")["status"], "escalated");
    let path = lantern.path("contacts/TOUR/0821110001");
    room.api.send("DELETE", &path, "").ok();
    room.api.get(&path).refused(404, "not-found");
    let begun = lantern.begin("TOUR", "0821110001", "W1");
    assert_eq!((begun["page_no"].as_i64(), begun["status"].as_str()), (Some(1), Some("active")));
    // What was said before stays on record.
    let contact = lantern.contact("TOUR", "0821110001");
    assert_eq!(contact["history"].as_array().map(Vec::len), Some(3), "{contact}");
}

fn each_channel_shows_a_page_in_its_own_way(place: &Place) {
    let room = Room::open(place);
    let lantern = room.tenant("lantern");
    let open = |channel: &str, sender: &str| {
        let message = json!({ "sender_id": sender, "account_id": "W1", "channel": channel });
        lantern.send("TOUR", &message).ok();
        lantern.say("TOUR", sender, "1")
    };
    let kinds: Vec<(String, usize)> = [("console", "1"), ("sms", "2"), ("whatsapp", "3"), ("web", "4"), ("voice", "5")]
        .map(|(channel, sender)| {
            let reply = open(channel, sender);
            assert_eq!(reply["page_no"], 2, "{channel}: {reply}");
            (reply["kind"].as_str().unwrap_or_default().to_owned(), options(&reply).len())
        })
        .into();
    let names: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(names, ["text", "text", "list", "buttons", "keypad"], "{kinds:?}");
    assert!(open("sms", "6")["segments"]["count"].as_u64().is_some_and(|count| count >= 1));
}
