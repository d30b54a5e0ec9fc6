//! Dates that move: INTERVAL and its units.

use sqlparser::ast::{self, Spanned};

use super::coerce::{literal_int, to};
use super::{Checked, Checker};
use crate::sql::fault::Place;
use crate::sql::kind::Kind;
use crate::sql::tree::{Call, Node, Shape};

impl Checker<'_> {
    pub(super) fn datetime(&mut self, node: Node, place: Place) -> Checked<Node> {
        self.convert(node, Kind::DateTime, place)
    }

    pub(super) fn datetime_or_null(&mut self, node: Node, place: Place) -> Checked<Node> {
        let node = self.time_or_null(node, Kind::DateTime, place)?;
        Ok(to(node, Kind::DateTime))
    }

    /// `x + INTERVAL n UNIT`.
    pub(super) fn shift(&mut self, time: Node, interval: &ast::Interval, back: bool, place: Place) -> Checked<Node> {
        let at = place.or(interval.value.span());
        let plain = interval.leading_precision.is_none()
            && interval.last_field.is_none()
            && interval.fractional_seconds_precision.is_none();
        let Some(unit) = interval.leading_field.as_ref().filter(|_| plain) else {
            return Err(at.fault("sql-interval", "an INTERVAL has a number and a unit", "Write INTERVAL 3 DAY."));
        };
        let count = self.expression(&interval.value)?;
        self.shift_by(time, count, &unit.to_string(), back, at)
    }

    pub(super) fn shift_by(&mut self, time: Node, count: Node, unit: &str, back: bool, place: Place) -> Checked<Node> {
        let (unit, factor) = self.unit(unit, place)?;
        let mut count = self.integer(count, place)?;
        if factor != 1 {
            count = self.arithmetic(Call::Multiply, count, Node::int(factor), place)?;
        }
        if back {
            count = match literal_int(&count) {
                Some(number) => Node::int(number.saturating_neg()),
                None => Node::call(Kind::Int, Call::Negate, vec![count]),
            };
        }
        let time = if time.kind == Kind::Free || time.kind == Kind::Null { self.value(time) } else { time };
        let time = match (&time.shape, time.kind) {
            (Shape::Text(_), _) => self.time(time, place)?,
            (_, Kind::Date | Kind::DateTime | Kind::Text) => time,
            _ => self.convert(time, Kind::DateTime, place)?,
        };
        let days = matches!(unit, "DAY" | "MONTH" | "YEAR");
        let kind = match time.kind {
            Kind::Date if !days => Kind::DateTime,
            kind => kind,
        };
        let time = if kind == Kind::DateTime { to(time, Kind::DateTime) } else { time };
        Ok(Node::call(kind, Call::DateAdd, vec![time, count, Node::text(unit)]))
    }

    /// The unit to compute in, and how many of them the author's unit has.
    pub(super) fn unit(&self, unit: &str, place: Place) -> Checked<(&'static str, i64)> {
        match unit.to_ascii_uppercase().as_str() {
            "SECOND" => Ok(("SECOND", 1)),
            "MINUTE" => Ok(("MINUTE", 1)),
            "HOUR" => Ok(("HOUR", 1)),
            "DAY" => Ok(("DAY", 1)),
            "WEEK" => Ok(("DAY", 7)),
            "MONTH" => Ok(("MONTH", 1)),
            "QUARTER" => Ok(("MONTH", 3)),
            "YEAR" => Ok(("YEAR", 1)),
            other => Err(place.fault(
                "sql-interval",
                format!("there is no unit {other}"),
                "Units are SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER and YEAR.",
            )),
        }
    }
}
