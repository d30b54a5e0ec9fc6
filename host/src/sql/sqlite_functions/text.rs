//! Texts: counted in characters, matched without regard to the case of ASCII letters.

use rusqlite::Connection;

use super::{flags, number};
use crate::sql::values;

/// Padding beyond this is NULL, as MySQL does when a text would outgrow a packet.
const LONGEST: i64 = 65_536;

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("fb_lower", 1, flags(), |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
    })?;
    connection.create_scalar_function("fb_upper", 1, flags(), |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| text.to_uppercase()))
    })?;
    connection.create_scalar_function("fb_like", 2, flags(), |context| {
        let (Some(text), Some(pattern)) = (context.get::<Option<String>>(0)?, context.get::<Option<String>>(1)?) else {
            return Ok(None);
        };
        Ok(Some(like(&text.to_ascii_lowercase(), &pattern.to_ascii_lowercase())))
    })?;
    connection.create_scalar_function("fb_substring", 3, flags(), |context| {
        let (Some(text), Some(start), Some(length)) =
            (context.get::<Option<String>>(0)?, context.get::<Option<i64>>(1)?, context.get::<Option<i64>>(2)?)
        else {
            return Ok(None);
        };
        Ok(Some(substring(&text, start, length)))
    })?;
    for (name, left) in [("fb_left", true), ("fb_right", false)] {
        connection.create_scalar_function(name, 2, flags(), move |context| {
            let (Some(text), Some(length)) = (context.get::<Option<String>>(0)?, context.get::<Option<i64>>(1)?) else {
                return Ok(None);
            };
            let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            let start = if left { 1 } else { (all - length).max(0) + 1 };
            Ok(Some(substring(&text, start, length)))
        })?;
    }
    for (name, left) in [("fb_pad_left", true), ("fb_pad_right", false)] {
        connection.create_scalar_function(name, 3, flags(), move |context| {
            let (Some(text), Some(length), Some(pad)) =
                (context.get::<Option<String>>(0)?, context.get::<Option<i64>>(1)?, context.get::<Option<String>>(2)?)
            else {
                return Ok(None);
            };
            Ok(padded(&text, length, &pad, left))
        })?;
    }
    connection.create_scalar_function("fb_format", 2, flags(), |context| {
        let (Some(value), Some(digits)) = (number(context, 0)?, context.get::<Option<i64>>(1)?) else {
            return Ok(None);
        };
        let digits = u8::try_from(digits.clamp(0, 20)).unwrap_or(0);
        Ok(Some(grouped(&values::with_scale(value, digits).to_string())))
    })
}

/// `%` is any piece, `_` any one character, `\` takes the next as it is. Takes time in proportion to both lengths, at
/// worst multiplied, whatever the pattern.
fn like(text: &str, pattern: &str) -> bool {
    enum Step {
        Any,
        One,
        Exactly(char),
    }
    let mut steps = Vec::new();
    let mut chars = pattern.chars();
    while let Some(ch) = chars.next() {
        steps.push(match ch {
            '%' => Step::Any,
            '_' => Step::One,
            '\\' => Step::Exactly(chars.next().unwrap_or('\\')),
            ch => Step::Exactly(ch),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut step) = (0, 0);
    let mut resume: Option<(usize, usize)> = None;
    loop {
        let fits = match steps.get(step) {
            Some(Step::Any) => {
                step += 1;
                resume = Some((at, step));
                continue;
            }
            None if at == text.len() => return true,
            None => false,
            Some(Step::One) => at < text.len(),
            Some(Step::Exactly(wanted)) => text.get(at) == Some(wanted),
        };
        if fits {
            at += 1;
            step += 1;
        } else {
            match &mut resume {
                Some((from, after)) if *from < text.len() => {
                    *from += 1;
                    (at, step) = (*from, *after);
                }
                _ => return false,
            }
        }
    }
}

/// Counted from 1; a negative start counts from the end; outside the text there is nothing.
fn substring(text: &str, start: i64, length: i64) -> String {
    let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = match start {
        0 => return String::new(),
        start if start < 0 => all.saturating_add(start),
        start => start - 1,
    };
    let (Ok(start), Ok(length)) = (usize::try_from(start), usize::try_from(length)) else { return String::new() };
    text.chars().skip(start).take(length).collect()
}

fn padded(text: &str, length: i64, pad: &str, left: bool) -> Option<String> {
    if !(0..=LONGEST).contains(&length) {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let missing = length.saturating_sub(text.chars().count());
    if missing == 0 {
        return Some(text.chars().take(length).collect());
    }
    if pad.is_empty() {
        return Some(String::new());
    }
    let pad: String = pad.chars().cycle().take(missing).collect();
    Some(if left { pad + text } else { text.to_owned() + &pad })
}

/// `1234567.50` as `1,234,567.50`.
fn grouped(number: &str) -> String {
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = sign.to_owned();
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}
