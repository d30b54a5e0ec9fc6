//! The two stores agree on expressions that nobody thought of.

use std::sync::{Arc, Mutex};

use forbear::sql::{Program, Purpose, TempTables, Temps, compile};
use forbear::store::StoreError;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::stage::{Host, catalog, in_tx, on_both_stores, shown};

const EXPRESSIONS: usize = 1_500;
/// Shorter ones say little.
const SHORTEST: usize = 12;

fn leaf() -> impl Strategy<Value = String> {
    prop::sample::select(
        [
            "NULL",
            "0",
            "1",
            "-3",
            "7",
            "2.50",
            "-0.005",
            "1000.125",
            "TRUE",
            "FALSE",
            "''",
            "'abc'",
            "'ABC'",
            "'2'",
            "'12 months'",
            "'-1.5'",
            "'é%_'",
            "'2026-01-31'",
            "'2024-02-29 23:59:59'",
            "CURDATE()",
            "NOW()",
            "id",
            "account_id",
            "balance",
            "status",
            "opened",
            "closed_at",
            "vip",
            "notes",
            "$user_input$",
            "$n$",
            "$money$",
            "$amount$",
            "$word$",
            "$due$",
            "$half$",
            "$nothing$",
            "$evil$",
        ]
        .to_vec(),
    )
    .prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    const SHAPES: &[&str] = &[
        "(# + #)",
        "(# - #)",
        "(# * #)",
        "(# / #)",
        "(# DIV #)",
        "(# % #)",
        "(- #)",
        "(# = #)",
        "(# <> #)",
        "(# < #)",
        "(# >= #)",
        "(# <=> #)",
        "(# AND #)",
        "(# OR #)",
        "(NOT #)",
        "(# XOR #)",
        "(# IS NULL)",
        "(# IS TRUE)",
        "(# LIKE #)",
        "(# IN (#, #))",
        "(# BETWEEN # AND #)",
        "IF(#, #, #)",
        "IFNULL(#, #)",
        "NULLIF(#, #)",
        "COALESCE(#, #, #)",
        "CASE # WHEN # THEN # ELSE # END",
        "CASE WHEN # THEN # END",
        "ROUND(#)",
        "ROUND(#, 2)",
        "ROUND(#, -1)",
        "TRUNCATE(#, 1)",
        "CEIL(#)",
        "FLOOR(#)",
        "ABS(#)",
        "SIGN(#)",
        "LEAST(#, #)",
        "GREATEST(#, #)",
        "MOD(#, #)",
        "FORMAT(#, 2)",
        "CONCAT(#, #)",
        "CONCAT_WS('-', #, #)",
        "LOWER(#)",
        "UPPER(#)",
        "TRIM(#)",
        "LENGTH(#)",
        "CHAR_LENGTH(#)",
        "SUBSTRING(#, 2, 3)",
        "SUBSTRING(#, #)",
        "LEFT(#, #)",
        "RIGHT(#, 2)",
        "REPLACE(#, #, 'x')",
        "LPAD(#, 6, #)",
        "RPAD(#, #, '*')",
        "LOCATE(#, #)",
        "DATE_ADD(#, INTERVAL # DAY)",
        "DATE_SUB(#, INTERVAL 1 MONTH)",
        "DATE_ADD(#, INTERVAL 90 MINUTE)",
        "DATEDIFF(#, #)",
        "TIMESTAMPDIFF(MONTH, #, #)",
        "TIMESTAMPDIFF(HOUR, #, #)",
        "DATE(#)",
        "YEAR(#)",
        "DAYOFWEEK(#)",
        "LAST_DAY(#)",
        "DATE_FORMAT(#, '%d %b %Y %T')",
        "JSON_OBJECT('a', #, 'bb', #)",
        "JSON_ARRAY(#, #)",
        "JSON_EXTRACT(JSON_OBJECT('k', #), '$.k')",
        "JSON_UNQUOTE(#)",
        "CAST(# AS CHAR)",
        "CAST(# AS SIGNED)",
        "CAST(# AS DECIMAL(10,2))",
        "CAST(# AS DATE)",
        "CAST(# AS DATETIME)",
        "(SELECT MAX(balance) FROM accounts WHERE account_id <> #)",
        "(# IN (SELECT account_id FROM accounts))",
        "(SELECT # FROM accounts a2 WHERE a2.id = accounts.id)",
        "(SELECT SUM(#) FROM customers)",
        "(SELECT AVG(#) FROM customers)",
        "(SELECT COUNT(DISTINCT #) FROM customers)",
        "(SELECT MIN(#) FROM customers)",
    ];
    leaf().prop_recursive(5, 40, 4, |inner| {
        (prop::sample::select(SHAPES), prop::collection::vec(inner, 4)).prop_map(|(shape, mut arguments)| {
            let mut out = String::new();
            for (index, piece) in shape.split('#').enumerate() {
                if index > 0 {
                    out.push_str(&arguments.pop().unwrap_or_default());
                }
                out.push_str(piece);
            }
            out
        })
    })
}

fn programs() -> Vec<(String, Program)> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = expression();
    let mut programs = Vec::new();
    while programs.len() < EXPRESSIONS {
        let expression = strategy.new_tree(&mut runner).unwrap().current();
        if expression.len() < SHORTEST {
            continue;
        }
        let text = format!("SELECT id, {expression} FROM accounts ORDER BY id");
        if let Ok(program) = compile(&text, Purpose::Fact, &catalog(), &Temps::default(), None) {
            programs.push((expression, program));
        }
    }
    programs
}

#[test]
fn both_stores_answer_the_same_to_expressions_nobody_thought_of() {
    let programs = programs();
    let answers: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    on_both_stores(|db, _| {
        let mut found = Vec::new();
        for (_, program) in &programs {
            let result = db.read(|tx| -> Result<_, StoreError> {
                // A failed statement must not spoil the rest: each has a transaction of its own.
                Ok(in_tx(tx, &mut Host::default(), program, &mut TempTables::new()))
            });
            found.push(match result.unwrap() {
                Ok(result) => shown(&result.outcomes[0].rows),
                Err(error) => format!("error: {error}"),
            });
        }
        answers.lock().unwrap().push(found);
    });
    let answers = answers.lock().unwrap();
    let [sqlite, postgres] = answers.as_slice() else { return };
    let mut wrong = Vec::new();
    for (((expression, program), left), right) in programs.iter().zip(sqlite).zip(postgres) {
        let both_fail = left.starts_with("error") && right.starts_with("error");
        if left != right && !both_fail {
            wrong.push(format!(
                "{expression}\n    sqlite   {left}\n    postgres {right}\n    {}\n    {}",
                program.statements[0].sqlite.sql, program.statements[0].postgres.sql
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), programs.len(), wrong.join("\n"));
}
