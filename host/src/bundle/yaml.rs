//! Reads a YAML file into a tree in which every scalar knows its line and column, for faults that point.
//!
//! The parser hands positions out only with its errors. So each scalar is taken, then answered with an error of our
//! own that the next frame catches: the parser has by then written the place of the scalar into it.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::scalar;
use crate::fault::Fault;
use crate::located::{Spot, Text};

/// Larger files are refused before they are parsed.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// Aliases multiply; a tree of more nodes than this is refused.
const MAX_NODES: usize = 50_000;
const SENTINEL: &str = "\u{1}place\u{1}";

/// One value of a file.
#[derive(Debug, Clone)]
pub enum Node {
    /// `null`, `~` or nothing at all.
    Null(Spot),
    /// As written: `010` stays `010`, `yes` stays `yes`.
    Scalar(Text),
    List(Vec<Node>),
    Map(Vec<(Text, Node)>),
}

impl Node {
    /// Where the value begins; a list or a map without entries is nowhere.
    pub fn spot(&self) -> Spot {
        match self {
            Node::Null(spot) => *spot,
            Node::Scalar(text) => text.spot(),
            Node::List(items) => items.first().map_or((0, 0), Node::spot),
            Node::Map(entries) => entries.first().map_or((0, 0), |(key, _)| key.spot()),
        }
    }

    /// In words, for messages: "a list".
    pub fn kind(&self) -> &'static str {
        match self {
            Node::Null(_) => "nothing",
            Node::Scalar(_) => "a single value",
            Node::List(_) => "a list",
            Node::Map(_) => "a map of keys",
        }
    }
}

/// Parses `bytes` of `file`, or says in one fault why it cannot.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Node, Fault> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Fault::new("file-too-large", file, (0, 0), format!("the file has {} bytes", bytes.len()))
            .hint(format!("split it: a definition has at most {MAX_FILE_BYTES} bytes")));
    }
    let source = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Fault::new("file-encoding", file, (line, column), "the file is not UTF-8").hint("save it as UTF-8")
    })?;
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let lines: Vec<&str> = source.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let left = Cell::new(MAX_NODES);
    let seed = Seed { lines: &lines, left: &left };
    seed.deserialize(serde_yaml::Deserializer::from_str(source)).map_err(|error| {
        let reported = error.location().map_or((0, 0), |place| (place.line(), place.column()));
        // An unclosed quote is noticed at the end of the file; the one who looks for it wants its beginning.
        let text = error.to_string();
        let spot = text.split_once("while scanning a quoted scalar at ").map_or(reported, |(_, begin)| place(begin));
        let (message, hint) = explain(&text, lines.get(spot.0.wrapping_sub(1)).copied().unwrap_or(""));
        Fault::new("yaml-syntax", file, spot, message).hint(hint)
    })
}

/// A parser's message in the words of an author, with what usually caused it.
fn explain(message: &str, line: &str) -> (String, &'static str) {
    let hint = if line.contains('\t') {
        "indent with spaces: YAML does not take tabs"
    } else if message.contains("while scanning a quoted scalar") {
        "close the quote that is opened here"
    } else if message.contains("mapping values are not allowed") {
        "put the text in quotes: it contains a colon followed by a blank"
    } else if message.contains("did not find expected") || message.contains("could not find expected") {
        "check the indentation and the quotes of this line and the one above"
    } else if message.contains("too many values") || message.contains("limit exceeded") {
        "write the repeated parts out, or split the file"
    } else if message.contains("more than one document") {
        "put each definition into a file of its own and remove the `---`"
    } else {
        "put texts that contain `: `, `#`, `[`, `{`, `*`, `&` or `!` in quotes"
    };
    (format!("this is not valid YAML: {message}"), hint)
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    lines: &'a [&'a str],
    left: &'a Cell<usize>,
}

/// What was seen at a scalar before its place was known.
enum Seen {
    Null,
    /// A string as the parser decoded it.
    Text(String),
    /// A number or boolean: the text is taken from the source.
    Plain,
}

struct Visit<'a> {
    seed: Seed<'a>,
    seen: &'a Cell<Option<Seen>>,
}

impl Seed<'_> {
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        match self.left.get().checked_sub(1) {
            Some(left) => self.left.set(left),
            None => return Err(D::Error::custom(format!("too many values (over {MAX_NODES})"))),
        }
        let seen = Cell::new(None);
        let error = match deserializer.deserialize_any(Visit { seed: self, seen: &seen }) {
            Ok(node) => return Ok(node),
            Err(error) => error,
        };
        let text = error.to_string();
        let (Some(seen), Some(at)) = (seen.take(), text.rfind(SENTINEL)) else {
            return Err(error);
        };
        let spot = place(&text[at + SENTINEL.len()..]);
        Ok(match seen {
            Seen::Null => Node::Null(spot),
            Seen::Text(text) => Node::Scalar(scalar::locate(self.lines, spot, text)),
            Seen::Plain => Node::Scalar(scalar::plain(self.lines, spot)),
        })
    }
}

/// ` at line 3 column 7` as a spot; the very first character of a file comes without a place.
fn place(text: &str) -> Spot {
    let mut numbers = text.split(' ').filter_map(|word| word.parse().ok());
    (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1))
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.read(deserializer)
    }
}

impl Visit<'_> {
    /// Keeps what was seen and asks for its place by failing.
    fn keep<E: Error>(&self, seen: Seen) -> Result<Node, E> {
        self.seen.set(Some(seen));
        Err(E::custom(SENTINEL))
    }
}

impl<'de> Visitor<'de> for Visit<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without a tag")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.keep(Seen::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null((0, 0)))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        self.keep(Seen::Plain)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        self.keep(Seen::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.seed)? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key_seed(self.seed)? {
            let key = match key {
                Node::Scalar(text) => text,
                other => return Err(A::Error::custom(format!("a key must be a word, not {}", other.kind()))),
            };
            entries.push((key, access.next_value_seed(self.seed)?));
        }
        Ok(Node::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom("tags (`!name`) have no meaning here"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(node: &'a Node, path: &[&str]) -> &'a Node {
        path.iter().fold(node, |node, step| match node {
            Node::Map(entries) => &entries.iter().find(|(key, _)| key.as_str() == *step).unwrap().1,
            Node::List(items) => &items[step.parse::<usize>().unwrap()],
            _ => panic!("nothing below a scalar"),
        })
    }

    fn text(node: &Node) -> &Text {
        match node {
            Node::Scalar(text) => text,
            other => panic!("{}", other.kind()),
        }
    }

    #[test]
    fn every_scalar_knows_where_it_stands() {
        let source = "first: 1\npages:\n  - sql: |\n      SELECT 'ä',\n        nope\n      FROM t\n    callback: \"a\\tbc\"\n    n: ~\n  - {on: yes, amount: 010.50}\n";
        let node = parse("f.yaml", source.as_bytes()).unwrap();
        assert_eq!(text(get(&node, &["first"])).spot(), (1, 8));
        let sql = text(get(&node, &["pages", "0", "sql"]));
        assert_eq!(sql.spot(), (4, 7));
        assert_eq!(sql.at(1, 8), (4, 14));
        assert_eq!(sql.at(2, 3), (5, 9));
        assert_eq!(sql.at(3, 1), (6, 7));
        let callback = text(get(&node, &["pages", "0", "callback"]));
        assert_eq!((callback.as_str(), callback.spot()), ("a\tbc", (7, 16)));
        assert_eq!(callback.at(1, 3), (7, 19));
        assert_eq!(get(&node, &["pages", "0", "n"]).spot(), (8, 8));
        let amount = text(get(&node, &["pages", "1", "amount"]));
        assert_eq!((amount.as_str(), amount.spot()), ("010.50", (9, 23)));
        assert_eq!(text(get(&node, &["pages", "1", "on"])).as_str(), "yes");
    }

    #[test]
    fn quoted_and_folded_texts_are_followed_over_their_line_breaks() {
        let source =
            "single: 'it''s\n  two'\nfolded: >-\n  one\n  two\n\n  three\nplain: a b\n  c\ndouble: \"x \\\n  y\"\n";
        let node = parse("f.yaml", source.as_bytes()).unwrap();
        let single = text(get(&node, &["single"]));
        assert_eq!(single.as_str(), "it's two");
        assert_eq!((single.at(1, 1), single.at(1, 4), single.at(1, 6)), ((1, 10), (1, 14), (2, 3)));
        let folded = text(get(&node, &["folded"]));
        assert_eq!(folded.as_str(), "one two\nthree");
        assert_eq!((folded.at(1, 5), folded.at(2, 2)), ((5, 3), (7, 4)));
        let plain = text(get(&node, &["plain"]));
        assert_eq!((plain.as_str(), plain.at(1, 5)), ("a b c", (9, 3)));
        let double = text(get(&node, &["double"]));
        assert_eq!((double.as_str(), double.at(1, 3)), ("x y", (11, 3)));
    }

    #[test]
    fn files_of_other_systems_count_the_same_lines() {
        let source = "\u{feff}a: |\r\n  SELECT 1,\r\n  nope\r\nb: c\r\n";
        let node = parse("f.yaml", source.as_bytes()).unwrap();
        let sql = text(get(&node, &["a"]));
        assert_eq!((sql.as_str(), sql.at(2, 1)), ("SELECT 1,\nnope\n", (3, 3)));
        assert_eq!(text(get(&node, &["b"])).spot(), (4, 4));
    }

    #[test]
    fn aliases_cannot_blow_a_file_up() {
        let mut source = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let list = vec![format!("*a{}", level - 1); 9].join(", ");
            source.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        assert_eq!(parse("f.yaml", source.as_bytes()).unwrap_err().code, "yaml-syntax");
    }

    #[test]
    fn nothing_that_is_not_yaml_gets_past_or_panics() {
        for (source, line) in
            [("a: [1\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: !x 1\n", 1), ("a: b: c\n", 1), ("a: *x\n", 1)]
        {
            let fault = parse("f.yaml", source.as_bytes()).unwrap_err();
            assert_eq!((fault.code.as_str(), fault.line), ("yaml-syntax", line), "{source:?}: {fault}");
        }
        assert!(matches!(parse("f.yaml", b"").unwrap(), Node::Null(_)));
        assert_eq!(parse("f.yaml", b"a: \xff").unwrap_err().column, 4);
    }
}
