//! Cells of rows and values of contexts: how Rust values become them and are read from them.

use std::fmt;

use crate::{Date, Field, Money, Value};

/// The words that mean yes or no.
const YES_AND_NO: [(&str, bool); 8] = [
    ("true", true),
    ("false", false),
    ("yes", true),
    ("no", false),
    ("y", true),
    ("n", false),
    ("1", true),
    ("0", false),
];

impl Value {
    /// The text of a text, decimal, date or datetime value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Decimal(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number, also when it arrives as text (`"3"`) or as a decimal without a fraction (`"3.00"`).
    ///
    /// ```
    /// use forbear_guest_sdk::Value;
    /// assert_eq!(Value::from("3").as_integer(), Some(3));
    /// assert_eq!(Value::Decimal("3.50".into()).as_integer(), None);
    /// ```
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            Value::Boolean(on) => Some(i64::from(*on)),
            Value::Decimal(text) | Value::Text(text) => {
                let (whole, fraction) = text.trim_ascii().split_once('.').unwrap_or((text.trim_ascii(), ""));
                fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten()
            }
            Value::Null => None,
        }
    }

    /// An amount of money; an integer counts whole units, as in SQL.
    ///
    /// ```
    /// use forbear_guest_sdk::{Money, Value};
    /// assert_eq!(Value::Decimal("1250.50".into()).as_money(), Some(Money::from_minor(125_050)));
    /// assert_eq!(Value::from(1250).as_money(), Some(Money::from_major(1250)));
    /// assert_eq!(Value::Null.as_money(), None);
    /// ```
    pub fn as_money(&self) -> Option<Money> {
        match self {
            Value::Integer(number) => Some(Money::from_major(*number)),
            Value::Decimal(text) | Value::Text(text) => Money::parse(text),
            Value::Null | Value::Boolean(_) => None,
        }
    }

    /// The day of a date or datetime value.
    pub fn as_date(&self) -> Option<Date> {
        self.as_text().and_then(Date::parse)
    }

    /// Yes or no: booleans, 0 and 1, and the words true, false, yes, no, y and n in any case.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Boolean(on) => Some(*on),
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            Value::Text(text) => {
                let known = YES_AND_NO.iter().find(|(word, _)| text.trim_ascii().eq_ignore_ascii_case(word));
                known.map(|(_, on)| *on)
            }
            _ => None,
        }
    }

    /// SQL's NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// As it would stand in a message; NULL is empty.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Boolean(on) => write!(f, "{on}"),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Decimal(text) | Value::Text(text) => f.write_str(text),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Value {
        Value::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(on: bool) -> Value {
        Value::Boolean(on)
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(number: $integer) -> Value {
                Value::Integer(i64::from(number))
            }
        }
    )*};
}
from_integers!(i64, i32, u32, u16, u8);

impl From<Money> for Value {
    fn from(amount: Money) -> Value {
        Value::Decimal(amount.to_string())
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Value {
        Value::Text(date.to_string())
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Value {
        value.clone()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl Field {
    /// A named value.
    ///
    /// ```
    /// use forbear_guest_sdk::{Field, Money};
    /// let field = Field::new("settlement_amount", Money::from_minor(85_000));
    /// assert_eq!(field.value.to_string(), "850.00");
    /// ```
    pub fn new(name: impl Into<String>, value: impl Into<Value>) -> Field {
        Field { name: name.into(), value: value.into() }
    }
}

/// A list of named values: `fields![name: value, …]`, with anything that becomes a [`Value`].
///
/// ```
/// use forbear_guest_sdk::{Field, Money, fields};
/// let values = fields![greeting: "Good morning", offer: Money::from_major(85), tries: 2];
/// assert_eq!(values[1], Field::new("offer", Money::from_major(85)));
/// ```
#[macro_export]
macro_rules! fields {
    ($($name:ident: $value:expr),* $(,)?) => {
        ::std::vec![$($crate::Field::new(::core::stringify!($name), $value)),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_are_read_however_sql_spells_them() {
        let cases = [
            (Value::from("Y"), Some(true)),
            (Value::from("no"), Some(false)),
            (Value::from(1), Some(true)),
            (Value::from(2), None),
            (Value::from(false), Some(false)),
            (Value::from("perhaps"), None),
            (Value::Null, None),
        ];
        for (value, expected) in cases {
            assert_eq!(value.as_bool(), expected, "{value:?}");
        }
    }

    #[test]
    fn nothing_becomes_null_and_null_shows_as_nothing() {
        assert_eq!(Value::from(None::<&str>), Value::Null);
        assert_eq!(Value::from(Some(3)), Value::Integer(3));
        assert_eq!(Value::Null.to_string(), "");
    }
}
