//! Brings what people type into one form: width, case, accents, apostrophes and invisible characters do not matter.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Bytes of a reply that are looked at. Longer ones are cut; nobody picks an option after that much text.
const LOOKED_AT: usize = 4096;

fn cut(text: &str) -> &str {
    if text.len() <= LOOKED_AT {
        return text;
    }
    let mut end = LOOKED_AT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Takes no room and carries no meaning: joiners, direction marks, variation selectors, skin tones, the keycap.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}' | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{1F3FB}'..='\u{1F3FF}'
        | '\u{E0000}'..='\u{E007F}')
}

/// The reply as an author's pattern sees it: NFKC, invisible characters gone, white space single, trimmed.
/// Case, accents and punctuation are kept.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LOOKED_AT));
    for c in cut(text).nfkc().filter(|c| !is_invisible(*c)) {
        if !(c.is_whitespace() || c.is_control()) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The reply as words are compared: NFKD without accents, lower case, apostrophes inside words gone.
pub fn fold(text: &str) -> String {
    let text = cut(text);
    let folded: Cow<'_, str> = if text.is_ascii() {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        // Typographic apostrophes first: NFKD turns some of them into a space and an accent.
        let plain = text.chars().map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{02BC}' | '\u{00B4}' | '\u{FF07}' | '\u{201B}' => '\'',
            other => other,
        });
        let lower: String = plain
            .nfkd()
            .filter(|c| !is_invisible(*c) && !matches!(c, '\u{0300}'..='\u{036F}'))
            .flat_map(char::to_lowercase)
            .collect();
        // Lower case may bring new accents (`İ`), and a final sigma is a sigma.
        Cow::Owned(
            lower
                .chars()
                .filter(|c| !matches!(c, '\u{0300}'..='\u{036F}'))
                .map(|c| if c == 'ς' { 'σ' } else { c })
                .collect(),
        )
    };
    drop_apostrophes(&folded)
}

fn drop_apostrophes(text: &str) -> String {
    if !text.contains(['\'', '`']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let inside = before.is_alphanumeric() && chars.peek().is_some_and(|next| next.is_alphanumeric());
        if matches!(c, '\'' | '`') {
            if !inside {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_reads_the_same() {
        for (typed, read) in [
            ("ＹＥＳ", "yes"),
            ("s\u{200B}top", "stop"),
            ("2\u{FE0F}\u{20E3}", "2"),
            ("Don’t", "dont"),
            ("don`t", "dont"),
            ("'n agent", " n agent"),
            ("Sí", "si"),
            ("arrêt", "arret"),
            ("\u{1F44D}\u{1F3FD}", "\u{1F44D}"),
        ] {
            assert_eq!(fold(typed), read, "{typed}");
        }
        assert_eq!(clean("  Ref\u{00A0}\u{200B} AB\n12 "), "Ref AB 12");
    }

    #[test]
    fn a_very_long_reply_is_cut_between_characters() {
        assert!(fold(&"é".repeat(5000)).len() <= LOOKED_AT);
    }
}
