//! Where time comes from. Only the wiring holds a [`Clock`]; everything below it takes a [`Moment`] as an argument.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// The moment of an event together with the zone in which its tenant reads clocks and calendars.
#[derive(Debug, Clone)]
pub struct Moment {
    pub millis: Millis,
    pub zone: TimeZone,
}

impl Moment {
    pub fn new(millis: Millis, zone: TimeZone) -> Self {
        Self { millis, zone }
    }

    pub fn utc(millis: Millis) -> Self {
        Self::new(millis, TimeZone::UTC)
    }

    /// The local calendar and wall clock.
    pub fn local(&self) -> Zoned {
        Timestamp::from_millisecond(self.millis).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.zone.clone())
    }

    /// `YYYY-MM-DD`, local.
    pub fn date(&self) -> String {
        self.local().strftime("%Y-%m-%d").to_string()
    }

    /// `YYYY-MM-DD HH:MM:SS`, local: what tenant SQL calls `NOW()`.
    pub fn datetime(&self) -> String {
        self.local().strftime("%Y-%m-%d %H:%M:%S").to_string()
    }
}

pub trait Clock: Send + Sync {
    fn now(&self) -> Millis;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Millis {
        Timestamp::now().as_millisecond()
    }
}

/// A clock that stands still until it is told to move: for tests and simulations.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(millis: Millis) -> Self {
        Self(AtomicI64::new(millis))
    }

    pub fn advance(&self, millis: Millis) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}
