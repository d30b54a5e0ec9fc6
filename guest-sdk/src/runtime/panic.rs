//! How a panic's message leaves the sandbox: through an import with numbers only, eight bytes at a time.

use std::fmt::{self, Write};
use std::panic::{self, PanicHookInfo};

use crate::bindings::forbear::rules::diagnostics::panic_text;

/// Bytes of a message that are sent; the rest is cut.
const LIMIT: u32 = 1024;

/// From now on a panic tells the host its message and place before it traps.
pub fn report_through_host() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let mut out = Outlet { word: 0, filled: 0, sent: 0 };
    let text = info.payload_as_str().unwrap_or("a panic without a message");
    // `Outlet` never fails; it ignores what goes beyond the limit.
    let _ = out.write_str(text);
    if let Some(place) = info.location() {
        let _ = write!(out, " ({}:{})", place.file(), place.line());
    }
    out.flush();
}

/// Collects bytes into a word and sends each full word.
struct Outlet {
    word: u64,
    filled: u32,
    sent: u32,
}

impl Outlet {
    fn flush(&mut self) {
        if self.filled > 0 {
            panic_text(self.word, self.filled);
            self.sent += self.filled;
            (self.word, self.filled) = (0, 0);
        }
    }
}

impl Write for Outlet {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.sent + self.filled == LIMIT {
                break;
            }
            self.word |= u64::from(byte) << (8 * self.filled);
            self.filled += 1;
            if self.filled == 8 {
                self.flush();
            }
        }
        Ok(())
    }
}
