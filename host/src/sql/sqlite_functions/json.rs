//! JSON as MySQL keeps and prints it: names in order of length, then of letters; numbers with all their digits.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

use rusqlite::Connection;
use rusqlite::functions::Context;
use rust_decimal::Decimal;

use super::{failure, flags};
use crate::sql::values;

const DEEPEST: usize = 100;

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("fb_json_object", -1, flags(), |context| {
        let mut members = BTreeMap::new();
        for index in (0..context.len()).step_by(2) {
            let name = context.get::<Option<String>>(index)?.ok_or_else(|| failure("a name in JSON cannot be NULL"))?;
            members.insert(Name(name), document(context, index + 1)?);
        }
        Ok(Json::Object(members).to_string())
    })?;
    connection.create_scalar_function("fb_json_array", -1, flags(), |context| {
        let items = (0..context.len()).map(|index| document(context, index)).collect::<Result<_, _>>()?;
        Ok(Json::List(items).to_string())
    })?;
    connection.create_scalar_function("fb_json_text", 1, flags(), |context| {
        Ok(context.get::<Option<String>>(0)?.map_or_else(|| "null".to_owned(), |text| values::json_text(&text)))
    })?;
    connection.create_scalar_function("fb_json_boolean", 1, flags(), |context| {
        Ok(match context.get::<Option<i64>>(0)? {
            None => "null",
            Some(0) => "false",
            Some(_) => "true",
        })
    })?;
    connection.create_scalar_function("fb_json_extract", -1, flags(), |context| {
        let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
        let mut value = parse(&text)?;
        for index in 1..context.len() {
            let step: String = context.get(index)?;
            let next = match value {
                Json::Object(mut members) => members.remove(&Name(step)),
                Json::List(items) => step.parse().ok().and_then(|index| items.into_iter().nth(index)),
                _ => None,
            };
            let Some(next) = next else { return Ok(None) };
            value = next;
        }
        Ok(Some(value.to_string()))
    })?;
    connection.create_scalar_function("fb_json_unquote", 1, flags(), |context| {
        let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
        if !text.starts_with('"') {
            return Ok(Some(text));
        }
        match parse(&text)? {
            Json::Text(text) => Ok(Some(text)),
            _ => Ok(Some(text)),
        }
    })?;
    connection.create_scalar_function("fb_store_json", 1, flags(), |context| {
        let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
        Ok(Some(parse(&text)?.to_string()))
    })
}

fn document(context: &Context<'_>, index: usize) -> rusqlite::Result<Json> {
    match context.get::<Option<String>>(index)? {
        None => Ok(Json::Null),
        Some(text) => parse(&text),
    }
}

fn parse(text: &str) -> rusqlite::Result<Json> {
    let mut reader = Reader { rest: text.trim_start() };
    let value = reader.value(0).filter(|_| reader.rest.trim_start().is_empty());
    value.ok_or_else(|| failure("the text is not valid JSON"))
}

enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<Name, Json>),
}

#[derive(PartialEq, Eq)]
struct Name(String);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(truth) => truth.fmt(f),
            Json::Number(number) => f.write_str(number),
            Json::Text(text) => f.write_str(&values::json_text(text)),
            Json::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    write!(f, "{}: {value}", values::json_text(&name.0))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Reads one value; numbers keep their digits, which is why this is not a library's reader.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEEPEST {
            return None;
        }
        self.blank();
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' => self.text().map(Json::Text),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn takes(&mut self, ch: char) -> bool {
        self.blank();
        match self.rest.strip_prefix(ch) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(value)
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.takes('{');
        let mut members = BTreeMap::new();
        if self.takes('}') {
            return Some(Json::Object(members));
        }
        loop {
            self.blank();
            let name = self.text()?;
            if !self.takes(':') {
                return None;
            }
            members.insert(Name(name), self.value(depth + 1)?);
            if self.takes('}') {
                return Some(Json::Object(members));
            }
            if !self.takes(',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.takes('[');
        let mut items = Vec::new();
        if self.takes(']') {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(']') {
                return Some(Json::List(items));
            }
            if !self.takes(',') {
                return None;
            }
        }
    }

    /// Finds the closing quote and leaves the escapes to the library.
    fn text(&mut self) -> Option<String> {
        let mut escaped = false;
        let inner = self.rest.strip_prefix('"')?;
        let end = inner.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let (quoted, rest) = self.rest.split_at(end + 2);
        self.rest = rest;
        serde_json::from_str(quoted).ok()
    }

    fn number(&mut self) -> Option<Json> {
        let end = self.rest.find(|ch: char| !(ch.is_ascii_digit() || "+-.eE".contains(ch))).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        serde_json::from_str::<serde_json::Number>(number).ok()?;
        self.rest = rest;
        if number.contains(['e', 'E']) {
            return Decimal::from_scientific(number).ok().map(|number| Json::Number(number.to_string()));
        }
        Some(Json::Number(number.to_owned()))
    }
}
