//! Cuts a folded text into tokens.

use super::lexicon::{Entry, Mark, lexicon};
use super::number::{Number, Unit, currency, is_count, numeral, spoken};
use super::tokens::{MOST_TOKENS, Place, Token};

/// The tokens of a folded text, and whether there were more than are looked at.
pub(super) fn read_list(text: &str) -> (Vec<Token>, bool) {
    let (pieces, truncated) = pieces(text);
    let mut list = Vec::with_capacity(pieces.len().min(MOST_TOKENS));
    Reader { text, pieces: &pieces }.read_into(&mut list);
    let truncated = truncated || list.len() > MOST_TOKENS;
    list.truncate(MOST_TOKENS);
    (list, truncated)
}

/// A run of letters, a numeral, or a sign that means something.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Numeral(Option<u64>),
    Sign,
}

fn pieces(text: &str) -> (Vec<Piece>, bool) {
    let mut found: Vec<Piece> = Vec::with_capacity(16);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if found.len() > MOST_TOKENS {
            return (found, true);
        }
        let start = at;
        let kind = if c.is_ascii_digit() {
            let (value, taken) = numeral(&text[at..]);
            let value = value.filter(|_| !is_below_zero(text, at));
            at += taken;
            Kind::Numeral(value)
        } else if c.is_alphanumeric() {
            at += text[at..].find(|c: char| !c.is_alphanumeric() || c.is_ascii_digit()).unwrap_or(text.len() - at);
            Kind::Word
        } else {
            at += c.len_utf8();
            if !(matches!(c, '$' | '£' | '€' | '%') || (!c.is_ascii() && lexicon().sign(c).is_some())) {
                continue;
            }
            Kind::Sign
        };
        found.push(Piece { start, end: at, kind });
    }
    (found, false)
}

/// A minus sign on the number itself, which is neither a dash before it nor a stroke between two.
fn is_below_zero(text: &str, at: usize) -> bool {
    let mut before = text[..at].chars().rev();
    matches!(before.next(), Some('-' | '−')) && before.next().is_none_or(|c| c.is_whitespace())
}

fn place_word(word: &str) -> Option<Place> {
    const NTH: &[&[&str]] = &[
        &["first", "1st", "eerste", "primero", "primera", "premier", "premiere"],
        &["second", "2nd", "tweede", "segundo", "segunda", "deuxieme"],
        &["third", "3rd", "derde", "tercero", "troisieme"],
        &["fourth", "4th", "vierde", "cuarto", "quatrieme"],
        &["fifth", "5th", "vyfde", "quinto", "cinquieme"],
        &["sixth"],
        &["seventh"],
        &["eighth"],
        &["ninth"],
        &["tenth"],
    ];
    if matches!(word, "last" | "laaste" | "ultimo" | "ultima" | "dernier" | "derniere") {
        return Some(Place::Last);
    }
    NTH.iter().position(|names| names.contains(&word)).map(|index| Place::Nth(index as u64 + 1))
}

struct Reader<'t> {
    text: &'t str,
    pieces: &'t [Piece],
}

impl<'t> Reader<'t> {
    fn word(&self, index: usize) -> Option<&'t str> {
        self.pieces.get(index).map(|piece| &self.text[piece.start..piece.end])
    }

    fn only_word(&self, index: usize) -> Option<&'t str> {
        self.pieces.get(index).filter(|piece| piece.kind == Kind::Word).and(self.word(index))
    }

    fn touches(&self, index: usize) -> bool {
        match (self.pieces.get(index), self.pieces.get(index + 1)) {
            (Some(left), Some(right)) => left.end == right.start,
            _ => false,
        }
    }

    fn read_into(&self, list: &mut Vec<Token>) {
        let mut at = 0;
        while at < self.pieces.len() && list.len() <= MOST_TOKENS {
            at += self.currency_then_number(at, list).unwrap_or_else(|| match self.pieces[at].kind {
                Kind::Numeral(value) => self.number(at, None, value, list),
                Kind::Word | Kind::Sign => self.word_or_phrase(at, list),
            });
        }
    }

    /// `R 500`, `$500`, `ZAR500`.
    fn currency_then_number(&self, at: usize, list: &mut Vec<Token>) -> Option<usize> {
        let money = self.word(at).and_then(currency)?;
        match self.pieces.get(at + 1)?.kind {
            Kind::Numeral(value) => Some(1 + self.number(at + 1, Some(money), value, list)),
            _ => None,
        }
    }

    /// A numeral with what belongs to it; gives the pieces it took.
    fn number(&self, at: usize, money: Option<char>, value: Option<u64>, list: &mut Vec<Token>) -> usize {
        let (start, mut end) = (self.pieces[at].start, self.pieces[at].end);
        let mut value = value;
        let mut taken = 1;
        if let Some(next) = self.only_word(at + 1) {
            if self.touches(at) && matches!(next, "st" | "nd" | "rd" | "th") {
                let place = value.filter(|_| money.is_none()).map(|hundredths| Place::Nth(hundredths / 100));
                list.push(Token { start, end: self.pieces[at + 1].end, entry: Entry::PLAIN, number: None, place });
                return 2;
            }
            let scale = match next {
                "k" if self.touches(at) => Some(1000),
                "thousand" | "grand" | "duisend" | "mil" | "mille" => Some(1000),
                "hundred" | "honderd" => Some(100),
                _ => None,
            };
            if let Some(scale) = scale {
                value = value.and_then(|value| value.checked_mul(scale));
                taken = 2;
                end = self.pieces[at + 1].end;
            }
        }
        let mut unit = money.map_or(Unit::Bare, Unit::Money);
        if let Some(next) = self.word(at + taken) {
            if unit == Unit::Bare
                && let Some(after) = currency(next).filter(|_| !self.number_follows(at + taken))
            {
                unit = Unit::Money(after);
                taken += 1;
            } else if matches!(next, "%" | "percent" | "persent") {
                unit = Unit::Percent;
                taken += 1;
            } else if unit == Unit::Bare && is_count(next) {
                unit = Unit::Count;
            }
        }
        let number = Some(Number { hundredths: value, unit });
        list.push(Token { start, end, entry: Entry::PLAIN, number, place: None });
        taken
    }

    fn number_follows(&self, at: usize) -> bool {
        matches!(self.pieces.get(at + 1), Some(Piece { kind: Kind::Numeral(_), .. }))
    }

    fn word_or_phrase(&self, at: usize, list: &mut Vec<Token>) -> usize {
        let piece = self.pieces[at];
        let word = &self.text[piece.start..piece.end];
        let before = at.checked_sub(1).and_then(|index| self.word(index));
        if piece.kind == Kind::Word {
            if let Some(taken) = self.spoken_number(at, word, before, list) {
                return taken;
            }
            if let Some(place) = place_word(word) {
                // "just a second", "at first", "at last" are no places in a list.
                let (entry, place) = match before {
                    Some("a" | "at" | "n") => (Entry { mark: Mark::Hedge, ..Entry::PLAIN }, None),
                    _ => (Entry::PLAIN, Some(place)),
                };
                list.push(Token { start: piece.start, end: piece.end, entry, number: None, place });
                return 1;
            }
            // "no. 1": the abbreviation.
            if word == "no" && self.text[piece.end..].starts_with('.') && self.number_follows(at) {
                self.push(at, Entry { mark: Mark::Filler, ..Entry::PLAIN }, list);
                return 1;
            }
        }
        if let Some((entry, more)) = lexicon().phrase(word, |index| self.word(at + 1 + index)) {
            self.push(at, entry, list);
            for index in 1..=more {
                let mark = if entry.mark.is_silent() { entry.mark } else { Mark::Part };
                self.push(at + index, Entry { mark, ..Entry::PLAIN }, list);
            }
            return 1 + more;
        }
        let entry = match before {
            Some("the" | "this" | "that" | "which" | "last" | "other" | "another" | "any") if word == "one" => {
                Entry { mark: Mark::Filler, ..Entry::PLAIN }
            }
            Some(before) if word == "one" && place_word(before).is_some() => {
                Entry { mark: Mark::Filler, ..Entry::PLAIN }
            }
            _ => lexicon().word(word),
        };
        self.push(at, entry, list);
        1
    }

    fn spoken_number(&self, at: usize, word: &str, before: Option<&str>, list: &mut Vec<Token>) -> Option<usize> {
        if word == "one"
            && before.is_some_and(|before| {
                matches!(before, "the" | "this" | "that" | "which" | "other" | "another" | "any" | "no" | "right")
                    || place_word(before).is_some()
            })
        {
            return None;
        }
        // Most words are no numbers: look before collecting any.
        spoken(&[word, self.only_word(at + 1).unwrap_or("")])?;
        let words: Vec<&str> = (at..at + 8).map_while(|index| self.only_word(index)).collect();
        let (value, taken) = spoken(&words)?;
        let unit = match self.word(at + taken) {
            Some(next) if currency(next).is_some() => currency(next).map_or(Unit::Bare, Unit::Money),
            Some("percent") => Unit::Percent,
            Some(next) if is_count(next) => Unit::Count,
            _ => Unit::Bare,
        };
        let swallowed = usize::from(matches!(unit, Unit::Money(_) | Unit::Percent));
        list.push(Token {
            start: self.pieces[at].start,
            end: self.pieces[at + taken - 1].end,
            entry: Entry::PLAIN,
            number: Some(Number { hundredths: value.checked_mul(100), unit }),
            place: None,
        });
        Some(taken + swallowed)
    }

    fn push(&self, at: usize, entry: Entry, list: &mut Vec<Token>) {
        let piece = self.pieces[at];
        let entry = if piece.kind == Kind::Sign && entry == Entry::PLAIN {
            // A currency or percent sign without its number.
            Entry { mark: Mark::Filler, ..Entry::PLAIN }
        } else {
            entry
        };
        list.push(Token { start: piece.start, end: piece.end, entry, number: None, place: None });
    }
}
