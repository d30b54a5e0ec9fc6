//! Which tables and columns a name can mean, from the innermost query outwards.

use sqlparser::ast;

use super::{Checked, Checker};
use crate::sql::fault::{Place, did_you_mean};
use crate::sql::host_views;
use crate::sql::kind::Kind;
use crate::sql::tree::{Node, Shape};

/// The relations of one query.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    pub relations: Vec<Relation>,
    /// Columns that a USING has made one.
    pub merged: Vec<String>,
    /// Names of the select list, while GROUP BY, HAVING and ORDER BY are read.
    pub aliases: Vec<(String, Node)>,
    /// ORDER BY prefers them to columns.
    pub alias_first: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// As the author calls it, lower case.
    pub alias: String,
    /// As it is written out: another name where an outer query uses the same alias.
    pub written: String,
    pub columns: Vec<RelationColumn>,
}

#[derive(Debug, Clone)]
pub(super) struct RelationColumn {
    pub name: String,
    pub kind: Kind,
    pub exact: bool,
}

impl Relation {
    pub fn find(&self, name: &str) -> Option<&RelationColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    pub fn node(&self, column: &RelationColumn) -> Node {
        let shape = Shape::Column { relation: self.written.clone(), column: column.name.clone(), exact: column.exact };
        Node::new(column.kind, shape)
    }
}

impl Checker<'_> {
    pub(super) fn relation_columns(&self, name: &str, place: Place) -> Checked<Vec<RelationColumn>> {
        let from_outputs = |columns: &[crate::sql::program::OutputColumn]| {
            columns
                .iter()
                .map(|column| RelationColumn { name: column.name.clone(), kind: column.kind, exact: false })
                .collect()
        };
        if let Some((_, columns)) = self.named.iter().rev().find(|(named, _)| named == name) {
            return Ok(from_outputs(columns));
        }
        if let Some(columns) = self.temps.tables.get(name) {
            return Ok(from_outputs(columns));
        }
        let table = self.catalog.table(name).ok_or_else(|| self.unknown_table(name, place))?;
        Ok(table
            .columns
            .iter()
            .map(|column| RelationColumn {
                name: column.name.clone(),
                kind: column.kind.into(),
                exact: host_views::compares_exactly(table, &column.name),
            })
            .collect())
    }

    /// The name to write for an alias: its own unless an enclosing query uses it too.
    pub(super) fn written_alias(&self, alias: &str) -> String {
        let taken =
            |name: &str| self.frames.iter().flat_map(|frame| &frame.relations).any(|other| other.written == name);
        if !taken(alias) {
            return alias.to_owned();
        }
        (2..).map(|number| format!("{alias}_{number}")).find(|name| !taken(name)).unwrap_or_else(|| alias.to_owned())
    }

    /// `name` or `alias.name`.
    pub(super) fn column(&mut self, parts: &[ast::Ident]) -> Checked<Node> {
        match parts {
            [name] => {
                let place = self.place.or(name.span);
                if let Some((_, assigned)) =
                    self.assigned.iter().rev().find(|(column, _)| column.eq_ignore_ascii_case(&name.value))
                    && self.frames.len() == 1
                {
                    let node = assigned.clone();
                    return self.copy(&node, place);
                }
                let node = self.unqualified(&name.value, place)?;
                let node = node.ok_or_else(|| self.unknown_column(&name.value, None, place))?;
                self.copy(&node, place)
            }
            [alias, name] => {
                let place = self.place.or(alias.span);
                let wanted = alias.value.to_ascii_lowercase();
                let relation =
                    self.frames.iter().rev().find_map(|frame| frame.relations.iter().find(|it| it.alias == wanted));
                let Some(relation) = relation else {
                    let aliases = self.frames.iter().flat_map(|frame| &frame.relations).map(|it| it.alias.as_str());
                    return Err(place.fault(
                        "sql-table-unknown",
                        format!("`{}` is not a table of this query", alias.value),
                        did_you_mean(&alias.value, aliases),
                    ));
                };
                match relation.find(&name.value) {
                    Some(column) => {
                        if let Some((_, assigned)) =
                            self.assigned.iter().rev().find(|(it, _)| it.eq_ignore_ascii_case(&name.value))
                            && self
                                .frames
                                .first()
                                .and_then(|frame| frame.relations.first())
                                .is_some_and(|it| it.written == relation.written)
                        {
                            let node = assigned.clone();
                            return self.copy(&node, place);
                        }
                        Ok(relation.node(column))
                    }
                    None => Err(self.unknown_column(&name.value, Some(relation), self.place.or(name.span))),
                }
            }
            _ => {
                let place = parts.first().map_or(self.place, |part| self.place.or(part.span));
                Err(place.fault(
                    "sql-schema-refused",
                    "a name of three parts names a schema",
                    "Name the table and the column alone.",
                ))
            }
        }
    }

    /// The column of that name in the nearest query that has one.
    pub(super) fn unqualified(&self, name: &str, place: Place) -> Checked<Option<Node>> {
        for frame in self.frames.iter().rev() {
            let alias = frame.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map(|(_, node)| node);
            if let (Some(node), true) = (alias, frame.alias_first) {
                return Ok(Some(node.clone()));
            }
            let mut found = frame.relations.iter().filter_map(|it| it.find(name).map(|column| it.node(column)));
            let Some(first) = found.next() else {
                match alias {
                    Some(node) => return Ok(Some(node.clone())),
                    None => continue,
                }
            };
            if found.next().is_some() && !frame.merged.iter().any(|merged| merged.eq_ignore_ascii_case(name)) {
                let owners: Vec<&str> =
                    frame.relations.iter().filter(|it| it.find(name).is_some()).map(|it| it.alias.as_str()).collect();
                return Err(place.fault(
                    "sql-column-ambiguous",
                    format!("`{name}` is a column of {}", owners.join(" and of ")),
                    format!("Say which: `{}.{name}`.", owners[0]),
                ));
            }
            return Ok(Some(first));
        }
        Ok(None)
    }

    fn unknown_column(&self, name: &str, relation: Option<&Relation>, place: Place) -> crate::sql::SqlFault {
        let relations: Vec<&Relation> = match relation {
            Some(relation) => vec![relation],
            None => self.frames.iter().flat_map(|frame| &frame.relations).collect(),
        };
        let columns = relations.iter().flat_map(|it| it.columns.iter().map(|column| column.name.as_str()));
        let mut hint = did_you_mean(name, columns);
        if hint.is_empty() && relation.is_none() && self.known.is_some_and(|names| names.contains(name)) {
            hint = format!("The value of the conversation is written `${name}$`.");
        }
        let message = match relation {
            Some(relation) => format!("`{}` has no column `{name}`", relation.alias),
            None => format!("there is no column `{name}` here"),
        };
        place.fault("sql-column-unknown", message, hint)
    }
}
