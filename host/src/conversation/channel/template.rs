//! Puts values into `{name}` places of a header or a label. A value is never read as a template itself.

use std::borrow::Cow;

/// A filled text, and the names for which there was no value (their places are left empty).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filled {
    pub text: String,
    pub missing: Vec<String>,
}

enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// Names are letters, digits, `_` and `.`, and do not begin with a digit; any other braces are text.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let brace = &rest[at..=at];
        if rest[at + 1..].starts_with(brace) {
            found.push(Piece::Text(&rest[..=at]));
            rest = &rest[at + 2..];
            continue;
        }
        let name = rest[at + 1..].find('}').map(|end| &rest[at + 1..at + 1 + end]);
        match name.filter(|name| brace == "{" && is_name(name.trim())) {
            Some(name) => {
                found.push(Piece::Text(&rest[..at]));
                found.push(Piece::Name(name.trim()));
                rest = &rest[at + name.len() + 2..];
            }
            None => {
                found.push(Piece::Text(&rest[..=at]));
                rest = &rest[at + 1..];
            }
        }
    }
    found.push(Piece::Text(rest));
    found
}

/// Fills each place once. `lookup` gives `None` for a name it does not know, and an empty text for NULL.
/// `{{` and `}}` stand for single braces.
pub fn fill<'v>(template: &str, lookup: impl Fn(&str) -> Option<Cow<'v, str>>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(template.len()), missing: Vec::new() };
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => filled.text.push_str(text),
            Piece::Name(name) => match lookup(name) {
                Some(value) => filled.text.push_str(&value),
                None if filled.missing.iter().any(|known| known == name) => {}
                None => filled.missing.push(name.to_owned()),
            },
        }
    }
    filled
}

/// The names that a template asks for, in order, each once: for lint.
pub fn names(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in pieces(template) {
        if let Piece::Name(name) = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Filled {
        fill(template, |name| match name {
            "name" => Some("Ms {amount} {{x}}".into()),
            "amount" => Some("500.00".into()),
            "nothing" => Some("".into()),
            _ => None,
        })
    }

    #[test]
    fn a_value_is_put_in_once_and_stays_what_it_is() {
        assert_eq!(filled("Hello {name}, R{amount}.").text, "Hello Ms {amount} {{x}}, R500.00.");
        assert_eq!(filled("{nothing}{ amount }").text, "500.00");
    }

    #[test]
    fn doubled_braces_are_braces_and_odd_ones_are_text() {
        assert_eq!(filled("{{name}} } { {1} {a b} {}").text, "{name} } { {1} {a b} {}");
        assert_eq!(filled("{{{amount}}}").text, "{500.00}");
        assert_eq!(filled("{amount").text, "{amount");
    }

    #[test]
    fn names_without_a_value_are_listed_once() {
        let filled = filled("{balance} {due} {balance} {amount}");
        assert_eq!((filled.text.as_str(), filled.missing), ("   500.00", vec!["balance".to_owned(), "due".to_owned()]));
        assert_eq!(names("{b} {a.c} {b} {{d}}"), ["b", "a.c"]);
    }
}
