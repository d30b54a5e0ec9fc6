//! Calendar days without a clock: the day is an argument, as everything else is.

use std::fmt;

/// A day of the Gregorian calendar, read and written as `YYYY-MM-DD`.
///
/// ```
/// use forbear_guest_sdk::Date;
///
/// let today: Date = "2026-02-27".parse().unwrap();
/// let due = today.plus_days(3);
/// assert_eq!(due.to_string(), "2026-03-02");
/// assert_eq!(due.weekday(), 1); // Monday
/// assert_eq!(today.days_until(due), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// Days since 1970-01-01.
    days: i64,
}

impl Date {
    /// 1970-01-01.
    pub const EPOCH: Date = Date { days: 0 };

    /// The day, if the calendar has it.
    pub fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        let date = Date { days: days_from_civil(i64::from(year), i64::from(month), i64::from(day)) };
        let exists = (1..=12).contains(&month) && date.civil() == (i64::from(year), i64::from(month), i64::from(day));
        exists.then_some(date)
    }

    /// The day that a date or a datetime text begins with: `2026-03-02` or `2026-03-02 10:15:00`.
    pub fn parse(text: &str) -> Option<Date> {
        // Over bytes, because this is in many modules and text slices would bring their error messages along.
        let (day, rest) = text.trim_ascii().as_bytes().split_first_chunk::<10>()?;
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else { return None };
        if !matches!(rest.first(), None | Some(b' ' | b'T')) {
            return None;
        }
        let number = |digits: &[u8]| {
            digits
                .iter()
                .try_fold(0u16, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0')))
        };
        let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
        Date::new(i32::from(year), month as u8, day as u8)
    }

    /// The day so many days later, or earlier when negative.
    pub fn plus_days(self, days: i64) -> Date {
        Date { days: self.days.saturating_add(days).clamp(MIN_DAYS, MAX_DAYS) }
    }

    /// Days from this one to the other; negative when the other lies before.
    pub fn days_until(self, other: Date) -> i64 {
        other.days - self.days
    }

    /// Monday is 1, Sunday 7.
    pub fn weekday(self) -> u8 {
        ((self.days + 3).rem_euclid(7) + 1) as u8
    }

    /// The day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.civil().2 as u8
    }

    /// Days since 1970-01-01, for arithmetic of your own.
    pub fn days_since_epoch(self) -> i64 {
        self.days
    }

    /// Year, month and day (Hinnant's `civil_from_days`).
    fn civil(self) -> (i64, i64, i64) {
        let z = self.days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }
}

const MIN_DAYS: i64 = days_from_civil(0, 1, 1);
const MAX_DAYS: i64 = days_from_civil(9999, 12, 31);

/// Days since 1970-01-01 (Hinnant's `days_from_civil`).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A text that is no day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADate(String);

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a date such as 2026-03-02", self.0)
    }
}

impl std::error::Error for NotADate {}

impl std::str::FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Date, NotADate> {
        Date::parse(text).ok_or_else(|| NotADate(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "26-01-01", "2026-1-1", "soon", ""] {
            assert_eq!(Date::parse(text), None, "{text:?}");
        }
        assert!(Date::parse("2028-02-29").is_some());
        assert!(Date::parse("2026-03-02 10:15:00").is_some());
    }

    #[test]
    fn every_day_of_four_centuries_reads_back_the_same() {
        let mut date = Date::parse("1900-01-01").unwrap();
        let mut weekday = 1; // that day was a Monday
        for _ in 0..146_097 {
            assert_eq!(Date::parse(&date.to_string()), Some(date));
            assert_eq!(date.weekday(), weekday, "{date}");
            date = date.plus_days(1);
            weekday = weekday % 7 + 1;
        }
    }
}
