//! Reads conversations from the SQL in which older systems kept them: `INSERT INTO def_conversation_page (…) VALUES …`.
//!
//! Only such rows are taken. Other statements are skipped and named in a note, so that a dump of a whole package can be
//! given as it is; statements that would change pages in a way that is not read here are refused.

use std::collections::BTreeMap;

use sqlparser::ast::{Expr, Insert, SetExpr, Spanned as _, Statement, TableObject, UnaryOperator, Value};
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::page::{Conversation, MAX_OPTIONS, Page, PageOption};
use crate::fault::Fault;
use crate::located::{Spot, Text};

const TABLE: &str = "def_conversation_page";
/// Of options, those of the first stand for all five.
const COLUMNS: &[&str] = &[
    "ConversationCode",
    "Package",
    "PageNo",
    "HeaderText",
    "Option1",
    "Option1Callback",
    "Option1Display",
    "OptionOverrideSql",
    "OptionOverrideShow",
    "PreSql",
    "PostSql",
    "ReRouteSql",
    "TimeoutSeconds",
    "MaxRetries",
    "OnMaxRetries",
    "MediaUrl",
];

/// What a file of SQL held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// By code in capitals.
    pub conversations: BTreeMap<String, Conversation>,
    /// Warnings: statements and values that were left out.
    pub notes: Vec<Fault>,
}

/// Reads all pages of `sql`; `file` is its name for messages. With a fault nothing is imported.
pub fn import(file: &str, sql: &str) -> Result<Imported, Vec<Fault>> {
    let mut reader = Reader { file, imported: Imported::default(), faults: Vec::new() };
    let sql = sql.strip_prefix('\u{feff}').unwrap_or(sql);
    match Tokenizer::new(&MySqlDialect {}, sql).tokenize_with_location() {
        Ok(tokens) => tokens.split(|token| token.token == Token::SemiColon).for_each(|part| reader.statement(part)),
        Err(error) => reader.error(
            "import-syntax",
            spot(error.location),
            error.message,
            "check the quotes: a quote inside a text is doubled (`''`)",
        ),
    }
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    if reader.imported.conversations.is_empty() {
        let hint = format!(
            "the file needs statements of the form INSERT INTO {TABLE} (ConversationCode, PageNo, …) VALUES (…)"
        );
        return Err(vec![Fault::new("import-empty", file, (0, 0), "there is no page in this file").hint(hint)]);
    }
    Ok(reader.imported)
}

struct Reader<'a> {
    file: &'a str,
    imported: Imported,
    faults: Vec<Fault>,
}

/// One value of a row.
struct Cell {
    column: String,
    text: Option<String>,
    spot: Spot,
}

impl Reader<'_> {
    fn error(&mut self, code: &str, at: Spot, message: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault::new(code, self.file, at, message).hint(hint));
    }

    fn note(&mut self, at: Spot, message: impl Into<String>, hint: impl Into<String>) {
        let note = Fault::new("import-skipped", self.file, at, message).hint(hint).warning();
        self.imported.notes.push(note);
    }

    fn statement(&mut self, tokens: &[TokenWithSpan]) {
        let mut words = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
        let Some(first) = words.next() else { return };
        let at = spot(first.span.start);
        let verb = match &first.token {
            Token::Word(word) => word.keyword,
            _ => Keyword::NoKeyword,
        };
        let changes_pages = words
            .find(|token| !is_one_of(token, &[Keyword::INTO, Keyword::FROM, Keyword::IGNORE, Keyword::LOW_PRIORITY]))
            .is_some_and(|token| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case(TABLE)));
        match verb {
            Keyword::INSERT | Keyword::REPLACE => {
                match Parser::new(&MySqlDialect {}).with_tokens_with_locations(tokens.to_vec()).parse_statement() {
                    Ok(Statement::Insert(insert)) => self.insert(&insert, at),
                    Ok(_) => self.note(at, "this statement was skipped", ""),
                    Err(error) => self.syntax(error, at),
                }
            }
            Keyword::UPDATE | Keyword::DELETE | Keyword::TRUNCATE if changes_pages => {
                let message = format!("only INSERT and REPLACE of {TABLE} are read");
                self.error(
                    "import-statement",
                    at,
                    message,
                    "apply the change to the rows of the file, then import them",
                );
            }
            _ => {
                let message = format!("a statement that begins with `{}` was skipped", first.token);
                self.note(at, message, "only pages are imported");
            }
        }
    }

    fn syntax(&mut self, error: ParserError, at: Spot) {
        let message = match error {
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
            ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
        };
        // The parser's own words end in " at Line: 4, Column: 7".
        let (message, place) = match message.rsplit_once(" at Line: ") {
            Some((head, place)) => (head.to_owned(), place.split_once(", Column: ")),
            None => (message, None),
        };
        let place = place.and_then(|(line, column)| Some((line.parse().ok()?, column.trim().parse().ok()?)));
        self.error(
            "import-syntax",
            place.unwrap_or(at),
            message,
            "check quotes, commas and parentheses before this place",
        );
    }

    fn insert(&mut self, insert: &Insert, at: Spot) {
        let table = match &insert.table {
            TableObject::TableName(name) => name.0.last().map(ToString::to_string).unwrap_or_default().replace('`', ""),
            other => other.to_string(),
        };
        if !table.eq_ignore_ascii_case(TABLE) {
            let hint = "rows of own tables go to data/*.csv of the bundle";
            return self.note(at, format!("rows of `{table}` are not imported, only pages are"), hint);
        }
        if insert.on.is_some() {
            let hint = "write REPLACE INTO, or leave the clause out";
            return self.error("import-statement", at, "ON DUPLICATE KEY UPDATE is not read", hint);
        }
        let columns: Vec<String> = insert.columns.iter().map(|name| name.to_string().replace('`', "")).collect();
        if columns.is_empty() {
            let hint = format!("name them: INSERT INTO {TABLE} (ConversationCode, PageNo, HeaderText, …) VALUES (…)");
            return self.error("import-columns", at, "the statement does not name its columns", hint);
        }
        let before = self.faults.len();
        for (index, name) in columns.iter().enumerate() {
            let place = insert.columns.get(index).map_or(at, |name| spot(name.span().start));
            if !COLUMNS.iter().any(|known| key(known) == option_of_first(&key(name))) {
                let hint = closest(name).unwrap_or_else(|| format!("columns are {}", COLUMNS.join(", ")));
                self.error("import-column-unknown", place, format!("{TABLE} has no column `{name}`"), hint);
            } else if columns[..index].iter().any(|earlier| key(earlier) == key(name)) {
                self.error("import-column-duplicate", place, format!("`{name}` stands twice"), "name each column once");
            }
        }
        if self.faults.len() > before {
            return;
        }
        let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|query| query.body.as_ref()) else {
            return self.error("import-statement", at, "the statement has no VALUES", "write the rows out");
        };
        for row in &values.rows {
            let row_at = row.first().map_or(at, |expr| spot(expr.span().start));
            if row.len() != columns.len() {
                let message =
                    format!("this row has {} values, the statement names {} columns", row.len(), columns.len());
                self.error("import-row-width", row_at, message, "a quote that is not doubled often splits a value");
                continue;
            }
            let before = self.faults.len();
            let cells = columns.iter().zip(row.iter()).map(|(column, expr)| self.cell(column, expr)).collect();
            if self.faults.len() == before {
                self.row(cells, row_at, insert.replace_into);
            }
        }
    }

    fn cell(&mut self, column: &str, expr: &Expr) -> Cell {
        let place = spot(expr.span().start);
        let text = literal(expr).unwrap_or_else(|| {
            let message = format!("the value of `{column}` is not written out: {expr}");
            self.error("import-value", place, message, "give a text in quotes, a number or NULL");
            None
        });
        let text = text.map(|text| text.replace("\r\n", "\n").trim_end().to_owned()).filter(|text| !text.is_empty());
        Cell { column: key(column), text, spot: place }
    }

    /// A row becomes a page of its conversation.
    fn row(&mut self, cells: Vec<Cell>, at: Spot, replace: bool) {
        let mut cells: BTreeMap<String, Cell> = cells.into_iter().map(|cell| (cell.column.clone(), cell)).collect();
        let mut take = |name: &str| cells.remove(name).and_then(|cell| cell.text.map(|text| (text, cell.spot)));
        let before = self.faults.len();
        let code = take("conversationcode");
        let package = take("package").map(|(package, _)| package).unwrap_or_default();
        let number = take("pageno").and_then(|(text, spot)| self.number("PageNo", &text, spot));
        let header = take("headertext");
        let (Some((code, code_at)), Some(number), Some((header, _))) = (code, number, header) else {
            if self.faults.len() == before {
                let message = "a page needs ConversationCode, PageNo and HeaderText";
                self.error("import-value-missing", at, message, "name the three columns and give each row all of them");
            }
            return;
        };
        let mut page = Page { number, header: header.into(), ..Page::default() };
        for number in 1..=MAX_OPTIONS {
            let text = take(&format!("option{number}"));
            let callback = take(&format!("option{number}callback"));
            let display = take(&format!("option{number}display")).is_none_or(|(text, _)| !is_no(&text));
            match (text, callback) {
                (Some((text, _)), callback) => page.options.push(PageOption {
                    callback: callback.map(|(callback, _)| callback.into()),
                    display,
                    ..PageOption::new(number, text.into())
                }),
                (None, Some((callback, spot))) => {
                    let message = format!("Option{number}Callback `{callback}` has no Option{number} and was left out");
                    self.note(spot, message, "give the option a text");
                }
                (None, None) => {}
            }
        }
        let text = |value: Option<(String, Spot)>| value.map(|(text, _)| Text::from(text));
        page.option_sql = text(take("optionoverridesql"));
        page.option_show = text(take("optionoverrideshow"));
        page.pre_sql = text(take("presql"));
        page.post_sql = text(take("postsql"));
        page.reroute_sql = text(take("reroutesql"));
        page.on_max_retries = text(take("onmaxretries"));
        page.media_url = text(take("mediaurl"));
        // Zero is what those tables say for "not set".
        let mut limit = |reader: &mut Self, column: &str, key: &str| {
            let (text, spot) = take(key)?;
            reader.number(column, &text, spot).filter(|number| *number > 0)
        };
        page.timeout_seconds = limit(self, "TimeoutSeconds", "timeoutseconds").map(u64::from);
        page.max_retries = limit(self, "MaxRetries", "maxretries");
        if self.faults.len() == before {
            self.add(code, code_at, package, page, replace);
        }
    }

    fn add(&mut self, code: String, at: Spot, package: String, page: Page, replace: bool) {
        let conversation = self.imported.conversations.entry(code.to_ascii_uppercase()).or_insert_with(|| {
            let mut conversation = Conversation::new(Text::from(code.as_str()));
            conversation.start_page = page.number;
            conversation.package = package.clone();
            conversation
        });
        if conversation.package != package {
            let message = format!("`{code}` is in package `{}` before, here in `{package}`", conversation.package);
            return self.error("import-package", at, message, "a code names one conversation: rename one of the two");
        }
        conversation.start_page = conversation.start_page.min(page.number);
        let number = page.number;
        if conversation.pages.insert(number, page).is_some() && !replace {
            let message = format!("page {number} of `{code}` stands twice");
            self.error(
                "import-page-duplicate",
                at,
                message,
                "keep one of the two, or write REPLACE INTO for the later",
            );
        }
    }

    fn number(&mut self, column: &str, text: &str, at: Spot) -> Option<u32> {
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.error("import-value", at, format!("`{column}` is `{text}`"), "give a whole number");
        }
        number
    }
}

fn is_one_of(token: &TokenWithSpan, keywords: &[Keyword]) -> bool {
    matches!(&token.token, Token::Word(word) if keywords.contains(&word.keyword))
}

fn is_no(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "n" | "no" | "0" | "false")
}

fn spot(place: Location) -> Spot {
    (place.line as usize, place.column as usize)
}

/// Column names are compared without case and underscores.
fn key(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// `option4callback` as `option1callback`, for the list of known columns.
fn option_of_first(key: &str) -> String {
    let mut chars = key.strip_prefix("option").unwrap_or_default().chars();
    match chars.next().and_then(|c| c.to_digit(10)) {
        Some(number) if (1..=u32::from(MAX_OPTIONS)).contains(&number) => format!("option1{}", chars.as_str()),
        _ => key.to_owned(),
    }
}

fn closest(name: &str) -> Option<String> {
    COLUMNS
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&key(known), &option_of_first(&key(name))), known))
        .filter(|(distance, _)| *distance <= 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| format!("did you mean `{known}`?"))
}

/// The text of a literal, nothing for NULL; nothing at all for other expressions.
fn literal(expr: &Expr) -> Option<Option<String>> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Null => Some(None),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) | Value::NationalStringLiteral(text) => {
                Some(Some(text.clone()))
            }
            Value::Number(number, _) => Some(Some(number.clone())),
            Value::Boolean(value) => Some(Some(value.to_string())),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            literal(expr).map(|text| text.map(|text| format!("-{text}")))
        }
        Expr::Nested(inner) => literal(inner),
        Expr::Prefixed { value, .. } => literal(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quotes_comments_and_semicolons_inside_a_text_stay_in_it(
            header in "(\\PC|\n|'|\\\\|--|/\\*|\\*/|;|#|\"|`){1,20}",
            post_sql in "(\\PC|\n|''|\\\\n|-- x\n|;){0,20}",
        ) {
            prop_assume!(!header.trim().is_empty());
            let text = |text: &str| text.replace('\\', "\\\\").replace('\'', "''");
            let sql = format!(
                "-- it's a comment; 'with quotes'\nINSERT INTO def_conversation_page /* ; */ (PageNo, HeaderText, PostSql, ConversationCode) VALUES (7, '{}', # more; \n'{}', 'A');",
                text(&header), text(&post_sql),
            );
            let imported = import("a.sql", &sql).map_err(|faults| TestCaseError::fail(format!("{faults:#?}\n{sql}")))?;
            let page = &imported.conversations["A"].pages[&7];
            prop_assert_eq!(page.header.as_str(), header.trim_end());
            prop_assert_eq!(page.post_sql.as_deref().unwrap_or_default(), post_sql.trim_end());
        }
    }
}
