//! Writes a checked statement out for one store. The tree can only say what is allowed, so nothing is judged here:
//! only how each store spells MySQL's meaning.

mod calls;
mod dates;

use std::collections::BTreeMap;

pub(super) use dates::unknown_date_code;

use super::catalog::ColumnType;
use super::check::named_columns;
use super::kind::Kind;
use super::program::{Form, OutputColumn, Param, Source, Translated};
use super::tree::{
    Aggregate, Body, Collation, Comparison, Factor, Items, JoinKind, Joined, Node, Order, Query, Select, Shape,
    Source as Relation, Statement,
};
use crate::store::Dialect;

pub(super) fn statement(tree: &Statement, temps: &BTreeMap<String, Vec<OutputColumn>>, dialect: Dialect) -> Translated {
    let mut emit = Emit { dialect, params: Vec::new() };
    let prefix: Vec<String> = temps.iter().map(|(name, columns)| emit.temp(name, columns)).collect();
    let with =
        |prefix: &[String]| if prefix.is_empty() { String::new() } else { format!("WITH {} ", prefix.join(", ")) };
    let sql = match tree {
        Statement::Query(query) => emit.query(query, prefix, None),
        Statement::Insert { table, columns, source } => {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            let rows = emit.query(source, Vec::new(), None);
            format!("{}INSERT INTO {} ({}) {rows}", with(&prefix), quoted(table), columns.join(", "))
        }
        Statement::Update { target, set, from, filter } => {
            let set: Vec<String> =
                set.iter().map(|(column, node)| format!("{} = {}", quoted(column), emit.node(node))).collect();
            let mut sql = format!("{}UPDATE {} SET {}", with(&prefix), emit.factor(target), set.join(", "));
            if !from.is_empty() {
                let from: Vec<String> = from.iter().map(|factor| emit.factor(factor)).collect();
                sql.push_str(&format!(" FROM {}", from.join(", ")));
            }
            sql.push_str(&emit.filter(filter.as_ref()));
            sql
        }
        Statement::Delete { target, filter } => {
            let target = emit.factor(target);
            format!("{}DELETE FROM {target}{}", with(&prefix), emit.filter(filter.as_ref()))
        }
    };
    Translated { sql, params: emit.params }
}

/// The same query, one page of it.
pub(super) fn page(tree: &Statement) -> Option<Statement> {
    let Statement::Query(query) = tree else { return None };
    let mut query = query.clone();
    if query.limit.is_some() {
        let columns = query.columns.clone();
        let names: Vec<String> = (1..=columns.len()).map(|number| format!("c{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        query = named_columns(query, &names);
        if let Body::Select(select) = &mut query.body {
            for ((_, name), column) in select.items.iter_mut().zip(&columns) {
                name.clone_from(&column.name);
            }
        }
        query.columns = columns;
    }
    let count = |source: Source| Node::new(Kind::Int, Shape::Bound(Param { source, form: Form::Count }));
    query.limit = Some(count(Source::PageSize));
    query.offset = Some(count(Source::PageStart));
    Some(Statement::Query(query))
}

struct Emit {
    dialect: Dialect,
    params: Vec<Param>,
}

impl Emit {
    fn sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// `$3`, the same number for the same parameter.
    fn slot(&mut self, param: &Param) -> String {
        let index = self.params.iter().position(|known| known == param).unwrap_or_else(|| {
            self.params.push(param.clone());
            self.params.len() - 1
        });
        format!("${}", index + 1)
    }

    fn bound(&mut self, param: &Param) -> String {
        let slot = self.slot(param);
        let (sqlite, postgres) = match param.form {
            Form::Text => ("TEXT", "text"),
            Form::Int | Form::Count | Form::Whole => ("INTEGER", "bigint"),
            Form::Number => ("REAL", "numeric"),
            Form::Date => ("TEXT", "date"),
            Form::DateTime => ("TEXT", "timestamp"),
            Form::Json => ("TEXT", "jsonb"),
        };
        format!("CAST({slot} AS {})", if self.sqlite() { sqlite } else { postgres })
    }

    /// A temporary table's rows, bound as one parameter of JSON.
    fn temp(&mut self, name: &str, columns: &[OutputColumn]) -> String {
        let slot = self.slot(&Param { source: Source::Temp(name.to_owned()), form: Form::Json });
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let cells: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(index, column)| match self.dialect {
                Dialect::Sqlite => {
                    format!("CAST(json_extract(value, '$[{index}]') AS {})", sqlite_type(column.kind))
                }
                Dialect::Postgres => format!("CAST(\"row\" ->> {index} AS {})", postgres_type(column.kind)),
            })
            .collect();
        let source = match self.dialect {
            Dialect::Sqlite => format!("json_each({slot})"),
            Dialect::Postgres => format!("jsonb_array_elements(CAST({slot} AS jsonb)) AS \"rows\"(\"row\")"),
        };
        format!("{}({}) AS (SELECT {} FROM {source})", quoted(name), names.join(", "), cells.join(", "))
    }

    /// `names`, where given, stand in place of the query's own column names.
    fn query(&mut self, query: &Query, mut with: Vec<String>, names: Option<&[String]>) -> String {
        for (name, query) in &query.named {
            let inner = self.query(query, Vec::new(), None);
            with.push(format!("{} AS ({inner})", quoted(name)));
        }
        let mut sql = if with.is_empty() { String::new() } else { format!("WITH {} ", with.join(", ")) };
        match &query.body {
            Body::Select(select) => {
                sql.push_str(&self.select(select, names, false));
                sql.push_str(&self.order(&query.order));
            }
            Body::Union(arms) if query.order.is_empty() => sql.push_str(&self.union_as_met(arms, names)),
            Body::Union(arms) => {
                let inner: Vec<String> = (1..=query.columns.len()).map(|number| format!("c{number}")).collect();
                let union = self.union(arms, Some(&inner));
                let items: Vec<String> = inner
                    .iter()
                    .zip(&query.columns)
                    .enumerate()
                    .map(|(index, (inner, column))| {
                        let name = names.map_or(&column.name, |names| &names[index]);
                        format!("\"fb_rows\".{} AS {}", quoted(inner), quoted(name))
                    })
                    .collect();
                sql.push_str(&format!("SELECT {} FROM ({union}) AS \"fb_rows\"", items.join(", ")));
                sql.push_str(&self.order(&query.order));
            }
        }
        if let Some(limit) = &query.limit {
            sql.push_str(&format!(" LIMIT {}", self.node(limit)));
        }
        if let Some(offset) = &query.offset {
            sql.push_str(&format!(" OFFSET {}", self.node(offset)));
        }
        sql
    }

    /// A UNION that nobody orders gives its rows as they are first met, as MySQL does: an option that a debtor chooses by
    /// its number must not depend on how a database finds duplicates.
    fn union_as_met(&mut self, arms: &[(bool, Query)], names: Option<&[String]>) -> String {
        let Some(last) = arms.iter().skip(1).rposition(|(all, _)| !all).map(|index| index + 1) else {
            return self.union(arms, names);
        };
        let columns = &arms[0].1.columns;
        let inner: Vec<String> = (1..=columns.len()).map(|number| format!("c{number}")).collect();
        let distinct: Vec<(bool, Query)> = arms[..=last].iter().map(|(_, arm)| (true, arm.clone())).collect();
        let rows = self.union(&distinct, Some(&inner));
        let sqlite = self.sqlite();
        let key = |(inner, column): (&String, &OutputColumn)| {
            let collate = if sqlite && column.kind.is_text() { " COLLATE BINARY" } else { "" };
            format!("{}{collate}", quoted(inner))
        };
        let keys: Vec<String> = inner.iter().zip(columns).map(key).collect();
        let listed: Vec<String> = inner.iter().map(|name| quoted(name)).collect();
        let listed = listed.join(", ");
        let items: Vec<String> = inner
            .iter()
            .zip(columns)
            .enumerate()
            .map(|(index, (inner, column))| {
                let name = names.map_or(&column.name, |names| &names[index]);
                format!("\"fb_rows\".{} AS {}", quoted(inner), quoted(name))
            })
            .collect();
        // SQLite leaves out the order of a subquery that is joined, unless it is limited.
        let limit = if sqlite { " LIMIT -1" } else { "" };
        let mut sql = format!(
            "SELECT {} FROM (SELECT {listed} FROM (SELECT {listed}, row_number() OVER () AS \"fb_met\" FROM ({rows}) AS \
             \"fb_arms\") AS \"fb_numbered\" GROUP BY {} ORDER BY min(\"fb_met\"){limit}) AS \"fb_rows\"",
            items.join(", "),
            keys.join(", "),
        );
        if let Some(rest) = arms.get(last + 1..).filter(|rest| !rest.is_empty()) {
            sql.push_str(" UNION ALL ");
            sql.push_str(&self.union(rest, names));
        }
        sql
    }

    fn union(&mut self, arms: &[(bool, Query)], names: Option<&[String]>) -> String {
        let mut sql = String::new();
        for (index, (all, arm)) in arms.iter().enumerate() {
            if index > 0 {
                sql.push_str(if *all { " UNION ALL " } else { " UNION " });
            }
            match &arm.body {
                Body::Select(select) => sql.push_str(&self.select(select, names, true)),
                Body::Union(arms) => sql.push_str(&self.union(arms, names)),
            }
        }
        sql
    }

    /// `apart`: texts that differ in case only stay two rows (SQLite would go by the column's collation).
    fn select(&mut self, select: &Select, names: Option<&[String]>, apart: bool) -> String {
        let apart = (apart || select.distinct) && self.sqlite();
        let items: Vec<String> = select
            .items
            .iter()
            .enumerate()
            .map(|(index, (node, name))| {
                let collate = if apart && node.kind.is_text() { " COLLATE BINARY" } else { "" };
                let name = names.map_or(name, |names| &names[index]);
                format!("{}{collate} AS {}", self.node(node), quoted(name))
            })
            .collect();
        let distinct = if select.distinct { "DISTINCT " } else { "" };
        let mut sql = format!("SELECT {distinct}{}", items.join(", "));
        if !select.from.is_empty() {
            let from: Vec<String> = select.from.iter().map(|joined| self.joined(joined)).collect();
            sql.push_str(&format!(" FROM {}", from.join(", ")));
        }
        sql.push_str(&self.filter(select.filter.as_ref()));
        if !select.group.is_empty() {
            let keys: Vec<String> = select.group.iter().map(|key| self.folded(key)).collect();
            sql.push_str(&format!(" GROUP BY {}", keys.join(", ")));
        }
        if let Some(having) = &select.having {
            sql.push_str(&format!(" HAVING {}", self.node(having)));
        }
        sql
    }

    fn joined(&mut self, joined: &Joined) -> String {
        let mut sql = self.factor(&joined.first);
        for (kind, factor, condition) in &joined.joins {
            let word = match kind {
                JoinKind::Inner => "JOIN",
                JoinKind::Left => "LEFT JOIN",
                JoinKind::Right => "RIGHT JOIN",
                JoinKind::Cross => "CROSS JOIN",
            };
            sql.push_str(&format!(" {word} {}", self.factor(factor)));
            if let Some(condition) = condition {
                sql.push_str(&format!(" ON {}", self.node(condition)));
            }
        }
        sql
    }

    fn factor(&mut self, factor: &Factor) -> String {
        match &factor.source {
            Relation::Named(name) => format!("{} AS {}", quoted(name), quoted(&factor.alias)),
            Relation::Derived(query) => {
                format!("({}) AS {}", self.query(query, Vec::new(), None), quoted(&factor.alias))
            }
        }
    }

    fn filter(&mut self, filter: Option<&Node>) -> String {
        filter.map(|node| format!(" WHERE {}", self.node(node))).unwrap_or_default()
    }

    /// MySQL sorts NULL before everything; so does SQLite, PostgreSQL has to be told.
    fn order(&mut self, order: &[Order]) -> String {
        if order.is_empty() {
            return String::new();
        }
        let keys: Vec<String> = order
            .iter()
            .map(|order| {
                let key = self.folded(&order.node);
                let direction = match (self.sqlite(), order.descending) {
                    (true, false) => "",
                    (true, true) => " DESC",
                    (false, false) => " ASC NULLS FIRST",
                    (false, true) => " DESC NULLS LAST",
                };
                format!("{key}{direction}")
            })
            .collect();
        format!(" ORDER BY {}", keys.join(", "))
    }

    /// A key of GROUP BY or ORDER BY: text without regard to case.
    fn folded(&mut self, node: &Node) -> String {
        let sql = self.node(node);
        if !node.kind.is_text() {
            return sql;
        }
        let exact = matches!(node.shape, Shape::Column { exact: true, .. });
        match (self.dialect, exact) {
            (Dialect::Sqlite, true) => format!("{sql} COLLATE BINARY"),
            (Dialect::Sqlite, false) => format!("{sql} COLLATE NOCASE"),
            (Dialect::Postgres, true) => format!("{sql} COLLATE \"C\""),
            (Dialect::Postgres, false) => fold(&sql),
        }
    }

    fn node(&mut self, node: &Node) -> String {
        let sqlite = self.sqlite();
        match &node.shape {
            Shape::Null if sqlite || node.kind == Kind::Null => "NULL".to_owned(),
            Shape::Null => format!("CAST(NULL AS {})", postgres_type(node.kind)),
            Shape::Text(text) if sqlite => literal(text),
            Shape::Text(text) => format!("{}::text", literal(text)),
            Shape::Int(number) => {
                let number = if *number < 0 { format!("({number})") } else { number.to_string() };
                if sqlite { number } else { format!("{number}::bigint") }
            }
            Shape::Decimal(number) => {
                let number = if number.is_sign_negative() { format!("({number})") } else { number.to_string() };
                if sqlite { number } else { format!("{number}::numeric") }
            }
            Shape::Bool(truth) if sqlite => if *truth { "1" } else { "0" }.to_owned(),
            Shape::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
            Shape::Time(time) if sqlite => literal(time),
            Shape::Time(time) => format!("{}::{}", literal(time), postgres_type(node.kind)),
            Shape::Bound(param) => self.bound(param),
            Shape::Column { relation, column, .. } => format!("{}.{}", quoted(relation), quoted(column)),
            Shape::Output(index) => format!("\"fb_rows\".\"c{}\"", index + 1),
            Shape::Call(call, arguments) => self.call(node.kind, *call, arguments),
            Shape::Convert(inner) => self.convert(inner, node.kind),
            Shape::Store(inner, column) => self.store(inner, *column),
            Shape::Compare(comparison, collation, left, right) => self.compare(*comparison, *collation, left, right),
            Shape::In { value, items, collation } => self.is_in(value, items, *collation),
            Shape::All(terms) => self.terms(terms, " AND "),
            Shape::Any(terms) => self.terms(terms, " OR "),
            Shape::Not(inner) => format!("(NOT {})", self.node(inner)),
            Shape::IsNull(inner) => format!("({} IS NULL)", self.node(inner)),
            Shape::Case(branches, otherwise) => {
                let mut sql = "CASE".to_owned();
                for (condition, value) in branches {
                    sql.push_str(&format!(" WHEN {} THEN {}", self.node(condition), self.node(value)));
                }
                if let Some(otherwise) = otherwise {
                    sql.push_str(&format!(" ELSE {}", self.node(otherwise)));
                }
                sql + " END"
            }
            Shape::Scalar(query) => self.scalar(query),
            Shape::Exists(query) => format!("EXISTS ({})", self.query(query, Vec::new(), None)),
            Shape::Aggregate { function, distinct, argument, order, separator } => {
                self.aggregate(node.kind, *function, *distinct, argument.as_deref(), order, separator)
            }
        }
    }

    fn terms(&mut self, terms: &[Node], word: &str) -> String {
        let terms: Vec<String> = terms.iter().map(|term| self.node(term)).collect();
        if terms.len() == 1 { terms.concat() } else { format!("({})", terms.join(word)) }
    }

    fn compare(&mut self, comparison: Comparison, collation: Collation, left: &Node, right: &Node) -> String {
        let (mut left, mut right) = (self.node(left), self.node(right));
        let sqlite = self.sqlite();
        if comparison == Comparison::Like && sqlite {
            return format!("fb_like({left}, {right})");
        }
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual | Comparison::NullSafe);
        match (collation, sqlite) {
            (Collation::None, _) => {}
            (Collation::Folded, true) => right.push_str(" COLLATE NOCASE"),
            (Collation::Exact, true) => right.push_str(" COLLATE BINARY"),
            (Collation::Folded, false) => (left, right) = (fold(&left), fold(&right)),
            (Collation::Exact, false) if ordered => right.push_str(" COLLATE \"C\""),
            (Collation::Exact, false) => {}
        }
        let word = match comparison {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
            Comparison::NullSafe if sqlite => "IS",
            Comparison::NullSafe => "IS NOT DISTINCT FROM",
            Comparison::Like => "LIKE",
        };
        format!("({left} {word} {right})")
    }

    fn is_in(&mut self, value: &Node, items: &Items, collation: Collation) -> String {
        let mut left = self.node(value);
        match (collation, self.dialect) {
            (Collation::Folded, Dialect::Sqlite) => left.push_str(" COLLATE NOCASE"),
            (Collation::Exact, Dialect::Sqlite) => left.push_str(" COLLATE BINARY"),
            (Collation::Folded, Dialect::Postgres) => left = fold(&left),
            _ => {}
        }
        let folds = collation == Collation::Folded && !self.sqlite();
        let list = match items {
            Items::List(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| {
                        let sql = self.node(item);
                        if folds { fold(&sql) } else { sql }
                    })
                    .collect();
                items.join(", ")
            }
            Items::Query(query) if folds => {
                let inner = self.query(query, Vec::new(), Some(&["c1".to_owned()]));
                format!("SELECT {} FROM ({inner}) AS \"fb_rows\"", fold("\"fb_rows\".\"c1\""))
            }
            Items::Query(query) => self.query(query, Vec::new(), None),
        };
        format!("({left} IN ({list}))")
    }

    /// A SELECT as a value: more than one row is an error in MySQL and PostgreSQL; SQLite would take the first.
    fn scalar(&mut self, query: &Query) -> String {
        let single = match &query.body {
            Body::Select(select) => {
                select.from.is_empty()
                    || (select.group.is_empty() && select.items.iter().any(|(node, _)| node.has_aggregate()))
            }
            Body::Union(_) => false,
        };
        let limited = query.limit.as_ref().is_some_and(|limit| limit.shape == Shape::Int(1));
        if single || limited || !self.sqlite() {
            return format!("({})", self.query(query, Vec::new(), None));
        }
        let inner = self.query(query, Vec::new(), Some(&["c1".to_owned()]));
        format!("(SELECT fb_single(\"fb_rows\".\"c1\") FROM ({inner}) AS \"fb_rows\")")
    }

    fn aggregate(
        &mut self,
        kind: Kind,
        function: Aggregate,
        distinct: bool,
        argument: Option<&Node>,
        order: &[Order],
        separator: &str,
    ) -> String {
        let Some(argument) = argument else { return "count(*)".to_owned() };
        let sqlite = self.sqlite();
        let prefix = if distinct { "DISTINCT " } else { "" };
        let value = if distinct && function == Aggregate::Count { self.folded(argument) } else { self.node(argument) };
        let scale = kind.scale().map_or(-1, i64::from);
        match function {
            Aggregate::Count => format!("count({prefix}{value})"),
            Aggregate::Sum if sqlite && argument.kind == Kind::Int => format!("sum({prefix}{value})"),
            Aggregate::Sum if sqlite => format!("fb_rescale(sum({prefix}{value}), {scale})"),
            Aggregate::Sum if scale < 0 => format!("fb_inexact(sum({prefix}{value}))"),
            Aggregate::Sum => format!("sum({prefix}CAST({value} AS numeric))"),
            Aggregate::Avg if sqlite => format!("fb_divide(sum({prefix}{value}), count({prefix}{value}), {scale})"),
            Aggregate::Avg if scale < 0 => format!("fb_inexact(avg({prefix}{value}))"),
            Aggregate::Avg => format!("round(avg({prefix}CAST({value} AS numeric)), {scale})"),
            Aggregate::Min | Aggregate::Max => {
                let word = if function == Aggregate::Min { "min" } else { "max" };
                let collate = match (argument.kind.is_text(), sqlite) {
                    (false, _) => "",
                    (true, true) => " COLLATE BINARY",
                    (true, false) => " COLLATE \"C\"",
                };
                format!("{word}({value}{collate})")
            }
            Aggregate::GroupConcat => {
                let word = if sqlite { "group_concat" } else { "string_agg" };
                let separator = self.node(&Node::text(separator));
                format!("{word}({value}, {separator}{})", self.order(order))
            }
        }
    }

    fn convert(&mut self, inner: &Node, kind: Kind) -> String {
        let sql = self.node(inner);
        let sqlite = self.sqlite();
        match (inner.kind, kind) {
            (Kind::Text | Kind::Json, Kind::Text | Kind::Json) => sql,
            (_, Kind::Text | Kind::Json) => self.text(sql, inner.kind),
            (Kind::Bool, Kind::Int) if sqlite => sql,
            (Kind::Bool, Kind::Int) => format!("CAST(CAST({sql} AS integer) AS bigint)"),
            (Kind::Text | Kind::Json, Kind::Int) if sqlite => format!("CAST(fb_round(fb_number({sql}), 0) AS INTEGER)"),
            (Kind::Text | Kind::Json, Kind::Int) => format!("CAST(round(fb_number({sql})) AS bigint)"),
            (Kind::Decimal(_) | Kind::Number, Kind::Int) if sqlite => format!("CAST(fb_round({sql}, 0) AS INTEGER)"),
            (Kind::Decimal(_) | Kind::Number, Kind::Int) => format!("CAST(round({sql}) AS bigint)"),
            (Kind::Text | Kind::Json, Kind::Decimal(_) | Kind::Number) => format!("fb_number({sql})"),
            (Kind::Int, Kind::Decimal(_) | Kind::Number) if !sqlite => format!("CAST({sql} AS numeric)"),
            (Kind::Bool, Kind::Decimal(_) | Kind::Number) if !sqlite => {
                format!("CAST(CAST({sql} AS integer) AS numeric)")
            }
            (Kind::DateTime, Kind::Date) if sqlite => format!("substr({sql}, 1, 10)"),
            (Kind::Date, Kind::DateTime) if sqlite => format!("({sql} || ' 00:00:00')"),
            (Kind::DateTime, Kind::Date) => format!("CAST({sql} AS date)"),
            (Kind::Date, Kind::DateTime) => format!("CAST({sql} AS timestamp)"),
            (_, Kind::Date) => format!("fb_date({sql})"),
            (_, Kind::DateTime) => format!("fb_datetime({sql})"),
            _ => sql,
        }
    }

    /// As MySQL prints it.
    fn text(&self, sql: String, kind: Kind) -> String {
        match (kind, self.dialect) {
            (Kind::Text | Kind::Json, _) => sql,
            (Kind::Decimal(scale), Dialect::Sqlite) => format!("fb_decimal_text({sql}, {scale})"),
            (Kind::Decimal(scale), Dialect::Postgres) => format!("CAST(round({sql}, {scale}) AS text)"),
            (Kind::Number, _) => format!("fb_number_text({sql})"),
            (Kind::Date | Kind::DateTime, Dialect::Sqlite) => sql,
            (Kind::Date, Dialect::Postgres) => format!("fb_date_text({sql})"),
            (Kind::DateTime, Dialect::Postgres) => format!("fb_datetime_text({sql})"),
            (Kind::Bool, Dialect::Postgres) => format!("CAST(CAST({sql} AS integer) AS text)"),
            (_, _) => format!("CAST({sql} AS TEXT)"),
        }
    }

    fn store(&mut self, inner: &Node, column: ColumnType) -> String {
        let sql = self.node(inner);
        let (from, sqlite) = (inner.kind, self.sqlite());
        let integer = |sql: String| match (from, sqlite) {
            (Kind::Int, _) => sql,
            (_, true) => format!("fb_store_integer({sql})"),
            (Kind::Text | Kind::Json, false) => format!("CAST(round(fb_store_number({sql})) AS bigint)"),
            (_, false) => format!("CAST(round({sql}) AS bigint)"),
        };
        match column {
            ColumnType::Text => self.text(sql, from),
            ColumnType::Integer => integer(sql),
            ColumnType::Boolean if sqlite => integer(sql),
            ColumnType::Boolean => format!("CAST({} AS smallint)", integer(sql)),
            ColumnType::Decimal { precision, scale } => match (from, sqlite) {
                (_, true) => format!("fb_store_decimal({sql}, {precision}, {scale})"),
                (Kind::Text | Kind::Json, false) => {
                    format!("CAST(fb_store_number({sql}) AS numeric({precision}, {scale}))")
                }
                (_, false) => format!("CAST({sql} AS numeric({precision}, {scale}))"),
            },
            ColumnType::Date => match (from, sqlite) {
                (Kind::Date, _) => sql,
                (Kind::DateTime, true) => format!("substr({sql}, 1, 10)"),
                (Kind::DateTime, false) => format!("CAST({sql} AS date)"),
                _ => format!("fb_store_date({sql})"),
            },
            ColumnType::DateTime => match (from, sqlite) {
                (Kind::DateTime, _) => sql,
                (Kind::Date, true) => format!("({sql} || ' 00:00:00')"),
                (Kind::Date, false) => format!("CAST({sql} AS timestamp)"),
                _ => format!("fb_store_datetime({sql})"),
            },
            ColumnType::Json => {
                let text = self.text(sql, from);
                format!("fb_store_json({text})")
            }
        }
    }
}

/// ASCII letters of either case are one. PostgreSQL's indexes for it are made by [`super::ddl`].
pub(super) fn fold(sql: &str) -> String {
    format!("lower({sql} COLLATE \"C\")")
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn sqlite_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Bool => "INTEGER",
        Kind::Decimal(_) | Kind::Number => "REAL",
        _ => "TEXT",
    }
}

fn postgres_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Bool => "boolean",
        Kind::Decimal(_) | Kind::Number => "numeric",
        Kind::Date => "date",
        Kind::DateTime => "timestamp",
        Kind::Null | Kind::Free | Kind::Text | Kind::Json => "text",
    }
}
