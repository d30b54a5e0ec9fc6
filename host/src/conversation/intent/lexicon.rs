//! The built-in words of `lexicon.txt`, ready to look up.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::fold;

/// What a word does in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A word that is not in the lexicon, or a verb of payment: has to be found in the label.
    Plain,
    Yes,
    /// A yes that may also only mean "heard".
    Ack,
    /// A yes that is a verb too: "confirm".
    Affirm,
    No,
    /// A no that is a verb too: "cancel".
    Refuse,
    Unsure,
    /// Turns what it stands with round: "not", "cannot".
    Not,
    /// Denies without being an answer: "nothing", "without".
    Without,
    Hedge,
    Ask,
    Filler,
    Thanks,
    Greeting,
    Future,
    Would,
    Loose,
    Now,
    Weak,
    /// Somebody other than the debtor.
    Other,
    /// The rest of a phrase whose first word carries the mark.
    Part,
}

impl Mark {
    pub fn says_yes(self) -> bool {
        matches!(self, Mark::Yes | Mark::Ack | Mark::Affirm)
    }

    pub fn says_no(self) -> bool {
        matches!(self, Mark::No | Mark::Refuse)
    }

    /// Turns a sentence round, in whatever place.
    pub fn negates(self) -> bool {
        matches!(self, Mark::Not | Mark::Without | Mark::No | Mark::Refuse)
    }

    /// Decides between yes and no, so that the same letters in another part of speech are another word.
    pub fn decides(self) -> bool {
        self.says_yes() || self.negates() || self == Mark::Unsure
    }

    pub fn is_content(self) -> bool {
        matches!(self, Mark::Plain | Mark::Weak | Mark::Now)
    }

    /// Grammar and politeness: of no weight.
    pub fn is_silent(self) -> bool {
        matches!(
            self,
            Mark::Filler | Mark::Part | Mark::Thanks | Mark::Greeting | Mark::Future | Mark::Would | Mark::Loose
        )
    }
}

/// What the lexicon knows of a word or phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub mark: Mark,
    /// Words of the same number (not 0) mean the same.
    pub same_as: u16,
    /// A verb of payment or consent.
    pub commits: bool,
}

impl Entry {
    pub const PLAIN: Entry = Entry { mark: Mark::Plain, same_as: 0, commits: false };
}

struct Phrase {
    rest: Vec<String>,
    entry: Entry,
}

pub struct Lexicon {
    words: HashMap<String, Entry>,
    /// By first word, longest first.
    phrases: HashMap<String, Vec<Phrase>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("lexicon.txt")));

pub fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    fn read(text: &str) -> Lexicon {
        let mut lexicon = Lexicon { words: HashMap::new(), phrases: HashMap::new() };
        let mut groups = 0;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((mark, entries)) = line.split_once(':') else { continue };
            let mark = match mark {
                "yes" => Some(Mark::Yes),
                "ack" => Some(Mark::Ack),
                "affirm" => Some(Mark::Affirm),
                "no" => Some(Mark::No),
                "refuse" => Some(Mark::Refuse),
                "unsure" => Some(Mark::Unsure),
                "not" => Some(Mark::Not),
                "without" => Some(Mark::Without),
                "hedge" => Some(Mark::Hedge),
                "ask" => Some(Mark::Ask),
                "filler" => Some(Mark::Filler),
                "thanks" => Some(Mark::Thanks),
                "greeting" => Some(Mark::Greeting),
                "future" => Some(Mark::Future),
                "would" => Some(Mark::Would),
                "loose" => Some(Mark::Loose),
                "now" => Some(Mark::Now),
                "weak" => Some(Mark::Weak),
                "other" => Some(Mark::Other),
                _ => None,
            };
            let same_as = if line.starts_with("same:") {
                groups += 1;
                groups
            } else {
                0
            };
            for entry in entries.split(',') {
                lexicon.add(entry, mark, same_as, line.starts_with("commit:"));
            }
        }
        for phrases in lexicon.phrases.values_mut() {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
        lexicon
    }

    /// The first mark a word is given stands: English goes before the other languages.
    fn add(&mut self, text: &str, mark: Option<Mark>, same_as: u16, commits: bool) {
        let folded = fold(text);
        let mut words = folded.split_whitespace();
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.map(str::to_owned).collect();
        let update = |entry: &mut Entry, is_new: bool| {
            if is_new {
                entry.mark = mark.unwrap_or(Mark::Plain);
            }
            if same_as != 0 {
                entry.same_as = same_as;
            }
            entry.commits |= commits;
        };
        if rest.is_empty() {
            let is_new = !self.words.contains_key(first);
            update(self.words.entry(first.to_owned()).or_insert(Entry::PLAIN), is_new);
            return;
        }
        let phrases = self.phrases.entry(first.to_owned()).or_default();
        match phrases.iter_mut().find(|phrase| phrase.rest == rest) {
            Some(phrase) => update(&mut phrase.entry, false),
            None => {
                let mut entry = Entry::PLAIN;
                update(&mut entry, true);
                phrases.push(Phrase { rest, entry });
            }
        }
    }

    /// A single word, also with its last letter held down ("yesss", "noooo").
    pub fn word(&self, word: &str) -> Entry {
        if let Some(entry) = self.words.get(word) {
            return *entry;
        }
        let Some(last) = word.chars().next_back() else { return Entry::PLAIN };
        let trimmed = word.trim_end_matches(last);
        if trimmed.is_empty() || trimmed.len() + last.len_utf8() == word.len() {
            return Entry::PLAIN;
        }
        let once = &word[..trimmed.len() + last.len_utf8()];
        let twice = &word[..trimmed.len() + 2 * last.len_utf8()];
        self.words.get(twice).or_else(|| self.words.get(once)).copied().unwrap_or(Entry::PLAIN)
    }

    /// The longest phrase that `first` and the words after it make, and how many words follow the first.
    pub fn phrase<'w>(&self, first: &str, after: impl Fn(usize) -> Option<&'w str>) -> Option<(Entry, usize)> {
        let phrases = self.phrases.get(first)?;
        phrases
            .iter()
            .find(|phrase| phrase.rest.iter().enumerate().all(|(index, word)| after(index) == Some(word)))
            .map(|phrase| (phrase.entry, phrase.rest.len()))
    }

    /// A character that is no letter but says something.
    pub fn sign(&self, c: char) -> Option<Entry> {
        let mut buffer = [0; 4];
        self.words.get(c.encode_utf8(&mut buffer) as &str).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_lexicon_has_a_known_mark() {
        let known = [
            "yes", "ack", "affirm", "no", "refuse", "unsure", "not", "without", "hedge", "ask", "filler", "thanks",
            "greeting", "future", "would", "loose", "now", "weak", "other", "commit", "same",
        ];
        for line in include_str!("lexicon.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (mark, entries) = line.split_once(':').unwrap_or((line, ""));
            assert!(known.contains(&mark) && !entries.trim().is_empty(), "{line}");
        }
    }

    #[test]
    fn a_held_key_is_the_same_word() {
        assert_eq!(lexicon().word("yesss").mark, Mark::Yes);
        assert_eq!(lexicon().word("nooo").mark, Mark::No);
        assert_eq!(lexicon().word("neee").mark, Mark::No);
        assert_eq!(lexicon().word("noon").mark, Mark::Plain);
    }

    #[test]
    fn the_longest_phrase_wins() {
        let words = ["of", "course", "not"];
        let (entry, taken) = lexicon().phrase("of", |index| words.get(index + 1).copied()).unwrap();
        assert_eq!((entry.mark, taken), (Mark::No, 2));
    }
}
