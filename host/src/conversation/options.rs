//! Which options a page offers, what they are called and which part of a long list is in view.
//!
//! An option's key is what a debtor types for it. Static options keep the number of their column (`1` to `5`, also
//! when one of them is hidden). Dynamic options are numbered over the whole list, so that the sixth is `6` on the
//! second page as well; only a telephone keypad, which takes one digit, counts each page from 1 ([`Numbering`]).

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::route::Route;

/// One option of a page, as it is offered in one turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What a debtor types for it.
    pub key: String,
    /// What is shown, without the key.
    pub label: String,
    /// What `$user_input$` becomes: the key of a static option, the `value` column of a dynamic one.
    #[serde(default)]
    pub value: String,
    /// Where it leads, as the author wrote it; see [`Route`].
    #[serde(default)]
    pub callback: Option<String>,
    /// A reply that the whole of which matches means this option.
    #[serde(default)]
    pub pattern: Option<Pattern>,
    /// Words or phrases that mean this option wherever they stand in a reply.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// The answer this option stands for, if its label does not begin with it.
    #[serde(default)]
    pub polarity: Option<Polarity>,
    /// Whether it commits the debtor (a payment, a promise), so that only a reply without doubt may choose it.
    /// Unset: decided from the label.
    #[serde(default)]
    pub commits: Option<bool>,
}

/// The answer that an option, or a reply, stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    Yes,
    No,
    Unsure,
}

impl Choice {
    /// `OptionN` of a page. The author's own number in front of the text (`2. Not now` as option 2) is dropped.
    pub fn fixed(number: u8, text: &str, callback: Option<&str>) -> Choice {
        let key = number.to_string();
        Choice {
            label: strip_own_number(text, &key).to_owned(),
            value: key.clone(),
            key,
            callback: callback.map(str::to_owned),
            ..Choice::default()
        }
    }

    /// A row of the options query. `position` counts from 0 over the whole list.
    pub fn dynamic(position: usize, label: &str, value: &str, callback: Option<&str>) -> Choice {
        let key = (position + 1).to_string();
        Choice {
            label: strip_own_number(label, &key).to_owned(),
            value: value.to_owned(),
            key,
            callback: callback.map(str::to_owned),
            ..Choice::default()
        }
    }
}

/// The text of an option without its own number in front: `2. Not now`, `2) Not now`, `(2) Not now`, `2 - Not now`
/// and `2: Not now` are all `Not now` if the key is `2`. Any other number belongs to the text (`6 months`, `2.5 %`).
pub fn strip_own_number<'t>(text: &'t str, key: &str) -> &'t str {
    let text = text.trim();
    let opened = text.starts_with(['(', '[']);
    let Some(rest) = text.trim_start_matches(['(', '[']).strip_prefix(key) else {
        return text;
    };
    let rest = if opened {
        match rest.strip_prefix([')', ']']) {
            Some(rest) => rest,
            None => return text,
        }
    } else {
        let spaced = rest.trim_start();
        match spaced.strip_prefix(['.', ')', ':', '-', '–', '—', ']']) {
            Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
            _ => return text,
        }
    };
    let rest = rest.trim_start();
    if rest.is_empty() { text } else { rest }
}

/// A regular expression of an option. It is compared without regard to case and has to match the whole reply, so that
/// `yes` does not take "yesterday I paid"; an author who wants less writes `.*yes.*`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    source: String,
    regex: Regex,
}

/// Why a pattern cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the pattern `{pattern}` is not a regular expression this server can run: {cause}")]
pub struct PatternError {
    pub pattern: String,
    pub cause: String,
}

/// Bytes that a compiled pattern may take. Matching is linear in the reply whatever the pattern.
const PATTERN_BYTES: usize = 256 * 1024;

impl Pattern {
    pub fn new(source: &str) -> Result<Pattern, PatternError> {
        let fail = |cause: &regex::Error| PatternError { pattern: source.to_owned(), cause: cause.to_string() };
        let build = |text: &str| RegexBuilder::new(text).case_insensitive(true).size_limit(PATTERN_BYTES).build();
        // Compiled alone first: `a)|(b` must not become valid through the group put round it.
        build(source).map_err(|error| fail(&error))?;
        let regex = build(&format!(r"\A(?:{source})\z"))
            .or_else(|_| build(&format!("\\A(?:{source}\n)\\z")))
            .map_err(|error| fail(&error))?;
        Ok(Pattern { source: source.to_owned(), regex })
    }

    pub fn matches_whole(&self, reply: &str) -> bool {
        self.regex.is_match(reply)
    }

    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(source: String) -> Result<Pattern, PatternError> {
        Pattern::new(&source)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> String {
        pattern.source
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// How the keys of dynamic options count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Over the whole list: stable from page to page.
    WholeList,
    /// From 1 on each page: for keypads, where one key is one digit.
    EachPage,
}

/// Where a contact stands in a long list of options. The offset is kept with the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    pub offset: usize,
    /// Options on one page, at least 1; by channel.
    pub size: usize,
}

impl Paging {
    pub fn new(offset: usize, size: usize) -> Paging {
        Paging { offset, size: size.max(1) }
    }

    /// Rows to ask the database for: one more than are shown, to know whether there are more.
    pub fn limit(self) -> usize {
        self.size + 1
    }

    /// The page after one that showed `shown` options, which may be fewer than its size.
    pub fn more(self, shown: usize) -> Paging {
        Paging { offset: self.offset.saturating_add(shown.clamp(1, self.size)), ..self }
    }

    /// The page before; the first page is before itself.
    pub fn back(self) -> Paging {
        Paging { offset: self.offset.saturating_sub(self.size), ..self }
    }

    pub fn has_back(self) -> bool {
        self.offset > 0
    }
}

/// One row of an options query, before it has a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionRow {
    pub label: String,
    pub value: String,
    pub callback: Option<String>,
}

/// The options in view and the ways on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offered {
    pub choices: Vec<Choice>,
    pub has_more: bool,
    pub has_back: bool,
}

/// Numbers the rows that the options query gave from `paging.offset` on.
///
/// `author_limit` is the LIMIT that the author wrote beside an own `$offset$`: a page that is exactly full may then
/// have a successor, because the host could not ask for one row more.
pub fn offer(rows: &[OptionRow], paging: Paging, numbering: Numbering, author_limit: Option<usize>) -> Offered {
    let first = match numbering {
        Numbering::WholeList => paging.offset,
        Numbering::EachPage => 0,
    };
    let choices = rows
        .iter()
        .take(paging.size)
        .enumerate()
        .map(|(index, row)| {
            let mut choice = Choice::dynamic(first + index, &row.label, &row.value, row.callback.as_deref());
            // Under per-page keys an author's own number counts over the list all the same.
            let over_list = (paging.offset + index + 1).to_string();
            choice.label = strip_own_number(&choice.label, &over_list).to_owned();
            choice
        })
        .collect();
    let full = author_limit.is_some_and(|limit| limit > 0 && rows.len() >= limit);
    Offered { choices, has_more: rows.len() > paging.size || full, has_back: paging.has_back() }
}

/// What a page does when its options query gave no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhenEmpty {
    /// The contact paged past the end: show the page before again.
    StepBack(Paging),
    /// The list is empty, but the page has static options: they stand.
    Static,
    /// Nothing to choose from: one way out, a person. Taking the next reply for free text would write it to
    /// tables that expect an option's value.
    Agent(Choice),
}

/// Decides for an options query without rows.
pub fn when_empty(paging: Paging, has_static: bool, agent_label: &str) -> WhenEmpty {
    if paging.has_back() {
        WhenEmpty::StepBack(paging.back())
    } else if has_static {
        WhenEmpty::Static
    } else {
        WhenEmpty::Agent(Choice::fixed(1, agent_label, Some(&Route::Escalate.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize) -> Vec<OptionRow> {
        (1..=count).map(|n| OptionRow { label: format!("Account {n}"), value: n.to_string(), callback: None }).collect()
    }

    #[test]
    fn an_options_own_number_is_not_shown_twice() {
        for text in ["2. Not now", "2) Not now", "(2) Not now", "[2] Not now", "2 - Not now", "2: Not now", "2.Not now"]
        {
            assert_eq!(strip_own_number(text, "2"), "Not now", "{text}");
        }
        for text in ["2.5 % off", "6 months", "2 months", "1. Not now", "2.", "2", "Not now", "22. x", "(2 x"] {
            assert_eq!(strip_own_number(text, "2"), text);
        }
    }

    #[test]
    fn the_sixth_option_is_six_on_the_second_page_too() {
        let paging = Paging::new(0, 5);
        let first = offer(&rows(6), paging, Numbering::WholeList, None);
        assert_eq!(first.choices.len(), 5);
        assert!(first.has_more && !first.has_back);
        let second = offer(&rows(12)[5..], paging.more(5), Numbering::WholeList, None);
        assert_eq!(second.choices[0].key, "6");
        assert!(second.has_back);
        let keypad = offer(&rows(12)[5..], paging.more(5), Numbering::EachPage, None);
        assert_eq!((keypad.choices[0].key.as_str(), keypad.choices[0].value.as_str()), ("1", "6"));
    }

    #[test]
    fn a_full_page_of_an_author_who_pages_himself_may_have_a_successor() {
        assert!(offer(&rows(5), Paging::new(0, 10), Numbering::WholeList, Some(5)).has_more);
        assert!(!offer(&rows(4), Paging::new(0, 10), Numbering::WholeList, Some(5)).has_more);
    }

    #[test]
    fn an_empty_list_never_turns_into_free_text() {
        assert_eq!(when_empty(Paging::new(10, 5), true, "Agent"), WhenEmpty::StepBack(Paging::new(5, 5)));
        assert_eq!(when_empty(Paging::new(0, 5), true, "Agent"), WhenEmpty::Static);
        let WhenEmpty::Agent(choice) = when_empty(Paging::new(0, 5), false, "Speak to an agent") else {
            panic!("a way out is offered")
        };
        assert_eq!(choice.callback.as_deref(), Some("ESCALATE"));
    }

    #[test]
    fn a_pattern_has_to_match_the_whole_reply() {
        let pattern = Pattern::new("yes|ok").unwrap();
        assert!(pattern.matches_whole("YES") && !pattern.matches_whole("yesterday") && !pattern.matches_whole("ok no"));
        assert!(Pattern::new("a)|(b").is_err());
        assert!(Pattern::new("(").unwrap_err().to_string().contains("`(`"));
        assert!(Pattern::new("(?x) yes # a comment").unwrap().matches_whole("yes"));
    }
}
