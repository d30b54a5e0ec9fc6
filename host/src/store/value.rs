//! One cell of a result or a parameter, the same for both stores. There are no floats: SQLite's reals become decimals
//! as soon as they leave the database.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    #[default]
    Null,
    Int(i64),
    /// Serialised as text, so that no reader turns money into a float.
    Decimal(Decimal),
    /// Text, and also dates (`YYYY-MM-DD`), datetimes (`YYYY-MM-DD HH:MM:SS`) and JSON.
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    /// A real as SQLite hands it out, as the decimal it was written as.
    ///
    /// # Errors
    /// When the number is not finite or too large for a decimal (about 7.9e28).
    pub fn from_real(number: f64) -> Result<Self, super::StoreError> {
        let shortest = number.to_string();
        shortest
            .parse()
            .or_else(|_| Decimal::from_scientific(&format!("{number:e}")))
            .map(Value::Decimal)
            .map_err(|_| super::StoreError::Statement(format!("{shortest} is too large for a decimal")))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// As a person reads it, and as `{name}` in a page shows it; NULL is empty.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Int(number) => number.fmt(f),
            Value::Decimal(number) => number.fmt(f),
            Value::Text(text) => f.write_str(text),
            Value::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Value::Decimal(number)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
