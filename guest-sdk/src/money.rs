//! Money without floats: an amount is a whole number of minor units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

/// An amount in minor units (cents, pence) of the tenant's currency.
///
/// Written with two decimals, read from what tenants' SQL and debtors write. Arithmetic saturates: a rule that meets an
/// absurd amount gets an absurd amount, not a trap.
///
/// ```
/// use forbear_guest_sdk::Money;
///
/// let balance: Money = "1250.00".parse().unwrap();
/// let offer = balance - balance.percent(15);
/// assert_eq!(offer.to_string(), "1062.50");
/// assert_eq!(offer.minor(), 106_250);
/// assert!(offer < balance);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// Nothing owed.
    pub const ZERO: Money = Money(0);

    /// An amount of this many minor units: `from_minor(1999)` is 19.99.
    pub const fn from_minor(minor: i64) -> Money {
        Money(minor)
    }

    /// An amount of this many whole units: `from_major(20)` is 20.00.
    pub const fn from_major(major: i64) -> Money {
        Money(major.saturating_mul(100))
    }

    /// The amount in minor units, as the contract's records carry it.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This share of the amount, rounded half away from zero to a minor unit.
    ///
    /// ```
    /// use forbear_guest_sdk::Money;
    /// assert_eq!(Money::from_minor(333).percent(50), Money::from_minor(167));
    /// ```
    pub fn percent(self, percent: u32) -> Money {
        Money(divide(i128::from(self.0) * i128::from(percent), 100))
    }

    /// The amount in so many equal parts, the last of which carries the rest. No parts for a count of 0.
    ///
    /// ```
    /// use forbear_guest_sdk::Money;
    /// let parts = Money::from_major(100).split(3);
    /// assert_eq!(parts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["33.33", "33.33", "33.34"]);
    /// ```
    pub fn split(self, parts: u32) -> Vec<Money> {
        if parts == 0 {
            return Vec::new();
        }
        let each = self.0 / i64::from(parts);
        let last = self.0 - each * i64::from(parts - 1);
        let mut split = vec![Money(each); parts as usize - 1];
        split.push(Money(last));
        split
    }

    /// True for amounts over zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// The decimal number a text holds: `1250`, `1250.5`, `-3.07`, `1 250.00`, `1,250.00`, with an optional currency sign or
    /// letters in front (`R1250`, `£12.50`). More than two decimals are refused unless they are zeros.
    pub fn parse(text: &str) -> Option<Money> {
        let text = text.trim_ascii();
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // Over bytes, because this is in every module and characters would bring their tables along. What stands before the
        // first digit is the currency: letters, spaces, and the bytes of signs outside ASCII.
        let number = text
            .bytes()
            .skip_while(|&byte| byte.is_ascii_alphabetic() || matches!(byte, b'$' | b' ') || !byte.is_ascii());
        let mut minor: i64 = 0;
        let mut digits = 0;
        let mut places = None;
        for byte in number {
            match (byte, places) {
                (b'0'..=b'9', None | Some(0 | 1)) => {
                    minor = minor.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                    digits += 1;
                    places = places.map(|places: u32| places + 1);
                }
                (b'0', Some(_)) => {}
                (b'.', None) => places = Some(0),
                (b',' | b' ', None) if digits > 0 => {}
                _ => return None,
            }
        }
        if digits == 0 {
            return None;
        }
        for _ in places.unwrap_or(0)..2 {
            minor = minor.checked_mul(10)?;
        }
        Some(Money(if negative { -minor } else { minor }))
    }
}

/// The quotient, rounded half away from zero and held inside the range of an amount.
fn divide(numerator: i128, denominator: i128) -> i64 {
    let half = if numerator < 0 { -denominator / 2 } else { denominator / 2 };
    let quotient = (numerator + half) / denominator;
    quotient.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minor = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

/// A text that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotMoney(String);

impl fmt::Display for NotMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an amount such as 1250.00", self.0)
    }
}

impl std::error::Error for NotMoney {}

impl std::str::FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Money, NotMoney> {
        Money::parse(text).ok_or_else(|| NotMoney(text.to_owned()))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_and_sql_write_is_read() {
        let cases = [
            ("1250", Some(125_000)),
            ("1250.5", Some(125_050)),
            ("1250.00", Some(125_000)),
            ("1250.0000", Some(125_000)),
            ("-3.07", Some(-307)),
            ("R1 250.00", Some(125_000)),
            ("£1,250.99", Some(125_099)),
            (".50", Some(50)),
            ("0.005", None),
            ("", None),
            ("R", None),
            ("1.2.3", None),
            ("12a", None),
            ("99999999999999999999", None),
        ];
        for (text, minor) in cases {
            assert_eq!(Money::parse(text).map(Money::minor), minor, "{text:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        for minor in [0, 1, 99, 100, -1, -99, -100, 123_456_789, i64::MAX] {
            let money = Money::from_minor(minor);
            assert_eq!(Money::parse(&money.to_string()), Some(money));
        }
    }

    #[test]
    fn shares_round_half_away_from_zero() {
        assert_eq!(Money::from_minor(5).percent(50), Money::from_minor(3));
        assert_eq!(Money::from_minor(-5).percent(50), Money::from_minor(-3));
        assert_eq!(Money::from_minor(i64::MAX).percent(200), Money::from_minor(i64::MAX));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        for parts in 1..=12 {
            let whole = Money::from_minor(100_003);
            assert_eq!(whole.split(parts).into_iter().sum::<Money>(), whole);
        }
        assert!(Money::from_major(1).split(0).is_empty());
    }
}
