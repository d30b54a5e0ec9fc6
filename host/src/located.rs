//! A text that remembers where in its file it stands, so that a fault found at line 3 of an embedded SQL statement is
//! reported at the line and column of the YAML file that a person has open.

use std::fmt;
use std::ops::Deref;

/// Line and column in a file, counted from 1 in characters; `(0, 0)` is "nowhere in particular".
pub type Spot = (usize, usize);

/// From `offset` (in characters of the text) on, characters stand one after the other from `spot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub offset: usize,
    pub spot: Spot,
}

/// A text of a definition with the place it was read from. Two are equal when they say the same.
#[derive(Debug, Clone, Default)]
pub struct Text {
    text: String,
    runs: Vec<Run>,
}

impl Text {
    /// `runs` in order of their offsets, the first at 0.
    pub(crate) fn located(text: String, runs: Vec<Run>) -> Self {
        Self { text, runs }
    }

    /// A text whose characters stand one after the other from `spot`.
    pub(crate) fn starting_at(text: String, spot: Spot) -> Self {
        Self { text, runs: vec![Run { offset: 0, spot }] }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where the first character stands.
    pub fn spot(&self) -> Spot {
        self.runs.first().map_or((0, 0), |run| run.spot)
    }

    /// Where in the file the character at `line`, `column` (from 1, inside the text) stands. A place behind the end
    /// of a line or of the text is the place just behind it.
    pub fn at(&self, line: usize, column: usize) -> Spot {
        let mut offset = 0;
        for (number, content) in self.text.split('\n').enumerate() {
            let length = content.chars().count();
            if number + 1 >= line {
                return self.at_offset(offset + column.saturating_sub(1).min(length));
            }
            offset += length + 1;
        }
        self.at_offset(offset.saturating_sub(1))
    }

    /// Where the character with this index stands.
    pub fn at_offset(&self, offset: usize) -> Spot {
        let after = self.runs.partition_point(|run| run.offset <= offset);
        match after.checked_sub(1).and_then(|index| self.runs.get(index)) {
            Some(run) => (run.spot.0, run.spot.1 + offset - run.offset),
            None => (0, 0),
        }
    }

    /// The same text without blanks and line breaks at its end.
    pub(crate) fn trimmed(mut self) -> Self {
        self.text.truncate(self.text.trim_end().len());
        self
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), runs: Vec::new() }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, runs: Vec::new() }
    }
}
