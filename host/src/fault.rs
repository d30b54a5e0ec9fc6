//! What is wrong with a definition, and where: the one shape in which lint speaks, whichever area found it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An error keeps a bundle from being published; a warning is shown and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    #[default]
    Error,
    Warning,
}

/// One fault of a definition. Lines and columns count from 1; 0 means "the file as a whole".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    #[serde(default)]
    pub severity: Severity,
    /// Stable, for people to search and programs to match: `page-route-missing`, `sql-table-unknown`, …
    pub code: String,
    /// Path inside the bundle, with forward slashes.
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Fault {
    /// An error without a hint; add one with [`Fault::hint`].
    pub fn new(code: &str, file: &str, at: (usize, usize), message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            file: file.to_owned(),
            line: at.0,
            column: at.1,
            message: message.into(),
            hint: String::new(),
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_error() { "" } else { "warning: " };
        write!(f, "{}:{}:{}: {kind}{} [{}]", self.file, self.line, self.column, self.message, self.code)?;
        if !self.hint.is_empty() {
            write!(f, "\n    {}", self.hint)?;
        }
        Ok(())
    }
}
