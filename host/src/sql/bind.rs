//! From an event's values to parameters, and from a store's cells to values: the same for both stores.

use rust_decimal::Decimal;

use super::kind::Kind;
use super::program::{Form, OutputColumn, TempTable};
use super::values;
use crate::store::Value;

/// A value in the form that its place in the statement asks for; the error says what is wrong with it.
pub(super) fn formed(value: &Value, form: Form) -> Result<Value, String> {
    if let Value::Text(text) = value
        && text.contains('\0')
    {
        return Err("holds a NUL character".into());
    }
    if matches!(value, Value::Bytes(_)) {
        return Err("holds bytes, not text".into());
    }
    if value.is_null() {
        return match form {
            Form::Json => Ok(Value::Text("null".into())),
            Form::Count => Err("is NULL where a number of rows is needed".into()),
            _ => Ok(Value::Null),
        };
    }
    Ok(match form {
        Form::Text => Value::Text(value.to_string()),
        Form::Int => Value::Int(whole(values::round(number(value), 0)).ok_or("is too large a number")?),
        Form::Number => match value {
            Value::Int(number) => Value::Int(*number),
            _ => Value::Decimal(number(value)),
        },
        Form::Date => {
            values::datetime(&value.to_string()).map_or(Value::Null, |at| Value::Text(values::show_date(at.date())))
        }
        Form::DateTime => {
            values::datetime(&value.to_string()).map_or(Value::Null, |at| Value::Text(values::show_datetime(at)))
        }
        Form::Json => Value::Text(match value {
            Value::Text(text) => values::json_text(text),
            other => other.to_string(),
        }),
        // No row has this number, so a fraction equals none.
        Form::Whole => {
            let number = number(value);
            Value::Int(if number.fract().is_zero() { whole(number).unwrap_or(i64::MIN) } else { i64::MIN })
        }
        Form::Count => match whole(strict(value).ok_or("is not a number of rows")?) {
            Some(count) if count >= 0 => Value::Int(count),
            _ => return Err("is not a number of rows".into()),
        },
    })
}

pub(super) fn is_number(value: &Value) -> bool {
    match value {
        Value::Text(text) => values::whole_number(text).is_some(),
        value => matches!(value, Value::Int(_) | Value::Decimal(_)),
    }
}

fn number(value: &Value) -> Decimal {
    match value {
        Value::Int(number) => (*number).into(),
        Value::Decimal(number) => *number,
        other => values::number_prefix(&other.to_string()),
    }
}

fn strict(value: &Value) -> Option<Decimal> {
    match value {
        Value::Text(text) => values::whole_number(text),
        other => Some(number(other)),
    }
}

fn whole(number: Decimal) -> Option<i64> {
    if number.fract().is_zero() { i64::try_from(number).ok() } else { None }
}

/// A temporary table's rows as JSON, cells in the order in which the statement was compiled. What the kept table does
/// not have is NULL.
pub(super) fn rows_as_json(table: Option<&TempTable>, columns: &[OutputColumn]) -> String {
    let Some(table) = table else { return "[]".into() };
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|column| table.columns.iter().position(|kept| kept.name.eq_ignore_ascii_case(&column.name)))
        .collect();
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null | Value::Bytes(_)) => serde_json::Value::Null,
        Some(Value::Int(number)) => (*number).into(),
        Some(other) => other.to_string().into(),
    };
    let rows: Vec<serde_json::Value> = table
        .rows
        .iter()
        .map(|row| places.iter().map(|place| cell(place.and_then(|place| row.get(place)))).collect())
        .collect();
    serde_json::Value::Array(rows).to_string()
}

/// A cell as its column's type has it, whichever store it came from.
pub(super) fn shaped(value: Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Int | Kind::Bool, Value::Decimal(number)) => {
            i64::try_from(number).map_or(Value::Decimal(number), Value::Int)
        }
        (Kind::Decimal(scale), Value::Int(number)) => Value::Decimal(values::with_scale(number.into(), scale)),
        (Kind::Decimal(scale), Value::Decimal(number)) => Value::Decimal(values::with_scale(number, scale)),
        (Kind::Number, Value::Int(number)) => Value::Decimal(number.into()),
        (Kind::Number, Value::Decimal(number)) => Value::Decimal(values::inexact(number)),
        (Kind::Date, Value::Text(text)) => {
            values::datetime(&text).map_or(Value::Text(text), |at| Value::Text(values::show_date(at.date())))
        }
        (Kind::DateTime, Value::Text(text)) => {
            values::datetime(&text).map_or(Value::Text(text), |at| Value::Text(values::show_datetime(at)))
        }
        (_, value) => value,
    }
}
