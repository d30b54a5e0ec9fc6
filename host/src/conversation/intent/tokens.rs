//! Cuts a reply or a label into tokens: words with their mark, numbers with their unit, places in a list.

use super::lexicon::{Entry, Mark, lexicon};
use super::number::{Number, Unit, currency, is_count, numeral, spoken};
use super::text::fold;

/// Tokens of one text that are looked at; a set of them fits a `u64`.
pub const MOST_TOKENS: usize = 64;

/// A place in the list of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Counting from 1.
    Nth(u64),
    Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    start: usize,
    end: usize,
    pub entry: Entry,
    pub number: Option<Number>,
    pub place: Option<Place>,
}

impl Token {
    pub fn mark(&self) -> Mark {
        self.entry.mark
    }

    /// Says nothing by itself.
    pub fn is_silent(&self) -> bool {
        self.number.is_none() && self.place.is_none() && self.entry.mark.is_silent()
    }

    /// Found in a label it speaks for it; in thousandths of a plain word.
    pub fn weight(&self) -> u32 {
        if self.number.is_some() {
            return 1500;
        }
        match self.entry.mark {
            Mark::Filler | Mark::Part => 0,
            Mark::Weak | Mark::Other => 400,
            Mark::Ask => 500,
            Mark::Not => 800,
            Mark::Plain | Mark::Hedge | Mark::Unsure => 1000,
            Mark::Yes | Mark::Ack | Mark::Affirm | Mark::No | Mark::Refuse => 1000,
        }
    }
}

/// A text, cut. The words are kept folded.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    text: String,
    pub list: Vec<Token>,
    /// There is a question mark, or it begins as a question does.
    pub asks: bool,
    /// There were more tokens than are looked at.
    pub truncated: bool,
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

impl Tokens {
    pub fn read(text: &str) -> Tokens {
        let text = fold(text);
        let (pieces, truncated) = pieces(&text);
        let mut list = Vec::with_capacity(pieces.len().min(MOST_TOKENS));
        Reader { text: &text, pieces: &pieces }.read_into(&mut list);
        let truncated = truncated || list.len() > MOST_TOKENS;
        list.truncate(MOST_TOKENS);
        let asks = text.contains(['?', '¿', '؟']) || begins_as_question(&text, &list);
        let mut tokens = Tokens { text, list, asks, truncated };
        tokens.settle_letters();
        tokens
    }

    pub fn text_of(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    /// The folded text without white space round it.
    pub fn folded(&self) -> &str {
        self.text.trim()
    }

    /// The same text without one token.
    pub fn without(&self, index: usize) -> Tokens {
        let mut rest = self.clone();
        rest.list.remove(index);
        rest
    }

    pub fn spoken_for(&self) -> impl Iterator<Item = &Token> {
        self.list.iter().filter(|token| !token.is_silent())
    }

    /// `y`, `n` and `k` answer when they stand alone; in a sentence they are a slip, an initial or another language.
    fn settle_letters(&mut self) {
        let sentence = self.list.iter().any(|token| token.mark() == Mark::Plain);
        if sentence {
            for token in &mut self.list {
                if token.end - token.start == 1 && matches!(&self.text[token.start..token.end], "y" | "n" | "k") {
                    token.entry.mark = Mark::Filler;
                }
            }
        }
    }

    /// The parts between "or", "and", commas and strokes, if there are several.
    pub fn alternatives(&self) -> Vec<Tokens> {
        let mut parts = vec![Vec::new()];
        for (index, token) in self.list.iter().enumerate() {
            let word = &self.text[token.start..token.end];
            let gap = match index.checked_sub(1) {
                Some(before) => &self.text[self.list[before].end.min(token.start)..token.start],
                None => "",
            };
            if matches!(word, "or" | "and" | "of" | "en" | "o" | "ou" | "et" | "then") {
                parts.push(Vec::new());
                continue;
            }
            if gap.contains(['/', ',', ';', '|', '&', '+', '\n']) {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.last_mut() {
                part.push(*token);
            }
        }
        parts.retain(|part| !part.is_empty());
        if parts.len() < 2 {
            return Vec::new();
        }
        parts.into_iter().map(|list| Tokens { list, ..self.clone() }).collect()
    }
}

fn begins_as_question(text: &str, list: &[Token]) -> bool {
    let word = |index: usize| list.get(index).map(|token| &text[token.start..token.end]);
    let opens = matches!(
        word(0),
        Some(
            "can"
                | "could"
                | "may"
                | "must"
                | "should"
                | "shall"
                | "would"
                | "will"
                | "do"
                | "does"
                | "did"
                | "is"
                | "are"
                | "am"
                | "was"
                | "have"
                | "has"
                | "cn"
        )
    );
    opens
        && matches!(
            word(1),
            Some("i" | "we" | "you" | "u" | "it" | "this" | "that" | "there" | "my" | "the" | "he" | "she" | "they")
        )
        && !(word(0) == Some("do") && matches!(word(1), Some("it" | "this" | "that" | "the")))
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
                let mark = if entry.mark == Mark::Filler { Mark::Filler } else { Mark::Part };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(text: &str) -> Vec<Mark> {
        Tokens::read(text).list.iter().map(Token::mark).collect()
    }

    fn numbers(text: &str) -> Vec<(Option<u64>, Unit)> {
        Tokens::read(text).list.iter().filter_map(|t| t.number).map(|n| (n.hundredths, n.unit)).collect()
    }

    #[test]
    fn numbers_carry_their_unit() {
        assert_eq!(numbers("R 1 000.00"), [(Some(100_000), Unit::Money('R'))]);
        assert_eq!(numbers("500 rand"), [(Some(50_000), Unit::Money('R'))]);
        assert_eq!(numbers("five hundred rand"), [(Some(50_000), Unit::Money('R'))]);
        assert_eq!(numbers("1.5k"), [(Some(150_000), Unit::Bare)]);
        assert_eq!(numbers("50%"), [(Some(5_000), Unit::Percent)]);
        assert_eq!(numbers("6months at R700"), [(Some(600), Unit::Count), (Some(70_000), Unit::Money('R'))]);
        assert_eq!(numbers("the second one"), []);
        assert_eq!(numbers("one"), [(Some(100), Unit::Bare)]);
    }

    #[test]
    fn phrases_change_what_their_words_mean() {
        assert_eq!(marks("of course"), [Mark::Yes, Mark::Part]);
        assert_eq!(marks("definitely not"), [Mark::No, Mark::Part]);
        assert_eq!(marks("not sure"), [Mark::Unsure, Mark::Part]);
        assert_eq!(marks("yes, no problem"), [Mark::Yes, Mark::Filler, Mark::Filler]);
        assert_eq!(marks("just a second"), [Mark::Filler, Mark::Filler, Mark::Hedge]);
    }

    #[test]
    fn questions_are_known_without_their_mark() {
        assert!(Tokens::read("can i pay later").asks && Tokens::read("why?").asks);
        assert!(!Tokens::read("do it").asks && !Tokens::read("I can pay").asks);
    }
}
