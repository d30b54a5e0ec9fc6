//! MySQL's conversions between text, numbers and times, on plain values: for literals when a text is compiled, for
//! parameters when it runs, and for SQLite's functions.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use rust_decimal::{Decimal, RoundingStrategy};

/// The number that a text begins with, 0 if none: `'12 months'` is 12.
pub(super) fn number_prefix(text: &str) -> Decimal {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if whole + fraction == 0 {
        return Decimal::ZERO;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if (1..=3).contains(&exponent)
            && let Ok(number) = Decimal::from_scientific(&text[..end + 1 + sign + exponent])
        {
            return number;
        }
    }
    parse(&text[..end])
}

/// A number that fills the text, blanks around it aside.
pub(super) fn whole_number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if !plain {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

fn parse(text: &str) -> Decimal {
    let text = text.strip_prefix('+').unwrap_or(text);
    let text = text.strip_suffix('.').unwrap_or(text);
    Decimal::from_str(text).unwrap_or(if text.starts_with('-') { Decimal::MIN } else { Decimal::MAX })
}

/// Half away from zero, as MySQL rounds exact numbers.
pub(super) fn round(number: Decimal, digits: i64) -> Decimal {
    scaled(number, digits, RoundingStrategy::MidpointAwayFromZero)
}

pub(super) fn truncate(number: Decimal, digits: i64) -> Decimal {
    scaled(number, digits, RoundingStrategy::ToZero)
}

fn scaled(number: Decimal, digits: i64, strategy: RoundingStrategy) -> Decimal {
    if let Ok(digits) = u32::try_from(digits) {
        return if digits >= number.scale() { number } else { number.round_dp_with_strategy(digits, strategy) };
    }
    let Some(power) = 10i128.checked_pow(u32::try_from(-digits).unwrap_or(u32::MAX)) else { return Decimal::ZERO };
    let Ok(power) = Decimal::try_from_i128_with_scale(power, 0) else { return Decimal::ZERO };
    (number / power).round_dp_with_strategy(0, strategy) * power
}

/// With exactly this many digits behind the point.
pub(super) fn with_scale(number: Decimal, scale: u8) -> Decimal {
    let mut number = round(number, i64::from(scale));
    number.rescale(u32::from(scale));
    number
}

/// To 15 significant digits, without trailing zeros: what an inexact number is.
pub(super) fn inexact(number: Decimal) -> Decimal {
    if number.is_zero() {
        return Decimal::ZERO;
    }
    number.round_sf_with_strategy(15, RoundingStrategy::MidpointAwayFromZero).unwrap_or(number).normalize()
}

/// `2026-01-05`, `2026-1-5`, `2026/01/05`, `20260105`, each with or without a time behind it.
pub(super) fn datetime(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
        let date = |text: &str| Date::new(text.get(..4)?.parse().ok()?, number(4, 6)?, number(6, 8)?).ok();
        return match text.len() {
            8 => Some(date(text)?.at(0, 0, 0, 0)),
            14 => Some(date(text)?.to_datetime(Time::new(number(8, 10)?, number(10, 12)?, number(12, 14)?, 0).ok()?)),
            _ => None,
        };
    }
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (day, Some(time.trim())),
        None => (text, None),
    };
    let mut parts = day.split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = Date::new(year.parse().ok()?, unsigned(month)?, unsigned(day)?).ok()?;
    let Some(time) = time else { return Some(date.at(0, 0, 0, 0)) };
    let time = time.split('.').next().unwrap_or(time);
    let mut parts = time.split(':');
    let (hour, minute) = (unsigned(parts.next()?)?, unsigned(parts.next()?)?);
    let second = parts.next().map_or(Some(0), unsigned)?;
    if parts.next().is_some() {
        return None;
    }
    Some(date.to_datetime(Time::new(hour, minute, second, 0).ok()?))
}

fn unsigned(text: &str) -> Option<i8> {
    ((1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Whether a text that is a time names a day only.
pub(super) fn is_day(text: &str) -> bool {
    let text = text.trim();
    !text.contains([':', 'T', ' ']) && text.len() != 14
}

pub(super) fn show_date(date: Date) -> String {
    date.strftime("%Y-%m-%d").to_string()
}

pub(super) fn show_datetime(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A text as JSON writes it.
pub(super) fn json_text(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
