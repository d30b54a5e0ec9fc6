//! Checks a statement against what its purpose allows and what the catalog has, and makes the tree that is written out.
//! Everything that is not recognised here is refused.

mod aggregate;
mod coerce;
mod expression;
mod from;
mod functions;
mod query;
mod scope;
mod times;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

pub(super) use self::query::named_columns;
use self::scope::Frame;
use super::catalog::Catalog;
use super::fault::{Place, SqlFault, did_you_mean};
use super::lex::{self, Sentence};
use super::program::{OutputColumn, Purpose, StatementKind, Temps};
use super::tree;

pub(super) type Checked<T> = Result<T, SqlFault>;

/// A statement that passed, and what is needed to write it out.
pub(super) struct Passed {
    pub kind: StatementKind,
    pub tree: tree::Statement,
    pub columns: Vec<OutputColumn>,
    pub temps: BTreeMap<String, Vec<OutputColumn>>,
}

pub(super) struct Checker<'a> {
    purpose: Purpose,
    catalog: &'a Catalog,
    /// What exists when the next statement runs.
    temps: Temps,
    known: Option<&'a BTreeSet<String>>,
    names: BTreeSet<String>,
    tables: BTreeSet<String>,
    /// Of the statement at hand.
    place: Place,
    used_temps: BTreeSet<String>,
    frames: Vec<Frame>,
    named: Vec<(String, Vec<OutputColumn>)>,
    depth: usize,
    copied: usize,
    aggregates: Aggregates,
    /// In a single-table UPDATE: columns already assigned, which later expressions read.
    assigned: Vec<(String, tree::Node)>,
}

/// Whether an aggregate may stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregates {
    Allowed,
    Inside,
    Refused,
}

const MAX_DEPTH: usize = 100;
const MAX_QUERY_DEPTH: usize = 8;
const MAX_COPIED: usize = 10_000;

impl<'a> Checker<'a> {
    pub fn new(
        purpose: Purpose,
        catalog: &'a Catalog,
        temps: Temps,
        known: Option<&'a BTreeSet<String>>,
    ) -> Checker<'a> {
        Checker {
            purpose,
            catalog,
            temps,
            known,
            names: BTreeSet::new(),
            tables: BTreeSet::new(),
            place: Place::START,
            used_temps: BTreeSet::new(),
            frames: Vec::new(),
            named: Vec::new(),
            depth: 0,
            copied: 0,
            aggregates: Aggregates::Refused,
            assigned: Vec::new(),
        }
    }

    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    pub fn finish(self) -> (BTreeSet<String>, BTreeSet<String>) {
        (self.names, self.tables)
    }

    pub fn statement(&mut self, sentence: &Sentence) -> Checked<Passed> {
        self.place = sentence.place;
        self.used_temps.clear();
        self.frames.clear();
        self.named.clear();
        self.assigned.clear();
        self.depth = 0;
        self.copied = 0;
        self.aggregates = Aggregates::Refused;
        let parsed = parse(sentence)?;
        let (kind, tree, columns) = self.dispatch(&parsed)?;
        let temps = self
            .used_temps
            .iter()
            .filter_map(|name| Some((name.clone(), self.temps.tables.get(name)?.clone())))
            .collect();
        if let StatementKind::CreateTemp { name } = &kind {
            self.temps.tables.insert(name.clone(), columns.clone());
        }
        Ok(Passed { kind, tree, columns, temps })
    }

    fn dispatch(&mut self, parsed: &ast::Statement) -> Checked<(StatementKind, tree::Statement, Vec<OutputColumn>)> {
        let place = self.place;
        if self.purpose.is_one_query() && !matches!(parsed, ast::Statement::Query(_)) {
            return Err(place.fault(
                "sql-one-query",
                format!("{} is exactly one SELECT; {} is not allowed here", self.purpose.name(), verb(parsed)),
                "What changes data belongs into pre_sql or post_sql.",
            ));
        }
        match parsed {
            ast::Statement::Query(query) => {
                let query = self.query(query)?;
                let columns = query.columns.clone();
                Ok((StatementKind::Query, tree::Statement::Query(query), columns))
            }
            ast::Statement::Insert(insert) => self.insert(insert),
            ast::Statement::Update(update) => self.update(update),
            ast::Statement::Delete(delete) => self.delete(delete),
            ast::Statement::CreateTable(create) if create.temporary => self.create_temporary(create),
            other => Err(place.fault(
                "sql-statement-refused",
                format!("{} is not allowed", verb(other)),
                "Allowed are SELECT, INSERT, UPDATE and DELETE, and CREATE TEMPORARY TABLE … AS SELECT in pre_sql.",
            )),
        }
    }

    fn create_temporary(
        &mut self,
        create: &ast::CreateTable,
    ) -> Checked<(StatementKind, tree::Statement, Vec<OutputColumn>)> {
        let place = self.place;
        if self.purpose != Purpose::PreSql {
            return Err(place.fault(
                "sql-statement-refused",
                format!("a temporary table cannot be made in {}", self.purpose.name()),
                "Make it in the pre_sql of this page or of one before it.",
            ));
        }
        let Some(query) = &create.query else {
            return Err(place.fault(
                "sql-statement-refused",
                "a temporary table is made from a SELECT",
                "Write CREATE TEMPORARY TABLE name AS SELECT …",
            ));
        };
        if !create.columns.is_empty() || !create.constraints.is_empty() || create.like.is_some() {
            return Err(place.fault(
                "sql-statement-refused",
                "a temporary table takes its columns from its SELECT",
                "Leave the list of columns out and name them in the SELECT.",
            ));
        }
        let (name, at) = self.one_name(&create.name)?;
        if self.catalog.table(&name).is_some() {
            return Err(at.fault(
                "sql-name-taken",
                format!("`{name}` is a table already"),
                "Give the temporary table a name of its own.",
            ));
        }
        let query = self.query(query)?;
        let mut seen = BTreeSet::new();
        for column in &query.columns {
            if !seen.insert(column.name.to_ascii_lowercase()) {
                return Err(at.fault(
                    "sql-column-twice",
                    format!("`{name}` would have two columns `{}`", column.name),
                    "Name one of them otherwise: `… AS other_name`.",
                ));
            }
        }
        let columns = query.columns.clone();
        Ok((StatementKind::CreateTemp { name }, tree::Statement::Query(query), columns))
    }

    /// The name of a table, lower case; a name with a schema is refused.
    fn one_name(&self, name: &ast::ObjectName) -> Checked<(String, Place)> {
        match name.0.as_slice() {
            [ast::ObjectNamePart::Identifier(ident)] => {
                Ok((ident.value.to_ascii_lowercase(), self.place.or(ident.span)))
            }
            parts => {
                let place = parts
                    .first()
                    .and_then(|part| part.as_ident())
                    .map_or(self.place, |ident| self.place.or(ident.span));
                Err(place.fault(
                    "sql-schema-refused",
                    format!("`{name}` names a schema"),
                    "Name the table alone: there is no other schema to reach.",
                ))
            }
        }
    }

    fn unknown_table(&self, name: &str, place: Place) -> SqlFault {
        let candidates = self
            .catalog
            .tables
            .keys()
            .chain(self.temps.tables.keys())
            .map(String::as_str)
            .chain(self.named.iter().map(|(name, _)| name.as_str()));
        place.fault("sql-table-unknown", format!("there is no table `{name}`"), did_you_mean(name, candidates))
    }

    /// Counts a level deeper; [`Checker::leave`] must follow.
    fn enter(&mut self, place: Place) -> Checked<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(place.fault(
                "sql-too-complex",
                format!("an expression is nested deeper than {MAX_DEPTH}"),
                "Part it into several statements.",
            ));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// A copy of an expression that has to be written out more than once.
    fn copy(&mut self, node: &tree::Node, place: Place) -> Checked<tree::Node> {
        self.copied += node.size();
        if self.copied > MAX_COPIED {
            return Err(place.fault(
                "sql-too-complex",
                "the statement would grow too long when it is translated",
                "Part it into several statements.",
            ));
        }
        Ok(node.clone())
    }
}

fn parse(sentence: &Sentence) -> Checked<ast::Statement> {
    let mut tokens = sentence.tokens.clone();
    tokens.push(lex::end_of(sentence));
    let dialect = MySqlDialect {};
    let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens);
    let statement = parser.parse_statement().map_err(|error| syntax(sentence, &error))?;
    let rest = parser.next_token();
    if rest.token != Token::EOF {
        return Err(Place::from(rest.span.start).fault(
            "sql-syntax",
            format!("did not expect `{}` here", rest.token),
            "Statements are parted by `;`.",
        ));
    }
    Ok(statement)
}

/// The parser says where only inside its message: `… at Line: 3, Column: 7`.
fn syntax(sentence: &Sentence, error: &ParserError) -> SqlFault {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message.as_str(),
        ParserError::RecursionLimitExceeded => {
            return sentence.place.fault(
                "sql-too-complex",
                "the statement is nested too deep",
                "Part it into several statements.",
            );
        }
    };
    let (what, place) = match message.rsplit_once(" at Line: ") {
        Some((what, place)) => (what, place.split_once(", Column: ")),
        None => (message, None),
    };
    let numbers = place.and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
    let place = match numbers {
        Some((line, column)) if line > 0 => Place { line, column },
        _ => sentence.place,
    };
    place.fault("sql-syntax", what.to_owned(), "")
}

/// The first words of a statement, for messages.
fn verb(statement: &ast::Statement) -> String {
    let text = statement.to_string();
    let words: Vec<&str> =
        text.split_whitespace().take_while(|word| word.chars().all(|ch| ch.is_ascii_uppercase())).take(2).collect();
    if words.is_empty() { "this statement".to_owned() } else { words.join(" ") }
}
