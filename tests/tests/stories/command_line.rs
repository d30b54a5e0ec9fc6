//! The command line as a newcomer uses it: with no server, and beside a running one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use forbear_tests::{
    Files, Place, Running, Server, Tenant, bundle, forbear, forbear_with_input, module_path, on_both_stores,
};
use serde_json::Value;

on_both_stores!(
    a_newcomer_needs_no_server,
    a_newcomer_beside_a_running_server,
    a_folder_that_is_watched_is_published_at_every_save,
    what_cannot_be_done_is_said_with_a_way_out,
);

fn a_newcomer_needs_no_server(place: &Place) {
    newcomer(place);
}

fn a_newcomer_beside_a_running_server(place: &Place) {
    let server = Server::start(place);
    let (tenant, token) = newcomer(place);
    let own = Tenant::named(&tenant, &server.api.with_token(&token));
    assert_eq!(own.say("LEDGER", "0829990000", "hello")["page_no"], 1);
}

fn write(files: &Files, folder: &Path) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains(from), "{} has no {from:?}", path.display());
    fs::write(path, text.replacen(from, to, 1)).expect("a file");
}

/// From nothing to a conversation that a module decides, and a look at all that it left. Answers the tenant and a token.
fn newcomer(place: &Place) -> (String, String) {
    let name = Tenant::new_name();
    let run = |arguments: &[&str]| forbear(place, arguments);
    assert_eq!(run(&["tenant", "create", &name]).ok(), format!("tenant {name} created\n"));
    assert!(run(&["tenant", "list"]).ok().lines().any(|line| line == name));
    let token = run(&["token", "create", "--tenant", &name, "--role", "system"]);
    let token = token.ok().strip_suffix('\n').expect("a line").to_owned();
    assert!(token.len() > 20 && token.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{token}");

    let folder = place.path().join("lantern");
    write(&bundle("lantern"), &folder);
    let pages = folder.join("conversations/patience.yaml");
    replace(&pages, "callback: \"2\"", "callback: \"12\"");
    let linted = run(&["lint", "lantern"]);
    assert_eq!(linted.code, 3, "{linted:?}");
    assert!(linted.err.contains("conversations/patience.yaml:8:49: "), "{linted:?}");
    let applied = run(&["apply", "--tenant", &name, "lantern"]);
    assert_eq!(applied.code, 3, "{applied:?}");
    assert!(applied.err.contains("conversations/patience.yaml:8:49: "), "{applied:?}");
    assert_eq!(run(&["--json", "definitions", "history", "--tenant", &name]).json(), serde_json::json!([]));
    replace(&pages, "callback: \"12\"", "callback: \"2\"");
    assert!(run(&["lint", "lantern"]).ok().contains("lantern is good"));
    let applied = run(&["apply", "--tenant", &name, "lantern", "--note", "the first"]);
    assert_eq!(applied.ok(), format!("version 1 of {name} is live\n"));

    let good = module_path("mischief");
    let good = good.to_str().expect("a path");
    assert!(run(&["rules", "check", good]).ok().contains("before-page, options, reroute, after-response"));
    fs::write(place.path().join("bad.wasm"), "no module").expect("a file");
    assert_eq!(run(&["rules", "check", "bad.wasm"]).code, 3);
    assert_eq!(run(&["rules", "push", "--tenant", &name, "bad.wasm"]).code, 1);
    assert!(run(&["rules", "push", "--tenant", &name, good, "--activate"]).ok().contains("mischief 0.1.0 is active"));
    let listed = run(&["rules", "list", "--tenant", &name]);
    assert!(listed.ok().lines().any(|line| line.starts_with('*') && line.contains("mischief")), "{listed:?}");

    let sender = "0821110001";
    let whose = ["--tenant", &name, "--code", "TOUR", "--sender", sender];
    let chat = [&["chat"], &whose[..], &["--account", "W1", "--set", "agent_name=Sizwe"]].concat();
    let talked = forbear_with_input(place, &chat, "choose an amount\nR50.00\n");
    assert!(talked.ok().contains("Good day Naledi. R640.00 is open") && talked.out.contains("That is noted, Naledi."));
    let shown = run(&[&["contact", "show"], &whose[..]].concat());
    assert!(shown.ok().starts_with("0821110001 in TOUR: page 5, active, on console\n"), "{shown:?}");
    assert!(shown.out.contains("< R50.00"), "{shown:?}");
    let ended = forbear_with_input(place, &[&["chat"], &whose[..], &["--debug"]].concat(), "a letter\n");
    assert!(
        ended.ok().contains("[completed, WORKFLOW:LETTER]") && ended.out.contains("route WORKFLOW:LETTER"),
        "{ended:?}"
    );

    let sql = run(&[
        "sql",
        "--tenant",
        &name,
        "--set",
        "account_id=W1",
        "SELECT amount FROM pledges WHERE account_id = $account_id$",
    ]);
    assert_eq!(sql.ok().lines().collect::<Vec<_>>(), ["amount", "50.00"]);
    let change = "UPDATE meters SET status = 'closed' WHERE account_id = 'W2'";
    let refused = run(&["sql", "--tenant", &name, change]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("--write"), "{refused:?}");
    run(&["sql", "--tenant", &name, "--write", change]).ok();
    let wrong = run(&["sql", "--tenant", &name, "SELECT nothing FROM meters"]);
    assert!(wrong.code == 1 && wrong.err.contains("1:8: "), "{wrong:?}");

    let decisions = run(&["--json", "decisions", "list", "--tenant", &name]).json();
    let decisions = decisions.as_array().expect("decisions");
    assert!(!decisions.is_empty());
    for decision in decisions.iter().take(3) {
        let replayed = run(&["decisions", "replay", "--tenant", &name, &decision["id"].to_string()]);
        assert!(replayed.ok().contains(": same"), "{replayed:?}");
    }
    assert!(run(&["audit", "verify", "--tenant", &name]).ok().ends_with(" 0 breaks\n"));

    replace(&pages, "Do you want the letter?", "Shall it be sent?");
    run(&["apply", "--tenant", &name, "lantern", "--note", "wording"]).ok();
    let history = run(&["definitions", "history", "--tenant", &name]);
    assert!(history.ok().contains("wording") && history.out.contains("the first"), "{history:?}");
    let diff = run(&["definitions", "diff", "--tenant", &name, "1", "2"]);
    assert!(diff.ok().contains("+    header: \"Shall it be sent?\""), "{diff:?}");
    assert!(run(&["definitions", "rollback", "--tenant", &name, "1"]).ok().contains("version 3 is live"));

    fs::write(place.path().join("pages.sql"), PAGES).expect("a file");
    let imported = run(&["import-pages", "--tenant", &name, "pages.sql"]);
    assert!(imported.ok().contains("IMPORTED"), "{imported:?}");
    run(&["import-pages", "--out", "out", "pages.sql"]).ok();
    assert!(place.path().join("out/conversations/imported.yaml").is_file());
    let chat = ["chat", "--tenant", &name, "--code", "imported", "--sender", sender];
    assert!(forbear_with_input(place, &chat, "1\n").ok().contains("[completed, EXIT]"));
    run(&[&["contact", "reset"], &whose[..]].concat()).ok();
    assert_eq!(run(&[&["contact", "show"], &whose[..]].concat()).code, 1);
    (name, token)
}

const PAGES: &str = "INSERT INTO def_conversation_page (ConversationCode, PageNo, HeaderText, Option1, Option1Callback)
VALUES ('IMPORTED', 1, 'It''s done', '1. Good', 'EXIT');";

fn a_folder_that_is_watched_is_published_at_every_save(place: &Place) {
    let server = Server::start(place);
    let lantern = server.tenant("lantern");
    let folder = place.path().join("lantern");
    write(&bundle("lantern"), &folder);
    let pages = folder.join("conversations/patience.yaml");
    let mut watching = Running::start(place, &["apply", "--tenant", &lantern.name, "lantern", "--watch"]);
    let versions = || server.api.get(&lantern.path("definitions")).ok().as_array().map_or(0, Vec::len);
    let header = || {
        let sender = Tenant::new_name();
        lantern.say("PATIENCE", &sender, "hello");
        lantern.say("PATIENCE", &sender, "1")["message"].as_str().unwrap_or_default().to_owned()
    };
    let since = Instant::now();
    // Saved again and again until it is seen: the watch may begin after the first of them.
    let mut saves = 0;
    while versions() < 2 {
        assert!(since.elapsed() < Duration::from_secs(60) && !watching.has_ended(), "no save was seen");
        let (from, to) = (format!("letter{}?", " ".repeat(saves)), format!("letter{}?", " ".repeat(saves + 1)));
        replace(&pages, &from, &to);
        saves += 1;
        std::thread::sleep(Duration::from_millis(300));
    }
    let wait_for = |promise: &str, holds: &dyn Fn() -> bool| {
        let since = Instant::now();
        while !holds() {
            assert!(since.elapsed() < Duration::from_secs(60), "{promise}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    // A fault is passed over, and the next good save counts.
    replace(&pages, "callback: \"2\"", "callback: \"12\"");
    replace(&pages, "Shall we go on?", "Shall we?");
    std::thread::sleep(Duration::from_millis(400));
    replace(&pages, "callback: \"12\"", "callback: \"2\"");
    replace(&pages, "Do you want", "Would you like");
    wait_for("the good save is live", &|| header().starts_with("Would you like"));
    assert!(!watching.has_ended());
}

fn what_cannot_be_done_is_said_with_a_way_out(place: &Place) {
    let run = |arguments: &[&str]| forbear(place, arguments);
    let usage = run(&["tenant"]);
    assert_eq!(usage.code, 2, "{usage:?}");
    let help = run(&["--help"]);
    assert!(help.ok().contains("forbear demo") && help.out.contains("Exit codes"), "{help:?}");
    let unknown = run(&["definitions", "history", "--tenant", "nobody_at_all"]);
    assert!(unknown.code == 1 && unknown.err.contains("forbear tenant create nobody_at_all"), "{unknown:?}");
    let named = run(&["tenant", "create", "Not A Name"]);
    assert!(named.code == 1 && named.err.contains("lower-case"), "{named:?}");
    let missing = run(&["apply", "--tenant", "nobody_at_all", "no-such-folder"]);
    assert!(missing.code == 1 && missing.err.contains("no-such-folder"), "{missing:?}");
    let no_file = run(&["rules", "check", "no-such-file.wasm"]);
    assert!(no_file.code == 1 && no_file.err.contains("no-such-file.wasm"), "{no_file:?}");
    let name = Tenant::new_name();
    run(&["tenant", "create", &name]).ok();
    let twice = run(&["tenant", "create", &name]);
    assert!(twice.code == 1 && twice.err.contains(&name), "{twice:?}");
    let json = run(&["--json", "lint", "."]);
    assert_eq!(json.code, 3, "{json:?}");
    let faults: Value = serde_json::from_str(&json.out).expect("JSON");
    assert!(faults.as_array().is_some_and(|faults| !faults.is_empty()), "{faults}");
    let role = run(&["token", "create", "--tenant", &name, "--role", "king"]);
    assert!(role.code == 2 && role.err.contains("system"), "{role:?}");
}
