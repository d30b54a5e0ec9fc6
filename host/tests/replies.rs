//! The corpus of replies: what debtors write must be taken for what a careful person would take it for.
//!
//! Prints precision and recall by class; `cargo test -p forbear --test replies -- --nocapture` shows them with every
//! miss. To extend it, add lines to `replies/replies.yaml` or a page to `replies/pages.yaml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use forbear::conversation::intent::{Intent, Prepared, Settings, Understood, understand};
use forbear::conversation::options::{Choice, strip_own_number};
use forbear::conversation::words::{Standing, Words};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Label(String),
    Full(Written),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: Option<String>,
    label: String,
    #[serde(default)]
    pays: bool,
    #[serde(default)]
    keywords: Vec<String>,
    pattern: Option<String>,
}

struct Page {
    choices: Vec<Choice>,
    pays: Vec<bool>,
    prepared: Prepared,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Expect {
    One(String),
    Any(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    class: String,
    page: String,
    expect: Expect,
    known: Option<String>,
    replies: String,
}

fn pages() -> BTreeMap<String, Page> {
    let written: BTreeMap<String, Vec<Entry>> = serde_yaml::from_str(include_str!("replies/pages.yaml")).unwrap();
    let page = |entries: Vec<Entry>| {
        let mut pays = Vec::new();
        let mut choices = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let option = match entry {
                Entry::Label(label) => Written { key: None, label, pays: false, keywords: vec![], pattern: None },
                Entry::Full(option) => option,
            };
            let key = option.key.unwrap_or_else(|| (index + 1).to_string());
            pays.push(option.pays);
            choices.push(Choice {
                label: strip_own_number(&option.label, &key).to_owned(),
                value: key.clone(),
                key,
                keywords: option.keywords,
                pattern: option.pattern.map(|pattern| pattern.try_into().unwrap()),
                ..Choice::default()
            });
        }
        Page { prepared: Prepared::new(&choices), choices, pays }
    };
    written.into_iter().map(|(name, entries)| (name, page(entries))).collect()
}

#[derive(Default)]
struct Tally {
    cases: u32,
    right: u32,
    /// Cases where an option was chosen, and those where it was an expected one.
    chosen: u32,
    chosen_rightly: u32,
    known: u32,
}

impl Tally {
    fn recall(&self) -> f64 {
        f64::from(self.right) / f64::from(self.cases.max(1))
    }

    fn precision(&self) -> f64 {
        if self.chosen == 0 { 1.0 } else { f64::from(self.chosen_rightly) / f64::from(self.chosen) }
    }
}

struct Judged {
    classes: BTreeMap<String, Tally>,
    misses: Vec<String>,
    wrong_payments: Vec<String>,
}

fn judge(corpus: &str) -> Judged {
    let pages = pages();
    let groups: Vec<Group> = serde_yaml::from_str(corpus).unwrap();
    let (words, settings) = (Words::default(), Settings::default());
    let mut judged = Judged { classes: BTreeMap::new(), misses: Vec::new(), wrong_payments: Vec::new() };
    for group in groups {
        let page = &pages[&group.page];
        let expected = match &group.expect {
            Expect::One(one) => vec![one.clone()],
            Expect::Any(any) => any.clone(),
        };
        for reply in group.replies.lines().filter(|line| !line.is_empty()) {
            let understood = understand(reply, &page.prepared, &words, Standing::default(), &settings);
            let got = match &understood {
                Understood::OptOut => "opt-out".to_owned(),
                Understood::Choice(Intent::Matched { index, .. }) => page.choices[*index].key.clone(),
                Understood::Choice(Intent::NearTie { .. }) => "tie".to_owned(),
                Understood::Choice(Intent::None) => "none".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
            let tally = judged.classes.entry(group.class.clone()).or_default();
            let right = expected.contains(&got);
            let miss =
                format!("{:<14} {:<14} {reply:?}: expected {expected:?}, got {understood:?}", group.class, group.page);
            if let Understood::Choice(Intent::Matched { index, .. }) = understood {
                tally.chosen += 1;
                tally.chosen_rightly += u32::from(right);
                if !right && page.pays[index] {
                    judged.wrong_payments.push(miss.clone());
                }
            }
            if !right && group.known.is_some() {
                tally.known += 1;
                continue;
            }
            tally.cases += 1;
            tally.right += u32::from(right);
            if !right {
                judged.misses.push(miss);
            }
        }
    }
    judged
}

fn report(judged: &Judged) -> String {
    let mut text = format!("{:<14} {:>6} {:>9} {:>7} {:>6}\n", "class", "cases", "precision", "recall", "known");
    for (class, tally) in &judged.classes {
        let (precision, recall) = (tally.precision(), tally.recall());
        writeln!(text, "{class:<14} {:>6} {precision:>9.3} {recall:>7.3} {:>6}", tally.cases, tally.known).unwrap();
    }
    for miss in &judged.misses {
        writeln!(text, "  {miss}").unwrap();
    }
    text
}

/// What holds for every corpus: nothing is paid wrongly, nothing out of scope is taken for an answer, and what is clear
/// is recognised.
fn assert_careful(corpus: &str, clear: f64) -> Judged {
    let judged = judge(corpus);
    let text = report(&judged);
    println!("{text}");
    assert!(judged.wrong_payments.is_empty(), "payments accepted wrongly: {:#?}\n{text}", judged.wrong_payments);
    for (class, tally) in judged.classes.iter().filter(|(class, _)| class.starts_with("clear")) {
        assert!(tally.recall() >= clear, "recall of {class}\n{text}");
    }
    if let Some(out) = judged.classes.get("out-of-scope") {
        assert!(f64::from(out.chosen) <= 0.01 * f64::from(out.cases), "sentences out of scope were accepted\n{text}");
    }
    judged
}

#[test]
fn replies_are_taken_for_what_a_careful_person_would_take_them_for() {
    let judged = assert_careful(include_str!("replies/replies.yaml"), 0.90);
    let text = report(&judged);
    for class in ["key", "label", "amount", "opt-out"] {
        assert!(judged.classes[class].recall() >= 0.90, "recall of {class}\n{text}");
    }
    for class in ["negation", "hedging", "two-intents", "not-opt-out", "languages", "authored"] {
        assert!(judged.classes[class].recall() >= 0.85, "recall of {class}\n{text}");
    }
    assert!(judged.classes.values().map(|tally| tally.cases).sum::<u32>() >= 300, "the corpus shrank");
}

#[test]
fn replies_the_matcher_was_not_written_for_are_taken_as_carefully() {
    assert_careful(include_str!("replies/second.yaml"), 0.90);
}

#[test]
fn what_only_looks_like_consent_pays_nothing() {
    assert_careful(include_str!("replies/traps.yaml"), 0.90);
}

#[test]
fn replies_on_new_pages_are_taken_as_carefully() {
    assert_careful(include_str!("replies/fresh.yaml"), 0.80);
}
