//! Takes the keys of a map one by one and complains, in one voice, about those that are missing, unknown, given twice
//! or of the wrong kind. Every kind of definition is read through it.

use crate::fault::Fault;
use crate::located::{Spot, Text};

use super::yaml::Node;

/// The faults of one file, as they are found.
#[derive(Debug)]
pub(super) struct Faults {
    pub file: String,
    pub list: Vec<Fault>,
}

impl Faults {
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: Vec::new() }
    }

    pub fn error(&mut self, code: &str, at: Spot, message: impl Into<String>, hint: impl Into<String>) {
        self.list.push(Fault::new(code, &self.file, at, message).hint(hint));
    }

    pub fn warning(&mut self, code: &str, at: Spot, message: impl Into<String>, hint: impl Into<String>) {
        self.list.push(Fault::new(code, &self.file, at, message).hint(hint).warning());
    }
}

/// The entries of one map that are still to be taken.
pub(super) struct Fields {
    what: &'static str,
    /// Where the map begins, or the key that holds it when it is empty.
    pub spot: Spot,
    entries: Vec<(Text, Node)>,
}

impl Fields {
    /// `node` as a map whose keys are among `known`; `what` is it in words ("a page"), `at` is for an empty one.
    pub fn of(node: Node, what: &'static str, known: &[&str], at: Spot, faults: &mut Faults) -> Option<Self> {
        let spot = if node.spot() == (0, 0) { at } else { node.spot() };
        let entries = match node {
            Node::Map(entries) => entries,
            other => {
                let hint = format!("write keys such as `{}: …`", known.first().copied().unwrap_or("key"));
                faults.error("yaml-type", spot, format!("{what} is {} here, not a map of keys", other.kind()), hint);
                return None;
            }
        };
        let mut kept: Vec<(Text, Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if kept.iter().any(|(earlier, _)| *earlier == key) {
                let hint = "keep one of the two";
                faults.error("yaml-duplicate-key", key.spot(), format!("`{key}` stands twice in {what}"), hint);
            } else if known.contains(&key.as_str()) {
                kept.push((key, value));
            } else {
                let hint = did_you_mean(&key, known.iter().copied())
                    .unwrap_or_else(|| format!("{what} takes {}", list(known.iter().copied())));
                faults.error("yaml-unknown-key", key.spot(), format!("{what} has no key `{key}`"), hint);
            }
        }
        Some(Self { what, spot, entries: kept })
    }

    /// The value of `key` with the place of the key; nothing if it is absent or null.
    pub fn take(&mut self, key: &str) -> Option<(Spot, Node)> {
        let index = self.entries.iter().position(|(name, _)| name.as_str() == key)?;
        let (name, node) = self.entries.remove(index);
        (!matches!(node, Node::Null(_))).then(|| (name.spot(), node))
    }

    /// A single value, without blanks at its end; an empty one counts as absent.
    pub fn text(&mut self, key: &str, faults: &mut Faults) -> Option<Text> {
        let (spot, node) = self.take(key)?;
        text(node, key, spot, faults)
    }

    /// As [`Fields::text`], and a fault if it is absent.
    pub fn required(&mut self, key: &str, faults: &mut Faults) -> Option<Text> {
        let before = faults.list.len();
        let text = self.text(key, faults);
        if text.is_none() && faults.list.len() == before {
            let message = format!("{} needs `{key}`", self.what);
            faults.error("yaml-missing-key", self.spot, message, format!("add `{key}: …`"));
        }
        text
    }

    /// A whole number inside `range`; `code` is the fault if it is outside.
    pub fn number(
        &mut self,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        code: &str,
        faults: &mut Faults,
    ) -> Option<u64> {
        let text = self.text(key, faults)?;
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` is `{}`", shorten(&text));
            faults.error(
                code,
                text.spot(),
                message,
                format!("give a whole number from {} to {}", range.start(), range.end()),
            );
        }
        number
    }

    /// Yes or no, in the spellings people use, `Y` and `N` included.
    pub fn flag(&mut self, key: &str, faults: &mut Faults) -> Option<bool> {
        let text = self.text(key, faults)?;
        match text.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" | "on" | "1" => Some(true),
            "n" | "no" | "false" | "off" | "0" => Some(false),
            _ => {
                let message = format!("`{key}` is `{}`", shorten(&text));
                faults.error("yaml-type", text.spot(), message, "write Y or N");
                None
            }
        }
    }

    /// A list of nodes.
    pub fn list(&mut self, key: &str, faults: &mut Faults) -> Option<(Spot, Vec<Node>)> {
        let (spot, node) = self.take(key)?;
        match node {
            Node::List(items) => Some((spot, items)),
            other => {
                let message = format!("`{key}` is {} here, not a list", other.kind());
                faults.error("yaml-type", spot, message, "begin each item with `- `, or write `[a, b]`");
                None
            }
        }
    }

    /// A list of single values; one value alone is a list of one.
    pub fn texts(&mut self, key: &str, faults: &mut Faults) -> Vec<Text> {
        match self.take(key) {
            Some((spot, Node::List(items))) => {
                items.into_iter().filter_map(|item| text(item, key, spot, faults)).collect()
            }
            Some((spot, node)) => text(node, key, spot, faults).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A map from names of the author's own to nodes, each name once.
    pub fn map(&mut self, key: &str, faults: &mut Faults) -> Vec<(Text, Node)> {
        match self.take(key) {
            Some((_, Node::Map(entries))) => {
                let mut kept: Vec<(Text, Node)> = Vec::with_capacity(entries.len());
                for (name, node) in entries {
                    if kept.iter().any(|(earlier, _)| *earlier == name) {
                        let message = format!("`{name}` stands twice in `{key}`");
                        faults.error("yaml-duplicate-key", name.spot(), message, "keep one of the two");
                    } else {
                        kept.push((name, node));
                    }
                }
                kept
            }
            Some((spot, other)) => {
                let message = format!("`{key}` is {} here, not a map of names", other.kind());
                faults.error("yaml-type", spot, message, "write `name: value`, one per line");
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}

/// A single value, trimmed at its end; an empty one counts as absent.
pub(super) fn text(node: Node, key: &str, at: Spot, faults: &mut Faults) -> Option<Text> {
    match node {
        Node::Scalar(text) => Some(text.trimmed()).filter(|text| !text.is_empty()),
        Node::Null(_) => None,
        other => {
            let message = format!("`{key}` is {} here, not a single value", other.kind());
            faults.error(
                "yaml-type",
                at,
                message,
                "write one value; put text that contains `[`, `{` or `: ` in quotes",
            );
            None
        }
    }
}

/// "did you mean …?" if one of `known` is close to `word`.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let folded = word.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_ascii_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 5)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

/// `a`, `b` and `c`.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// At most forty characters of the first line, for a message.
pub(super) fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((index, _)) => format!("{}…", &line[..index]),
        None => line.to_owned(),
    }
}
