//! COUNT, SUM and the others that make one value of many rows.

use sqlparser::ast::{self, Expr};

use super::query::refused;
use super::{Aggregates, Checked, Checker};
use crate::sql::fault::Place;
use crate::sql::kind::Kind;
use crate::sql::tree::{Aggregate, Items, Node, Order, Shape};

impl Checker<'_> {
    /// Whether an aggregate would belong to an enclosing query by the standard's rule (or might: a SELECT inside it can
    /// reach out too).
    fn is_all_outer(&self, argument: &Node) -> bool {
        let [.., _, own] = self.frames.as_slice() else { return false };
        let (mut columns, mut selects) = (Vec::new(), false);
        reaches(argument, &mut columns, &mut selects);
        let is_own = |column: &&str| own.relations.iter().any(|relation| relation.written == **column);
        (selects || !columns.is_empty()) && !columns.iter().any(is_own)
    }

    pub(super) fn aggregate(
        &mut self,
        name: &str,
        distinct: bool,
        clauses: &[ast::FunctionArgumentClause],
        argument: &Expr,
        place: Place,
    ) -> Checked<Node> {
        self.aggregate_place(&name.to_ascii_uppercase(), place)?;
        let outer = std::mem::replace(&mut self.aggregates, Aggregates::Inside);
        let argument = self.expression(argument)?;
        let argument = self.value(argument);
        if self.is_all_outer(&argument) {
            return Err(place.fault(
                "sql-aggregate",
                format!("{} takes columns of an outer query only", name.to_ascii_uppercase()),
                "Aggregate in the query that the column belongs to.",
            ));
        }
        let mut order = Vec::new();
        let mut separator = ",".to_owned();
        for clause in clauses {
            match clause {
                ast::FunctionArgumentClause::OrderBy(list) if name == "group_concat" => {
                    for item in list {
                        let node = self.expression(&item.expr)?;
                        let descending = item.options.sort == Some(ast::OrderBySort::Desc);
                        order.push(Order { node: self.value(node), descending });
                    }
                }
                ast::FunctionArgumentClause::Separator(value) if name == "group_concat" => match &value.value {
                    ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text) => {
                        separator.clone_from(text);
                    }
                    _ => return Err(refused(place, "this SEPARATOR")),
                },
                _ => return Err(refused(place, "this clause of an aggregate")),
            }
        }
        self.aggregates = outer;
        let (kind, function, argument) = match name {
            "count" => (Kind::Int, Aggregate::Count, argument),
            "sum" => {
                let number = self.number(argument, place)?;
                (Kind::scaled(number.kind.scale()), Aggregate::Sum, number)
            }
            "avg" => {
                let number = self.number(argument, place)?;
                (Kind::scaled(number.kind.scale().map(|scale| scale + 4)), Aggregate::Avg, number)
            }
            "min" => (argument.kind, Aggregate::Min, argument),
            "max" => (argument.kind, Aggregate::Max, argument),
            _ => (Kind::Text, Aggregate::GroupConcat, self.text(argument, place)?),
        };
        let shape = Shape::Aggregate { function, distinct, argument: Some(Box::new(argument)), order, separator };
        Ok(Node::new(kind, shape))
    }
}

pub(super) fn aggregate(kind: Kind, function: Aggregate, distinct: bool, argument: Option<Box<Node>>) -> Node {
    Node::new(kind, Shape::Aggregate { function, distinct, argument, order: Vec::new(), separator: String::new() })
}

/// The relations of the columns in an expression, and whether there is a SELECT in it.
fn reaches<'a>(node: &'a Node, columns: &mut Vec<&'a str>, selects: &mut bool) {
    match &node.shape {
        Shape::Column { relation, .. } => columns.push(relation),
        Shape::Scalar(_) | Shape::Exists(_) | Shape::In { items: Items::Query(_), .. } => *selects = true,
        _ => {}
    }
    for child in node.children() {
        reaches(child, columns, selects);
    }
}
