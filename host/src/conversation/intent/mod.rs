//! What a debtor's reply means on a page: which option, which of several, or none.
//!
//! In this order: key or place in the list, exact label, the author's pattern or keyword, a plain yes or no, likeness
//! to a label. A near tie is asked back. An option that commits the debtor is chosen only by a reply without doubt:
//! no question, no condition, no other day, no "not", no word that the option does not account for.
//! Everything here is pure; words like STOP are read before ([`super::words`]).

mod lexicon;
mod number;
mod prepared;
mod score;
pub mod text;
mod tokens;

use serde::{Deserialize, Serialize};

use super::options::Polarity;
use super::words::{Signal, Standing, Words};
use lexicon::Mark;
pub use prepared::Prepared;
use score::{Score, score};
use tokens::{Place, Token, Tokens};

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

/// Reads a reply on a page: STOP words, the words to page with, then the options.
pub fn understand(reply: &str, page: &Prepared, words: &Words, standing: Standing, settings: &Settings) -> Understood {
    let signal = words.read(reply);
    if standing.opted_out && signal == Some(Signal::OptIn) {
        return Understood::OptIn;
    }
    let intent = || read_intent(reply, page, settings);
    match signal {
        Some(Signal::OptOut) => Understood::OptOut,
        Some(Signal::MaybeOptOut) => match intent() {
            // "Cancel" as the only no of a page is still the word that people opt out with.
            Intent::Matched { how: How::Polarity, .. } | Intent::None => Understood::OptOut,
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

fn key_of(tokens: &Tokens, token: &Token, page: &Prepared) -> Option<usize> {
    page.by_key(tokens.text_of(token), token.number)
}

/// "2", "option 2", "two", "２"; "1 or 2" names two.
fn by_key(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let whole = tokens.folded();
    if let Some(index) = page.options.iter().position(|option| option.key == whole) {
        return Some(matched(index, 1000, How::Key));
    }
    let keys: Option<Vec<usize>> = tokens.spoken_for().map(|token| key_of(tokens, token, page)).collect();
    let keys = keys.filter(|keys| !keys.is_empty())?;
    if tokens.asks && keys.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(keys, 1000, How::Key)
}

/// "the second one": the place among the options in view.
fn by_place(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let place = |token: &Token| match token.place? {
        Place::Last => Some(page.len() - 1),
        Place::Nth(nth) => usize::try_from(nth).ok()?.checked_sub(1).filter(|index| *index < page.len()),
    };
    let places: Option<Vec<usize>> = tokens.spoken_for().map(place).collect();
    let places = places.filter(|places| !places.is_empty())?;
    if tokens.asks && places.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(places, 1000, How::Ordinal)
}

/// The label as it stands, or what follows its "Yes," or "No,".
fn by_label(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let whole = tokens.folded();
    if whole.is_empty() {
        return None;
    }
    let same_words = |label: &Tokens, from: usize| {
        let rest = &label.list[from..];
        !rest.is_empty()
            && rest.len() == tokens.list.len()
            && rest.iter().zip(&tokens.list).all(|(a, b)| match (a.number, b.number) {
                (Some(a), Some(b)) => a.may_mean(b),
                (None, None) => label.text_of(a) == tokens.text_of(b),
                _ => false,
            })
    };
    let with = |test: &dyn Fn(&prepared::Ready) -> bool| -> Vec<usize> {
        (0..page.len()).filter(|index| test(&page.options[*index])).collect()
    };
    let exact = with(&|option| option.label.folded() == whole);
    if !exact.is_empty() {
        return one_of(exact, 1000, How::Label);
    }
    if tokens.truncated {
        return None;
    }
    let doubt = |option: &prepared::Ready| option.commits && tokens.asks && !option.label.asks;
    let words = with(&|option| !doubt(option) && same_words(&option.label, 0));
    if !words.is_empty() {
        return one_of(words, 1000, How::Label);
    }
    let core = with(&|option| {
        let rest = &option.label.list[option.core..];
        let says_something = rest.iter().any(|token| !token.is_silent());
        let would_do = option.stands_for(Polarity::Yes) && !tokens.list.iter().all(is_politeness(tokens));
        option.core > 0
            && !doubt(option)
            && (says_something || would_do)
            && !only_weak(rest)
            && same_words(&option.label, option.core)
    });
    one_of(core, 950, How::Label)
}

/// "thanks" is no answer even if the label reads "Yes, thanks".
fn is_politeness(tokens: &Tokens) -> impl Fn(&Token) -> bool + '_ {
    |token| {
        !matches!(tokens.text_of(token), "i" | "we" | "it" | "this" | "that" | "would" | "will" | "do" | "am" | "is")
    }
}

fn only_weak(rest: &[Token]) -> bool {
    let mut spoken = rest.iter().filter(|token| !token.is_silent()).peekable();
    spoken.peek().is_some() && spoken.all(|token| token.mark() == Mark::Weak)
}

/// An author's pattern is the author's word: it is not second-guessed.
fn by_pattern(reply: &str, page: &Prepared) -> Option<Intent> {
    if page.options.iter().all(|option| option.pattern.is_none()) {
        return None;
    }
    let cleaned = text::clean(reply);
    let bare = cleaned.trim_matches(|c: char| c.is_ascii_punctuation() || c == ' ');
    let hits = (0..page.len())
        .filter(|index| {
            let pattern = page.options[*index].pattern.as_ref();
            pattern.is_some_and(|pattern| pattern.matches_whole(&cleaned) || pattern.matches_whole(bare))
        })
        .collect();
    one_of(hits, 1000, How::Pattern)
}

/// Words before a keyword in which a "not" belongs to it.
const NOT_REACHES: usize = 3;

/// The longest keyword that stands in the reply as whole words.
fn by_keyword(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let mut hits = Vec::new();
    let mut longest = 0;
    for (index, option) in page.options.iter().enumerate() {
        for keyword in &option.keywords {
            let Some(at) = stands_in(tokens, keyword) else { continue };
            let span = at..at + keyword.list.len();
            if keyword.list.len() < longest || !may_take_keyword(tokens, option, &span) {
                continue;
            }
            if keyword.list.len() > longest {
                longest = keyword.list.len();
                hits.clear();
            }
            hits.push(index);
        }
    }
    one_of(hits, 900, How::Keyword)
}

fn stands_in(tokens: &Tokens, keyword: &Tokens) -> Option<usize> {
    let length = keyword.list.len();
    (0..(tokens.list.len() + 1).saturating_sub(length)).find(|at| {
        tokens.list[*at..at + length].iter().zip(&keyword.list).all(|(a, b)| match (a.number, b.number) {
            (Some(a), Some(b)) => a.may_mean(b),
            (None, None) => tokens.text_of(a) == keyword.text_of(b),
            _ => false,
        })
    })
}

/// A "not" just before takes a keyword away; an option that commits also needs the rest of the reply to say nothing.
fn may_take_keyword(tokens: &Tokens, option: &prepared::Ready, span: &std::ops::Range<usize>) -> bool {
    let before = &tokens.list[span.start.saturating_sub(NOT_REACHES)..span.start];
    if before.iter().any(|token| token.mark() == Mark::Not) {
        return false;
    }
    if !option.commits {
        return true;
    }
    let outside = |index: &usize| !span.contains(index);
    let rest_is_harmless = (0..tokens.list.len()).filter(outside).all(|index| {
        let token = &tokens.list[index];
        let in_label = option.label.list.iter().any(|other| option.label.text_of(other) == tokens.text_of(token));
        let harmless = token.is_silent() || matches!(token.mark(), Mark::Yes | Mark::Ack | Mark::Affirm | Mark::Weak);
        token.number.is_none() && (harmless || in_label && !token.mark().negates())
    });
    rest_is_harmless && !tokens.asks && !tokens.truncated
}

/// "1. Yes, pay now", "2 not now", "ok 2": a key and words that have to agree with it.
fn beside_a_key(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Option<Intent> {
    let mut keyed = tokens.list.iter().enumerate().filter(|(_, token)| token.number.is_some() || token.place.is_some());
    let (at, token) = keyed.next()?;
    if keyed.next().is_some() {
        return None;
    }
    let index = key_of(tokens, token, page)?;
    let rest = tokens.without(at);
    if rest.spoken_for().all(|token| token.mark() == Mark::Ack) {
        return (!tokens.asks).then(|| matched(index, 1000, How::Key));
    }
    let found = by_label(&rest, page).unwrap_or_else(|| by_meaning(&rest, page, settings));
    match found {
        Intent::Matched { index: other, .. } if other == index => Some(matched(index, 1000, How::Key)),
        Intent::Matched { index: other, .. } => one_of(vec![index, other], 0, How::Key),
        Intent::NearTie { indices } if indices.contains(&index) => Some(matched(index, 1000, How::Key)),
        Intent::NearTie { .. } | Intent::None => None,
    }
}

fn by_meaning(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
    by_answer(tokens, page, settings).unwrap_or_else(|| by_likeness(tokens, page, settings))
}

/// A plain yes, no or "not sure", if one option stands for it.
fn by_answer(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Option<Intent> {
    if tokens.list.len() > settings.answer_words {
        return None;
    }
    let polarity = answer_in(tokens)?;
    let rank = |index: &usize| page.options[*index].polarity.map_or(0, |answer| answer.rank);
    let mut hits: Vec<usize> = (0..page.len()).filter(|index| page.options[*index].stands_for(polarity)).collect();
    let highest = hits.iter().map(rank).max()?;
    hits.retain(|index| rank(index) == highest);
    if tokens.asks && hits.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(hits, 900, How::Polarity)
}

/// What the reply answers, if it says nothing else.
fn answer_in(tokens: &Tokens) -> Option<Polarity> {
    let (mut yes, mut no, mut unsure, mut weak) = (false, false, false, false);
    for token in tokens.spoken_for() {
        match token.mark() {
            _ if token.number.is_some() || token.place.is_some() => return None,
            mark if mark.says_yes() => yes = true,
            mark if mark.negates() => no = true,
            Mark::Unsure => unsure = true,
            Mark::Weak => weak = true,
            _ => return None,
        }
    }
    match (yes, no, unsure) {
        (true, false, false) if !weak => Some(Polarity::Yes),
        (false, true, false) => Some(Polarity::No),
        (_, _, true) => Some(Polarity::Unsure),
        _ => None,
    }
}

fn by_likeness(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
    let scores: Vec<Score> = page.options.iter().map(|option| score(tokens, option, page)).collect();
    let Some((best, top)) = scores.iter().enumerate().max_by_key(|(index, s)| (s.points, usize::MAX - index)) else {
        return Intent::None;
    };
    if top.points <= settings.accept {
        return shared_out(tokens, &scores);
    }
    let close = |s: &Score| s.points + settings.lead > top.points;
    let same = scores.iter().filter(|s| s.same).count();
    if top.same && same == 1 {
        return matched(best, top.points, How::Label);
    }
    let near: Vec<usize> = (0..scores.len()).filter(|index| close(&scores[*index])).collect();
    if near.len() > 1 {
        return Intent::NearTie { indices: near };
    }
    matched(best, top.points, How::Fuzzy)
}

/// Thousandths of a reply's weight that two options have to cover together, and each of them alone beyond the other.
const TOGETHER: u32 = 850;
const EACH: u32 = 250;

/// "Yes, but a plan": two options account for the reply together, neither alone.
fn shared_out(tokens: &Tokens, scores: &[Score]) -> Intent {
    let weigh = |mask: u64| -> u32 {
        let held = tokens.list.iter().enumerate().filter(|(index, _)| mask >> index & 1 == 1);
        held.map(|(_, token)| token.weight()).sum()
    };
    let total = weigh(u64::MAX);
    if total == 0 || tokens.list.iter().any(|token| token.mark() == Mark::Not) {
        return Intent::None;
    }
    for (left, a) in scores.iter().enumerate() {
        for (right, b) in scores.iter().enumerate().skip(left + 1) {
            let own = weigh(a.covered & !b.covered).min(weigh(b.covered & !a.covered));
            if weigh(a.covered | b.covered) * 1000 >= total * TOGETHER && own * 1000 >= total * EACH {
                return Intent::NearTie { indices: vec![left, right] };
            }
        }
    }
    Intent::None
}

/// "plan or agent", "500 or 1000": each part alone names an option.
fn either_or(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
    let mut indices = Vec::new();
    for part in tokens.alternatives() {
        let found =
            by_key(&part, page).or_else(|| by_place(&part, page)).unwrap_or_else(|| by_meaning(&part, page, settings));
        match found {
            Intent::Matched { index, .. } => indices.push(index),
            Intent::NearTie { indices: several } => indices.extend(several),
            Intent::None => {}
        }
    }
    match one_of(indices, 0, How::Fuzzy) {
        Some(tie @ Intent::NearTie { .. }) => tie,
        _ => Intent::None,
    }
}
