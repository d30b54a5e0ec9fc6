//! What an SMS costs: its alphabet and the segments it is sent in (3GPP TS 23.038).

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "gsm-7")]
    Gsm7,
    #[serde(rename = "ucs-2")]
    Ucs2,
}

/// The parts that a text is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segments {
    pub encoding: Encoding,
    /// Septets of GSM-7 (two for a sign of its extension table) or UTF-16 units.
    pub units: usize,
    pub count: usize,
}

/// The basic table without the letters and digits of ASCII.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Signs that take an escape and a second septet.
const EXTENSION: &str = "\u{000C}^{}\\[~]|€";

fn septets(c: char) -> Option<usize> {
    if c.is_ascii_alphanumeric() || BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// Counts: one segment holds 160 septets or 70 units, several hold 153 or 67 each, and no sign is split between two.
pub fn segments(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, sizes, single, several) = match gsm {
        Some(sizes) => (Encoding::Gsm7, sizes, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let units: usize = sizes.iter().sum();
    let mut count = usize::from(units > 0);
    if units > single {
        let mut filled = 0;
        for size in sizes {
            if filled + size > several {
                count += 1;
                filled = 0;
            }
            filled += size;
        }
    }
    Segments { encoding, units, count }
}

/// Typographic signs as the plain ones that people read the same: one curly quote would more than halve a segment.
pub fn plain_signs(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '‘' | '’' | '‚' | '‛' | '′' => out.push('\''),
            '“' | '”' | '„' | '″' | '«' | '»' => out.push('"'),
            '–' | '—' | '‐' | '‑' | '−' => out.push('-'),
            '…' => out.push_str("..."),
            '\u{00A0}' | '\u{202F}' | '\u{2009}' | '\t' => out.push(' '),
            '•' | '·' => out.push('*'),
            '\u{200B}' | '\u{FEFF}' | '\u{00AD}' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_the_network_bills_them() {
        let count = |text: &str| {
            let segments = segments(text);
            (segments.encoding, segments.units, segments.count)
        };
        assert_eq!(count(""), (Encoding::Gsm7, 0, 0));
        assert_eq!(count(&"a".repeat(160)), (Encoding::Gsm7, 160, 1));
        assert_eq!(count(&"a".repeat(161)), (Encoding::Gsm7, 161, 2));
        assert_eq!(count(&"a".repeat(306)), (Encoding::Gsm7, 306, 2));
        assert_eq!(count(&"a".repeat(307)), (Encoding::Gsm7, 307, 3));
        assert_eq!(count(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        // 76 escaped pairs fill 152 of 153: the pair is not split.
        assert_eq!(count(&"€".repeat(153)), (Encoding::Gsm7, 306, 3));
        assert_eq!(count("é à ñ Ω @ _"), (Encoding::Gsm7, 11, 1));
        assert_eq!(count(&"ê".repeat(70)), (Encoding::Ucs2, 70, 1));
        assert_eq!(count(&"ê".repeat(71)), (Encoding::Ucs2, 71, 2));
        assert_eq!(count(&"😀".repeat(35)), (Encoding::Ucs2, 70, 1));
        assert_eq!(count(&"😀".repeat(67)), (Encoding::Ucs2, 134, 3));
        assert_eq!(count("`"), (Encoding::Ucs2, 1, 1));
    }

    #[test]
    fn the_basic_table_is_complete() {
        // 128 places less the escape, the letters and the digits.
        assert_eq!(BASIC.chars().count(), 127 - 62);
    }

    #[test]
    fn typographic_signs_do_not_make_an_sms_dearer() {
        assert_eq!(plain_signs("“Don’t” – wait…\u{00A0}now"), "\"Don't\" - wait... now");
    }
}
