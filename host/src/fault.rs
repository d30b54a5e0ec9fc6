//! What is wrong with a definition, and where: the one shape in which lint speaks, whichever area found it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One fault of a definition. Lines and columns count from 1; 0 means "the file as a whole".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {} [{}]", self.file, self.line, self.column, self.message, self.code)?;
        if !self.hint.is_empty() {
            write!(f, "\n    {}", self.hint)?;
        }
        Ok(())
    }
}
