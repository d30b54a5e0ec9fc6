//! A reply or a label as tokens: words with their mark, numbers with their unit, places in a list; and what they say
//! together: whether it asks, hesitates or puts off.

use super::lexicon::{Entry, Mark};
use super::number::Number;
use super::reader::read_list;
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
    pub(super) start: usize,
    pub(super) end: usize,
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
            mark if mark.is_silent() => 0,
            Mark::Weak | Mark::Now | Mark::Other => 400,
            Mark::Ask => 500,
            Mark::Not | Mark::Without => 800,
            _ => 1000,
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

impl Tokens {
    pub fn read(text: &str) -> Tokens {
        let text = fold(text);
        let (list, truncated) = read_list(&text);
        let asks = text.contains(['?', '¿', '؟']) || begins_as_question(&text, &list);
        let mut tokens = Tokens { text, list, asks, truncated };
        tokens.settle_letters();
        tokens
    }

    pub fn text_of(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    /// Whether punctuation stands between a token and the next.
    pub fn is_marked_off(&self, token: &Token) -> bool {
        let after = self.text[token.end..].chars().find(|c| !c.is_whitespace());
        after.is_some_and(|c| matches!(c, ',' | '.' | '!' | ';' | ':' | '-' | '–' | '—'))
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

    /// Says yes in a way that leaves open whether it does: a question, a word that hides who does what, a greeting
    /// after the answer.
    pub fn hesitates(&self) -> bool {
        self.asks
            || self.truncated
            || self.list.iter().enumerate().any(|(index, token)| match token.mark() {
                Mark::Loose => token.number.is_none() && token.place.is_none(),
                Mark::Greeting => index > 0 && self.list[index - 1].mark() != Mark::Greeting,
                _ => false,
            })
    }

    /// Puts off what it says, or makes it conditional: "I will pay", "I would pay".
    pub fn puts_off(&self) -> bool {
        let any = |test: &dyn Fn(&Token) -> bool| self.list.iter().any(test);
        let yes = any(&|token| matches!(token.mark(), Mark::Yes | Mark::Ack));
        let settled = yes || any(&|token| token.number.is_some() || token.mark() == Mark::Now);
        !yes && any(&|token| token.mark() == Mark::Would) || !settled && any(&|token| token.mark() == Mark::Future)
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
    const OPENERS: &[&str] = &[
        "can", "could", "may", "must", "should", "shall", "would", "will", "do", "does", "did", "is", "are", "am",
        "was", "have", "has", "cn",
    ];
    let opens = word(0).is_some_and(|word| OPENERS.contains(&word));
    opens
        && matches!(
            word(1),
            Some("i" | "we" | "you" | "u" | "it" | "this" | "that" | "there" | "my" | "the" | "he" | "she" | "they")
        )
        && !(word(0) == Some("do") && matches!(word(1), Some("it" | "this" | "that" | "the")))
}

#[cfg(test)]
mod tests {
    use super::super::number::Unit;
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
