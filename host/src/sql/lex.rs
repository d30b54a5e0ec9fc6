//! Reads a tenant's text into tokens: parts statements at `;`, finds `$name$` placeholders, and refuses before the
//! parser runs what would be too long, too deep, or mean something else to a MySQL server than to us.

use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Word};

use super::fault::{Place, SqlFault};

pub(super) const MAX_TEXT: usize = 16 * 1024;
pub(super) const MAX_STATEMENTS: usize = 20;
const MAX_TOKENS: usize = 4_000;
const MAX_OPERATORS: usize = 200;
const MAX_PARENTHESES: usize = 16;

/// The tokens of one statement without blanks and comments, and where it lies in the text.
#[derive(Debug)]
pub(super) struct Sentence {
    pub tokens: Vec<TokenWithSpan>,
    pub place: Place,
    pub end: Location,
}

pub(super) fn sentences(text: &str) -> Result<Vec<Sentence>, SqlFault> {
    if text.len() > MAX_TEXT {
        return Err(Place::START.fault(
            "sql-too-long",
            format!("the text has {} bytes, at most {MAX_TEXT} are allowed", text.len()),
            "Move data into a table of your own, or part the work over several pages.",
        ));
    }
    refuse_hidden(text)?;
    let tokens = Tokenizer::new(&MySqlDialect {}, text).tokenize_with_location().map_err(|error| {
        Place::from(error.location).fault("sql-syntax", error.message, "Check quotes and comments around this place.")
    })?;
    let mut sentences = Vec::new();
    let mut current: Vec<TokenWithSpan> = Vec::new();
    let meaningful = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    for token in meaningful {
        if token.token == Token::SemiColon {
            finish(&mut current, &mut sentences);
        } else {
            current.push(token);
        }
    }
    finish(&mut current, &mut sentences);
    if let Some(extra) = sentences.get(MAX_STATEMENTS) {
        return Err(extra.place.fault(
            "sql-too-many-statements",
            format!("{} statements, at most {MAX_STATEMENTS} are allowed", sentences.len()),
            "Part the work over several pages.",
        ));
    }
    for sentence in &mut sentences {
        placeholders(sentence)?;
        reserved_words(sentence);
        bounds(sentence)?;
    }
    Ok(sentences)
}

fn finish(current: &mut Vec<TokenWithSpan>, sentences: &mut Vec<Sentence>) {
    if let (Some(first), Some(last)) = (current.first(), current.last()) {
        let (place, end) = (first.span.start.into(), last.span.end);
        sentences.push(Sentence { tokens: std::mem::take(current), place, end });
    }
}

/// `/*! … */` is a comment to everybody but a MySQL server (and the tokenizer), which runs it.
fn refuse_hidden(text: &str) -> Result<(), SqlFault> {
    let mut place = Place::START;
    let mut state = Quote::None;
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        let here = place;
        let mut step = |ch: char| {
            if ch == '\n' {
                place = Place { line: place.line + 1, column: 1 };
            } else {
                place.column += 1;
            }
        };
        step(ch);
        if ch == '\0' {
            return Err(here.fault("sql-syntax", "a NUL character", "Remove it."));
        }
        let next = chars.peek().copied();
        match state {
            Quote::None => match (ch, next) {
                ('\'' | '"' | '`', _) => state = Quote::Text(ch),
                ('#', _) => state = Quote::Line,
                ('-', Some('-')) => {
                    let mut ahead = chars.clone();
                    ahead.next();
                    if ahead.next().is_none_or(char::is_whitespace) {
                        state = Quote::Line;
                    }
                }
                ('/', Some('*')) => {
                    chars.next();
                    step('*');
                    if matches!(chars.peek(), Some('!' | '+')) {
                        return Err(here.fault(
                            "sql-comment-hint",
                            "a comment that a MySQL server would run or obey",
                            "Write the SQL itself, or an ordinary comment.",
                        ));
                    }
                    state = Quote::Block;
                }
                _ => {}
            },
            Quote::Text(quote) => {
                if ch == '\\' && quote != '`' {
                    if let Some(escaped) = chars.next() {
                        step(escaped);
                    }
                } else if ch == quote {
                    state = Quote::None;
                }
            }
            Quote::Line if ch == '\n' => state = Quote::None,
            Quote::Block if ch == '*' && next == Some('/') => {
                chars.next();
                step('/');
                state = Quote::None;
            }
            Quote::Line | Quote::Block => {}
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Quote {
    None,
    Text(char),
    Line,
    Block,
}

/// Inside the SQL (never inside quotes) `$name$` is one token to the tokenizer too; here it becomes a placeholder.
fn placeholders(sentence: &mut Sentence) -> Result<(), SqlFault> {
    for token in &mut sentence.tokens {
        let place = Place::from(token.span.start);
        match &token.token {
            Token::Word(word) if word.quote_style.is_none() && word.value.contains('$') => {
                let Some(name) = placeholder_name(&word.value) else {
                    return Err(place.fault(
                        "sql-placeholder",
                        format!("`{}` is not a placeholder", word.value),
                        "A placeholder is a name between two dollar signs, parted from what stands around it: `$account_id$`.",
                    ));
                };
                token.token = Token::Placeholder(name.to_owned());
            }
            Token::Word(word) if word.quote_style.is_none() && word.value.contains('@') => {
                return Err(variable(place));
            }
            Token::Word(word) if word.quote_style.is_none() && is_file(&word.value) => {
                return Err(place.fault(
                    "sql-into-refused",
                    "nothing is written to files",
                    "Rows go back to the page; INSERT … SELECT keeps them in a table of your own.",
                ));
            }
            Token::AtSign | Token::AtAt | Token::Assignment => return Err(variable(place)),
            Token::Placeholder(_) | Token::Question | Token::Colon | Token::DollarQuotedString(_) => {
                return Err(place.fault(
                    "sql-placeholder",
                    "not a placeholder that pages know",
                    "Write `$name$`: a name between two dollar signs.",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_file(word: &str) -> bool {
    word.eq_ignore_ascii_case("OUTFILE") || word.eq_ignore_ascii_case("DUMPFILE")
}

fn variable(place: Place) -> SqlFault {
    place.fault("sql-variable", "variables (`@name`) are not available", "Use a `$name$` placeholder or a subselect.")
}

fn placeholder_name(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?.strip_suffix('$')?;
    let fits = name.len() <= 64
        && name.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '_')
        && name.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '_');
    fits.then_some(name)
}

/// MySQL reads `||` as OR, `&&` as AND and `a MOD b` as `a % b`; and `Offset` is a column of the host's views.
fn reserved_words(sentence: &mut Sentence) {
    for index in 0..sentence.tokens.len() {
        let operand_before = index > 0 && is_operand(&sentence.tokens[index - 1].token);
        let counts_next = matches!(
            sentence.tokens.get(index + 1).map(|token| &token.token),
            Some(Token::Number(..) | Token::Placeholder(_))
        );
        let slot = &mut sentence.tokens[index].token;
        match slot {
            Token::StringConcat => *slot = Token::make_word("OR", None),
            Token::Overlap => *slot = Token::make_word("AND", None),
            Token::Word(word) if word.keyword == Keyword::MOD && operand_before => *slot = Token::Mod,
            Token::Word(word) if word.keyword == Keyword::OFFSET && !counts_next => {
                *slot = Token::Word(Word {
                    keyword: Keyword::NoKeyword,
                    quote_style: Some('`'),
                    value: word.value.clone(),
                });
            }
            _ => {}
        }
    }
}

fn is_operand(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.keyword == Keyword::NoKeyword || word.keyword == Keyword::END,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => true,
        Token::Placeholder(_) | Token::RParen => true,
        _ => false,
    }
}

/// Bounds that keep the parser's and our own recursion shallow, whatever is written.
fn bounds(sentence: &Sentence) -> Result<(), SqlFault> {
    let too_complex = |token: &TokenWithSpan, what: String| {
        Place::from(token.span.start).fault("sql-too-complex", what, "Part it into several statements.")
    };
    let (mut open, mut operators) = (0usize, 0usize);
    for (index, token) in sentence.tokens.iter().enumerate() {
        if index >= MAX_TOKENS {
            return Err(too_complex(token, format!("a statement has at most {MAX_TOKENS} words")));
        }
        match &token.token {
            Token::LParen => open += 1,
            Token::RParen => open = open.saturating_sub(1),
            Token::Comma | Token::Period | Token::Number(..) | Token::Placeholder(_) => {}
            Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => {}
            Token::Word(word) if !CHAINS.contains(&word.keyword) => {}
            _ => operators += 1,
        }
        if open > MAX_PARENTHESES {
            return Err(too_complex(token, format!("parentheses are nested deeper than {MAX_PARENTHESES}")));
        }
        if operators > MAX_OPERATORS {
            return Err(too_complex(token, format!("a statement has at most {MAX_OPERATORS} operators")));
        }
    }
    Ok(())
}

const CHAINS: &[Keyword] = &[
    Keyword::AND,
    Keyword::OR,
    Keyword::XOR,
    Keyword::NOT,
    Keyword::DIV,
    Keyword::IS,
    Keyword::IN,
    Keyword::LIKE,
    Keyword::ILIKE,
    Keyword::REGEXP,
    Keyword::RLIKE,
    Keyword::BETWEEN,
    Keyword::COLLATE,
    Keyword::NOTNULL,
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
    Keyword::JOIN,
    Keyword::CASE,
    Keyword::INTERVAL,
    Keyword::BINARY,
    Keyword::MEMBER,
    Keyword::AT,
];

/// The author's own text of a statement.
pub(super) fn excerpt(text: &str, place: Place, end: Location) -> String {
    let offset = |line: usize, column: usize| {
        let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let rest = &text[start..];
        start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
    };
    let end = Place::from(end);
    text[offset(place.line, place.column)..offset(end.line, end.column)].to_owned()
}

/// Blanks are dropped before parsing; the parser itself needs none.
pub(super) fn end_of(sentence: &Sentence) -> TokenWithSpan {
    TokenWithSpan { token: Token::EOF, span: Span { start: sentence.end, end: sentence.end } }
}
