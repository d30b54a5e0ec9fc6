//! What is wrong with a tenant's statement, and where: for the author, before any of it reaches a database.

use std::fmt;

use sqlparser::tokenizer::{Location, Span};

/// One fault. Line and column count from 1, inside the text that was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFault {
    pub line: usize,
    pub column: usize,
    /// Stable: `sql-table-unknown`, `sql-statement-refused`, … (all of them in docs/tenant-sql.md).
    pub code: &'static str,
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl fmt::Display for SqlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} [{}]", self.line, self.column, self.message, self.code)
    }
}

/// A place in the author's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub const START: Place = Place { line: 1, column: 1 };

    pub fn fault(self, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> SqlFault {
        SqlFault { line: self.line, column: self.column, code, message: message.into(), hint: hint.into() }
    }

    /// The start of the span, or this place where the parser has kept none.
    pub fn or(self, span: Span) -> Place {
        if span.start.line == 0 { self } else { span.start.into() }
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let clamp = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
        Place { line: clamp(location.line), column: clamp(location.column) }
    }
}

/// "Did you mean `x`?" when one of the candidates is near, and nothing otherwise.
pub(super) fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let wrong = wrong.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wrong, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.82)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, candidate)| format!("Did you mean `{candidate}`?"))
        .unwrap_or_default()
}
