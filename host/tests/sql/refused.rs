//! What is refused, and that nothing an author can type brings the compiler down.

use std::collections::BTreeSet;

use forbear::sql::{Purpose, Temps, compile};
use proptest::prelude::*;
use serde::Deserialize;

use crate::stage::catalog;

#[derive(Deserialize)]
struct Case {
    sql: String,
    #[serde(rename = "in", default = "post_sql")]
    purpose: String,
    code: String,
    at: String,
    hint: Option<String>,
    /// `{}` stands for the text, …
    wrap: Option<String>,
    /// … this many times.
    repeat: Option<usize>,
}

fn post_sql() -> String {
    "post_sql".into()
}

fn purpose(name: &str) -> Purpose {
    serde_yaml::from_str(name).unwrap()
}

#[test]
fn what_is_not_allowed_is_refused_with_its_place() {
    let cases: Vec<Case> = serde_yaml::from_str(include_str!("refused.yaml")).unwrap();
    assert!(cases.len() >= 70);
    let names: BTreeSet<String> = ["account_id", "user_input"].map(str::to_owned).into();
    let mut wrong = Vec::new();
    for case in &cases {
        let text = case.sql.repeat(case.repeat.unwrap_or(1));
        let text = case.wrap.as_ref().map_or(text.clone(), |wrap| wrap.replace("{}", &text));
        let wanted = format!("{} {}", case.at, case.code);
        let found = match compile(&text, purpose(&case.purpose), &catalog(), &Temps::default(), Some(&names)) {
            Ok(program) => format!("accepted as {}", program.statements[0].sqlite.sql),
            Err(faults) => {
                let fault = &faults[0];
                let hinted = case.hint.as_ref().is_none_or(|hint| *hint == fault.hint);
                let found = format!("{}:{} {}", fault.line, fault.column, fault.code);
                if hinted && found == wanted { continue } else { format!("{found}: {} {}", fault.message, fault.hint) }
            }
        };
        let shown: String = text.chars().take(120).collect();
        wrong.push(format!("{shown}\n    wanted {wanted}\n    found  {found}"));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_statement_with_a_fault_is_named_at_once() {
    let text = "SELECT nope FROM accounts;\nSELECT 1;\nDROP TABLE accounts";
    let faults = compile(text, Purpose::PostSql, &catalog(), &Temps::default(), None).unwrap_err();
    let places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.code)).collect();
    assert_eq!(places, [(1, "sql-column-unknown"), (3, "sql-statement-refused")]);
}

#[test]
fn hostile_nesting_is_answered_quickly() {
    let deep = |open: &str, close: &str, depth: usize| format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
    let mut texts = Vec::new();
    for depth in [8, 15, 16, 40] {
        for (open, close) in [
            ("(", ")"),
            ("(SELECT ", ")"),
            ("ABS(", ")"),
            ("CASE WHEN 1 THEN ", " END"),
            ("CASE (", ") WHEN 1 THEN 2 END"),
            ("CAST(", " AS CHAR)"),
            ("NULLIF(", ", 1)"),
            ("1 IN (", ")"),
            ("1 BETWEEN (", ") AND 2"),
            ("EXISTS (SELECT ", ")"),
            ("- ", ""),
            ("INTERVAL (", ") DAY"),
            ("((SELECT 1) UNION (SELECT ", "))"),
            ("DATE_ADD(", ", INTERVAL 1 DAY)"),
            ("[", "]"),
            ("{", "}"),
            ("x(", ""),
            ("(1, ", ")"),
        ] {
            texts.push(deep(open, close, depth));
        }
        texts.push(format!("SELECT 1 FROM {}accounts{}", "(".repeat(depth), ")".repeat(depth)));
        texts.push(format!("SELECT 1 FROM accounts WHERE {}", "(((id = 1) OR ".repeat(depth)));
        texts.push(format!("{}SELECT 1{}", "(".repeat(depth), ")".repeat(depth)));
    }
    texts.push(format!("UPDATE accounts SET {}balance = 1", "balance = balance + balance, ".repeat(60)));
    for text in texts {
        let started = std::time::Instant::now();
        let _ = compile(&text, Purpose::PreSql, &catalog(), &Temps::default(), None);
        let took = started.elapsed();
        assert!(took < std::time::Duration::from_millis(500), "{took:?} for {text}");
    }
}

fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(
        [
            "SELECT",
            "FROM",
            "WHERE",
            "accounts",
            "a",
            "balance",
            "id",
            "(",
            ")",
            ",",
            ";",
            "*",
            "=",
            "<=>",
            "+",
            "-",
            "/",
            "'x'",
            "\"y\"",
            "`id`",
            "1",
            "2.5",
            "NULL",
            "$user_input$",
            "$x",
            "AND",
            "OR",
            "NOT",
            "IN",
            "BETWEEN",
            "LIKE",
            "IS",
            "CASE",
            "WHEN",
            "THEN",
            "ELSE",
            "END",
            "UNION",
            "ALL",
            "ORDER",
            "BY",
            "GROUP",
            "HAVING",
            "LIMIT",
            "OFFSET",
            "JOIN",
            "LEFT",
            "ON",
            "AS",
            "INSERT",
            "INTO",
            "VALUES",
            "UPDATE",
            "SET",
            "DELETE",
            "WITH",
            "EXISTS",
            "INTERVAL",
            "DAY",
            "DATE_ADD",
            "CONCAT",
            "COUNT",
            "CAST",
            "JSON_OBJECT",
            "DISTINCT",
            "CREATE",
            "TEMPORARY",
            "TABLE",
            "collections_queue",
            "DIV",
            "MOD",
            "||",
            "->",
            "::",
            "@x",
            "--",
            "/*",
            "*/",
            "é",
            "😀",
            "\\",
            "'",
            "\n",
        ]
        .to_vec(),
    );
    prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_brings_the_compiler_down(text in ".{0,200}") {
        let _ = compile(&text, Purpose::PreSql, &catalog(), &Temps::default(), None);
    }

    #[test]
    fn no_string_of_words_brings_the_compiler_down(text in words()) {
        let _ = compile(&text, Purpose::PreSql, &catalog(), &Temps::default(), None);
    }

    #[test]
    fn a_fault_lies_inside_its_text(text in words()) {
        if let Err(faults) = compile(&text, Purpose::PreSql, &catalog(), &Temps::default(), None) {
            for fault in faults {
                let line = text.split('\n').nth(fault.line - 1);
                prop_assert!(line.is_some_and(|line| fault.column <= line.chars().count() + 1), "{fault:?}");
            }
        }
    }
}
