//! SELECT: WITH, UNION, joins, grouping, order and limits.

use sqlparser::ast::{self, SetExpr, Spanned};

use super::scope::Relation;
use super::{Aggregates, Checked, Checker, MAX_QUERY_DEPTH};
use crate::sql::fault::{Place, SqlFault};
use crate::sql::kind::Kind;
use crate::sql::program::OutputColumn;
use crate::sql::tree::{Body, Call, Factor, Joined, Node, Order, Query, Select, Shape, Source};

/// What a SELECT returns: each value and its name.
type Items = Vec<(Node, String)>;

/// PostgreSQL keeps 63 bytes of a name.
const MAX_NAME: usize = 60;

impl Checker<'_> {
    pub(super) fn query(&mut self, query: &ast::Query) -> Checked<Query> {
        let place = self.query_place(query);
        self.depth += 10;
        if self.depth > MAX_QUERY_DEPTH * 10 + 9 {
            return Err(place.fault(
                "sql-too-complex",
                format!("queries are nested deeper than {MAX_QUERY_DEPTH}"),
                "Part it into several statements.",
            ));
        }
        let (named_before, aggregates) = (self.named.len(), self.aggregates);
        let checked = self.query_inside(query, place)?;
        self.named.truncate(named_before);
        self.aggregates = aggregates;
        self.depth -= 10;
        Ok(checked)
    }

    pub(super) fn query_place(&self, query: &ast::Query) -> Place {
        match (&query.with, &*query.body) {
            (Some(with), _) => self.place.or(with.with_token.0.span),
            (None, SetExpr::Select(select)) => self.place.or(select.select_token.0.span),
            _ => self.place,
        }
    }

    fn query_inside(&mut self, query: &ast::Query, place: Place) -> Checked<Query> {
        if !query.locks.is_empty() || query.for_clause.is_some() {
            return Err(place.fault(
                "sql-lock-refused",
                "a SELECT cannot lock rows",
                "Leave FOR UPDATE out: one event's statements are one transaction already.",
            ));
        }
        if query.fetch.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty()
        {
            return Err(refused(place, "this clause of a SELECT"));
        }
        let named = match &query.with {
            Some(with) => self.with(with, place)?,
            None => Vec::new(),
        };
        let order_by = match query.order_by.as_ref().map(|order| (&order.kind, &order.interpolate)) {
            None => &[][..],
            Some((ast::OrderByKind::Expressions(list), None)) => list,
            Some(_) => return Err(refused(place, "this ORDER BY")),
        };
        let mut checked = match &*query.body {
            SetExpr::Select(select) => self.select(select, order_by, place)?,
            SetExpr::SetOperation { .. } => self.union(&query.body, order_by, place)?,
            SetExpr::Query(inner) if order_by.is_empty() && query.limit_clause.is_none() => self.query(inner)?,
            SetExpr::Query(inner) => {
                let inner = self.query(inner)?;
                self.around(inner, order_by)?
            }
            _ => return Err(refused(place, "anything but a SELECT here")),
        };
        (checked.limit, checked.offset) = match &query.limit_clause {
            None => (checked.limit, checked.offset),
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                let offset = offset.as_ref().map(|offset| self.count(&offset.value)).transpose()?;
                (limit.as_ref().map(|limit| self.count(limit)).transpose()?, offset)
            }
            Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => {
                (Some(self.count(limit)?), Some(self.count(offset)?))
            }
            Some(_) => return Err(refused(place, "LIMIT … BY")),
        };
        if checked.offset.is_some() && checked.limit.is_none() {
            return Err(place.fault("sql-syntax", "OFFSET without LIMIT", "Write LIMIT n OFFSET m."));
        }
        checked.named.splice(0..0, named);
        Ok(checked)
    }

    fn with(&mut self, with: &ast::With, place: Place) -> Checked<Vec<(String, Query)>> {
        if with.recursive {
            return Err(place.fault(
                "sql-recursive-refused",
                "WITH RECURSIVE is not available",
                "Keep the rows that a recursion would make in a table of your own.",
            ));
        }
        let mut named = Vec::new();
        for cte in &with.cte_tables {
            let at = place.or(cte.alias.name.span);
            let name = cte.alias.name.value.to_ascii_lowercase();
            let taken = self.catalog.table(&name).is_some()
                || self.temps.tables.contains_key(&name)
                || self.named.iter().any(|(other, _)| *other == name);
            if taken {
                return Err(at.fault(
                    "sql-name-taken",
                    format!("`{name}` is a table already"),
                    "Give the query a name of its own.",
                ));
            }
            if cte.from.is_some() || cte.materialized.is_some() {
                return Err(refused(at, "this form of WITH"));
            }
            let mut query = self.query(&cte.query)?;
            if !cte.alias.columns.is_empty() {
                if cte.alias.columns.len() != query.columns.len() {
                    return Err(at.fault(
                        "sql-column-count",
                        format!(
                            "`{name}` names {} columns, its SELECT has {}",
                            cte.alias.columns.len(),
                            query.columns.len()
                        ),
                        "",
                    ));
                }
                let names: Vec<&str> = cte.alias.columns.iter().map(|column| column.name.value.as_str()).collect();
                query = renamed(query, &names);
            }
            self.named.push((name.clone(), query.columns.clone()));
            named.push((name, query));
        }
        Ok(named)
    }

    /// A query whose rows are ordered or limited once more.
    fn around(&mut self, inner: Query, order_by: &[ast::OrderByExpr]) -> Checked<Query> {
        let order = self.order_of_outputs(order_by, &inner.columns)?;
        let mut query = select_all(inner);
        query.order = order;
        Ok(query)
    }

    fn select(&mut self, select: &ast::Select, order_by: &[ast::OrderByExpr], place: Place) -> Checked<Query> {
        refuse_extras(select, place)?;
        let (from, frame) = self.from(&select.from)?;
        self.frames.push(frame);
        let mut checked = Select { from, ..Select::default() };
        self.aggregates = Aggregates::Refused;
        if let Some(condition) = &select.selection {
            let node = self.expression(condition)?;
            checked.filter = Some(self.condition(node, place)?);
        }
        self.aggregates = Aggregates::Allowed;
        let (items, places) = self.items(&select.projection, place)?;
        checked.items = items;
        let aliases: Vec<(String, Node)> =
            checked.items.iter().map(|(node, name)| (name.clone(), node.clone())).collect();
        self.set_aliases(aliases, false);
        self.aggregates = Aggregates::Refused;
        let keys = match &select.group_by {
            ast::GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => keys,
            _ => return Err(place.fault("sql-refused", "this form of GROUP BY is not available", "")),
        };
        for key in keys {
            let node = match self.position(key, checked.items.len())? {
                Some(index) => checked.items[index].0.clone(),
                None => self.expression(key)?,
            };
            if node.has_aggregate() {
                return Err(place.or(key.span()).fault("sql-aggregate", "rows cannot be grouped by an aggregate", ""));
            }
            let node = self.value(node);
            if !is_constant(&node) {
                checked.group.push(node);
            }
        }
        self.aggregates = Aggregates::Allowed;
        if let Some(having) = &select.having {
            let node = self.expression(having)?;
            checked.having = Some(self.condition(node, place.or(having.span()))?);
        }
        self.set_alias_first();
        let mut order = Vec::new();
        for item in order_by {
            let node = match self.position(&item.expr, checked.items.len())? {
                Some(index) => checked.items[index].0.clone(),
                None => self.expression(&item.expr)?,
            };
            let node = self.value(node);
            if !is_constant(&node) {
                order.push(Order { node, descending: descending(item, place)? });
            }
        }
        let own: Vec<String> = self
            .frames
            .last()
            .map(|frame| frame.relations.iter().map(|relation| relation.written.clone()).collect())
            .unwrap_or_default();
        let aggregated = checked.items.iter().any(|(node, _)| node.has_aggregate())
            || checked.having.as_ref().is_some_and(Node::has_aggregate)
            || order.iter().any(|order| order.node.has_aggregate());
        let mut grouped = aggregated || !checked.group.is_empty() || checked.having.is_some();
        if matches!(select.distinct, Some(ast::Distinct::Distinct)) {
            let variable: Vec<Node> =
                checked.items.iter().map(|(node, _)| node).filter(|node| !is_constant(node)).cloned().collect();
            if grouped || variable.is_empty() {
                checked.distinct = true;
                if !order.is_empty() {
                    return Err(place.fault(
                        "sql-refused",
                        "DISTINCT, GROUP BY and ORDER BY together are not available",
                        "Leave DISTINCT out: the groups are distinct already.",
                    ));
                }
            } else {
                checked.group = variable;
                grouped = true;
            }
        }
        if grouped {
            let keys = checked.group.clone();
            for (index, (node, _)) in checked.items.iter_mut().enumerate() {
                regroup(node, &keys, &own).map_err(|name| not_grouped(&name, places[index]))?;
            }
            for node in checked.having.iter_mut().chain(order.iter_mut().map(|order| &mut order.node)) {
                regroup(node, &keys, &own).map_err(|name| not_grouped(&name, place))?;
            }
        }
        self.frames.pop();
        let columns =
            checked.items.iter().map(|(node, name)| OutputColumn { name: name.clone(), kind: node.kind }).collect();
        let body = Body::Select(Box::new(checked));
        Ok(Query { named: Vec::new(), body, order, limit: None, offset: None, columns })
    }

    fn set_aliases(&mut self, aliases: Vec<(String, Node)>, first: bool) {
        if let Some(frame) = self.frames.last_mut() {
            frame.aliases = aliases;
            frame.alias_first = first;
        }
    }

    fn set_alias_first(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.alias_first = true;
        }
    }

    fn items(&mut self, projection: &[ast::SelectItem], place: Place) -> Checked<(Items, Vec<Place>)> {
        let mut items = Vec::new();
        let mut places = Vec::new();
        for item in projection {
            match item {
                ast::SelectItem::UnnamedExpr(expr) => {
                    let node = self.expression(expr)?;
                    items.push((self.value(node), output_name(expr)));
                    places.push(place.or(expr.span()));
                }
                ast::SelectItem::ExprWithAlias { expr, alias } => {
                    let node = self.expression(expr)?;
                    items.push((self.value(node), clipped(&alias.value)));
                    places.push(place.or(expr.span()));
                }
                ast::SelectItem::Wildcard(options) if is_plain(options) => {
                    let at = place.or(options.wildcard_token.0.span);
                    let all = self.all_columns(None, at)?;
                    places.resize(places.len() + all.len(), at);
                    items.extend(all);
                }
                ast::SelectItem::QualifiedWildcard(ast::SelectItemQualifiedWildcardKind::ObjectName(name), options)
                    if is_plain(options) =>
                {
                    let (alias, at) = self.one_name(name)?;
                    let all = self.all_columns(Some(&alias), at)?;
                    places.resize(places.len() + all.len(), at);
                    items.extend(all);
                }
                _ => return Err(refused(place, "this form of a column list")),
            }
        }
        Ok((items, places))
    }

    fn all_columns(&self, alias: Option<&str>, place: Place) -> Checked<Vec<(Node, String)>> {
        let Some(frame) = self.frames.last() else { return Ok(Vec::new()) };
        let relations: Vec<&Relation> =
            frame.relations.iter().filter(|relation| alias.is_none_or(|alias| relation.alias == alias)).collect();
        if relations.is_empty() {
            return Err(place.fault("sql-table-unknown", "`*` needs a table", "Name the table after FROM."));
        }
        let mut all: Vec<(Node, String)> = Vec::new();
        for relation in relations {
            for column in &relation.columns {
                let merged = alias.is_none()
                    && frame.merged.iter().any(|name| name.eq_ignore_ascii_case(&column.name))
                    && all.iter().any(|(_, name)| name.eq_ignore_ascii_case(&column.name));
                if !merged {
                    all.push((relation.node(column), column.name.clone()));
                }
            }
        }
        Ok(all)
    }

    fn union(&mut self, body: &SetExpr, order_by: &[ast::OrderByExpr], place: Place) -> Checked<Query> {
        let mut pending = Vec::new();
        let mut leftmost = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = leftmost {
            if *op != ast::SetOperator::Union {
                return Err(place.fault("sql-refused", format!("{op} is not available"), "Use EXISTS or NOT EXISTS."));
            }
            let all = match set_quantifier {
                ast::SetQuantifier::All => true,
                ast::SetQuantifier::None | ast::SetQuantifier::Distinct => false,
                _ => return Err(refused(place, "this kind of UNION")),
            };
            pending.push((all, &**right));
            leftmost = left;
        }
        let mut arms = vec![(true, self.arm(leftmost, place)?)];
        for (all, arm) in pending.into_iter().rev() {
            arms.push((all, self.arm(arm, place)?));
        }
        let mut columns = arms[0].1.columns.clone();
        for (_, arm) in &arms {
            if arm.columns.len() != columns.len() {
                return Err(place.fault(
                    "sql-column-count",
                    format!("the SELECTs of a UNION have {} and {} columns", columns.len(), arm.columns.len()),
                    "Give each the same number of columns.",
                ));
            }
            for (column, other) in columns.iter_mut().zip(&arm.columns) {
                column.kind = column.kind.merge(other.kind);
            }
        }
        for (_, arm) in &mut arms {
            arm.columns.clone_from(&columns);
            if let Body::Select(select) = &mut arm.body {
                for ((node, name), column) in select.items.iter_mut().zip(&columns) {
                    let value = std::mem::replace(node, Node::null());
                    *node = self.convert(value, column.kind, place)?;
                    name.clone_from(&column.name);
                }
            }
        }
        let order = self.order_of_outputs(order_by, &columns)?;
        Ok(Query { named: Vec::new(), body: Body::Union(arms), order, limit: None, offset: None, columns })
    }

    /// One SELECT of a UNION, always a plain one.
    fn arm(&mut self, arm: &SetExpr, place: Place) -> Checked<Query> {
        match arm {
            SetExpr::Select(select) => self.select(select, &[], place.or(select.select_token.0.span)),
            SetExpr::Query(query) => Ok(select_all(self.query(query)?)),
            SetExpr::SetOperation { .. } => Ok(select_all(self.union(arm, &[], place)?)),
            _ => Err(refused(place, "anything but a SELECT in a UNION")),
        }
    }

    /// ORDER BY of a UNION: by a column's name or number.
    fn order_of_outputs(&mut self, order_by: &[ast::OrderByExpr], columns: &[OutputColumn]) -> Checked<Vec<Order>> {
        let mut order = Vec::new();
        for item in order_by {
            let place = self.place.or(item.expr.span());
            let index = match (&item.expr, self.position(&item.expr, columns.len())?) {
                (_, Some(index)) => Some(index),
                (ast::Expr::Identifier(name), None) => {
                    columns.iter().position(|column| column.name.eq_ignore_ascii_case(&name.value))
                }
                _ => None,
            };
            let Some(index) = index else {
                return Err(place.fault(
                    "sql-column-unknown",
                    "a UNION is ordered by the name or the number of one of its columns",
                    "Name the column in the first SELECT.",
                ));
            };
            let node = Node::new(columns[index].kind, Shape::Output(index));
            order.push(Order { node, descending: descending(item, place)? });
        }
        Ok(order)
    }

    /// `ORDER BY 2`, `GROUP BY 1`: the index of the column that is meant.
    fn position(&self, expr: &ast::Expr, columns: usize) -> Checked<Option<usize>> {
        let ast::Expr::Value(value) = expr else { return Ok(None) };
        let ast::Value::Number(number, _) = &value.value else { return Ok(None) };
        match number.parse::<usize>() {
            Ok(number) if (1..=columns).contains(&number) => Ok(Some(number - 1)),
            _ => Err(self.place.or(value.span).fault(
                "sql-column-unknown",
                format!("there is no column number {number}"),
                format!("There are {columns}, counted from 1."),
            )),
        }
    }

    /// The number after LIMIT or OFFSET.
    fn count(&mut self, expr: &ast::Expr) -> Checked<Node> {
        use crate::sql::program::Form;
        let place = self.place.or(expr.span());
        let node = self.expression(expr)?;
        match node.shape {
            Shape::Int(number) if number >= 0 => Ok(node),
            Shape::Bound(mut param) if node.kind == Kind::Free => {
                param.form = Form::Count;
                Ok(Node::new(Kind::Int, Shape::Bound(param)))
            }
            _ => Err(place.fault("sql-syntax", "LIMIT and OFFSET take a whole number or a placeholder", "")),
        }
    }
}

fn select_all(inner: Query) -> Query {
    let columns = inner.columns.clone();
    let items = columns
        .iter()
        .map(|column| {
            let shape = Shape::Column { relation: "fb_inner".into(), column: column.name.clone(), exact: false };
            (Node::new(column.kind, shape), column.name.clone())
        })
        .collect();
    let first = Factor { alias: "fb_inner".into(), source: Source::Derived(Box::new(inner)) };
    let select = Select { items, from: vec![Joined { first, joins: Vec::new() }], ..Select::default() };
    Query {
        named: Vec::new(),
        body: Body::Select(Box::new(select)),
        order: Vec::new(),
        limit: None,
        offset: None,
        columns,
    }
}

/// The query with other column names; its own ORDER BY goes by expressions and does not mind.
fn renamed(mut query: Query, names: &[&str]) -> Query {
    for (column, new) in query.columns.iter_mut().zip(names) {
        column.name = clipped(new);
    }
    match &mut query.body {
        Body::Select(select) => {
            for ((_, name), new) in select.items.iter_mut().zip(names) {
                *name = clipped(new);
            }
        }
        Body::Union(arms) => {
            for (_, arm) in arms {
                *arm = renamed(arm.clone(), names);
            }
        }
    }
    query
}

/// A SELECT around a query, whose columns get other names first (its own need not differ from each other).
pub(in crate::sql) fn named_columns(query: Query, names: &[&str]) -> Query {
    select_all(renamed(query, names))
}

fn refuse_extras(select: &ast::Select, place: Place) -> Checked<()> {
    if select.into.is_some() {
        return Err(place.fault(
            "sql-into-refused",
            "SELECT … INTO is not available",
            "Rows go back to the page; INSERT … SELECT keeps them in a table of your own.",
        ));
    }
    let plain = select.optimizer_hints.is_empty()
        && select.select_modifiers.is_none()
        && select.top.is_none()
        && select.exclude.is_none()
        && select.lateral_views.is_empty()
        && select.prewhere.is_none()
        && select.connect_by.is_empty()
        && select.cluster_by.is_empty()
        && select.distribute_by.is_empty()
        && select.sort_by.is_empty()
        && select.named_window.is_empty()
        && select.qualify.is_none()
        && select.value_table_mode.is_none()
        && !matches!(select.distinct, Some(ast::Distinct::On(_)))
        && select.flavor == ast::SelectFlavor::Standard;
    if plain { Ok(()) } else { Err(refused(place, "this clause of a SELECT")) }
}

fn is_plain(options: &ast::WildcardAdditionalOptions) -> bool {
    options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none()
}

pub(super) fn refused(place: Place, what: &str) -> SqlFault {
    place.fault("sql-refused", format!("{what} is not available"), "docs/tenant-sql.md lists what is.")
}

fn descending(item: &ast::OrderByExpr, place: Place) -> Checked<bool> {
    if item.with_fill.is_some() || item.options.nulls_first.is_some() {
        return Err(refused(place.or(item.expr.span()), "NULLS FIRST or LAST"));
    }
    match &item.options.sort {
        None | Some(ast::OrderBySort::Asc) => Ok(false),
        Some(ast::OrderBySort::Desc) => Ok(true),
        Some(_) => Err(refused(place.or(item.expr.span()), "this order")),
    }
}

fn not_grouped(name: &str, place: Place) -> SqlFault {
    place.fault(
        "sql-not-grouped",
        format!("`{name}` is neither grouped nor inside an aggregate"),
        "Add it to GROUP BY, or take its MIN or MAX.",
    )
}

/// The same for every row, so that grouping or ordering by it says nothing.
fn is_constant(node: &Node) -> bool {
    match &node.shape {
        Shape::Null | Shape::Text(_) | Shape::Int(_) | Shape::Decimal(_) | Shape::Bool(_) | Shape::Time(_) => true,
        Shape::Bound(_) => true,
        Shape::Column { .. } | Shape::Output(_) | Shape::Scalar(_) | Shape::Exists(_) | Shape::Aggregate { .. } => {
            false
        }
        Shape::In { items: crate::sql::tree::Items::Query(_), .. } => false,
        _ => node.children().into_iter().all(is_constant),
    }
}

/// Rows of a group share the group's keys and have nothing else in common: a column outside them is a fault, and a
/// text key is shown in one of its spellings.
fn regroup(node: &mut Node, keys: &[Node], own: &[String]) -> Result<(), String> {
    if keys.contains(node) {
        if node.kind.is_text() {
            let kind = node.kind;
            let key = std::mem::replace(node, Node::null());
            *node = Node::call(kind, Call::GroupText, vec![key]);
        }
        return Ok(());
    }
    match &node.shape {
        Shape::Aggregate { .. } => Ok(()),
        Shape::Column { relation, column, .. } if own.contains(relation) => Err(column.clone()),
        _ => node.children_mut().into_iter().try_for_each(|child| regroup(child, keys, own)),
    }
}

/// What MySQL calls a column without an alias: its name, or the expression's own text.
fn output_name(expr: &ast::Expr) -> String {
    match expr {
        ast::Expr::Identifier(name) => clipped(&name.value),
        ast::Expr::CompoundIdentifier(parts) => parts.last().map(|name| clipped(&name.value)).unwrap_or_default(),
        other => clipped(&other.to_string()),
    }
}

pub(super) fn clipped(name: &str) -> String {
    let mut end = name.len().min(MAX_NAME);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name[..end].to_owned()
}

/// A query whose one column goes through an expression over `fb_inner`.
pub(super) fn projected(inner: Query, node: Node) -> Query {
    let is_plain = matches!(&node.shape, Shape::Column { relation, .. } if relation == "fb_inner");
    if is_plain {
        return inner;
    }
    let kind = node.kind;
    let mut query = select_all(inner);
    if let Body::Select(select) = &mut query.body
        && let Some(item) = select.items.first_mut()
    {
        item.0 = node;
    }
    if let Some(column) = query.columns.first_mut() {
        column.kind = kind;
    }
    query
}
