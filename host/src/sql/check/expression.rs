//! Expressions: literals, names, operators, CASE, subqueries. Functions are next door.

use rust_decimal::Decimal;
use sqlparser::ast::{self, BinaryOperator, Expr, Spanned, UnaryOperator, Value};

use super::coerce::to;
use super::query::refused;
use super::{Aggregates, Checked, Checker};
use crate::sql::catalog::ColumnType;
use crate::sql::fault::{Place, SqlFault};
use crate::sql::kind::Kind;
use crate::sql::tree::{Call, Collation, Comparison, Items, Node, Query, Shape};
use crate::sql::values;

impl Checker<'_> {
    pub(super) fn expression(&mut self, expr: &Expr) -> Checked<Node> {
        self.enter(self.place)?;
        let node = self.expression_inside(expr)?;
        self.leave();
        Ok(node)
    }

    fn expression_inside(&mut self, expr: &Expr) -> Checked<Node> {
        match expr {
            Expr::Nested(inner) => self.expression(inner),
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::CompoundIdentifier(parts) => self.column(parts),
            Expr::Value(value) => self.literal(value),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            Expr::Function(function) => self.function(function),
            Expr::Case { operand, conditions, else_result, case_token, .. } => {
                let place = self.place.or(case_token.0.span);
                self.case(operand.as_deref(), conditions, else_result.as_deref(), place)
            }
            Expr::IsNull(inner) => self.is_null(inner, false),
            Expr::IsNotNull(inner) => self.is_null(inner, true),
            Expr::IsTrue(inner) => self.is_truth(inner, true, false),
            Expr::IsNotTrue(inner) => self.is_truth(inner, true, true),
            Expr::IsFalse(inner) => self.is_truth(inner, false, false),
            Expr::IsNotFalse(inner) => self.is_truth(inner, false, true),
            Expr::Between { expr, negated, low, high } => {
                let place = self.place.or(expr.span());
                let (value, low, high) = (self.expression(expr)?, self.expression(low)?, self.expression(high)?);
                let again = self.copy(&value, place)?;
                let low = self.compare(Comparison::GreaterEqual, value, low, place)?;
                let high = self.compare(Comparison::LessEqual, again, high, place)?;
                Ok(Node::bool(Shape::All(vec![low, high])).negated(*negated))
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Expr::InSubquery { expr, subquery, negated } => self.in_query(expr, subquery, *negated),
            Expr::Exists { subquery, negated } => {
                let query = self.query(subquery)?;
                Ok(Node::bool(Shape::Exists(Box::new(query))).negated(*negated))
            }
            Expr::Subquery(subquery) => {
                let place = self.place.or(subquery.span());
                let query = self.query(subquery)?;
                let kind = single(&query, place)?;
                Ok(Node::new(kind, Shape::Scalar(Box::new(query))))
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                let place = self.place.or(expr.span());
                let (value, pattern) = (self.expression(expr)?, self.expression(pattern)?);
                let (value, pattern) = (self.text(value, place)?, self.text(pattern, place)?);
                let shape = Shape::Compare(Comparison::Like, Collation::Folded, Box::new(value), Box::new(pattern));
                Ok(Node::bool(shape).negated(*negated))
            }
            Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, format: None } => {
                let place = self.place.or(expr.span());
                let node = self.expression(expr)?;
                self.cast(node, data_type, place)
            }
            Expr::Convert { is_try: false, expr, data_type: Some(data_type), charset: None, styles, .. }
                if styles.is_empty() =>
            {
                let place = self.place.or(expr.span());
                let node = self.expression(expr)?;
                self.cast(node, data_type, place)
            }
            Expr::TypedString(typed) => {
                let place = self.place.or(typed.value.span);
                let Value::SingleQuotedString(text) = &typed.value.value else {
                    return Err(refused(place, "this literal"));
                };
                match typed.data_type {
                    ast::DataType::Date => super::coerce::time_literal(text, Kind::Date, place),
                    ast::DataType::Timestamp(..) | ast::DataType::Datetime(_) => {
                        super::coerce::time_literal(text, Kind::DateTime, place)
                    }
                    _ => Err(refused(place, "this kind of literal")),
                }
            }
            Expr::Interval(_) => Err(self.place.or(expr.span()).fault(
                "sql-refused",
                "INTERVAL stands only inside DATE_ADD and DATE_SUB, or after + and -",
                "Write DATE_ADD(date, INTERVAL 3 DAY).",
            )),
            Expr::Ceil { expr, field } => self.ceil_floor("ceil", expr, field),
            Expr::Floor { expr, field } => self.ceil_floor("floor", expr, field),
            Expr::Extract { field, expr, .. } => {
                let place = self.place.or(expr.span());
                let part = field.to_string();
                self.call(&part, place, vec![], &[expr])
            }
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let place = self.place.or(expr.span());
                let mut arguments: Vec<&Expr> = vec![expr];
                arguments.extend(substring_from.as_deref());
                arguments.extend(substring_for.as_deref());
                self.call("substring", place, vec![], &arguments)
            }
            Expr::Position { expr, r#in } => {
                let place = self.place.or(expr.span());
                self.call("locate", place, vec![], &[expr, r#in])
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters: None } => {
                self.trim(*trim_where, trim_what.as_deref(), expr)
            }
            other => {
                let place = self.place.or(other.span());
                Err(refused(place, "this kind of expression"))
            }
        }
    }

    fn ceil_floor(&mut self, name: &str, expr: &Expr, field: &ast::CeilFloorKind) -> Checked<Node> {
        let place = self.place.or(expr.span());
        match field {
            ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {
                self.call(name, place, vec![], &[expr])
            }
            _ => Err(refused(place, "rounding to a unit")),
        }
    }

    fn literal(&mut self, value: &ast::ValueWithSpan) -> Checked<Node> {
        let place = self.place.or(value.span);
        match &value.value {
            Value::Null => Ok(Node::null()),
            Value::Boolean(truth) => Ok(Node::bool(Shape::Bool(*truth))),
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) if text.contains('\0') => {
                Err(place.fault("sql-syntax", "a NUL character in a text", "Remove it."))
            }
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => Ok(Node::text(text.clone())),
            Value::Placeholder(name) => self.placeholder(name, place),
            Value::Number(text, false) => number(text).ok_or_else(|| {
                place.fault("sql-number", format!("{text} has too many digits"), "At most 28 digits are kept.")
            }),
            _ => Err(refused(place, "this kind of literal")),
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Checked<Node> {
        let place = self.place.or(left.span());
        if matches!(op, BinaryOperator::And | BinaryOperator::Or) {
            return self.chain(left, op, right);
        }
        if let (BinaryOperator::Plus | BinaryOperator::Minus, Expr::Interval(interval)) = (op, right) {
            let time = self.expression(left)?;
            return self.shift(time, interval, *op == BinaryOperator::Minus, place);
        }
        if let (BinaryOperator::Arrow | BinaryOperator::LongArrow, Expr::Value(path)) = (op, right) {
            let document = self.expression(left)?;
            let extracted = self.json_extract(document, path, place)?;
            return Ok(match op {
                BinaryOperator::Arrow => extracted,
                _ => Node::call(Kind::Text, Call::JsonUnquote, vec![extracted]),
            });
        }
        let (left, right) = (self.expression(left)?, self.expression(right)?);
        let comparison = match op {
            BinaryOperator::Eq => Some(Comparison::Equal),
            BinaryOperator::NotEq => Some(Comparison::NotEqual),
            BinaryOperator::Lt => Some(Comparison::Less),
            BinaryOperator::LtEq => Some(Comparison::LessEqual),
            BinaryOperator::Gt => Some(Comparison::Greater),
            BinaryOperator::GtEq => Some(Comparison::GreaterEqual),
            BinaryOperator::Spaceship => Some(Comparison::NullSafe),
            _ => None,
        };
        if let Some(comparison) = comparison {
            return self.compare(comparison, left, right, place);
        }
        match op {
            BinaryOperator::Plus => self.arithmetic(Call::Add, left, right, place),
            BinaryOperator::Minus => self.arithmetic(Call::Subtract, left, right, place),
            BinaryOperator::Multiply => self.arithmetic(Call::Multiply, left, right, place),
            BinaryOperator::Divide => self.arithmetic(Call::Divide, left, right, place),
            BinaryOperator::Modulo => self.arithmetic(Call::Modulo, left, right, place),
            BinaryOperator::MyIntegerDivide => self.arithmetic(Call::IntegerDivide, left, right, place),
            BinaryOperator::Xor => {
                let (left, right) = (self.condition(left, place)?, self.condition(right, place)?);
                let shape = Shape::Compare(Comparison::NotEqual, Collation::None, Box::new(left), Box::new(right));
                Ok(Node::bool(shape))
            }
            _ => Err(place.fault("sql-refused", format!("the operator {op} is not available"), "")),
        }
    }

    /// `a AND b AND c` as one node, however long.
    fn chain(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Checked<Node> {
        let mut pending = vec![right];
        let mut leftmost = left;
        while let Expr::BinaryOp { left, op: inner, right } = leftmost {
            if inner != op {
                break;
            }
            pending.push(right);
            leftmost = left;
        }
        pending.push(leftmost);
        let mut terms = Vec::with_capacity(pending.len());
        for term in pending.into_iter().rev() {
            let node = self.expression(term)?;
            terms.push(self.condition(node, self.place.or(term.span()))?);
        }
        Ok(Node::bool(if *op == BinaryOperator::And { Shape::All(terms) } else { Shape::Any(terms) }))
    }

    pub(super) fn arithmetic(&mut self, call: Call, left: Node, right: Node, place: Place) -> Checked<Node> {
        let (left, right) = (self.number(left, place)?, self.number(right, place)?);
        let scales = left.kind.scale().zip(right.kind.scale());
        let whole = left.kind == Kind::Int && right.kind == Kind::Int;
        let kind = match call {
            Call::IntegerDivide => Kind::Int,
            Call::Divide => Kind::scaled(scales.map(|(left, _)| left + 4)),
            _ if whole => Kind::Int,
            Call::Multiply => Kind::scaled(scales.map(|(left, right)| left + right)),
            _ => Kind::scaled(scales.map(|(left, right)| left.max(right))),
        };
        Ok(Node::call(kind, call, vec![left, right]))
    }

    fn unary(&mut self, op: UnaryOperator, expr: &Expr) -> Checked<Node> {
        let place = self.place.or(expr.span());
        let node = self.expression(expr)?;
        match op {
            UnaryOperator::Not | UnaryOperator::BangNot => Ok(self.condition(node, place)?.negated(true)),
            UnaryOperator::Plus => Ok(node),
            UnaryOperator::Minus => {
                let number = self.number(node, place)?;
                Ok(match number.shape {
                    Shape::Int(value) if value != i64::MIN => Node::int(-value),
                    Shape::Decimal(value) => Node::new(number.kind, Shape::Decimal(-value)),
                    _ => Node::call(number.kind, Call::Negate, vec![number]),
                })
            }
            _ => Err(place.fault("sql-refused", format!("the operator {op} is not available"), "")),
        }
    }

    fn is_null(&mut self, inner: &Expr, negated: bool) -> Checked<Node> {
        let node = self.expression(inner)?;
        let node = self.value(node);
        Ok(Node::bool(Shape::IsNull(Box::new(node))).negated(negated))
    }

    fn is_truth(&mut self, inner: &Expr, truth: bool, negated: bool) -> Checked<Node> {
        let place = self.place.or(inner.span());
        let node = self.expression(inner)?;
        let node = self.condition(node, place)?;
        let truth = Node::bool(Shape::Bool(truth));
        let shape = Shape::Compare(Comparison::NullSafe, Collation::None, Box::new(node), Box::new(truth));
        Ok(Node::bool(shape).negated(negated))
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&Expr>,
        place: Place,
    ) -> Checked<Node> {
        let operand = operand.map(|operand| self.expression(operand)).transpose()?;
        let mut branches = Vec::new();
        for when in conditions {
            let at = place.or(when.condition.span());
            let condition = self.expression(&when.condition)?;
            let condition = match &operand {
                Some(operand) => {
                    let operand = self.copy(operand, at)?;
                    self.compare(Comparison::Equal, operand, condition, at)?
                }
                None => self.condition(condition, at)?,
            };
            branches.push((condition, self.expression(&when.result)?));
        }
        let otherwise = otherwise.map(|otherwise| self.expression(otherwise)).transpose()?;
        self.branches(branches, otherwise, place)
    }

    pub(super) fn branches(
        &mut self,
        branches: Vec<(Node, Node)>,
        otherwise: Option<Node>,
        place: Place,
    ) -> Checked<Node> {
        let results = branches.iter().map(|(_, result)| result).chain(&otherwise);
        let kind = results.map(|node| node.kind).fold(Kind::Null, Kind::merge);
        let kind = if kind == Kind::Bool { Kind::Int } else { kind };
        let kind = if matches!(kind, Kind::Null | Kind::Free) { Kind::Text } else { kind };
        let mut converted = Vec::with_capacity(branches.len());
        for (condition, result) in branches {
            converted.push((condition, self.convert(result, kind, place)?));
        }
        let otherwise = otherwise.map(|node| self.convert(node, kind, place)).transpose()?;
        Ok(Node::new(kind, Shape::Case(converted, otherwise.map(Box::new))))
    }

    fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool) -> Checked<Node> {
        let place = self.place.or(expr.span());
        let value = self.expression(expr)?;
        let items = list.iter().map(|item| self.expression(item)).collect::<Checked<Vec<Node>>>()?;
        let mut matches: Vec<Node> = Vec::new();
        let (mut grouped, mut shared): (Vec<Node>, Option<(Node, Collation)>) = (Vec::new(), None);
        for item in items {
            let left = self.copy(&value, place)?;
            if matches!(item.kind, Kind::Free) && left.kind == Kind::Free {
                matches.push(self.compare(Comparison::Equal, left, item, place)?);
                continue;
            }
            let (left, item, collation) = self.comparable(left, item, place)?;
            match &shared {
                None => {
                    grouped.push(item);
                    shared = Some((left, collation));
                }
                Some(first) if first.0 == left && first.1 == collation => grouped.push(item),
                Some(_) => matches.push(Node::bool(Shape::Compare(
                    Comparison::Equal,
                    collation,
                    Box::new(left),
                    Box::new(item),
                ))),
            }
        }
        if let Some((value, collation)) = shared {
            let items = Items::List(grouped);
            matches.insert(0, Node::bool(Shape::In { value: Box::new(value), items, collation }));
        }
        Ok(Node::bool(Shape::Any(matches)).negated(negated))
    }

    fn in_query(&mut self, expr: &Expr, subquery: &ast::Query, negated: bool) -> Checked<Node> {
        let place = self.place.or(expr.span());
        let value = self.expression(expr)?;
        let query = self.query(subquery)?;
        let kind = single(&query, place)?;
        // The subquery's column stands for its rows: both sides are brought to one type through a derived table.
        let column = Node::new(
            kind,
            Shape::Column {
                relation: "fb_inner".into(),
                column: query.columns[0].name.clone(),
                exact: exact_output(&query),
            },
        );
        let (value, column, collation) = self.comparable(value, column, place)?;
        let query = super::query::projected(query, column);
        let items = Items::Query(Box::new(query));
        Ok(Node::bool(Shape::In { value: Box::new(value), items, collation }).negated(negated))
    }

    pub(super) fn cast(&mut self, node: Node, data_type: &ast::DataType, place: Place) -> Checked<Node> {
        use ast::DataType as T;
        let wrong = || -> SqlFault {
            place.fault(
                "sql-cast",
                format!("CAST to {data_type} is not available"),
                "Available are CHAR, SIGNED, UNSIGNED, DECIMAL(p,s), DATE, DATETIME and JSON.",
            )
        };
        match data_type {
            T::Char(length) | T::Varchar(length) | T::Character(length) => {
                let text = self.text(node, place)?;
                let text = if text.kind == Kind::Json { to(text, Kind::Text) } else { text };
                match length {
                    None => Ok(text),
                    Some(ast::CharacterLength::IntegerLength { length, unit: None }) => {
                        let length = Node::int(i64::try_from(*length).map_err(|_| wrong())?);
                        Ok(Node::call(Kind::Text, Call::Left, vec![text, length]))
                    }
                    Some(_) => Err(wrong()),
                }
            }
            T::Signed | T::SignedInteger | T::Unsigned | T::UnsignedInteger | T::Int(None) | T::Integer(None) => {
                let from_text = matches!(node.kind, Kind::Text | Kind::Free | Kind::Json);
                let number = self.number(node, place)?;
                let call = if from_text { Call::Truncate } else { Call::Round };
                let rounded = match number.kind {
                    Kind::Int => number,
                    _ => Node::call(Kind::Decimal(0), call, vec![number, Node::int(0)]),
                };
                Ok(to(rounded, Kind::Int))
            }
            T::Decimal(info) | T::Dec(info) | T::Numeric(info) => {
                let scale = match info {
                    ast::ExactNumberInfo::None | ast::ExactNumberInfo::Precision(_) => 0,
                    ast::ExactNumberInfo::PrecisionAndScale(_, scale) => u8::try_from(*scale).map_err(|_| wrong())?,
                };
                if scale > crate::sql::kind::MAX_SCALE {
                    return Err(wrong());
                }
                let number = self.number(node, place)?;
                Ok(Node::call(Kind::Decimal(scale), Call::Round, vec![number, Node::int(i64::from(scale))]))
            }
            T::Date => {
                let node = self.time_or_null(node, Kind::Date, place)?;
                Ok(to(node, Kind::Date))
            }
            T::Datetime(None | Some(0)) | T::Timestamp(None | Some(0), _) => {
                let node = self.time_or_null(node, Kind::DateTime, place)?;
                Ok(to(node, Kind::DateTime))
            }
            T::JSON => {
                let text = self.text(node, place)?;
                Ok(Node::new(Kind::Json, Shape::Store(Box::new(text), ColumnType::Json)))
            }
            _ => Err(wrong()),
        }
    }

    /// CAST of a text that is no date is NULL, not an error.
    pub(super) fn time_or_null(&mut self, node: Node, kind: Kind, place: Place) -> Checked<Node> {
        if let Shape::Text(text) = &node.shape
            && values::datetime(text).is_none()
        {
            return Ok(Node::new(kind, Shape::Null));
        }
        if node.kind.is_time() { Ok(node) } else { self.convert(node, kind, place) }
    }

    fn trim(&mut self, side: Option<ast::TrimWhereField>, what: Option<&Expr>, expr: &Expr) -> Checked<Node> {
        let place = self.place.or(expr.span());
        let call = match side {
            None | Some(ast::TrimWhereField::Both) => Call::Trim,
            Some(ast::TrimWhereField::Leading) => Call::TrimStart,
            Some(ast::TrimWhereField::Trailing) => Call::TrimEnd,
        };
        let text = self.expression(expr)?;
        let mut arguments = vec![self.text(text, place)?];
        if let Some(what) = what {
            let what = self.expression(what)?;
            match &what.shape {
                Shape::Text(text) if text.chars().count() == 1 => arguments.push(what),
                _ => {
                    return Err(place.fault(
                        "sql-refused",
                        "TRIM takes off one character, written as a literal",
                        "Use REPLACE for longer pieces.",
                    ));
                }
            }
        }
        Ok(Node::call(Kind::Text, call, arguments))
    }

    pub(super) fn aggregate_place(&self, name: &str, place: Place) -> Checked<()> {
        match self.aggregates {
            Aggregates::Allowed => Ok(()),
            Aggregates::Inside => Err(place.fault(
                "sql-aggregate",
                format!("{name} stands inside another aggregate"),
                "Use a SELECT in FROM.",
            )),
            Aggregates::Refused => Err(place.fault(
                "sql-aggregate",
                format!("{name} cannot stand here"),
                "Aggregates stand in the select list, in HAVING and in ORDER BY.",
            )),
        }
    }
}

fn number(text: &str) -> Option<Node> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Node::int(number));
    }
    if text.contains(['e', 'E']) {
        return Some(Node::new(Kind::Number, Shape::Decimal(values::whole_number(text)?)));
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let number: Decimal = if digits <= 28 { values::whole_number(text)? } else { return None };
    Some(Node::new(Kind::Decimal(u8::try_from(number.scale()).ok()?), Shape::Decimal(number)))
}

/// The type of a query with one column.
pub(super) fn single(query: &Query, place: Place) -> Checked<Kind> {
    match query.columns.as_slice() {
        [column] => Ok(column.kind),
        columns => Err(place.fault(
            "sql-column-count",
            format!("a SELECT used as a value has one column, this one has {}", columns.len()),
            "",
        )),
    }
}

fn exact_output(query: &Query) -> bool {
    match &query.body {
        crate::sql::tree::Body::Select(select) => {
            select.items.first().is_some_and(|(node, _)| super::coerce::is_exact(node))
        }
        crate::sql::tree::Body::Union(_) => false,
    }
}
