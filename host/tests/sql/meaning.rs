//! The table of meanings, on both stores.

use forbear::sql::{Purpose, TempTables, Temps, compile};
use forbear::store::StoreError;
use serde::Deserialize;

use crate::stage::{Host, catalog, in_tx, on_both_stores, shown};

#[derive(Deserialize)]
struct Case {
    is: String,
    gives: Option<String>,
}

#[test]
fn expressions_and_queries_mean_what_mysql_means() {
    let cases: Vec<Case> = serde_yaml::from_str(include_str!("meaning.yaml")).unwrap();
    assert!(cases.len() >= 90);
    on_both_stores(|db, store| {
        let mut wrong = Vec::new();
        for case in &cases {
            let whole = case.is.starts_with("SELECT") || case.is.starts_with("WITH");
            let text = if whole { case.is.clone() } else { format!("SELECT {}", case.is) };
            let program = match compile(&text, Purpose::Fact, &catalog(), &Temps::default(), None) {
                Ok(program) => program,
                Err(faults) => {
                    wrong.push(format!("{}\n    is refused: {}", case.is, faults[0]));
                    continue;
                }
            };
            let result = db.read(|tx| -> Result<_, StoreError> {
                Ok(in_tx(tx, &mut Host::default(), &program, &mut TempTables::new()))
            });
            let found = match result.unwrap() {
                Ok(result) => shown(&result.outcomes[0].rows),
                Err(error) => format!("{error}"),
            };
            let wanted = case.gives.as_deref().unwrap_or("~");
            if found != wanted {
                let translated = match store {
                    "sqlite" => &program.statements[0].sqlite.sql,
                    _ => &program.statements[0].postgres.sql,
                };
                wrong.push(format!("{}\n    gives {found}\n    not   {wanted}\n    as    {translated}", case.is));
            }
        }
        assert!(wrong.is_empty(), "on {store}, {} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    });
}
