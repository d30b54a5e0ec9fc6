//! /openapi.json says what is served: every address, and what its replies have.

use forbear_tests::{Place, Room, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(what_is_described_is_served_and_replies_have_what_is_promised);

fn what_is_described_is_served_and_replies_have_what_is_promised(place: &Place) {
    let room = Room::open(place);
    let api = room.api.without_token().get("/openapi.json").ok();
    let lantern = room.tenant("lantern");
    lantern.activate("mischief");
    lantern.begin("TOUR", "1", "W1");
    lantern.say("TOUR", "1", "3");
    let decision = lantern.decisions()[0]["id"].clone();
    let files = json!({ "files": forbear_tests::bundle("lantern") });
    let named = format!("t{}", &lantern.name[1..9]);
    let sha = room.api.get(&lantern.path("rules")).ok()[0]["sha256"].as_str().expect("a hash").to_owned();
    // One good request for each operation, in an order in which they can follow each other.
    lantern.token("agent");
    let tokens = room.api.get(&lantern.path("tokens")).ok();
    let token = tokens[0]["id"].as_str().expect("an id").to_owned();
    let requests: Vec<(&str, &str, String, Value)> = vec![
        ("GET", "/healthz", String::new(), Value::Null),
        ("GET", "/readyz", String::new(), Value::Null),
        (
            "POST",
            "/conversation/{code}",
            format!("?tenant={}", lantern.name),
            json!({ "sender_id": "2", "account_id": "W1" }),
        ),
        ("GET", "/api/v1/tenants", String::new(), Value::Null),
        ("POST", "/api/v1/tenants", String::new(), json!({ "name": named })),
        ("POST", "/api/v1/tenants/{tenant}/tokens", String::new(), json!({ "role": "agent" })),
        ("GET", "/api/v1/tenants/{tenant}/tokens", String::new(), Value::Null),
        ("DELETE", "/api/v1/tenants/{tenant}/tokens/{token}", String::new(), Value::Null),
        ("GET", "/api/v1/tenants/{tenant}/contacts/{code}/{sender_id}", String::new(), Value::Null),
        ("GET", "/api/v1/tenants/{tenant}/decisions", "?limit=5".to_owned(), Value::Null),
        ("GET", "/api/v1/tenants/{tenant}/decisions/{id}", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/decisions/{id}/replay", String::new(), json!({})),
        ("GET", "/api/v1/tenants/{tenant}/audit/verify", String::new(), Value::Null),
        ("GET", "/api/v1/tenants/{tenant}/rules", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/rules", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/rules/{sha256}/activate", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/sql", String::new(), json!({ "sql": "SELECT * FROM meters" })),
        ("PUT", "/api/v1/tenants/{tenant}/definitions", String::new(), files.clone()),
        ("GET", "/api/v1/tenants/{tenant}/definitions", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/definitions/lint", String::new(), files),
        ("GET", "/api/v1/tenants/{tenant}/definitions/{from}/diff/{to}", String::new(), Value::Null),
        ("POST", "/api/v1/tenants/{tenant}/definitions/rollback", String::new(), json!({ "version": 1 })),
        (
            "POST",
            "/api/v1/tenants/{tenant}/pages",
            String::new(),
            json!({ "sql": "INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText) VALUES ('X', 1, 'Hello')" }),
        ),
        ("DELETE", "/api/v1/tenants/{tenant}/contacts/{code}/{sender_id}", String::new(), Value::Null),
    ];
    let mut described: Vec<String> = Vec::new();
    for (path, operations) in api["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys();
        described.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let mut asked: Vec<String> = requests.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    described.sort();
    asked.sort();
    assert_eq!(described, asked, "an address is described and not asked for here, or the other way round");
    for (method, path, query, body) in requests {
        let values = [
            ("{tenant}", lantern.name.as_str()),
            ("{code}", "TOUR"),
            ("{sender_id}", "1"),
            ("{sha256}", &sha),
            ("{token}", &token),
            ("{from}", "1"),
            ("{to}", "1"),
        ];
        let filled = values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        let filled = filled.replace("{id}", &decision.to_string()) + &query;
        let content = match (path.ends_with("/rules"), &body) {
            (true, _) if method == "POST" => forbear_tests::module("standard"),
            (_, Value::Null) => Vec::new(),
            (_, body) => body.to_string().into_bytes(),
        };
        let answer = room.api.send(method, &filled, content);
        let operation = &api["paths"][path][method.to_lowercase()];
        let response = &operation["responses"][answer.status.to_string()];
        assert!(
            response.is_object(),
            "{method} {filled} answered {}, which is not described: {}",
            answer.status,
            answer.text()
        );
        assert!((200..300).contains(&answer.status), "{method} {filled}: {} {}", answer.status, answer.text());
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_object() {
            fits(&api, schema, &answer.json(), &format!("{method} {path}"));
        }
    }
    // What is refused has the shape of a problem.
    let problem = room.api.get(&lantern.path("decisions/99999"));
    fits(&api, &api["components"]["schemas"]["Problem"], &problem.json(), "a problem");
}

/// What the schema requires is there, and has the type it says; what it does not know is not there.
fn fits(api: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a name");
        return fits(api, &api["components"]["schemas"][name], value, &format!("{at} ({name})"));
    }
    if let Some(kinds) = schema["oneOf"].as_array().filter(|_| !value.is_null()) {
        let kind = kinds.iter().find(|kind| kind["type"] != "null").expect("a kind that is not null");
        return fits(api, kind, value, at);
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(name).is_some(), "{at}: `{name}` is missing in {value}");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    // A bare `object` stands for JSON of any kind.
    let any = kinds.contains(&"object") && !schema["properties"].is_object();
    assert!(kinds.is_empty() || any || kinds.contains(&kind), "{at}: {value} is not of {kinds:?}");
    for item in value.as_array().into_iter().flatten() {
        fits(api, &schema["items"], item, &format!("{at}[]"));
    }
    if let Some(known) = schema["properties"].as_object() {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let schema = known.get(name).unwrap_or_else(|| panic!("{at}: `{name}` is not described"));
            fits(api, schema, inner, &format!("{at}.{name}"));
        }
    }
}
