//! The stages that go by what is meant: a plain answer, likeness to a label, two options named at once.

use super::lexicon::Mark;
use super::literal::{by_key, by_place};
use super::prepared::Prepared;
use super::score::{Score, score};
use super::tokens::{Token, Tokens};
use super::{How, Intent, Settings, matched, one_of};
use crate::conversation::options::Polarity;

pub(super) fn by_meaning(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
    if let Some(answer) = by_answer(tokens, page, settings) {
        return answer;
    }
    match by_likeness(tokens, page, settings) {
        Intent::None => by_refusal(tokens, page).unwrap_or(Intent::None),
        found => found,
    }
}

/// Words of a reply that refuses.
const REFUSAL_WORDS: usize = 12;

/// "I don't accept", "cannot pay now", "no thanks, too expensive": a no to what the page asks for, in more words than
/// one, leads to its one option that is a no.
fn by_refusal(tokens: &Tokens, page: &Prepared) -> Option<Intent> {
    let mut refusing = (0..page.len()).filter(|index| page.options[*index].stands_for(Polarity::No));
    let index = refusing.next()?;
    let doubtful =
        |mark: Mark| matches!(mark, Mark::Yes | Mark::Ack | Mark::Ask | Mark::Unsure | Mark::Hedge | Mark::Without);
    let refuses = refusing.next().is_none()
        && !page.options[index].commits
        && !tokens.asks
        && tokens.list.len() <= REFUSAL_WORDS
        && !tokens.list.iter().any(|token| token.number.is_some() || doubtful(token.mark()))
        && (opens_with_no(tokens) || turns_the_offer_down(tokens, page));
    refuses.then(|| matched(index, 800, How::Polarity))
}

/// "No, …", where nothing after it names an option.
fn opens_with_no(tokens: &Tokens) -> bool {
    let opening = || tokens.list.iter().take_while(|token| token.is_silent() || token.mark() == Mark::No);
    let answer = opening().position(|token| token.mark() == Mark::No);
    answer.is_some_and(|at| opening().skip(at).any(|token| tokens.is_marked_off(token)))
        && !tokens.list.iter().any(|token| matches!(token.mark(), Mark::Not | Mark::Refuse))
}

/// A "not" or "decline", and otherwise only words of the options that commit.
fn turns_the_offer_down(tokens: &Tokens, page: &Prepared) -> bool {
    let offered = |token: &Token| {
        page.options
            .iter()
            .filter(|option| option.commits)
            .any(|option| option.label.list.iter().any(|other| option.label.text_of(other) == tokens.text_of(token)))
    };
    let count = |test: &dyn Fn(Mark) -> bool| tokens.list.iter().filter(|token| test(token.mark())).count();
    let (not, refuse) = (count(&|mark| matches!(mark, Mark::Not | Mark::No)), count(&|mark| mark == Mark::Refuse));
    // "Do not decline" turns round twice.
    (not == 1 && refuse == 0 || not == 0 && refuse == 1)
        && tokens.spoken_for().all(|token| {
            token.mark().negates()
                || matches!(token.mark(), Mark::Weak | Mark::Now | Mark::Affirm)
                || token.entry.commits
                || offered(token)
        })
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
    let said = |mark: Mark| tokens.list.iter().any(|token| token.mark() == mark);
    let only_heard = said(Mark::Thanks) && said(Mark::Ack) && !said(Mark::Yes) && !said(Mark::Affirm);
    let doubt = tokens.hesitates() || polarity == Polarity::Yes && (only_heard || tokens.puts_off());
    if doubt && hits.iter().any(|index| page.options[*index].commits) {
        return Some(Intent::None);
    }
    one_of(hits, 900, How::Polarity)
}

/// What the reply answers, if it says nothing else.
fn answer_in(tokens: &Tokens) -> Option<Polarity> {
    let (mut yes, mut no, mut not, mut refuses) = (false, false, false, false);
    let (mut unsure, mut weak) = (false, false);
    for token in tokens.spoken_for() {
        match token.mark() {
            _ if token.number.is_some() || token.place.is_some() => return None,
            mark if mark.says_yes() => yes = true,
            Mark::No => no = true,
            Mark::Refuse => refuses = true,
            Mark::Not => not = true,
            Mark::Unsure => unsure = true,
            Mark::Weak | Mark::Now => weak = true,
            _ => return None,
        }
    }
    // "Do not cancel" is no answer to anything.
    if not && refuses {
        return None;
    }
    match (yes, no || not || refuses, unsure) {
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
    if top.whole && scores.iter().filter(|s| s.whole).count() == 1 {
        return matched(best, top.points, if top.same { How::Label } else { How::Fuzzy });
    }
    if let Some(other) = rest_names_another(tokens, &scores, best) {
        return Intent::NearTie { indices: vec![best.min(other), best.max(other)] };
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

fn weigh(tokens: &Tokens, mask: u64) -> u32 {
    let held = tokens.list.iter().enumerate().filter(|(index, _)| mask >> index & 1 == 1);
    held.map(|(_, token)| token.weight()).sum()
}

/// What the best option leaves over names another one: "payment plan or speak to an agent".
fn rest_names_another(tokens: &Tokens, scores: &[Score], best: usize) -> Option<usize> {
    let answers = tokens.list.iter().enumerate().filter(|(_, token)| token.mark().decides());
    let left_over = answers.fold(!scores[best].covered, |mask, (index, _)| mask & !(1 << index));
    let total = weigh(tokens, u64::MAX);
    let mut others = (0..scores.len()).filter(|other| !scores[*other].against);
    others.find(|other| weigh(tokens, scores[*other].covered & left_over) * 1000 >= total * EACH)
}

/// "Yes, but a plan": two options account for the reply together, neither alone.
fn shared_out(tokens: &Tokens, scores: &[Score]) -> Intent {
    let weigh = |mask: u64| weigh(tokens, mask);
    let total = weigh(u64::MAX);
    if total == 0 || tokens.list.iter().any(|token| token.mark() == Mark::Not) {
        return Intent::None;
    }
    for (left, a) in scores.iter().enumerate() {
        for (right, b) in scores.iter().enumerate().skip(left + 1) {
            if a.against || b.against {
                continue;
            }
            let own = weigh(a.covered & !b.covered).min(weigh(b.covered & !a.covered));
            if weigh(a.covered | b.covered) * 1000 >= total * TOGETHER && own * 1000 >= total * EACH {
                return Intent::NearTie { indices: vec![left, right] };
            }
        }
    }
    Intent::None
}

/// "plan or agent", "500 or 1000": each part alone names an option.
pub(super) fn either_or(tokens: &Tokens, page: &Prepared, settings: &Settings) -> Intent {
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
