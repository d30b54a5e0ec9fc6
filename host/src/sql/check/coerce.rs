//! Conversions between types as MySQL makes them: in comparisons, in values, in conditions, and on writing.

use rust_decimal::Decimal;

use super::{Checked, Checker};
use crate::sql::catalog::ColumnType;
use crate::sql::fault::{Place, SqlFault};
use crate::sql::kind::Kind;
use crate::sql::program::{Form, Param, Source};
use crate::sql::tree::{Call, Collation, Comparison, Node, Shape};
use crate::sql::values;

impl Checker<'_> {
    /// What leaves a query or enters a function that takes anything: no truth values, no open placeholders.
    pub(super) fn value(&self, node: Node) -> Node {
        match node.kind {
            Kind::Bool => to(node, Kind::Int),
            Kind::Free => bind(node, Form::Text, Kind::Text),
            Kind::Null => Node::new(Kind::Text, Shape::Null),
            _ => node,
        }
    }

    /// To one type, as expressions convert.
    pub(super) fn convert(&self, node: Node, kind: Kind, place: Place) -> Checked<Node> {
        if node.kind == kind {
            return Ok(node);
        }
        Ok(match (node.kind, kind) {
            (_, Kind::Bool) => self.condition(node, place)?,
            (_, Kind::Null | Kind::Free) => node,
            (Kind::Null, _) => Node::new(kind, Shape::Null),
            (Kind::Free, Kind::Int) => bind(node, Form::Int, Kind::Int),
            (Kind::Free, Kind::Decimal(_) | Kind::Number) => to(bind(node, Form::Number, Kind::Number), kind),
            (Kind::Free, Kind::Date) => bind(node, Form::Date, Kind::Date),
            (Kind::Free, Kind::DateTime) => bind(node, Form::DateTime, Kind::DateTime),
            (Kind::Free, Kind::Text | Kind::Json) => bind(node, Form::Text, kind),
            (Kind::Text, kind) if kind.is_numeric() => match node.shape {
                Shape::Text(text) => {
                    let number = values::number_prefix(&text);
                    match kind {
                        Kind::Int => Node::int(i64::try_from(values::round(number, 0)).unwrap_or(i64::MAX)),
                        _ => Node::new(kind, Shape::Decimal(number)),
                    }
                }
                _ => to(node, kind),
            },
            (Kind::Text, Kind::Date | Kind::DateTime) => match &node.shape {
                Shape::Text(text) => time_literal(text, kind, place)?,
                _ => to(node, kind),
            },
            (from, kind) if from.is_time() && kind.is_numeric() => return Err(mismatch(from, kind, place)),
            (from, kind) if from.is_numeric() && kind.is_time() => return Err(mismatch(from, kind, place)),
            _ => to(node, kind),
        })
    }

    /// A number, exact where the operand is.
    pub(super) fn number(&self, node: Node, place: Place) -> Checked<Node> {
        match node.kind {
            Kind::Int | Kind::Decimal(_) | Kind::Number => Ok(node),
            Kind::Bool => Ok(to(node, Kind::Int)),
            Kind::Null => Ok(Node::new(Kind::Int, Shape::Null)),
            _ => self.convert(node, Kind::Number, place),
        }
    }

    /// A text.
    pub(super) fn text(&self, node: Node, place: Place) -> Checked<Node> {
        let node = self.value(node);
        if node.kind == Kind::Json {
            return Ok(node);
        }
        self.convert(node, Kind::Text, place)
    }

    /// A date or datetime; text may be either, so it counts as a datetime.
    pub(super) fn time(&self, node: Node, place: Place) -> Checked<Node> {
        if let (Kind::Text, Shape::Text(text)) = (node.kind, &node.shape) {
            let kind = if values::is_day(text) { Kind::Date } else { Kind::DateTime };
            return time_literal(text, kind, place);
        }
        if node.kind.is_time() { Ok(node) } else { self.convert(node, Kind::DateTime, place) }
    }

    /// What WHERE, ON, HAVING, AND, IF and CASE WHEN take.
    pub(super) fn condition(&self, node: Node, place: Place) -> Checked<Node> {
        match node.kind {
            Kind::Bool => Ok(node),
            Kind::Null => Ok(Node::bool(Shape::Null)),
            kind if kind.is_time() => Err(place.fault(
                "sql-type",
                format!("{} is no condition", kind.name()),
                "Compare it with something, or write IS NOT NULL.",
            )),
            _ => {
                let number = self.number(node, place)?;
                let zero = Box::new(Node::int(0));
                Ok(Node::bool(Shape::Compare(Comparison::NotEqual, Collation::None, Box::new(number), zero)))
            }
        }
    }

    pub(super) fn compare(&self, comparison: Comparison, left: Node, right: Node, place: Place) -> Checked<Node> {
        if let (Some(left), Some(right)) = (open_name(&left), open_name(&right)) {
            return Ok(both_open(comparison, left, right));
        }
        if matches!(comparison, Comparison::Equal | Comparison::NotEqual | Comparison::NullSafe) {
            let (left, right) = match (left.kind, right.kind) {
                (Kind::Int, Kind::Free) => (left, bind(right, Form::Whole, Kind::Int)),
                (Kind::Free, Kind::Int) => (bind(left, Form::Whole, Kind::Int), right),
                _ => (left, right),
            };
            let (left, right, collation) = self.comparable(left, right, place)?;
            return Ok(Node::bool(Shape::Compare(comparison, collation, Box::new(left), Box::new(right))));
        }
        let (left, right, collation) = self.comparable(left, right, place)?;
        Ok(Node::bool(Shape::Compare(comparison, collation, Box::new(left), Box::new(right))))
    }

    /// Two operands brought to the type in which MySQL compares them.
    pub(super) fn comparable(&self, left: Node, right: Node, place: Place) -> Checked<(Node, Node, Collation)> {
        let kind = compared_as(&left, &right).ok_or_else(|| mismatch(left.kind, right.kind, place))?;
        let whole = (left.kind == Kind::Int, right.kind == Kind::Int);
        let left = self.compared(left, kind, place)?;
        let right = self.compared(right, kind, place)?;
        let (left, right) = match whole {
            (true, false) => (left, as_whole(right)),
            (false, true) => (as_whole(left), right),
            _ => (left, right),
        };
        let collation = match kind {
            Kind::Text if is_exact(&left) || is_exact(&right) => Collation::Exact,
            Kind::Text => Collation::Folded,
            _ => Collation::None,
        };
        Ok((left, right, collation))
    }

    fn compared(&self, node: Node, kind: Kind, place: Place) -> Checked<Node> {
        match (node.kind, kind) {
            // Numbers of any exactness compare as they are.
            (Kind::Int | Kind::Decimal(_) | Kind::Number, kind) if kind.is_numeric() => Ok(node),
            (Kind::Bool, kind) if kind.is_numeric() => Ok(to(node, Kind::Int)),
            (Kind::Json, Kind::Text) => Ok(Node::call(Kind::Text, Call::JsonUnquote, vec![node])),
            (Kind::Json, kind) if kind.is_numeric() => {
                let text = Node::call(Kind::Text, Call::JsonUnquote, vec![node]);
                self.convert(text, Kind::Number, place)
            }
            _ => self.convert(node, kind, place),
        }
    }

    /// As a strict MySQL stores a value into a column: what does not fit is an error when it runs, or now.
    pub(super) fn store(&self, node: Node, column: ColumnType, name: &str, place: Place) -> Checked<Node> {
        let kind = Kind::from(column);
        let wrong = |what: &str| {
            place.fault("sql-type", format!("{what} does not fit `{name}`, which holds {}", kind.name()), "")
        };
        let node = match (node.kind, kind) {
            (Kind::Null, _) => return Ok(Node::new(kind, Shape::Null)),
            (Kind::Free, _) => bind(node, Form::Text, Kind::Text),
            (Kind::Bool, _) => to(node, Kind::Int),
            (from, to) if from.is_time() && (to.is_numeric() || to == Kind::Json) => return Err(wrong(from.name())),
            (from, to) if from.is_numeric() && to.is_time() => return Err(wrong(from.name())),
            _ => node,
        };
        if let Shape::Text(text) = &node.shape {
            match kind {
                Kind::Int | Kind::Decimal(_) if values::whole_number(text).is_none() => {
                    return Err(wrong(&format!("'{text}'")));
                }
                Kind::Date | Kind::DateTime if values::datetime(text).is_none() => {
                    return Err(wrong(&format!("'{text}'")));
                }
                _ => {}
            }
        }
        Ok(Node::new(kind, Shape::Store(Box::new(node), column)))
    }

    /// The `$name$` at hand, if the context can have it.
    pub(super) fn placeholder(&mut self, name: &str, place: Place) -> Checked<Node> {
        if let Some(known) = self.known
            && !known.contains(name)
        {
            return Err(place.fault(
                "sql-name-unknown",
                format!("the conversation has no value `${name}$`"),
                crate::sql::fault::did_you_mean(name, known.iter().map(String::as_str)),
            ));
        }
        self.names.insert(name.to_owned());
        let param = Param { source: Source::Name(name.to_owned()), form: Form::Text };
        Ok(Node::new(Kind::Free, Shape::Bound(param)))
    }
}

/// The text `'3'` beside an integer is the integer 3, so that the column's index serves.
fn as_whole(node: Node) -> Node {
    match &node.shape {
        Shape::Decimal(number) if number.fract() == Decimal::ZERO => {
            i64::try_from(*number).map(Node::int).unwrap_or(node)
        }
        _ => node,
    }
}

pub(super) fn to(node: Node, kind: Kind) -> Node {
    if node.kind == kind { node } else { Node::new(kind, Shape::Convert(Box::new(node))) }
}

fn bind(node: Node, form: Form, kind: Kind) -> Node {
    match node.shape {
        Shape::Bound(param) => Node::new(kind, Shape::Bound(Param { form, ..param })),
        shape => Node::new(kind, shape),
    }
}

pub(super) fn is_exact(node: &Node) -> bool {
    matches!(node.shape, Shape::Column { exact: true, .. })
}

fn open_name(node: &Node) -> Option<String> {
    match (&node.shape, node.kind) {
        (Shape::Bound(Param { source: Source::Name(name), .. }), Kind::Free) => Some(name.clone()),
        _ => None,
    }
}

/// Two placeholders compare as numbers when both hold numbers, else as text.
fn both_open(comparison: Comparison, left: String, right: String) -> Node {
    let bound = |name: &str, form: Form, kind: Kind| {
        Node::new(kind, Shape::Bound(Param { source: Source::Name(name.to_owned()), form }))
    };
    let pair = |form: Form, kind: Kind, collation: Collation| {
        let (left, right) = (Box::new(bound(&left, form, kind)), Box::new(bound(&right, form, kind)));
        Node::bool(Shape::Compare(comparison, collation, left, right))
    };
    let source = Source::BothNumbers(left.clone(), right.clone());
    let both = Node::new(Kind::Int, Shape::Bound(Param { source, form: Form::Int }));
    let test = Shape::Compare(Comparison::Equal, Collation::None, Box::new(both), Box::new(Node::int(1)));
    let as_numbers = pair(Form::Number, Kind::Number, Collation::None);
    let as_text = pair(Form::Text, Kind::Text, Collation::Folded);
    Node::bool(Shape::Case(vec![(Node::bool(test), as_numbers)], Some(Box::new(as_text))))
}

fn compared_as(left: &Node, right: &Node) -> Option<Kind> {
    let day_literal = |node: &Node| matches!(&node.shape, Shape::Text(text) if values::is_day(text));
    Some(match (left.kind, right.kind) {
        (Kind::Null | Kind::Free, Kind::Null | Kind::Free) => Kind::Text,
        (Kind::Null, kind) | (kind, Kind::Null) => plain(kind),
        (left, right) if left.is_numeric() && right.is_numeric() => Kind::Number,
        (Kind::Date, Kind::Date) => Kind::Date,
        (left, right) if left.is_time() && right.is_time() => Kind::DateTime,
        (Kind::Date, Kind::Text) if day_literal(right) => Kind::Date,
        (Kind::Text, Kind::Date) if day_literal(left) => Kind::Date,
        (time, Kind::Text | Kind::Free) | (Kind::Text | Kind::Free, time) if time.is_time() => Kind::DateTime,
        (number, Kind::Text | Kind::Free | Kind::Json) | (Kind::Text | Kind::Free | Kind::Json, number)
            if number.is_numeric() =>
        {
            Kind::Number
        }
        (Kind::Text | Kind::Json | Kind::Free, Kind::Text | Kind::Json | Kind::Free) => Kind::Text,
        _ => return None,
    })
}

fn plain(kind: Kind) -> Kind {
    match kind {
        Kind::Json => Kind::Text,
        kind if kind.is_numeric() => Kind::Number,
        kind => kind,
    }
}

pub(super) fn time_literal(text: &str, kind: Kind, place: Place) -> Checked<Node> {
    let Some(at) = values::datetime(text) else {
        return Err(place.fault("sql-type", format!("'{text}' is no date"), "Write it as 'YYYY-MM-DD'."));
    };
    let shown = if kind == Kind::Date { values::show_date(at.date()) } else { values::show_datetime(at) };
    Ok(Node::new(kind, Shape::Time(shown)))
}

fn mismatch(left: Kind, right: Kind, place: Place) -> SqlFault {
    place.fault(
        "sql-type",
        format!("{} and {} do not go together", left.name(), right.name()),
        "Compare a date with a date, or take it apart with YEAR(), MONTH(), DAY() or DATEDIFF().",
    )
}

/// The literal number that a node is.
pub(super) fn literal_int(node: &Node) -> Option<i64> {
    match &node.shape {
        Shape::Int(number) => Some(*number),
        Shape::Decimal(number) if number.fract() == Decimal::ZERO => i64::try_from(*number).ok(),
        Shape::Call(Call::Negate, inner) => literal_int(inner.first()?)?.checked_neg(),
        _ => None,
    }
}
