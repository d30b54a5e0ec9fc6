//! The options of a page, cut into tokens once so that each reply is compared quickly.

use super::lexicon::Mark;
use super::number::{Number, Unit};
use super::tokens::Tokens;
use crate::conversation::options::{Choice, Pattern, Polarity};

/// What a page offers, ready to be matched. Positions are those of the choices it was made from.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    pub(super) options: Vec<Ready>,
}

#[derive(Debug, Clone)]
pub(super) struct Ready {
    /// Folded.
    pub key: String,
    /// The key as a number, for "two" and "２".
    pub key_number: Option<u64>,
    pub label: Tokens,
    /// Position of the first token after a leading "Yes," or "No,".
    pub core: usize,
    pub polarity: Option<Answer>,
    pub commits: bool,
    /// The weight of the heaviest word that tells this option from the others, beside its yes or no: a reply has to
    /// hit one as heavy.
    pub heaviest: u32,
    pub pattern: Option<Pattern>,
    pub keywords: Vec<Tokens>,
}

/// The answer an option stands for. A plain word ("No, thanks") outranks a verb or a turn of phrase ("Not now").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub polarity: Polarity,
    pub rank: u8,
}

impl Prepared {
    pub fn new(choices: &[Choice]) -> Prepared {
        let mut options: Vec<Ready> = choices.iter().map(Ready::new).collect();
        let heaviest: Vec<u32> = (0..options.len()).map(|index| heaviest_of(&options, index)).collect();
        for (option, heaviest) in options.iter_mut().zip(heaviest) {
            option.heaviest = heaviest;
        }
        Prepared { options }
    }

    pub fn len(&self) -> usize {
        self.options.len()
    }

    pub fn is_empty(&self) -> bool {
        self.options.is_empty()
    }

    /// The position of the option with this key.
    pub(super) fn by_key(&self, text: &str, number: Option<Number>) -> Option<usize> {
        if number.is_some_and(|number| number.unit != Unit::Bare) {
            return None;
        }
        let exact = self.options.iter().position(|option| option.key == text);
        exact.or_else(|| {
            let whole = number?.hundredths.filter(|h| h % 100 == 0)? / 100;
            // Digits were compared as text already: "01" and "1.00" are no keys, "one" is.
            (!text.starts_with(|c: char| c.is_ascii_digit()))
                .then(|| self.options.iter().position(|option| option.key_number == Some(whole)))?
        })
    }
}

impl Ready {
    fn new(choice: &Choice) -> Ready {
        let key = Tokens::read(&choice.key).folded().to_owned();
        let label = Tokens::read(&choice.label);
        let leading = label.list.iter().position(|token| !token.is_silent());
        let polarity = match choice.polarity {
            Some(polarity) => Some(Answer { polarity, rank: 3 }),
            None => leading.and_then(|first| answer_of(&label, first)),
        };
        let core = match leading {
            Some(first) if matches!(label.list[first].mark(), Mark::Yes | Mark::Ack | Mark::No) => {
                let rest = &label.list[first + 1..];
                first + 1 + rest.iter().take_while(|token| token.mark() == Mark::Part).count()
            }
            _ => 0,
        };
        let commits = choice.commits.unwrap_or_else(|| seems_to_commit(&label, polarity));
        Ready {
            key_number: key.parse().ok(),
            key,
            label,
            core,
            polarity,
            commits,
            heaviest: 1,
            pattern: choice.pattern.clone(),
            keywords: choice.keywords.iter().map(|word| Tokens::read(word)).filter(|k| !k.list.is_empty()).collect(),
        }
    }

    pub fn stands_for(&self, polarity: Polarity) -> bool {
        self.polarity.is_some_and(|answer| answer.polarity == polarity)
    }
}

fn heaviest_of(options: &[Ready], index: usize) -> u32 {
    let label = &options[index].label;
    let in_all_others = |text: &str| {
        options.len() > 1
            && options
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .all(|(_, other)| other.label.list.iter().any(|token| other.label.text_of(token) == text))
    };
    let content = label.list.iter().filter(|token| !token.mark().says_yes() && !token.mark().negates());
    let telling = content.filter(|token| !in_all_others(label.text_of(token)));
    telling.map(|token| token.weight().min(1000)).max().unwrap_or(1).max(1)
}

fn answer_of(label: &Tokens, first: usize) -> Option<Answer> {
    let answer = |polarity, rank| Some(Answer { polarity, rank });
    match label.list[first].mark() {
        Mark::Yes | Mark::Ack => answer(Polarity::Yes, 2),
        Mark::Affirm => answer(Polarity::Yes, 1),
        Mark::No => answer(Polarity::No, 2),
        Mark::Not | Mark::Refuse => answer(Polarity::No, 1),
        // "I don't know this person" says more than "I don't know".
        Mark::Unsure if label.spoken_for().all(|token| token.mark() == Mark::Unsure) => answer(Polarity::Unsure, 2),
        _ => None,
    }
}

/// Without the author's word: a yes, a verb of payment or consent, or an amount of money, and no "not" in it.
fn seems_to_commit(label: &Tokens, polarity: Option<Answer>) -> bool {
    let binds = label
        .list
        .iter()
        .any(|token| token.entry.commits || matches!(token.number, Some(Number { unit: Unit::Money(_), .. })));
    let turned = label.list.iter().any(|token| token.mark().negates());
    let yes = polarity.is_some_and(|answer| answer.polarity == Polarity::Yes);
    (binds || yes) && !turned
}
