//! The lines a decision leaves behind for the people who read the decision log.

use std::fmt::Display;

/// Bytes of log the host keeps of one call. What goes beyond is counted, not kept.
pub const LOG_LIMIT: usize = 4096;
/// Kept free for the line that says how many lines are missing.
const RESERVED: usize = 40;

/// Collects lines while a hook runs; they travel back with the answer.
///
/// ```
/// use forbear_guest_sdk::Log;
///
/// let mut log = Log::default();
/// log.line("balance is small");
/// log.line(format_args!("offering {} %", 15));
/// assert_eq!(log.into_lines(), ["balance is small", "offering 15 %"]);
/// ```
#[derive(Debug, Default)]
pub struct Log {
    lines: Vec<String>,
    bytes: usize,
    dropped: u32,
}

impl Log {
    /// Adds one line. A log over [`LOG_LIMIT`] loses its later lines, never the decision.
    pub fn line(&mut self, text: impl Display) {
        if self.dropped > 0 {
            self.dropped += 1;
            return;
        }
        let line = text.to_string();
        if self.bytes + line.len() + 1 > LOG_LIMIT - RESERVED {
            self.dropped = 1;
            return;
        }
        self.bytes += line.len() + 1;
        self.lines.push(line);
    }

    /// The lines in order; the last says how many were dropped, if any were.
    pub fn into_lines(mut self) -> Vec<String> {
        if self.dropped > 0 {
            self.lines.push(format!("({} more lines dropped)", self.dropped));
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chatty_rule_loses_lines_and_stays_under_the_limit() {
        let mut log = Log::default();
        for n in 0..1000 {
            log.line(format_args!("line number {n}"));
        }
        let lines = log.into_lines();
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!(bytes <= LOG_LIMIT, "{bytes}");
        assert_eq!(lines[0], "line number 0");
        let kept = lines.len() - 1;
        assert_eq!(lines[kept], format!("({} more lines dropped)", 1000 - kept));
    }
}
