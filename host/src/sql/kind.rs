//! The type of an expression, known before anything runs: what decides how it compares, computes and prints.

use serde::{Deserialize, Serialize};

use super::catalog::ColumnType;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The literal NULL: takes the type that is asked of it.
    Null,
    /// A `$name$` whose use has not yet decided what it is.
    Free,
    Text,
    Int,
    /// Exact, with this many digits behind the point.
    Decimal(u8),
    /// What MySQL computes from text: a number of 15 significant digits, printed without trailing zeros.
    Number,
    /// The outcome of a comparison; 0 or 1 as soon as it is a value.
    Bool,
    Date,
    DateTime,
    Json,
}

/// MySQL keeps no more than this many digits behind the point.
pub(super) const MAX_SCALE: u8 = 20;

impl Kind {
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Int | Kind::Decimal(_) | Kind::Number | Kind::Bool)
    }

    pub fn is_time(self) -> bool {
        matches!(self, Kind::Date | Kind::DateTime)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Kind::Text | Kind::Json)
    }

    /// Digits behind the point, where there is a fixed number of them.
    pub(super) fn scale(self) -> Option<u8> {
        match self {
            Kind::Int | Kind::Bool | Kind::Null => Some(0),
            Kind::Decimal(scale) => Some(scale),
            _ => None,
        }
    }

    /// The exact type with this scale, or the inexact one where an operand has none.
    pub(super) fn scaled(scale: Option<u8>) -> Kind {
        scale.map_or(Kind::Number, |scale| Kind::Decimal(scale.min(MAX_SCALE)))
    }

    /// The one type that the branches of a CASE, the arms of a UNION or the arguments of COALESCE share.
    pub(super) fn merge(self, other: Kind) -> Kind {
        match (self, other) {
            (Kind::Null, Kind::Free) | (Kind::Free, Kind::Null) | (Kind::Free, Kind::Free) => Kind::Text,
            (Kind::Null, kind) | (kind, Kind::Null) => kind,
            (left, right) if left == right => left,
            (Kind::Bool | Kind::Int, Kind::Bool | Kind::Int) => Kind::Int,
            (left, right) if left.is_numeric() && right.is_numeric() => match (left.scale(), right.scale()) {
                (Some(left), Some(right)) => Kind::Decimal(left.max(right)),
                _ => Kind::Number,
            },
            (left, right) if left.is_time() && right.is_time() => Kind::DateTime,
            _ => Kind::Text,
        }
    }

    /// In a person's words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "NULL",
            Kind::Free => "a placeholder",
            Kind::Text => "text",
            Kind::Int | Kind::Decimal(_) | Kind::Number => "a number",
            Kind::Bool => "a truth value",
            Kind::Date => "a date",
            Kind::DateTime => "a datetime",
            Kind::Json => "JSON",
        }
    }
}

impl From<ColumnType> for Kind {
    fn from(column: ColumnType) -> Self {
        match column {
            ColumnType::Text => Kind::Text,
            ColumnType::Integer | ColumnType::Boolean => Kind::Int,
            ColumnType::Decimal { scale, .. } => Kind::Decimal(scale),
            ColumnType::Date => Kind::Date,
            ColumnType::DateTime => Kind::DateTime,
            ColumnType::Json => Kind::Json,
        }
    }
}
