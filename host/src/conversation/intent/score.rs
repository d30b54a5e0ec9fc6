//! How well a reply's words cover an option's label, and what speaks against it.
//!
//! The score is the share of the reply's weight that the label accounts for, lowered a little by what the reply leaves
//! out. A plain string ratio cannot do this: "yes please" shares few letters with "Yes, pay now", "no" is inside "now".

use super::lexicon::Mark;
use super::number::{Number, Unit};
use super::prepared::{Prepared, Ready};
use super::tokens::{Token, Tokens};
use crate::conversation::options::Polarity;

/// One option against one reply.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Score {
    /// Thousandths.
    pub points: u32,
    /// Which of the reply's tokens the label accounts for.
    pub covered: u64,
    /// The reply turns against this option.
    pub against: bool,
    /// Every token of both accounts for the other …
    pub whole: bool,
    /// … letter by letter.
    pub same: bool,
}

/// Share of the score that the label's coverage may take away.
const LABEL_SHARE: f32 = 0.25;
/// A "no" that the option does not share, and the reverse.
const CONTRADICTED: f32 = 0.3;
/// An option that says "not" where the reply does not.
const NOT_MISSED: f32 = 0.5;
/// Only small words in common.
const ONLY_WEAK: f32 = 0.5;
/// Likeness from which a token counts as found.
const FOUND: f32 = 0.7;
/// Tokens of a reply, silent ones included, that may choose an option that commits.
const COMMIT_TOKENS: usize = 16;
/// A label of at least this weight, found by this share, lifts the score of a reply that says more to
/// base + rest × (share of the reply).
const TOLD_WEIGHT: f32 = 1800.0;
const TOLD_SHARE: f32 = 0.9;
const TOLD_BASE: f32 = 0.6;
const TOLD_REST: f32 = 0.25;
/// Weight of a "yes" or "no" that only opens the sentence, and of a "now" that goes without saying.
const OPENING: f32 = 200.0;

pub(super) fn score(reply: &Tokens, option: &Ready, page: &Prepared) -> Score {
    let label = &option.label;
    let mut total = 0.0_f32;
    let mut found = 0.0_f32;
    let mut covered = 0_u64;
    let mut same = true;
    let mut whole = true;
    let mut strong = false;
    let mut unmatched_not = false;
    let mut contradicts = false;
    let mut doubt = reply.asks || reply.truncated || reply.list.len() > COMMIT_TOKENS || reply.puts_off();
    let pays = reply.list.iter().any(|token| token.mark() == Mark::Plain && token.entry.commits);
    let first = reply.list.iter().position(|token| !token.is_silent());

    for (index, token) in reply.list.iter().enumerate() {
        let likeness = best(reply, token, label);
        let hit = likeness >= FOUND;
        let mut weight = token.weight() as f32;
        if hit {
            covered |= 1 << index;
            same &= likeness >= 1.0;
            doubt |= likeness < 1.0 && is_other_tense(reply.text_of(token));
            strong |= token.weight() >= option.heaviest || token.mark().says_yes() || token.mark().says_no();
        } else if token.is_silent() {
            doubt |= token.mark() == Mark::Loose || token.mark() == Mark::Greeting && Some(index) > first;
        } else {
            whole = false;
            if token.number.is_some() {
                return Score::default();
            }
            match token.mark() {
                Mark::No if Some(index) == first && opening_no(reply, option) => weight = OPENING,
                Mark::Yes | Mark::Ack if opening_yes(reply, option, page) => weight = OPENING,
                Mark::Plain if token.entry.commits && names_amount(reply, label) => weight = OPENING,
                mark if mark.negates() => unmatched_not = true,
                mark if mark.says_yes() && option.stands_for(Polarity::No) => contradicts = true,
                // "Pay my account" is to pay, "confirm the amount" asks for something.
                Mark::Weak => doubt |= !pays,
                Mark::Now => weight = OPENING,
                Mark::Plain | Mark::Hedge | Mark::Ask | Mark::Unsure | Mark::Other | Mark::Yes | Mark::Affirm => {
                    doubt = true;
                }
                _ => {}
            }
            if token.place.is_some() {
                doubt = true;
            }
        }
        total += weight;
        found += if hit { weight * likeness } else { 0.0 };
    }
    if total == 0.0 || found == 0.0 {
        return Score::default();
    }

    let side = label_side(label, reply);
    let mut value = found / total * (1.0 - LABEL_SHARE + LABEL_SHARE * side.share);
    // A short story with the whole label in it: enough where nothing is at stake.
    let told = side.weight >= TOLD_WEIGHT && side.share >= TOLD_SHARE && reply.list.len() <= COMMIT_TOKENS;
    if told && !option.commits && !reply.asks {
        value = value.max(TOLD_BASE + TOLD_REST * found / total);
    }
    if !strong {
        value *= ONLY_WEAK;
    }
    if unmatched_not || contradicts {
        value *= CONTRADICTED;
    }
    if side.not_missed {
        value *= NOT_MISSED;
    }
    if option.commits && (doubt || unmatched_not || contradicts) {
        value = value.min(0.5);
    }
    let whole = whole && side.whole;
    let against = unmatched_not || contradicts;
    Score { against, points: (value * 1000.0).round() as u32, covered, whole, same: same && whole }
}

/// What a reply says of a label.
struct LabelSide {
    weight: f32,
    /// Of the weight, what the reply mentions.
    share: f32,
    whole: bool,
    /// A "not" of the label that the reply does not share.
    not_missed: bool,
}

fn label_side(label: &Tokens, reply: &Tokens) -> LabelSide {
    let mut side = LabelSide { weight: 0.0, share: 0.0, whole: true, not_missed: false };
    let mut found = 0.0;
    for token in &label.list {
        let likeness = best(label, token, reply);
        let weight = token.weight() as f32;
        side.weight += weight;
        if likeness >= FOUND {
            found += weight * likeness;
        } else if !token.is_silent() {
            side.whole = false;
            side.not_missed |= matches!(token.mark(), Mark::Not | Mark::Refuse);
        }
    }
    if side.weight > 0.0 {
        side.share = found / side.weight;
    }
    side
}

/// "Settled" and "settling" are not "settle" where it commits.
fn is_other_tense(word: &str) -> bool {
    word.ends_with("ed") || word.ends_with("ing")
}

/// "No, I dispute it": the "no" answers the question, what follows chooses. Never towards a yes.
fn opening_no(reply: &Tokens, option: &Ready) -> bool {
    let marked_off = reply.spoken_for().next().is_some_and(|no| reply.text_of(no) != "no" || reply.is_marked_off(no));
    marked_off
        && !option.commits
        && !option.stands_for(Polarity::Yes)
        && reply.spoken_for().skip(1).any(|token| token.mark().is_content())
}

/// "Yes, R500" where no option is a yes of its own.
fn opening_yes(reply: &Tokens, option: &Ready, page: &Prepared) -> bool {
    option.polarity.is_none()
        && !page.options.iter().any(|other| other.stands_for(Polarity::Yes))
        && reply.spoken_for().any(|token| token.number.is_some() || token.mark().is_content())
}

/// "Pay R500" for the option "R500": the verb goes without saying.
fn names_amount(reply: &Tokens, label: &Tokens) -> bool {
    label.list.iter().filter_map(|token| token.number).any(|amount| {
        matches!(amount.unit, Unit::Money(_))
            && reply.list.iter().filter_map(|token| token.number).any(|number| number.may_mean(amount))
    })
}

fn best(of: &Tokens, token: &Token, among: &Tokens) -> f32 {
    let mut best = 0.0_f32;
    for other in &among.list {
        best = best.max(likeness(of, token, among, other));
        if best >= 1.0 {
            break;
        }
    }
    best
}

fn likeness(of: &Tokens, token: &Token, among: &Tokens, other: &Token) -> f32 {
    match (token.number, other.number) {
        (Some(a), Some(b)) => return if Number::may_mean(a, b) { 1.0 } else { 0.0 },
        (None, None) => {}
        _ => return 0.0,
    }
    let (left, right) = (of.text_of(token), among.text_of(other));
    if left == right && (token.mark() == other.mark() || !(token.mark().decides() || other.mark().decides())) {
        return 1.0;
    }
    match (token.mark(), other.mark()) {
        (Mark::Yes | Mark::Ack, Mark::Yes | Mark::Ack) | (Mark::No, Mark::No) | (Mark::Not, Mark::Not) => return 0.99,
        (a, b) if a.says_yes() && b.says_yes() => return 0.9,
        (Mark::No, Mark::Not) | (Mark::Not, Mark::No) => return 0.9,
        (Mark::No, Mark::Refuse) => return 0.8,
        (a, b) if a.is_silent() || b.is_silent() => return 0.0,
        // Words with a meaning of their own are not typing errors of others.
        (a, b) if a != b && !a.is_content() && !b.is_content() => return 0.0,
        (Mark::Plain, Mark::Affirm | Mark::Refuse) | (Mark::Affirm | Mark::Refuse, Mark::Plain) => {}
        (a, b) if a.decides() || b.decides() => return 0.0,
        _ => {}
    }
    if token.entry.same_as != 0 && token.entry.same_as == other.entry.same_as {
        return 0.97;
    }
    word_likeness(left, right)
}

/// Endings that do not change which option is meant. Not on short words: "paying" is not "pay".
const ENDINGS: &[&str] = &["s", "es", "ed", "d", "ing", "ment"];
/// Letters of the shorter word from which endings and one or two typing errors are forgiven.
const ONE_ERROR: usize = 4;
const TWO_ERRORS: usize = 7;
const LONGEST_COMPARED: usize = 24;

fn word_likeness(left: &str, right: &str) -> f32 {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if long.len() > LONGEST_COMPARED || long.len() - short.len() > 4 {
        return 0.0;
    }
    if short.len() >= ONE_ERROR && long.strip_prefix(short).is_some_and(|ending| ENDINGS.contains(&ending)) {
        return 0.97;
    }
    // "noww": the last letter held down.
    if let Some(last) = short.chars().next_back()
        && long.ends_with(last)
        && !short.trim_end_matches(last).is_empty()
        && short.trim_end_matches(last) == long.trim_end_matches(last)
    {
        return 0.95;
    }
    let same_start = short.chars().next() == long.chars().next();
    if long.len() - short.len() > 2 || (!same_start && short.len() < ONE_ERROR) {
        return 0.0;
    }
    let errors = strsim::osa_distance(short, long);
    let swapped = errors == 1 && short.len() == long.len() && {
        let mut a: Vec<char> = short.chars().collect();
        let mut b: Vec<char> = long.chars().collect();
        a.sort_unstable();
        b.sort_unstable();
        a == b
    };
    match errors {
        1 if swapped && short.len() >= 3 => 0.9,
        1 if same_start && short.len() >= ONE_ERROR => 0.9,
        2 if same_start && short.len() >= TWO_ERRORS => 0.8,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_forgiven_by_length() {
        for (typed, meant) in
            [("agnet", "agent"), ("nwo", "now"), ("disput", "dispute"), ("satisifed", "satisfied"), ("plans", "plan")]
        {
            assert!(word_likeness(typed, meant) >= FOUND, "{typed} {meant}");
        }
        for (typed, other) in [
            ("no", "now"),
            ("know", "now"),
            ("paid", "pay"),
            ("paying", "pay"),
            ("disatisfied", "satisfied"),
            ("pain", "plan"),
        ] {
            assert!(word_likeness(typed, other) < FOUND, "{typed} {other}");
        }
    }
}
