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
    /// In JSON `{"decimal": "12.50"}`: not a number, so that no reader makes it a float, and not mere text.
    Decimal(#[serde(with = "tagged")] Decimal),
    /// Text, and also dates (`YYYY-MM-DD`), datetimes (`YYYY-MM-DD HH:MM:SS`) and JSON.
    Text(String),
    Bytes(Vec<u8>),
}

mod tagged {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tagged {
        decimal: Decimal,
    }

    pub fn serialize<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        Tagged { decimal: *decimal }.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Tagged::deserialize(deserializer).map(|tagged| tagged.decimal)
    }
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

    /// About how many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        match self {
            Value::Text(text) => size_of::<Value>() + text.len(),
            Value::Bytes(bytes) => size_of::<Value>() + bytes.len(),
            _ => size_of::<Value>(),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_text_that_looks_like_a_number_apart_from_numbers() {
        let row =
            vec![Value::Null, 7.into(), "007".into(), Value::Decimal(Decimal::new(1250, 2)), vec![1_u8, 2].into()];
        let json = serde_json::to_string(&row).unwrap();
        assert_eq!(json, r#"[null,7,"007",{"decimal":"12.50"},[1,2]]"#);
        assert_eq!(serde_json::from_str::<Vec<Value>>(&json).unwrap(), row);
    }
}
