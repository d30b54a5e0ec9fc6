//! Writes a conversation as the YAML that an author would: statements as blocks, keys in the order of a turn, nothing
//! that is the default. What is written reads back as the same conversation.

use crate::conversation::options::Polarity;
use crate::conversation::page::{Conversation, DEFAULT_EXPIRY_SECONDS, Page, PageOption};

/// The file `conversations/<code>.yaml` for this conversation.
pub fn write_conversation(conversation: &Conversation) -> String {
    let mut out = String::new();
    field(&mut out, 0, "conversation", &conversation.code);
    field(&mut out, 0, "package", &conversation.package);
    field(&mut out, 0, "description", &conversation.description);
    if conversation.start_page != 1 {
        line(&mut out, 0, "start_page", &conversation.start_page.to_string());
    }
    if conversation.expiry_seconds != DEFAULT_EXPIRY_SECONDS {
        line(&mut out, 0, "expiry_seconds", &conversation.expiry_seconds.to_string());
    }
    if !conversation.context.is_empty() {
        let names: Vec<&str> = conversation.context.iter().map(|name| name.as_str()).collect();
        line(&mut out, 0, "context", &format!("[{}]", names.join(", ")));
    }
    if !conversation.callbacks.is_empty() {
        out.push_str("callbacks:\n");
        for (name, route) in &conversation.callbacks {
            line(&mut out, 2, &plain_or_quoted(name), &quoted(route));
        }
    }
    text(&mut out, 0, "end_message", conversation.end_message.as_deref());
    text(&mut out, 0, "stop_message", conversation.stop_message.as_deref());
    out.push_str("pages:\n");
    for page in conversation.pages.values() {
        write_page(&mut out, page);
    }
    out
}

fn write_page(out: &mut String, page: &Page) {
    out.push_str(&format!("  - page: {}\n", page.number));
    block(out, 4, "pre_sql", page.pre_sql.as_deref());
    text(out, 4, "header", Some(&page.header));
    if !page.options.is_empty() {
        out.push_str("    options:\n");
        let mut following = 1;
        for option in &page.options {
            write_option(out, option, following);
            following = option.number + 1;
        }
    }
    block(out, 4, "option_sql", page.option_sql.as_deref());
    if let Some(show) = &page.option_show {
        field(out, 4, "option_show", show);
    }
    block(out, 4, "reroute_sql", page.reroute_sql.as_deref());
    block(out, 4, "post_sql", page.post_sql.as_deref());
    if let Some(seconds) = page.timeout_seconds {
        line(out, 4, "timeout_seconds", &seconds.to_string());
    }
    if let Some(retries) = page.max_retries {
        line(out, 4, "max_retries", &retries.to_string());
    }
    if let Some(route) = &page.on_max_retries {
        line(out, 4, "on_max_retries", &quoted(route));
    }
    if let Some(url) = &page.media_url {
        line(out, 4, "media_url", &quoted(url));
    }
}

fn write_option(out: &mut String, option: &PageOption, following: u8) {
    out.push_str(&format!("      - text: {}\n", quoted(&option.text)));
    if option.number != following {
        line(out, 8, "number", &option.number.to_string());
    }
    if let Some(callback) = &option.callback {
        line(out, 8, "callback", &quoted(callback));
    }
    if !option.display {
        line(out, 8, "display", "N");
    }
    if let Some(pattern) = &option.pattern {
        line(out, 8, "match", &quoted(pattern.as_str()));
    }
    if !option.keywords.is_empty() {
        let words: Vec<String> = option.keywords.iter().map(|word| quoted(word)).collect();
        line(out, 8, "keywords", &format!("[{}]", words.join(", ")));
    }
    if let Some(polarity) = option.polarity {
        let answer = match polarity {
            Polarity::Yes => "yes",
            Polarity::No => "no",
            Polarity::Unsure => "unsure",
        };
        line(out, 8, "means", answer);
    }
    if let Some(commits) = option.commits {
        line(out, 8, "commits", if commits { "Y" } else { "N" });
    }
}

fn line(out: &mut String, indent: usize, key: &str, value: &str) {
    out.push_str(&format!("{:indent$}{key}: {value}\n", ""));
}

/// A short value; left out if empty.
fn field(out: &mut String, indent: usize, key: &str, value: &str) {
    if !value.is_empty() {
        line(out, indent, key, &plain_or_quoted(value));
    }
}

/// Prose: one line in quotes, several as a block.
fn text(out: &mut String, indent: usize, key: &str, value: Option<&str>) {
    match value {
        Some(value) if value.contains('\n') => block(out, indent, key, Some(value)),
        Some(value) => line(out, indent, key, &quoted(value)),
        None => {}
    }
}

/// A literal block, or quotes if the text has characters that a block cannot hold.
fn block(out: &mut String, indent: usize, key: &str, value: Option<&str>) {
    let Some(value) = value else { return };
    let holds = value.chars().all(|c| c == '\n' || c == '\t' || (!c.is_control() && !is_yaml_break(c)));
    if !holds || value.lines().all(|line| line.trim().is_empty()) {
        return line(out, indent, key, &quoted(value));
    }
    // A first line that is blank or begins with a blank would hide how far the block is indented.
    let indicator = if value.starts_with([' ', '\t', '\n']) { "2" } else { "" };
    line(out, indent, key, &format!("|{indicator}"));
    for content in value.split('\n') {
        if content.is_empty() {
            out.push('\n');
        } else {
            out.push_str(&format!("{:width$}{content}\n", "", width = indent + 2));
        }
    }
}

/// Characters that YAML takes for line breaks or for nothing at all.
fn is_yaml_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn plain_or_quoted(value: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| word(c) || c == ' ' || c == '-')
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain && !value.ends_with(' ') { value.to_owned() } else { quoted(value) }
}

fn quoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c.is_control() || is_yaml_break(c)) && u32::from(c) <= 0xffff => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{conversation, fields::Faults, yaml};
    use super::*;
    use crate::located::{Spot, Text};

    /// Texts that are hard to write in YAML, without blanks at their end.
    fn text() -> impl Strategy<Value = Text> {
        let piece = prop_oneof![
            Just("\n".to_owned()),
            Just("  ".to_owned()),
            Just("\t".to_owned()),
            Just("\u{2028}\u{85}\u{7}\r".to_owned()),
            Just("- a: |\n  # {b}\n".to_owned()),
            Just("'\"\\".to_owned()),
            Just("SELECT 'R''x' -- ü\n".to_owned()),
            "[a-z:#&*!%@`{}\\[\\],?|>~ -]{1,6}",
            "\\PC{1,4}",
        ];
        proptest::collection::vec(piece, 1..8)
            .prop_map(|pieces| Text::from(pieces.concat().trim_end().to_owned()))
            .prop_filter("empty", |text| !text.is_empty())
    }

    fn any_conversation() -> impl Strategy<Value = Conversation> {
        let option = (1..=5_u8, text(), proptest::collection::vec(text(), 0..3), any::<bool>()).prop_map(
            |(number, label, keywords, display)| PageOption {
                callback: Some("EXIT".into()),
                display,
                keywords: keywords.iter().map(|word| word.as_str().to_owned()).collect(),
                ..PageOption::new(number, label)
            },
        );
        let options = proptest::collection::vec(option, 0..5).prop_map(|mut options| {
            options.sort_by_key(|option| option.number);
            options.dedup_by_key(|option| option.number);
            options
        });
        let texts = (text(), proptest::option::of(text()), proptest::option::of(text()), proptest::option::of(text()));
        let page = (texts, options, proptest::option::of(5..9_000_u64), proptest::option::of(0..20_u32)).prop_map(
            |((header, pre_sql, post_sql, reroute_sql), options, timeout_seconds, max_retries)| Page {
                number: 1,
                header,
                options,
                pre_sql,
                post_sql,
                reroute_sql,
                timeout_seconds,
                max_retries,
                ..Page::default()
            },
        );
        (page, text(), text()).prop_map(|(page, description, end)| {
            let mut conversation = Conversation::new("ANY".into());
            conversation.description = description.as_str().to_owned();
            conversation.end_message = Some(end);
            conversation.pages.insert(1, page);
            conversation
        })
    }

    /// The part of a file that begins at a line and column counted from 1.
    fn from_spot(source: &str, (line, column): Spot) -> String {
        let rest = source.split('\n').skip(line - 1).collect::<Vec<_>>().join("\n");
        rest.chars().skip(column - 1).collect()
    }

    proptest! {
        #[test]
        fn whatever_a_conversation_says_it_says_after_writing_and_reading(conversation in any_conversation()) {
            let written = write_conversation(&conversation);
            let mut faults = Faults::new("any.yaml");
            let node = yaml::parse("any.yaml", written.as_bytes()).map_err(|fault| TestCaseError::fail(format!("{fault}\n{written}")))?;
            let read = conversation::read(node, &mut faults).map(|(read, _)| read);
            prop_assert!(faults.list.is_empty(), "{faults:#?}\n{written}");
            prop_assert_eq!(read.as_ref(), Some(&conversation), "{}", written);
            let read = read.unwrap();
            for (_, sql) in read.pages[&1].statements() {
                for (number, line) in sql.split('\n').enumerate().filter(|(_, line)| line.starts_with("SELECT")) {
                    let found = from_spot(&written, sql.at(number + 1, 1));
                    prop_assert!(found.starts_with("SELECT"), "{line:?} is not at {found:?}");
                }
            }
        }
    }
}
