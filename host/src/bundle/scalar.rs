//! Finds out where each character of a YAML scalar stands in the source: block, quoted, folded or plain.
//!
//! The parser says what a scalar is and where it begins; this walks the source beside the value it decoded. Where the
//! two cannot be brought together, the place of the beginning stands for all of it.

use crate::located::{Run, Spot, Text};

/// `value`, decoded from the scalar that begins at `start`.
pub(super) fn locate(lines: &[&str], start: Spot, value: String) -> Text {
    let (line, column) = skip_properties(lines, start);
    let at_start = line_from(lines, line, column);
    let runs = match at_start.chars().next() {
        Some(style @ ('|' | '>')) => block(lines, line, &value, style == '|'),
        Some(quote @ ('"' | '\'')) => flow(lines, (line, column + 1), &value, Some(quote)),
        _ => flow(lines, (line, column), &value, None),
    };
    let runs = runs.unwrap_or_else(|| vec![Run { offset: 0, spot: (line, column) }]);
    Text::located(value, runs)
}

/// A number or boolean, which the parser hands out converted: its text is read from the source.
pub(super) fn plain(lines: &[&str], start: Spot) -> Text {
    let (line, column) = skip_properties(lines, start);
    let text = line_from(lines, line, column);
    let end = text.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(text.len());
    let text = text[..end].trim_end_matches(':').to_owned();
    Text::located(text, vec![Run { offset: 0, spot: (line, column) }])
}

fn line_from<'a>(lines: &[&'a str], line: usize, column: usize) -> &'a str {
    let text = lines.get(line.wrapping_sub(1)).copied().unwrap_or("");
    let skip = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(index, _)| index);
    &text[skip..]
}

/// Steps over `&anchor` and `!!tag` in front of a scalar.
fn skip_properties(lines: &[&str], (mut line, mut column): Spot) -> Spot {
    loop {
        let text = line_from(lines, line, column);
        let skip = match text.chars().next() {
            Some('&' | '!') => text.find(char::is_whitespace).unwrap_or(text.len()),
            Some(c) if c.is_whitespace() => text.len() - text.trim_start().len(),
            None if line < lines.len() => {
                (line, column) = (line + 1, 1);
                continue;
            }
            _ => return (line, column),
        };
        column += text[..skip].chars().count();
    }
}

/// A block scalar whose indicator stands on `line`.
fn block(lines: &[&str], line: usize, value: &str, literal: bool) -> Option<Vec<Run>> {
    let mut runs = Vec::new();
    let mut offset = 0;
    if literal {
        for (number, content) in value.split('\n').enumerate() {
            if !content.is_empty() {
                let source = *lines.get(line + number)?;
                let indent = source.strip_suffix(content)?.chars().count();
                runs.push(Run { offset, spot: (line + number + 1, indent + 1) });
            } else if runs.is_empty() {
                runs.push(Run { offset, spot: (line + number + 1, 1) });
            }
            offset += content.chars().count() + 1;
        }
        return Some(runs);
    }
    let mut rest = value;
    for (number, source) in lines.iter().enumerate().skip(line) {
        let gap = rest.len() - rest.trim_start_matches([' ', '\n']).len();
        offset += gap;
        rest = &rest[gap..];
        if rest.is_empty() {
            break;
        }
        let content = source.trim_matches(' ');
        if content.is_empty() {
            continue;
        }
        rest = rest.strip_prefix(content)?;
        let indent = source.len() - source.trim_start_matches(' ').len();
        runs.push(Run { offset, spot: (number + 1, indent + 1) });
        offset += content.chars().count();
    }
    (rest.is_empty() && !runs.is_empty()).then_some(runs)
}

/// A quoted or plain scalar, walked character by character from `start`.
fn flow(lines: &[&str], start: Spot, value: &str, quote: Option<char>) -> Option<Vec<Run>> {
    let (mut line, mut column) = start;
    let mut source: Vec<char> = lines.get(line.checked_sub(1)?)?.chars().collect();
    let mut runs = vec![Run { offset: 0, spot: start }];
    let mut expected = value.chars().peekable();
    let mut offset = 0;
    while let Some(&next) = expected.peek() {
        let rest = source.get(column - 1..).unwrap_or_default();
        if rest.iter().all(|c| c.is_whitespace()) && !(rest.len() == 1 && quote.is_some() && rest[0] == next) {
            // The line folds: one break is a blank, further ones are kept, indentation is dropped.
            line += 1;
            source = lines.get(line - 1)?.chars().collect();
            let indent = source.iter().take_while(|c| c.is_whitespace()).count();
            column = indent + 1;
            if indent < source.len() {
                while expected.peek().is_some_and(|c| matches!(c, ' ' | '\n')) {
                    expected.next();
                    offset += 1;
                }
                runs.push(Run { offset, spot: (line, column) });
            }
            continue;
        }
        let width = match (quote, rest.first()?, rest.get(1)) {
            (Some('\''), '\'', Some('\'')) => 2,
            (Some('"'), '\\', None) => {
                column += 1;
                continue;
            }
            (Some('"'), '\\', Some(escape)) => match escape {
                'x' => 4,
                'u' => 6,
                'U' => 10,
                _ => 2,
            },
            (_, c, _) if *c == next => 1,
            _ => return None,
        };
        expected.next();
        offset += 1;
        column += width;
        if width > 1 {
            runs.push(Run { offset, spot: (line, column) });
        }
    }
    Some(runs)
}
