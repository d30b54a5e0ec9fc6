//! INSERT, UPDATE and DELETE: on tables of the tenant's own they are written as such; on the two queues of the host
//! they become SELECTs whose rows the host acts on.

use sqlparser::ast::{self, Spanned};

use super::query::refused;
use super::scope::Relation;
use super::{Aggregates, Checked, Checker};
use crate::sql::catalog::{Column, Table, TableKind};
use crate::sql::fault::{Place, SqlFault, did_you_mean};
use crate::sql::host_views;
use crate::sql::kind::Kind;
use crate::sql::program::{Form, OutputColumn, Param, Source as From, StatementKind};
use crate::sql::tree::{
    Body, Collation, Comparison, Factor, JoinKind, Joined, Node, Query, Select, Shape, Source, Statement,
};

type Outcome = Checked<(StatementKind, Statement, Vec<OutputColumn>)>;

impl<'a> Checker<'a> {
    fn target(&mut self, name: &str, place: Place) -> Checked<&'a Table> {
        if self.temps.tables.contains_key(name) {
            return Err(place.fault(
                "sql-protected",
                format!("`{name}` is a temporary table and keeps the rows it was made with"),
                "Make another one, or use a table of your own.",
            ));
        }
        let catalog = self.catalog;
        let table = catalog.table(name).ok_or_else(|| self.unknown_table(name, place))?;
        self.tables.insert(table.name.clone());
        match table.kind {
            TableKind::Own | TableKind::HostView { writable: true } => Ok(table),
            TableKind::OwnView => Err(place.fault(
                "sql-protected",
                format!("`{name}` is a view and cannot be written"),
                "Write the table that it shows.",
            )),
            TableKind::HostView { writable: false } => Err(place.fault(
                "sql-protected",
                format!("`{name}` is kept by the host and cannot be written"),
                "Only collections_queue, workflow_queue and your own tables can be written.",
            )),
        }
    }

    pub(super) fn insert(&mut self, insert: &ast::Insert) -> Outcome {
        let place = self.place;
        let ast::TableObject::TableName(name) = &insert.table else {
            return Err(refused(place, "this form of INSERT"));
        };
        let (name, at) = self.one_name(name)?;
        let table = self.target(&name, at)?;
        if insert.on.is_some() || insert.ignore || insert.replace_into {
            return Err(place.fault(
                "sql-refused",
                "INSERT IGNORE, REPLACE and ON DUPLICATE KEY are not available",
                "Update first, then insert … SELECT … WHERE NOT EXISTS (…).",
            ));
        }
        let plain = insert.optimizer_hints.is_empty()
            && insert.or.is_none()
            && insert.table_alias.is_none()
            && !insert.overwrite
            && insert.partitioned.is_none()
            && insert.after_columns.is_empty()
            && insert.returning.is_none()
            && insert.output.is_none()
            && insert.priority.is_none()
            && insert.insert_alias.is_none()
            && insert.settings.is_none()
            && insert.format_clause.is_none()
            && insert.multi_table_insert_type.is_none()
            && insert.multi_table_into_clauses.is_empty()
            && insert.multi_table_when_clauses.is_empty();
        if !plain {
            return Err(refused(place, "this form of INSERT"));
        }
        let mut names: Vec<(String, Place)> = Vec::new();
        for column in &insert.columns {
            names.push(self.one_name(column)?);
        }
        for assignment in &insert.assignments {
            names.push(self.assignment_column(assignment, None)?);
        }
        if names.is_empty() {
            if table.kind != TableKind::Own {
                return Err(at.fault(
                    "sql-column-count",
                    format!("name the columns of `{name}`"),
                    "INSERT INTO name (column, …) …",
                ));
            }
            names.extend(table.columns.iter().map(|column| (column.name.clone(), at)));
        }
        let mut columns: Vec<&Column> = Vec::new();
        for (name, at) in &names {
            let column = table.column(name).ok_or_else(|| unknown_column(table, name, *at))?;
            if columns.iter().any(|other| other.name == column.name) {
                return Err(at.fault("sql-column-twice", format!("`{name}` is named twice"), ""));
            }
            insertable(table, column, *at)?;
            columns.push(column);
        }
        let rows = self.insert_rows(insert, &columns, place)?;
        let list: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let outputs = rows.columns.clone();
        match (table.kind, table.name.as_str()) {
            (TableKind::Own, _) => {
                let tree = Statement::Insert { table: table.name.clone(), columns: list, source: rows };
                Ok((StatementKind::Write { table: table.name.clone() }, tree, Vec::new()))
            }
            (_, host_views::WORKFLOW_QUEUE) => {
                if !list.iter().any(|column| column == "workflow_code") {
                    return Err(at.fault("sql-column-missing", "a workflow needs its workflow_code", ""));
                }
                Ok((StatementKind::StartWorkflow, Statement::Query(rows), outputs))
            }
            _ => Ok((StatementKind::QueueInsert, Statement::Query(rows), outputs)),
        }
    }

    /// The rows of an INSERT as a SELECT, each value converted to its column.
    fn insert_rows(&mut self, insert: &ast::Insert, columns: &[&Column], place: Place) -> Checked<Query> {
        if !insert.assignments.is_empty() {
            let values: Vec<&ast::Expr> = insert.assignments.iter().map(|assignment| &assignment.value).collect();
            return self.row(&values, columns, place);
        }
        let Some(source) = &insert.source else { return Err(refused(place, "an INSERT without values")) };
        if let (ast::SetExpr::Values(values), None, None, None) =
            (&*source.body, &source.with, &source.order_by, &source.limit_clause)
        {
            let mut arms = Vec::new();
            for row in &values.rows {
                let row: Vec<&ast::Expr> = row.content.iter().collect();
                arms.push((true, self.row(&row, columns, place)?));
            }
            return Ok(match arms.len() {
                1 => arms.remove(0).1,
                _ => {
                    let columns = arms[0].1.columns.clone();
                    let body = Body::Union(arms);
                    Query { named: Vec::new(), body, order: Vec::new(), limit: None, offset: None, columns }
                }
            });
        }
        let query = self.query(source)?;
        if query.columns.len() != columns.len() {
            return Err(column_count(columns.len(), query.columns.len(), place));
        }
        // The SELECT's own ORDER BY, LIMIT and aggregates stay inside; the conversion to the columns goes around it.
        let named: Vec<String> = (1..=columns.len()).map(|number| format!("c{number}")).collect();
        let names: Vec<&str> = named.iter().map(String::as_str).collect();
        let mut rows = super::query::named_columns(query, &names);
        if let Body::Select(select) = &mut rows.body {
            for ((node, name), column) in select.items.iter_mut().zip(columns) {
                let value = std::mem::replace(node, Node::null());
                *node = self.store(value, column.kind, &column.name, place)?;
                name.clone_from(&column.name);
            }
        }
        rows.columns = outputs(columns);
        Ok(rows)
    }

    fn row(&mut self, values: &[&ast::Expr], columns: &[&Column], place: Place) -> Checked<Query> {
        if values.len() != columns.len() {
            return Err(column_count(columns.len(), values.len(), place));
        }
        let mut items = Vec::new();
        for (value, column) in values.iter().zip(columns) {
            let at = place.or(value.span());
            let node = self.expression(value)?;
            items.push((self.store(node, column.kind, &column.name, at)?, column.name.clone()));
        }
        let body = Body::Select(Box::new(Select { items, ..Select::default() }));
        Ok(Query { named: Vec::new(), body, order: Vec::new(), limit: None, offset: None, columns: outputs(columns) })
    }

    pub(super) fn update(&mut self, update: &ast::Update) -> Outcome {
        let place = self.place;
        if !update.order_by.is_empty() || update.limit.is_some() {
            return Err(place.fault(
                "sql-refused",
                "UPDATE with ORDER BY or LIMIT is not available",
                "Choose the rows in WHERE: … WHERE id IN (SELECT …).",
            ));
        }
        let plain = update.optimizer_hints.is_empty()
            && update.from.is_none()
            && update.returning.is_none()
            && update.output.is_none()
            && update.or.is_none();
        if !plain {
            return Err(refused(place, "this form of UPDATE"));
        }
        let (joined, frame) = self.from(std::slice::from_ref(&update.table))?;
        let relations = frame.relations.clone();
        let single = relations.len() == 1;
        self.frames.push(frame);
        let target = self.update_target(update, &relations)?;
        let relation = &relations[target];
        let (name, at) = self.factor_name(update, target)?;
        let table = self.target(&name, at)?;
        let mut set: Vec<(String, Node)> = Vec::new();
        for assignment in &update.assignments {
            let (column, at) = self.assignment_column(assignment, Some((relation, &relations)))?;
            let column = table.column(&column).ok_or_else(|| unknown_column(table, &column, at))?;
            if table.kind != TableKind::Own {
                updatable(table, column, at)?;
            }
            let value = self.expression(&assignment.value)?;
            let node = self.store(value, column.kind, &column.name, self.place.or(assignment.value.span()))?;
            if single {
                // MySQL assigns from left to right: what follows sees the new value.
                self.assigned.push((column.name.clone(), node.clone()));
            }
            set.retain(|(name, _)| *name != column.name);
            set.push((column.name.clone(), node));
        }
        self.assigned.clear();
        self.aggregates = Aggregates::Refused;
        let condition = match &update.selection {
            Some(condition) => {
                let node = self.expression(condition)?;
                Some(self.condition(node, place.or(condition.span()))?)
            }
            None => None,
        };
        if table.kind == TableKind::Own {
            let (target, from, filter) = flat(joined, target, condition, place)?;
            let tree = Statement::Update { target, set, from, filter };
            return Ok((StatementKind::Write { table: table.name.clone() }, tree, Vec::new()));
        }
        if table.name == host_views::WORKFLOW_QUEUE {
            return Err(at.fault(
                "sql-protected",
                "a workflow that was started cannot be changed",
                "Start another one.",
            ));
        }
        let mut conditions: Vec<Node> = condition.into_iter().collect();
        if !self.purpose.all_accounts() {
            let own = Shape::Column { relation: relation.written.clone(), column: "account_id".into(), exact: true };
            let event = Shape::Bound(Param { source: From::Account, form: Form::Text });
            conditions.push(Node::bool(Shape::Compare(
                Comparison::Equal,
                Collation::Exact,
                Box::new(Node::new(Kind::Text, own)),
                Box::new(Node::new(Kind::Text, event)),
            )));
        }
        let id = Shape::Column { relation: relation.written.clone(), column: "id".into(), exact: false };
        let mut items = vec![(Node::new(Kind::Int, id), "id".to_owned())];
        items.extend(set.into_iter().map(|(name, node)| (node, name)));
        let columns: Vec<OutputColumn> =
            items.iter().map(|(node, name)| OutputColumn { name: name.clone(), kind: node.kind }).collect();
        let filter = (!conditions.is_empty()).then(|| Node::bool(Shape::All(conditions)));
        let body = Body::Select(Box::new(Select { items, from: joined, filter, ..Select::default() }));
        let query =
            Query { named: Vec::new(), body, order: Vec::new(), limit: None, offset: None, columns: columns.clone() };
        Ok((StatementKind::QueueUpdate, Statement::Query(query), columns))
    }

    /// Which of the joined tables is set: the one whose columns stand left of `=`.
    fn update_target(&self, update: &ast::Update, relations: &[Relation]) -> Checked<usize> {
        let place = self.place;
        let mut target = None;
        for assignment in &update.assignments {
            let ast::AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(refused(place, "a list of columns before `=`"));
            };
            let at = place.or(name.span());
            let parts: Vec<&str> =
                name.0.iter().filter_map(|part| part.as_ident()).map(|ident| ident.value.as_str()).collect();
            let found = match parts.as_slice() {
                [alias, _] => relations.iter().position(|relation| relation.alias.eq_ignore_ascii_case(alias)),
                [column] => {
                    let owners: Vec<usize> =
                        (0..relations.len()).filter(|index| relations[*index].find(column).is_some()).collect();
                    match owners.as_slice() {
                        [] => Some(target.unwrap_or(0)),
                        [only] => Some(*only),
                        [first, ..] => {
                            return Err(at.fault(
                                "sql-column-ambiguous",
                                format!("`{column}` is a column of several tables"),
                                format!("Say which: `{}.{column}`.", relations[*first].alias),
                            ));
                        }
                    }
                }
                _ => None,
            };
            let Some(found) = found else {
                let aliases = relations.iter().map(|relation| relation.alias.as_str());
                let wrong = parts.first().copied().unwrap_or_default();
                return Err(at.fault(
                    "sql-table-unknown",
                    format!("`{wrong}` is not a table of this UPDATE"),
                    did_you_mean(wrong, aliases),
                ));
            };
            if target.is_some_and(|target| target != found) {
                return Err(at.fault(
                    "sql-refused",
                    "one UPDATE sets columns of one table",
                    "Write one UPDATE for each table.",
                ));
            }
            target = Some(found);
        }
        target.ok_or_else(|| refused(place, "an UPDATE without SET"))
    }

    fn factor_name(&self, update: &ast::Update, index: usize) -> Checked<(String, Place)> {
        let factors =
            std::iter::once(&update.table.relation).chain(update.table.joins.iter().map(|join| &join.relation));
        match factors.into_iter().nth(index) {
            Some(ast::TableFactor::Table { name, .. }) => self.one_name(name),
            _ => Err(refused(self.place, "setting columns of a SELECT")),
        }
    }

    /// The column left of `=`, lower case.
    fn assignment_column(
        &self,
        assignment: &ast::Assignment,
        target: Option<(&Relation, &[Relation])>,
    ) -> Checked<(String, Place)> {
        let ast::AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(refused(self.place, "a list of columns before `=`"));
        };
        match (name.0.as_slice(), target) {
            ([ast::ObjectNamePart::Identifier(column)], _) => {
                Ok((column.value.to_ascii_lowercase(), self.place.or(column.span)))
            }
            ([ast::ObjectNamePart::Identifier(_), ast::ObjectNamePart::Identifier(column)], Some(_)) => {
                Ok((column.value.to_ascii_lowercase(), self.place.or(column.span)))
            }
            _ => Err(refused(self.place.or(name.span()), "this name before `=`")),
        }
    }

    pub(super) fn delete(&mut self, delete: &ast::Delete) -> Outcome {
        let place = self.place;
        let plain = delete.optimizer_hints.is_empty()
            && delete.tables.is_empty()
            && delete.using.is_none()
            && delete.returning.is_none()
            && delete.output.is_none()
            && delete.order_by.is_empty()
            && delete.limit.is_none();
        let ast::FromTable::WithFromKeyword(from) = &delete.from else {
            return Err(refused(place, "this form of DELETE"));
        };
        let [ast::TableWithJoins { relation: ast::TableFactor::Table { name, .. }, joins }] = from.as_slice() else {
            return Err(refused(place, "this form of DELETE"));
        };
        if !plain || !joins.is_empty() {
            return Err(place.fault(
                "sql-refused",
                "DELETE names one table and its WHERE",
                "Choose the rows in WHERE: … WHERE id IN (SELECT …).",
            ));
        }
        let (name, at) = self.one_name(name)?;
        let table = self.target(&name, at)?;
        if table.kind != TableKind::Own {
            return Err(at.fault(
                "sql-protected",
                format!("rows of `{name}` cannot be deleted"),
                "Set their status instead.",
            ));
        }
        let (mut joined, frame) = self.from(from)?;
        self.frames.push(frame);
        let filter = match &delete.selection {
            Some(condition) => {
                let node = self.expression(condition)?;
                Some(self.condition(node, place.or(condition.span()))?)
            }
            None => None,
        };
        let target = joined.remove(0).first;
        Ok((StatementKind::Write { table: table.name.clone() }, Statement::Delete { target, filter }, Vec::new()))
    }
}

fn outputs(columns: &[&Column]) -> Vec<OutputColumn> {
    columns.iter().map(|column| OutputColumn { name: column.name.clone(), kind: column.kind.into() }).collect()
}

fn unknown_column(table: &Table, name: &str, place: Place) -> SqlFault {
    let candidates = table.columns.iter().map(|column| column.name.as_str());
    place.fault(
        "sql-column-unknown",
        format!("`{}` has no column `{name}`", table.name),
        did_you_mean(name, candidates),
    )
}

fn column_count(wanted: usize, given: usize, place: Place) -> SqlFault {
    place.fault("sql-column-count", format!("{wanted} columns are named and {given} values are given"), "")
}

fn insertable(table: &Table, column: &Column, place: Place) -> Checked<()> {
    let allowed = match (table.kind, table.name.as_str()) {
        (TableKind::Own, _) => true,
        (_, host_views::WORKFLOW_QUEUE) => matches!(column.name.as_str(), "workflow_code" | "context" | "payload"),
        _ => !matches!(column.name.as_str(), "id" | "created_at"),
    };
    if allowed { Ok(()) } else { Err(protected(table, column, place)) }
}

fn updatable(table: &Table, column: &Column, place: Place) -> Checked<()> {
    if host_views::is_fixed(&column.name) { Err(protected(table, column, place)) } else { Ok(()) }
}

fn protected(table: &Table, column: &Column, place: Place) -> SqlFault {
    place.fault(
        "sql-protected",
        format!("`{}.{}` is set by the host", table.name, column.name),
        "Leave the column out.",
    )
}

/// `UPDATE a JOIN b ON …` as a target, other tables, and one condition.
fn flat(
    joined: Vec<Joined>,
    target: usize,
    condition: Option<Node>,
    place: Place,
) -> Checked<(Factor, Vec<Factor>, Option<Node>)> {
    let mut factors = Vec::new();
    let mut conditions = Vec::new();
    for tree in joined {
        factors.push(tree.first);
        for (kind, factor, on) in tree.joins {
            if matches!(kind, JoinKind::Left | JoinKind::Right) {
                return Err(place.fault(
                    "sql-refused",
                    "UPDATE with an outer join is not available",
                    "Take the value from a subselect: SET column = (SELECT …).",
                ));
            }
            factors.push(factor);
            conditions.extend(on);
        }
    }
    conditions.extend(condition);
    let chosen = factors.remove(target);
    if matches!(chosen.source, Source::Derived(_)) {
        return Err(refused(place, "setting columns of a SELECT"));
    }
    let filter = (!conditions.is_empty()).then(|| Node::bool(Shape::All(conditions)));
    Ok((chosen, factors, filter))
}
