//! The stages that go by what is written: a key, a place in the list, a label, the author's pattern or keyword.

use std::ops::Range;

use super::lexicon::Mark;
use super::meaning::by_meaning;
use super::prepared::{Prepared, Ready};
use super::text;
use super::tokens::{Place, Token, Tokens};
use super::{How, Intent, Settings, matched, one_of};
use crate::conversation::options::Polarity;

fn key_of(tokens: &Tokens, token: &Token, page: &Prepared) -> Option<usize> {
    page.by_key(tokens.text_of(token), token.number)
}

/// "2", "option 2", "two", "２"; "1 or 2" names two.
pub(super) fn by_key(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let whole = tokens.folded();
    if let Some(index) = page.options.iter().position(|option| option.key == whole) {
        return Some(matched(index, 1000, How::Key));
    }
    let keys: Option<Vec<usize>> = tokens.spoken_for().map(|token| key_of(tokens, token, page)).collect();
    let keys = keys.filter(|keys| !keys.is_empty())?;
    if tokens.hesitates() && keys.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(keys, 1000, How::Key)
}

/// "the second one": the place among the options in view.
pub(super) fn by_place(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let place = |token: &Token| match token.place? {
        Place::Last => Some(page.len() - 1),
        Place::Nth(nth) => usize::try_from(nth).ok()?.checked_sub(1).filter(|index| *index < page.len()),
    };
    let places: Option<Vec<usize>> = tokens.spoken_for().map(place).collect();
    let places = places.filter(|places| !places.is_empty())?;
    if (may_be_a_day(tokens) || tokens.hesitates()) && places.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(places, 1000, How::Ordinal)
}

/// "On the 1st" is the first option only where it is called one.
fn may_be_a_day(tokens: &Tokens) -> bool {
    let any = |test: &dyn Fn(&str) -> bool| tokens.list.iter().any(|token| test(tokens.text_of(token)));
    tokens.list.len() > 1
        && any(&|word| word.starts_with(|c: char| c.is_ascii_digit()))
        && !any(&|word| matches!(word, "one" | "option" | "opt" | "choice" | "answer"))
}

/// The label as it stands, or what follows its "Yes," or "No,".
pub(super) fn by_label(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let whole = tokens.folded();
    if whole.is_empty() {
        return None;
    }
    let same_words = |label: &Tokens, from: usize| {
        let rest = &label.list[from..];
        !rest.is_empty()
            && rest.len() == tokens.list.len()
            && rest.iter().zip(&tokens.list).all(|(a, b)| same(label, a, tokens, b))
    };
    let with = |test: &dyn Fn(&Ready) -> bool| -> Vec<usize> {
        (0..page.len()).filter(|index| test(&page.options[*index])).collect()
    };
    let exact = with(&|option| option.label.folded() == whole);
    if !exact.is_empty() {
        return one_of(exact, 1000, How::Label);
    }
    if tokens.truncated {
        return None;
    }
    let doubt = |option: &Ready| option.commits && tokens.asks && !option.label.asks;
    let words = with(&|option| {
        let unsure = option.commits && (tokens.hesitates() || tokens.puts_off());
        !doubt(option) && (same_words(&option.label, 0) || !unsure && same_content(tokens, &option.label))
    });
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

/// The same word in the same part, or the same number.
fn same(left: &Tokens, a: &Token, right: &Tokens, b: &Token) -> bool {
    match (a.number, b.number) {
        (Some(a), Some(b)) => a.may_mean(b),
        (None, None) => left.text_of(a) == right.text_of(b) && a.entry == b.entry,
        _ => false,
    }
}

/// "Cancel please" for "Cancel": politeness and grammar apart, word for word.
fn same_content(reply: &Tokens, label: &Tokens) -> bool {
    let mut pairs = 0;
    let mut theirs = label.spoken_for();
    for token in reply.spoken_for() {
        match theirs.next() {
            Some(other) if same(reply, token, label, other) => pairs += 1,
            _ => return false,
        }
    }
    pairs > 0 && theirs.next().is_none()
}

/// "thanks" is no answer even if the label reads "Yes, thanks".
fn is_politeness(tokens: &Tokens) -> impl Fn(&Token) -> bool + '_ {
    |token| {
        !matches!(tokens.text_of(token), "i" | "we" | "it" | "this" | "that" | "would" | "will" | "do" | "am" | "is")
    }
}

fn only_weak(rest: &[Token]) -> bool {
    let mut spoken = rest.iter().filter(|token| !token.is_silent()).peekable();
    spoken.peek().is_some() && spoken.all(|token| matches!(token.mark(), Mark::Weak | Mark::Now))
}

/// An author's pattern is the author's word: it is not second-guessed.
pub(super) fn by_pattern(reply: &str, page: &Prepared) -> Option<Intent> {
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
pub(super) fn by_keyword(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
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
            // Whatever part they play: an author's "money" is found in "no money" too.
            (None, None) => tokens.text_of(a) == keyword.text_of(b),
            _ => false,
        })
    })
}

/// A "not" just before takes a keyword away; an option that commits also needs the rest of the reply to say nothing.
fn may_take_keyword(tokens: &Tokens, option: &Ready, span: &Range<usize>) -> bool {
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
        let harmless =
            token.is_silent() || matches!(token.mark(), Mark::Yes | Mark::Ack | Mark::Affirm | Mark::Weak | Mark::Now);
        token.number.is_none() && (harmless || in_label && !token.mark().negates())
    });
    rest_is_harmless && !tokens.hesitates() && !tokens.puts_off()
}

/// "1. Yes, pay now", "2 not now", "ok 2": a key and words that have to agree with it.
pub(super) fn beside_a_key(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Option<Intent> {
    let counts = |token: &Token| token.number.is_some() || token.place.is_some();
    let at = tokens.list.iter().position(counts)?;
    let token = &tokens.list[at];
    // Further numbers are left to the words only if the key leads: "1. R500", not "pay 1 of 500".
    if tokens.list[at + 1..].iter().any(counts) && !tokens.list[..at].iter().all(Token::is_silent) {
        return None;
    }
    let index = key_of(tokens, token, page)?;
    let rest = tokens.without(at);
    if rest.spoken_for().all(|token| token.mark() == Mark::Ack) {
        return (!tokens.hesitates()).then(|| matched(index, 1000, How::Key));
    }
    let found = by_label(&rest, page).unwrap_or_else(|| by_meaning(&rest, page, settings));
    match found {
        Intent::Matched { index: other, .. } if other == index => Some(matched(index, 1000, How::Key)),
        Intent::Matched { index: other, .. } => one_of(vec![index, other], 0, How::Key),
        Intent::NearTie { indices } if indices.contains(&index) => Some(matched(index, 1000, How::Key)),
        Intent::NearTie { .. } | Intent::None => None,
    }
}
