//! Hears a need in what somebody wrote. The phrases are data; reading them is done once, at upload.

use forbear_guest_sdk::RuleError;

/// A need and how urgently a person must look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// As it stands in the phrases: `crisis`, `health`, …
    pub name: &'static str,
    /// For the work queue: `urgent`, `high` or `normal`.
    pub priority: &'static str,
}

/// The phrases by need, in the order of the file: what comes first is heard first.
#[derive(Debug, Default)]
pub struct Ear {
    needs: Vec<(Need, Vec<Phrase>)>,
}

/// Words in a row; the last may be a beginning only.
#[derive(Debug)]
struct Phrase {
    words: Vec<&'static str>,
    any_ending: bool,
}

/// Words that take back what follows.
const NEGATIONS: [&str; 10] = ["not", "never", "no", "isnt", "wasnt", "havent", "hasnt", "didnt", "dont", "arent"];
/// How many words before a phrase a negation is looked for.
const REACH: usize = 2;

impl Ear {
    /// Reads the phrases.
    pub fn from_phrases(text: &'static str) -> Result<Ear, RuleError> {
        let mut ear = Ear::default();
        for line in text.lines().map(str::trim_ascii).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let priority = match name {
                    "crisis" | "safety" => "urgent",
                    "health" | "bereavement" => "high",
                    _ => "normal",
                };
                ear.needs.push((Need { name, priority }, Vec::new()));
                continue;
            }
            let Some((_, phrases)) = ear.needs.last_mut() else {
                return Err(RuleError::new(format!("`{line}` stands before the first [need]")));
            };
            let (line, any_ending) = match line.strip_suffix('*') {
                Some(beginning) => (beginning, true),
                None => (line, false),
            };
            phrases.push(Phrase { words: line.split_ascii_whitespace().collect(), any_ending });
        }
        Ok(ear)
    }

    /// The first need that the text speaks of.
    pub fn hear(&self, text: &str) -> Option<Need> {
        let spoken = words(text);
        let speaks_of = |need: &Need, phrases: &[Phrase]| {
            (0..spoken.len()).any(|at| {
                let spared = need.name != "crisis" && negated(&spoken, at);
                !spared && phrases.iter().any(|phrase| phrase.begins(&spoken, at))
            })
        };
        self.needs.iter().find(|(need, phrases)| speaks_of(need, phrases)).map(|(need, _)| *need)
    }
}

impl Phrase {
    fn begins(&self, spoken: &[String], at: usize) -> bool {
        let Some((last, first)) = self.words.split_last() else { return false };
        let mut heard = spoken.iter().skip(at);
        first.iter().all(|word| heard.next().is_some_and(|spoken| spoken == word))
            && heard
                .next()
                .is_some_and(|spoken| if self.any_ending { spoken.starts_with(last) } else { spoken == last })
    }
}

fn negated(spoken: &[String], at: usize) -> bool {
    spoken.iter().take(at).rev().take(REACH).any(|word| NEGATIONS.contains(&word.as_str()))
}

/// The words of a text: small letters, apostrophes dropped, everything else between them.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        match c {
            '\'' | '\u{2019}' => {}
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => {
                if let Some(word) = words.last_mut() {
                    word.push(c.to_ascii_lowercase());
                }
            }
            _ if words.last().is_some_and(|word| !word.is_empty()) => words.push(String::new()),
            _ => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
