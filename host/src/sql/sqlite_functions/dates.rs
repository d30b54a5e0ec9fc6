//! Dates and datetimes as texts: `YYYY-MM-DD` and `YYYY-MM-DD HH:MM:SS`.

use jiff::Span;
use jiff::civil::{DateTime, Weekday};
use rusqlite::Connection;
use rusqlite::functions::Context;

use super::{failure, flags};
use crate::sql::values;

pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("fb_date", 1, flags(), |context| {
        Ok(time(context, 0)?.map(|at| values::show_date(at.date())))
    })?;
    connection.create_scalar_function("fb_datetime", 1, flags(), |context| {
        Ok(time(context, 0)?.map(values::show_datetime))
    })?;
    for (name, day) in [("fb_store_date", true), ("fb_store_datetime", false)] {
        connection.create_scalar_function(name, 1, flags(), move |context| {
            let Some(text) = context.get::<Option<String>>(0)? else { return Ok(None) };
            let at = values::datetime(&text).ok_or_else(|| failure(format!("'{text}' is no date")))?;
            Ok(Some(if day { values::show_date(at.date()) } else { values::show_datetime(at) }))
        })?;
    }
    connection.create_scalar_function("fb_date_add", 3, flags(), |context| {
        let (Some(text), Some(count)) = (context.get::<Option<String>>(0)?, context.get::<Option<i64>>(1)?) else {
            return Ok(None);
        };
        let unit: String = context.get(2)?;
        let Some(at) = values::datetime(&text) else { return Ok(None) };
        let day = values::is_day(&text) && matches!(unit.as_str(), "DAY" | "MONTH" | "YEAR");
        let moved = moved(at, count, &unit);
        Ok(moved.map(|at| if day { values::show_date(at.date()) } else { values::show_datetime(at) }))
    })?;
    connection.create_scalar_function("fb_date_diff", 2, flags(), |context| {
        let (Some(until), Some(from)) = (time(context, 0)?, time(context, 1)?) else { return Ok(None) };
        Ok(from.date().until(until.date()).ok().map(|span| i64::from(span.get_days())))
    })?;
    connection.create_scalar_function("fb_timestamp_diff", 3, flags(), |context| {
        let unit: String = context.get(0)?;
        let (Some(from), Some(until)) = (time(context, 1)?, time(context, 2)?) else { return Ok(None) };
        Ok(between(&unit, from, until))
    })?;
    connection.create_scalar_function("fb_date_part", 2, flags(), |context| {
        let part: String = context.get(0)?;
        Ok(time(context, 1)?.map(|at| date_part(&part, at)))
    })?;
    connection.create_scalar_function("fb_last_day", 1, flags(), |context| {
        Ok(time(context, 0)?.map(|at| values::show_date(at.date().last_of_month())))
    })?;
    connection.create_scalar_function("fb_date_format", 2, flags(), |context| {
        let pattern: String = context.get(1)?;
        Ok(time(context, 0)?.map(|at| formatted(at, &pattern)))
    })
}

fn time(context: &Context<'_>, index: usize) -> rusqlite::Result<Option<DateTime>> {
    Ok(context.get::<Option<String>>(index)?.and_then(|text| values::datetime(&text)))
}

/// The 31st of a shorter month is its last day. NULL outside the years 1 to 9999.
fn moved(at: DateTime, count: i64, unit: &str) -> Option<DateTime> {
    let span = Span::new();
    let span = match unit {
        "YEAR" => span.try_years(count),
        "MONTH" => span.try_months(count),
        "DAY" => span.try_days(count),
        "HOUR" => span.try_hours(count),
        "MINUTE" => span.try_minutes(count),
        _ => span.try_seconds(count),
    };
    at.checked_add(span.ok()?).ok().filter(|at| at.year() > 0)
}

/// Whole units from one time to another.
fn between(unit: &str, from: DateTime, until: DateTime) -> Option<i64> {
    if matches!(unit, "YEAR" | "MONTH") {
        let months = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
        let within = |at: DateTime| (at.day(), at.time());
        let mut count = months(until) - months(from);
        if until >= from && within(until) < within(from) {
            count -= 1;
        } else if until < from && within(until) > within(from) {
            count += 1;
        }
        return Some(if unit == "YEAR" { count / 12 } else { count });
    }
    let seconds = from.until((jiff::Unit::Second, until)).ok()?.get_seconds();
    let length = match unit {
        "DAY" => 86_400,
        "HOUR" => 3_600,
        "MINUTE" => 60,
        _ => 1,
    };
    Some(seconds / length)
}

fn date_part(part: &str, at: DateTime) -> i64 {
    match part {
        "YEAR" => i64::from(at.year()),
        "MONTH" => i64::from(at.month()),
        "DAY" => i64::from(at.day()),
        "HOUR" => i64::from(at.hour()),
        "MINUTE" => i64::from(at.minute()),
        "SECOND" => i64::from(at.second()),
        "QUARTER" => i64::from((at.month() + 2) / 3),
        "DAYOFWEEK" => i64::from(at.weekday().to_sunday_one_offset()),
        "WEEKDAY" => i64::from(at.weekday().to_monday_zero_offset()),
        _ => i64::from(at.day_of_year()),
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn formatted(at: DateTime, pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(ch) = chars.next() {
        let code = if ch == '%' { chars.next() } else { None };
        match code {
            None => out.push(ch),
            Some(code) => out.push_str(&coded(at, code)),
        }
    }
    out
}

fn coded(at: DateTime, code: char) -> String {
    let month = MONTHS[usize::try_from(at.month() - 1).unwrap_or_default()];
    let twelve = if at.hour() % 12 == 0 { 12 } else { at.hour() % 12 };
    let half = if at.hour() < 12 { "AM" } else { "PM" };
    match code {
        'Y' => format!("{:04}", at.year()),
        'y' => format!("{:02}", at.year() % 100),
        'm' => format!("{:02}", at.month()),
        'c' => at.month().to_string(),
        'M' => month.to_owned(),
        'b' => month[..3].to_owned(),
        'd' => format!("{:02}", at.day()),
        'e' => at.day().to_string(),
        'D' => {
            let end = match (at.day() % 10, at.day() / 10) {
                (1, tens) if tens != 1 => "st",
                (2, tens) if tens != 1 => "nd",
                (3, tens) if tens != 1 => "rd",
                _ => "th",
            };
            format!("{}{end}", at.day())
        }
        'j' => format!("{:03}", at.day_of_year()),
        'H' => format!("{:02}", at.hour()),
        'k' => at.hour().to_string(),
        'h' | 'I' => format!("{twelve:02}"),
        'l' => twelve.to_string(),
        'i' => format!("{:02}", at.minute()),
        's' | 'S' => format!("{:02}", at.second()),
        'p' => half.to_owned(),
        'T' => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        'r' => format!("{twelve:02}:{:02}:{:02} {half}", at.minute(), at.second()),
        'W' => weekday(at.weekday()).to_owned(),
        'a' => weekday(at.weekday())[..3].to_owned(),
        other => other.to_string(),
    }
}
