//! FROM: tables, joins, SELECTs in their place, and what the names in it mean.

use sqlparser::ast::{self, Spanned, TableFactor};

use super::query::{clipped, refused};
use super::scope::{Frame, Relation, RelationColumn};
use super::{Aggregates, Checked, Checker};
use crate::sql::fault::Place;
use crate::sql::tree::{Comparison, Factor, JoinKind, Joined, Node, Shape, Source};

impl Checker<'_> {
    /// `FROM a, b JOIN c ON …`, and what its names mean.
    pub(super) fn from(&mut self, from: &[ast::TableWithJoins]) -> Checked<(Vec<Joined>, Frame)> {
        let mut frame = Frame::default();
        let mut joined = Vec::new();
        if let [only] = from
            && only.joins.is_empty()
            && matches!(&only.relation, TableFactor::Table { name, .. } if name.to_string().eq_ignore_ascii_case("dual"))
        {
            return Ok((joined, frame));
        }
        for table in from {
            let mut tree = Frame::default();
            let first = self.factor(&table.relation, &frame, &mut tree)?;
            let mut joins = Vec::new();
            for join in &table.joins {
                let before = tree.relations.len();
                let factor = self.factor(&join.relation, &frame, &mut tree)?;
                let (kind, constraint) = self.join_kind(join)?;
                let condition = match constraint {
                    ast::JoinConstraint::None => None,
                    ast::JoinConstraint::On(condition) => {
                        self.frames.push(tree.clone());
                        let saved = std::mem::replace(&mut self.aggregates, Aggregates::Refused);
                        let node = self.expression(condition)?;
                        let node = self.condition(node, self.place)?;
                        self.aggregates = saved;
                        self.frames.pop();
                        Some(node)
                    }
                    ast::JoinConstraint::Using(columns) => Some(self.using(columns, &mut tree, before)?),
                    ast::JoinConstraint::Natural => {
                        return Err(self.place.fault(
                            "sql-refused",
                            "NATURAL JOIN is not available",
                            "Name the columns: JOIN … USING (column).",
                        ));
                    }
                };
                if condition.is_none() && matches!(kind, JoinKind::Left | JoinKind::Right) {
                    return Err(self.place.fault("sql-syntax", "an outer join needs ON", "Add ON …"));
                }
                let kind = if condition.is_none() { JoinKind::Cross } else { kind };
                joins.push((kind, factor, condition));
            }
            frame.relations.append(&mut tree.relations);
            frame.merged.append(&mut tree.merged);
            joined.push(Joined { first, joins });
        }
        Ok((joined, frame))
    }

    fn join_kind<'j>(&self, join: &'j ast::Join) -> Checked<(JoinKind, &'j ast::JoinConstraint)> {
        match &join.join_operator {
            ast::JoinOperator::Join(on) | ast::JoinOperator::Inner(on) | ast::JoinOperator::StraightJoin(on) => {
                Ok((JoinKind::Inner, on))
            }
            ast::JoinOperator::CrossJoin(on) => Ok((JoinKind::Inner, on)),
            ast::JoinOperator::Left(on) | ast::JoinOperator::LeftOuter(on) => Ok((JoinKind::Left, on)),
            ast::JoinOperator::Right(on) | ast::JoinOperator::RightOuter(on) => Ok((JoinKind::Right, on)),
            _ => Err(refused(self.place, "this kind of JOIN")),
        }
    }

    fn using(&mut self, columns: &[ast::ObjectName], tree: &mut Frame, before: usize) -> Checked<Node> {
        let mut conditions = Vec::new();
        for column in columns {
            let (name, place) = self.one_name(column)?;
            let (left, right) = tree.relations.split_at(before);
            let find = |relations: &[Relation]| {
                relations.iter().find_map(|relation| relation.find(&name).map(|column| relation.node(column)))
            };
            let (Some(left), Some(right)) = (find(left), find(right)) else {
                return Err(place.fault("sql-column-unknown", format!("`{name}` is not a column of both tables"), ""));
            };
            conditions.push(self.compare(Comparison::Equal, left, right, place)?);
            tree.merged.push(name);
        }
        Ok(Node::bool(Shape::All(conditions)))
    }

    /// One table of FROM; adds what it brings to `tree`.
    fn factor(&mut self, factor: &TableFactor, others: &Frame, tree: &mut Frame) -> Checked<Factor> {
        let (alias, place, source, columns) = match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let (table, place) = self.one_name(name)?;
                let columns = self.relation_columns(&table, place)?;
                let is_named = self.named.iter().any(|(named, _)| *named == table);
                if !is_named && self.temps.tables.contains_key(&table) {
                    self.used_temps.insert(table.clone());
                } else if !is_named {
                    self.tables.insert(table.clone());
                }
                (
                    self.alias(alias.as_ref(), place)?.unwrap_or_else(|| table.clone()),
                    place,
                    Source::Named(table),
                    columns,
                )
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let place = self.query_place(subquery);
                let query = self.query(subquery)?;
                let Some(alias) = self.alias(alias.as_ref(), place)? else {
                    return Err(place.fault(
                        "sql-alias-missing",
                        "a SELECT in FROM needs a name",
                        "Name it after the closing parenthesis: (SELECT …) AS name.",
                    ));
                };
                let columns: Vec<RelationColumn> = query
                    .columns
                    .iter()
                    .map(|column| RelationColumn { name: column.name.clone(), kind: column.kind, exact: false })
                    .collect();
                for (index, column) in columns.iter().enumerate() {
                    if columns[..index].iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
                        return Err(place.fault(
                            "sql-column-twice",
                            format!("`{alias}` has two columns `{}`", column.name),
                            "Name one of them otherwise: `… AS other_name`.",
                        ));
                    }
                }
                (alias, place, Source::Derived(Box::new(query)), columns)
            }
            _ => {
                return Err(self.place.or(factor.span()).fault(
                    "sql-refused",
                    "this form of a table is not available in FROM",
                    "Name a table, or write (SELECT …) AS name.",
                ));
            }
        };
        if others.relations.iter().chain(&tree.relations).any(|other| other.alias == alias) {
            return Err(place.fault(
                "sql-alias-twice",
                format!("`{alias}` stands twice in FROM"),
                "Give one of them another name: table AS name.",
            ));
        }
        let written = self.written_alias(&alias);
        tree.relations.push(Relation { alias, written: written.clone(), columns });
        Ok(Factor { alias: written, source })
    }

    fn alias(&self, alias: Option<&ast::TableAlias>, place: Place) -> Checked<Option<String>> {
        match alias {
            None => Ok(None),
            Some(alias) if alias.columns.is_empty() && alias.at.is_none() => {
                Ok(Some(clipped(&alias.name.value).to_ascii_lowercase()))
            }
            Some(alias) => Err(refused(place.or(alias.name.span), "a list of columns after a table's name")),
        }
    }
}
