//! What a debtor's reply means on a page: which option, which of several, or none.
//!
//! In this order: key or place in the list, exact label, the author's pattern or keyword, a plain yes or no, likeness
//! to a label, a refusal in more words. A near tie is asked back. An option that commits the debtor is chosen only by a
//! reply without doubt: no question, no condition, no other day, no "not", no word that the option does not account for.
//! Everything here is pure; words like STOP are read before ([`super::words`]).

mod lexicon;
mod literal;
mod meaning;
mod number;
mod prepared;
mod reader;
mod score;
pub mod text;
mod tokens;

use serde::{Deserialize, Serialize};

use super::words::{Signal, Standing, Words};
use lexicon::Mark;
use literal::{beside_a_key, by_key, by_keyword, by_label, by_pattern, by_place};
use meaning::{by_meaning, either_or};
pub use prepared::Prepared;
use tokens::Tokens;

/// What a reply was taken for. Positions are those of the choices the page was prepared from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// `score` in thousandths.
    Matched {
        index: usize,
        score: u32,
        how: How,
    },
    /// Two or more options are as likely: ask which.
    NearTie {
        indices: Vec<usize>,
    },
    None,
}

/// Which stage recognised a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    Key,
    Ordinal,
    Label,
    Pattern,
    Keyword,
    Polarity,
    Fuzzy,
}

/// How sure a match has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A fuzzy score has to be above this, in thousandths.
    pub accept: u32,
    /// … and this far above the runner-up.
    pub lead: u32,
    /// A bare yes, no or "not sure" counts in replies of at most this many words.
    pub answer_words: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { accept: 700, lead: 100, answer_words: 6 }
    }
}

/// A reply with the words that are the same on every page taken out first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Understood {
    OptOut,
    OptIn,
    More,
    Back,
    Repeat,
    Choice(Intent),
}

/// Reads a reply on a page: STOP words, the words to page with, then the options. On a page without options the answer
/// is `Choice(Intent::None)` for whatever is none of those words: the text itself is then the reply.
pub fn understand(reply: &str, page: &Prepared, words: &Words, standing: Standing, settings: &Settings) -> Understood {
    let signal = words.read(reply);
    if standing.opted_out && signal == Some(Signal::OptIn) {
        return Understood::OptIn;
    }
    let intent = || read_intent(reply, page, settings);
    match signal {
        Some(Signal::OptOut) => Understood::OptOut,
        Some(Signal::MaybeOptOut) => match intent() {
            // "Cancel" as the only no of a page is still the word that people opt out with, unless the page says it.
            Intent::Matched { how: How::Polarity, index, .. } if !refuses(&page.options[index].label) => {
                Understood::OptOut
            }
            Intent::None => Understood::OptOut,
            found => Understood::Choice(found),
        },
        Some(paging @ (Signal::More | Signal::Onward | Signal::Back | Signal::Repeat)) => match (paging, intent()) {
            (_, found @ Intent::Matched { how: How::Label | How::Key | How::Keyword | How::Pattern, .. }) => {
                Understood::Choice(found)
            }
            (Signal::More | Signal::Onward, _) if standing.has_more => Understood::More,
            (Signal::Back, _) if standing.has_back => Understood::Back,
            (Signal::Repeat | Signal::Onward, _) => Understood::Repeat,
            (_, found) => Understood::Choice(found),
        },
        Some(Signal::OptIn) | None => Understood::Choice(intent()),
    }
}

fn refuses(label: &Tokens) -> bool {
    label.list.iter().any(|token| token.mark() == Mark::Refuse)
}

/// Reads a reply against the options of a page.
pub fn read_intent(reply: &str, page: &Prepared, settings: &Settings) -> Intent {
    if page.is_empty() {
        return Intent::None;
    }
    let tokens = Tokens::read(reply);
    let found = stages(reply, &tokens, page, settings);
    if found != Intent::None || tokens.truncated {
        return found;
    }
    either_or(&tokens, page, settings)
}

fn stages(reply: &str, tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
    by_key(tokens, page)
        .or_else(|| by_label(tokens, page))
        .or_else(|| by_place(tokens, page))
        .or_else(|| by_pattern(reply, page))
        .or_else(|| by_keyword(tokens, page))
        .or_else(|| beside_a_key(tokens, page, settings))
        .unwrap_or_else(|| by_meaning(tokens, page, settings))
}

fn matched(index: usize, score: u32, how: How) -> Intent {
    Intent::Matched { index, score, how }
}

/// One candidate is a match, several are a tie, none is no opinion.
fn one_of(mut indices: Vec<usize>, score: u32, how: How) -> Option<Intent> {
    indices.sort_unstable();
    indices.dedup();
    match indices[..] {
        [] => None,
        [index] => Some(matched(index, score, how)),
        _ => Some(Intent::NearTie { indices }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::options::{Choice, Pattern, Polarity};

    fn page(labels: &[&str]) -> Vec<Choice> {
        labels.iter().enumerate().map(|(index, label)| Choice::dynamic(index, label, label, None)).collect()
    }

    fn read(reply: &str, choices: &[Choice]) -> Intent {
        read_intent(reply, &Prepared::new(choices), &Settings::default())
    }

    #[test]
    fn a_polite_yes_is_a_yes_with_a_score_above_the_bar() {
        let choices = page(&["Yes, pay now", "Not right now"]);
        assert!(matches!(read("yes please", &choices), Intent::Matched { index: 0, score: 701.., .. }));
        assert!(matches!(read("no", &choices), Intent::Matched { index: 1, how: How::Polarity, .. }));
    }

    #[test]
    fn a_near_tie_asks_instead_of_guessing() {
        let choices = page(&["Pay the full amount", "Pay half of it", "Speak to an agent"]);
        assert_eq!(read("pay", &choices), Intent::NearTie { indices: vec![0, 1] });
        assert_eq!(read("half or agent", &choices), Intent::NearTie { indices: vec![1, 2] });
    }

    #[test]
    fn an_authors_pattern_beats_likeness_but_not_a_key() {
        let mut choices = page(&["Proof of payment", "Something else"]);
        choices[1].pattern = Some(Pattern::new("(proof|1).*").unwrap());
        assert!(matches!(read("proof attached", &choices), Intent::Matched { index: 1, how: How::Pattern, .. }));
        assert!(matches!(read("1", &choices), Intent::Matched { index: 0, how: How::Key, .. }));
    }

    #[test]
    fn an_author_may_say_what_an_option_stands_for_and_whether_it_commits() {
        let mut choices = page(&["Dankon", "Lights on"]);
        choices[0].polarity = Some(Polarity::No);
        choices[1].polarity = Some(Polarity::Yes);
        assert!(matches!(read("no", &choices), Intent::Matched { index: 0, .. }));
        assert_eq!(read("yes?", &choices), Intent::None);
        choices[1].commits = Some(false);
        assert!(matches!(read("yes?", &choices), Intent::Matched { index: 1, .. }));
    }

    #[test]
    fn stop_comes_before_the_options_and_paging_before_likeness() {
        let choices = page(&["Stop the plan", "More time"]);
        let prepared = Prepared::new(&choices);
        let standing = Standing { has_more: true, has_back: false, opted_out: false };
        let read = |reply, standing| understand(reply, &prepared, &Words::default(), standing, &Settings::default());
        assert_eq!(read("stop", standing), Understood::OptOut);
        assert!(matches!(read("stop the plan", standing), Understood::Choice(Intent::Matched { index: 0, .. })));
        assert_eq!(read("more", standing), Understood::More);
        assert!(matches!(read("more", Standing::default()), Understood::Choice(_)));
        assert_eq!(read("#", standing), Understood::More);
        assert_eq!(read("#", Standing::default()), Understood::Repeat);
        assert_eq!(read("START", Standing { opted_out: true, ..standing }), Understood::OptIn);
        assert_eq!(read("START", standing), Understood::Choice(Intent::None));
    }

    #[test]
    fn cancel_opts_out_unless_the_page_says_cancel() {
        let read = |labels: &[&str]| {
            let page = Prepared::new(&page(labels));
            understand("cancel", &page, &Words::default(), Standing::default(), &Settings::default())
        };
        assert_eq!(read(&["Yes", "No thanks"]), Understood::OptOut);
        assert!(matches!(read(&["Keep it", "Cancel the plan"]), Understood::Choice(Intent::Matched { index: 1, .. })));
        assert_eq!(read(&[]), Understood::OptOut);
    }

    #[test]
    fn a_page_without_options_takes_no_reply_for_an_option() {
        assert_eq!(read("yes", &[]), Intent::None);
        assert_eq!(read("", &page(&["Yes"])), Intent::None);
    }
}
