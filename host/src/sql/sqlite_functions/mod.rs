//! The functions that translated statements call in SQLite, where its own arithmetic would be inexact or its dates are
//! texts. PostgreSQL's of the same names are in its tenant migrations.

mod dates;
mod json;
mod text;

use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rust_decimal::Decimal;

use super::values;

/// Registers them on a connection.
///
/// # Errors
/// When SQLite refuses to register one.
pub fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    numbers(connection)?;
    stored(connection)?;
    dates::register(connection)?;
    text::register(connection)?;
    json::register(connection)?;
    connection.create_aggregate_function("fb_single", 1, flags(), Single)
}

fn flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

fn numbers(connection: &Connection) -> rusqlite::Result<()> {
    type Binary = fn(Decimal, Decimal) -> Option<Decimal>;
    let exact: [(&str, Binary); 5] = [
        ("fb_add", |left, right| left.checked_add(right)),
        ("fb_subtract", |left, right| left.checked_sub(right)),
        ("fb_multiply", |left, right| left.checked_mul(right)),
        ("fb_divide", |left, right| left.checked_div(right)),
        ("fb_modulo", |left, right| left.checked_rem(right)),
    ];
    for (name, compute) in exact {
        let divides = matches!(name, "fb_divide" | "fb_modulo");
        connection.create_scalar_function(name, 3, flags(), move |context| {
            let (Some(left), Some(right)) = (number(context, 0)?, number(context, 1)?) else { return Ok(Value::Null) };
            if divides && right.is_zero() {
                return Ok(Value::Null);
            }
            let result = compute(left, right).ok_or_else(|| failure("the number is out of range"))?;
            Ok(real(rescaled(result, context.get(2)?)))
        })?;
    }
    type Whole = fn(i64, i64) -> Option<i64>;
    let whole: [(&str, Whole); 3] = [
        ("fb_integer_add", i64::checked_add),
        ("fb_integer_subtract", i64::checked_sub),
        ("fb_integer_multiply", i64::checked_mul),
    ];
    for (name, compute) in whole {
        connection.create_scalar_function(name, 2, flags(), move |context| {
            let (Some(left), Some(right)) = (context.get::<Option<i64>>(0)?, context.get::<Option<i64>>(1)?) else {
                return Ok(None);
            };
            compute(left, right).map(Some).ok_or_else(|| failure("the number is out of range"))
        })?;
    }
    connection.create_scalar_function("fb_integer_divide", 2, flags(), |context| {
        let (Some(left), Some(right)) = (number(context, 0)?, number(context, 1)?) else { return Ok(None) };
        if right.is_zero() {
            return Ok(None);
        }
        let quotient = left.checked_div(right).ok_or_else(|| failure("the number is out of range"))?;
        i64::try_from(quotient.trunc()).map(Some).map_err(|_| failure("the number is out of range"))
    })?;
    connection.create_scalar_function("fb_rescale", 2, flags(), |context| {
        Ok(match number(context, 0)? {
            Some(value) => real(rescaled(value, context.get(1)?)),
            None => Value::Null,
        })
    })?;
    for (name, truncates) in [("fb_round", false), ("fb_truncate", true)] {
        connection.create_scalar_function(name, 2, flags(), move |context| {
            let (Some(value), Some(digits)) = (number(context, 0)?, context.get::<Option<i64>>(1)?) else {
                return Ok(Value::Null);
            };
            Ok(real(if truncates { values::truncate(value, digits) } else { values::round(value, digits) }))
        })?;
    }
    for (name, up) in [("fb_ceiling", true), ("fb_floor", false)] {
        connection.create_scalar_function(name, 1, flags(), move |context| {
            let Some(value) = number(context, 0)? else { return Ok(None) };
            let whole = if up { value.ceil() } else { value.floor() };
            i64::try_from(whole).map(Some).map_err(|_| failure("the number is out of range"))
        })?;
    }
    connection
        .create_scalar_function("fb_number", 1, flags(), |context| Ok(number(context, 0)?.map_or(Value::Null, real)))?;
    connection.create_scalar_function("fb_decimal_text", 2, flags(), |context| {
        let Some(value) = number(context, 0)? else { return Ok(None) };
        Ok(Some(values::with_scale(value, context.get(1)?).to_string()))
    })?;
    connection.create_scalar_function("fb_number_text", 1, flags(), |context| {
        Ok(number(context, 0)?.map(|value| values::inexact(value).to_string()))
    })
}

/// Conversions on writing: what does not fit is an error.
fn stored(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("fb_store_integer", 1, flags(), |context| {
        let Some(value) = strict_number(context, 0)? else { return Ok(None) };
        i64::try_from(values::round(value, 0)).map(Some).map_err(|_| failure("the number is out of range"))
    })?;
    connection.create_scalar_function("fb_store_decimal", 3, flags(), |context| {
        let Some(value) = strict_number(context, 0)? else { return Ok(Value::Null) };
        let (precision, scale): (u32, u8) = (context.get(1)?, context.get(2)?);
        let value = values::round(value, i64::from(scale));
        let limit = Decimal::try_from_i128_with_scale(10i128.saturating_pow(precision - u32::from(scale)), 0);
        if limit.is_ok_and(|limit| value.abs() >= limit) {
            return Err(failure(format!(
                "{value} does not fit a decimal of {precision} digits, {scale} behind the point"
            )));
        }
        Ok(real(value))
    })
}

fn number(context: &Context<'_>, index: usize) -> rusqlite::Result<Option<Decimal>> {
    match context.get_raw(index) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(number) => Ok(Some(number.into())),
        ValueRef::Real(number) => exact(number).map(Some),
        ValueRef::Text(text) => Ok(Some(values::number_prefix(&String::from_utf8_lossy(text)))),
        ValueRef::Blob(_) => Err(failure("bytes are no number")),
    }
}

fn strict_number(context: &Context<'_>, index: usize) -> rusqlite::Result<Option<Decimal>> {
    match context.get_raw(index) {
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            values::whole_number(&text).map(Some).ok_or_else(|| failure(format!("'{text}' is no number")))
        }
        _ => number(context, index),
    }
}

/// The decimal that a real stands for: the shortest one that reads back as the same real.
fn exact(number: f64) -> rusqlite::Result<Decimal> {
    let shortest = number.to_string();
    shortest
        .parse()
        .or_else(|_| Decimal::from_scientific(&format!("{number:e}")))
        .map_err(|_| failure("the number is out of range"))
}

fn real(number: Decimal) -> Value {
    Value::Real(number.to_string().parse().unwrap_or_default())
}

/// To a scale, or to an inexact number where there is none.
fn rescaled(number: Decimal, scale: i64) -> Decimal {
    if scale < 0 { values::inexact(number) } else { values::round(number, scale) }
}

fn failure(message: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(message.into().into())
}

/// The value of a SELECT that stands for one value.
struct Single;

impl Aggregate<Option<Value>, Value> for Single {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<Value>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, kept: &mut Option<Value>) -> rusqlite::Result<()> {
        if kept.is_some() {
            return Err(failure("the SELECT used as a value has more than one row"));
        }
        *kept = Some(context.get(0)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, kept: Option<Option<Value>>) -> rusqlite::Result<Value> {
        Ok(kept.flatten().unwrap_or(Value::Null))
    }
}
