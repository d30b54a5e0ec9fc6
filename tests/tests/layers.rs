//! What may use what: read from the sources, so that the map in docs and heads stays true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// The files below a folder that end like this, by their path in the workspace.
fn files(folder: &str, ending: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join(folder)];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path: PathBuf = entry.expect("an entry").path();
            let name = path.strip_prefix(root()).expect("a path inside").to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(ending) {
                found.insert(name, without_comments(&fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no files that end in {ending}");
    found
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// `store` of `host/src/store/mod.rs`, `due` of `host/src/due.rs`.
fn area(file: &str) -> &str {
    let inside = file.strip_prefix("host/src/").expect("a file of the host");
    inside.split('/').next().expect("a name").trim_end_matches(".rs")
}

/// The areas that a text names, as `crate::area` or in `crate::{area, …}`.
fn used(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        match part.strip_prefix('{') {
            None => drop(found.insert(name(part))),
            Some(group) => {
                let mut depth = 0;
                let mut begins = true;
                for (at, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => begins = true,
                        letter if begins && letter.is_alphabetic() => {
                            found.insert(name(&group[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Everything that is not the wiring: what a collections team would call by its name.
const AREAS: &[&str] = &["bundle", "conversation", "decision", "queue", "rules", "sql", "store", "tenant"];

#[test]
fn what_uses_what_goes_one_way() {
    // What these use at most; other areas may use each other.
    let below: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("clock", &[][..]),
        ("fault", &["located"]),
        ("located", &[]),
        // SQLite has the functions of tenant SQL registered on each connection.
        ("store", &["clock", "sql"]),
        ("rules", &[]),
        ("sql", &["clock", "fault", "located", "store"]),
        ("queue", &["clock", "sql", "store"]),
        ("tenant", &["clock", "store"]),
    ]);
    let mut wrong = Vec::new();
    for (file, text) in files("host/src", ".rs") {
        let own = area(&file);
        for other in used(&text).iter().filter(|other| *other != own) {
            let upward = match own {
                "lib" | "main" | "cli" => false,
                "web" | "demo" => other == "cli",
                "app" => other == "cli" || other == "web",
                _ => ["cli", "web", "app", "demo"].contains(&other.as_str()),
            };
            let outside = below.get(own).is_some_and(|below| {
                let is_area =
                    AREAS.contains(&other.as_str()) || ["clock", "fault", "located"].contains(&other.as_str());
                is_area && !below.contains(&other.as_str())
            });
            if upward || outside {
                wrong.push(format!("{file} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Decisions: plain functions of their arguments. A folder stands for all of its files.
const PURE: &[&str] = &[
    "conversation/channel/",
    "conversation/import.rs",
    "conversation/intent/",
    "conversation/options.rs",
    "conversation/page.rs",
    "conversation/reply.rs",
    "conversation/route.rs",
    "conversation/words.rs",
    "bundle/conversation.rs",
    "bundle/diff.rs",
    "bundle/lint.rs",
    "bundle/yaml.rs",
    "rules/circuit.rs",
    "sql/check/",
    "sql/emit/",
    "sql/lex.rs",
    "sql/tree.rs",
    "fault.rs",
    "located.rs",
];

#[test]
fn a_decision_touches_no_socket_database_engine_or_clock() {
    let forbidden = [
        "tokio",
        "sqlx",
        "axum",
        "wasmtime",
        "rusqlite",
        "::postgres",
        "std::time::SystemTime",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "dyn Tx",
    ];
    let sources = files("host/src", ".rs");
    let mut wrong = Vec::new();
    for pure in PURE {
        let prefix = format!("host/src/{pure}");
        let own: Vec<_> = sources.iter().filter(|(file, _)| file.starts_with(&prefix)).collect();
        assert!(!own.is_empty(), "{pure} is not there any more");
        for (file, text) in own {
            let found = forbidden.iter().filter(|word| text.contains(*word));
            wrong.extend(found.map(|word| format!("{file} mentions {word}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_store_and_tenant_sql_ask_which_database_it_is() {
    let may = ["host/src/store/", "host/src/sql/", "host/src/bundle/schema.rs"];
    let mut wrong = Vec::new();
    for (file, text) in files("host/src", ".rs") {
        if text.contains("Dialect::") && !may.iter().any(|place| file.starts_with(place)) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn drivers_are_used_by_the_store_alone() {
    let may = ["host/src/store/", "host/src/sql/sqlite_functions/"];
    let mut wrong = Vec::new();
    for (file, text) in files("host/src", ".rs") {
        let driver =
            ["rusqlite::", "use postgres::", "::postgres::", "r2d2::"].iter().find(|driver| text.contains(**driver));
        if let (Some(driver), false) = (driver, may.iter().any(|place| file.starts_with(place))) {
            wrong.push(format!("{file} mentions {driver}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn guests_know_nothing_of_the_host() {
    for folder in ["guest-sdk", "rules", "examples/rules", "tests/guests"] {
        for (file, text) in files(folder, "Cargo.toml") {
            let host = text
                .lines()
                .find(|line| line.starts_with("forbear ") || line.starts_with("forbear=") || line.contains("host\""));
            assert_eq!(host, None, "{file}");
        }
        for (file, text) in files(folder, ".rs") {
            let host = text.lines().find(|line| line.trim_start().starts_with("use forbear::"));
            assert_eq!(host, None, "{file}");
        }
    }
}

#[test]
fn both_stores_have_the_same_migrations() {
    let names = |store: &str| -> BTreeSet<String> {
        let prefix = format!("migrations/{store}/");
        files(&prefix, ".sql").into_keys().map(|name| name[prefix.len()..].to_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}
