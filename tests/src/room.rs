//! A host inside the test, whose clock the story moves.

use std::sync::Arc;

use forbear::app::{App, Settings};
use forbear::clock::{Clock, ManualClock, Millis};
use forbear::tenant::{Secret, hash_of};
use forbear::web::{Front, router};

use crate::{Api, Place, Tenant};

pub struct Room {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    /// As the operator.
    pub api: Api,
}

/// Monday, 2 March 2026, 10:00 in Johannesburg.
const BEGIN: Millis = 1_772_438_400_000;

impl Room {
    pub fn open(place: &Place) -> Self {
        Self::open_at(place, BEGIN)
    }

    /// # Panics
    /// When the host does not start.
    pub fn open_at(place: &Place, now: Millis) -> Self {
        let clock = Arc::new(ManualClock::at(now));
        let database_url = place.database_url().map(str::to_owned);
        let settings = Settings { database_url, threads: 4, ..Settings::new(place.data()) };
        let app = App::open(&settings, Arc::clone(&clock) as Arc<dyn Clock>).expect("a host");
        let app = Arc::new(app);
        let secret = Secret::new("").expect("random numbers");
        let front = Front { app: Arc::clone(&app), demo: None, operator: hash_of(secret.reveal()).into() };
        Self { app, clock, api: Api::of_room(router(front), secret.reveal()) }
    }

    /// A new tenant with the bundle of this name.
    pub fn tenant(&self, bundle: &str) -> Tenant {
        Tenant::with_bundle(&self.api, bundle)
    }

    /// Lets time pass, and the timers of the host run.
    ///
    /// # Panics
    /// When the timers fail.
    pub fn wait(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000);
        self.app.tick().expect("the timers");
    }
}
