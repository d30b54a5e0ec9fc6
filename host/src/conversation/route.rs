//! Where a response leads: reads the callback strings of pages, queries and modules, and decides who is right when
//! several of them have an opinion.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A way on from a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Route {
    /// `5`: that page of the same conversation.
    Page(u32),
    /// `EXIT`: the conversation ends.
    Exit,
    /// `ESCALATE`: to an agent; the bot is silent until the agent lets go.
    Escalate,
    /// `WORKFLOW:CODE`: a workflow run is queued, then the conversation completes.
    Workflow(String),
    /// `ROUTE`: the option leaves it to `reroute_sql` or the module.
    Reroute,
    /// `PAY:500`: an outcome of the author's own, mapped by the conversation's `callbacks:`.
    Named { name: String, arg: String },
    /// No callback: the conversation completes.
    Complete,
}

/// Why a callback is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{callback}` leads nowhere: {hint}")]
pub struct RouteError {
    pub callback: String,
    pub hint: String,
}

/// Characters of a name in `WORKFLOW:CODE` or `NAME:arg`.
const NAME_CHARS: usize = 64;
/// Characters of an argument, which may be any text of one line.
const ARG_CHARS: usize = 255;

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Route, RouteError> {
        let text = text.trim();
        let fail = |hint: String| RouteError { callback: text.to_owned(), hint };
        if text.is_empty() {
            return Ok(Route::Complete);
        }
        if text.chars().all(|c| c.is_ascii_digit()) {
            return match text.parse() {
                Ok(0) => Err(fail("pages count from 1".to_owned())),
                Ok(page) => Ok(Route::Page(page)),
                Err(_) => Err(fail("the page number is too large".to_owned())),
            };
        }
        match text.to_ascii_uppercase().as_str() {
            "EXIT" => return Ok(Route::Exit),
            "ESCALATE" => return Ok(Route::Escalate),
            "ROUTE" => return Ok(Route::Reroute),
            "COMPLETE" => return Ok(Route::Complete),
            "WORKFLOW" => return Err(fail("name the workflow, as in WORKFLOW:PLAN_3MONTH".to_owned())),
            _ => {}
        }
        let Some((name, arg)) = text.split_once(':') else {
            return Err(fail(unknown_word_hint(text)));
        };
        let (name, arg) = (name.trim(), arg.trim());
        if !is_name(name) {
            return Err(fail("before the colon stands a name of letters, digits and _, as in PAY:500".to_owned()));
        }
        if name.eq_ignore_ascii_case("WORKFLOW") {
            return if is_name(arg) {
                Ok(Route::Workflow(arg.to_owned()))
            } else {
                Err(fail("after WORKFLOW: stands the workflow's code of letters, digits, _ and -".to_owned()))
            };
        }
        if name.eq_ignore_ascii_case("PAGE") {
            return Err(fail(format!("a page is written as its number alone: {arg}")));
        }
        if arg.chars().count() > ARG_CHARS || arg.chars().any(char::is_control) {
            return Err(fail(format!("what follows the colon is one line of at most {ARG_CHARS} characters")));
        }
        Ok(Route::Named { name: name.to_owned(), arg: arg.to_owned() })
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_CHARS
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn unknown_word_hint(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let near = ["EXIT", "ESCALATE", "ROUTE", "COMPLETE", "WORKFLOW:"]
        .into_iter()
        .map(|word| (strsim::osa_distance(word.trim_end_matches(':'), &upper), word))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match near {
        Some((_, word)) => format!("did you mean {word}?"),
        None => "write a page number, EXIT, ESCALATE, ROUTE, WORKFLOW:CODE, or an outcome as NAME:value".to_owned(),
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Page(page) => write!(f, "{page}"),
            Route::Exit => f.write_str("EXIT"),
            Route::Escalate => f.write_str("ESCALATE"),
            Route::Workflow(code) => write!(f, "WORKFLOW:{code}"),
            Route::Reroute => f.write_str("ROUTE"),
            Route::Named { name, arg } => write!(f, "{name}:{arg}"),
            Route::Complete => f.write_str("COMPLETE"),
        }
    }
}

/// Whose opinion became the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Option,
    RerouteSql,
    Module,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Option => "option",
            Source::RerouteSql => "reroute_sql",
            Source::Module => "module",
        })
    }
}

/// Nobody has to answer: a NULL or blank answer is "no opinion", and so is `ROUTE`, which only asks.
fn opinion(callback: Option<&str>) -> Option<&str> {
    callback.map(str::trim).filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("ROUTE"))
}

/// The module's word before the query's before the option's. Nobody with an opinion completes the conversation.
///
/// An error belongs to the opinion that would have won; the caller says whose it was and may ask again without it.
pub fn decide(
    option: Option<&str>,
    reroute_sql: Option<&str>,
    module: Option<&str>,
) -> Result<(Route, Source), (RouteError, Source)> {
    let candidates = [(module, Source::Module), (reroute_sql, Source::RerouteSql), (option, Source::Option)];
    for (callback, source) in candidates {
        if let Some(text) = opinion(callback) {
            return match text.parse() {
                Ok(route) => Ok((route, source)),
                Err(error) => Err((error, source)),
            };
        }
    }
    Ok((Route::Complete, Source::Option))
}

/// What becomes of a route once the conversation's `callbacks:` table is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub route: Route,
    /// The author's own outcome (`PAY:500`), kept for the record also when the table sends it on.
    pub outcome: Option<String>,
}

/// Maps `NAME:arg` through the table, by the whole text first and then by the name; unmapped it completes the
/// conversation with that outcome. A table's entry is not mapped again, so that no table can go round in circles.
pub fn settle(route: Route, callbacks: &BTreeMap<String, String>) -> Result<Settled, RouteError> {
    let Route::Named { name, .. } = &route else {
        return Ok(Settled { route, outcome: None });
    };
    let outcome = route.to_string();
    let entry = callbacks
        .get(&outcome)
        .or_else(|| callbacks.get(name))
        .or_else(|| callbacks.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, target)| target));
    let target = match entry.map(|text| text.parse::<Route>()) {
        None => Route::Complete,
        Some(Ok(target @ (Route::Named { .. } | Route::Reroute))) => {
            return Err(RouteError {
                callback: target.to_string(),
                hint: format!("`callbacks: {name}` has to lead to a page, EXIT, ESCALATE, COMPLETE or WORKFLOW:CODE"),
            });
        }
        Some(target) => target?,
    };
    Ok(Settled { route: target, outcome: Some(outcome) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_reads_back_as_it_is_written() {
        for text in ["5", "EXIT", "ESCALATE", "ROUTE", "COMPLETE", "WORKFLOW:PLAN_3MONTH", "PAY:500", "LOG:a b:c"] {
            let route: Route = text.parse().unwrap();
            assert_eq!(route.to_string(), text);
        }
        assert_eq!(" exit ".parse(), Ok(Route::Exit));
        assert_eq!("".parse(), Ok(Route::Complete));
        assert_eq!("PLAN:".parse(), Ok(Route::Named { name: "PLAN".into(), arg: String::new() }));
    }

    #[test]
    fn a_wrong_callback_says_what_to_write() {
        let hint = |text: &str| text.parse::<Route>().unwrap_err().hint;
        assert_eq!(hint("EXITT"), "did you mean EXIT?");
        assert_eq!(hint("escallate"), "did you mean ESCALATE?");
        assert!(hint("page two").contains("WORKFLOW:CODE"));
        assert!(hint("PAGE:5").contains("number alone"));
        assert!(hint("0").contains("count from 1"));
        assert!(hint("99999999999").contains("too large"));
        assert!(hint("WORKFLOW:").contains("code"));
        assert!(hint("WORKFLOW").contains("PLAN_3MONTH"));
    }

    #[test]
    fn the_module_goes_before_the_query_and_the_query_before_the_option() {
        let decided = |o, r, m| decide(o, r, m).unwrap();
        assert_eq!(decided(Some("2"), Some("3"), Some("4")), (Route::Page(4), Source::Module));
        assert_eq!(decided(Some("2"), Some("3"), None), (Route::Page(3), Source::RerouteSql));
        assert_eq!(decided(Some("2"), Some(" "), None), (Route::Page(2), Source::Option));
        assert_eq!(decided(Some("ROUTE"), Some("3"), None), (Route::Page(3), Source::RerouteSql));
        assert_eq!(decided(Some("ROUTE"), None, None), (Route::Complete, Source::Option));
        assert_eq!(decided(None, None, None), (Route::Complete, Source::Option));
        assert_eq!(decide(Some("2"), Some("nowhere"), None).unwrap_err().1, Source::RerouteSql);
    }

    #[test]
    fn a_named_outcome_follows_the_table_or_completes() {
        let table = BTreeMap::from([
            ("PAY".to_owned(), "WORKFLOW:PAYMENT_PROCESSOR".to_owned()),
            ("PAY:0".to_owned(), "5".to_owned()),
            ("LOOP".to_owned(), "LOOP:1".to_owned()),
        ]);
        let settled = |text: &str| settle(text.parse().unwrap(), &table);
        assert_eq!(settled("PAY:500").unwrap().route, Route::Workflow("PAYMENT_PROCESSOR".into()));
        assert_eq!(settled("PAY:500").unwrap().outcome.as_deref(), Some("PAY:500"));
        assert_eq!(settled("PAY:0").unwrap().route, Route::Page(5));
        let unmapped = settled("PLAN:6").unwrap();
        assert_eq!((unmapped.route, unmapped.outcome.as_deref()), (Route::Complete, Some("PLAN:6")));
        assert!(settled("LOOP:1").is_err());
        assert_eq!(settled("7").unwrap(), Settled { route: Route::Page(7), outcome: None });
    }
}
