//! Who may run a guest now: as many calls at once as the pool has places, and of these no more than its share for one tenant.
//!
//! Waiting here is our overload and never a failure of the module. When a place gets free it goes to the tenant that has the
//! fewest at that moment, and among equals to whoever waits longest: a tenant with a thousand calls delays its own.

use std::{
    collections::HashMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The places, shared by all threads.
#[derive(Debug)]
pub struct Permits {
    total: usize,
    per_tenant: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// Tenants with at least one place.
    by_tenant: HashMap<Box<str>, usize>,
    /// In order of arrival.
    waiting: Vec<(u64, Box<str>)>,
    arrivals: u64,
}

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Permit<'a> {
    permits: &'a Permits,
    tenant: &'a str,
}

impl Permits {
    /// `total` places, at most `per_tenant` of them for one tenant; both at least 1.
    pub fn new(total: usize, per_tenant: usize) -> Self {
        let total = total.max(1);
        Self { total, per_tenant: per_tenant.clamp(1, total), state: Mutex::default(), changed: Condvar::new() }
    }

    /// A place for `tenant`, waiting for up to `patience`; `None` when it ran out.
    pub fn acquire<'a>(&'a self, tenant: &'a str, patience: Duration) -> Option<Permit<'a>> {
        let mut state = self.lock();
        if state.waiting.is_empty() && self.has_room(&state, tenant) {
            state.take(tenant);
            return Some(Permit { permits: self, tenant });
        }

        let until = Instant::now() + patience;
        let ticket = state.arrivals;
        state.arrivals += 1;
        state.waiting.push((ticket, tenant.into()));
        loop {
            if self.next(&state) == Some(ticket) {
                state.waiting.retain(|(waiting, _)| *waiting != ticket);
                state.take(tenant);
                // There may be room for one more.
                self.changed.notify_all();
                return Some(Permit { permits: self, tenant });
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.waiting.retain(|(waiting, _)| *waiting != ticket);
                self.changed.notify_all();
                return None;
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How many places are taken now.
    pub fn taken(&self) -> usize {
        self.lock().taken
    }

    /// How many calls wait for a place now.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    fn has_room(&self, state: &State, tenant: &str) -> bool {
        state.taken < self.total && state.held(tenant) < self.per_tenant
    }

    /// The ticket of the call that gets the next free place.
    fn next(&self, state: &State) -> Option<u64> {
        state
            .waiting
            .iter()
            .filter(|(_, tenant)| self.has_room(state, tenant))
            .min_by_key(|(ticket, tenant)| (state.held(tenant), *ticket))
            .map(|(ticket, _)| *ticket)
    }

    /// The state holds counts that every method leaves consistent, so a thread that panicked elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn held(&self, tenant: &str) -> usize {
        self.by_tenant.get(tenant).copied().unwrap_or(0)
    }

    fn take(&mut self, tenant: &str) {
        self.taken += 1;
        match self.by_tenant.get_mut(tenant) {
            Some(held) => *held += 1,
            None => {
                self.by_tenant.insert(tenant.into(), 1);
            }
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.permits.lock();
        state.taken -= 1;
        if let Some(held) = state.by_tenant.get_mut(self.tenant) {
            *held -= 1;
            if *held == 0 {
                state.by_tenant.remove(self.tenant);
            }
        }
        if !state.waiting.is_empty() {
            self.permits.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    const NOT_LONG: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn one_tenant_cannot_take_every_place() {
        let permits = Permits::new(4, 3);
        let held: Vec<_> = (0..3).map(|_| permits.acquire("greedy", NOT_LONG).expect("a place")).collect();
        assert!(permits.acquire("greedy", NOT_LONG).is_none());
        let modest = permits.acquire("modest", NOT_LONG).expect("the last place");
        assert!(permits.acquire("third", NOT_LONG).is_none());
        drop((held, modest));
        assert_eq!((permits.taken(), permits.waiting()), (0, 0));
        assert!(permits.lock().by_tenant.is_empty());
    }

    #[test]
    fn a_free_place_goes_to_the_tenant_that_has_the_fewest() {
        let permits = Arc::new(Permits::new(2, 2));
        let first = permits.acquire("greedy", LONG).expect("a place");
        let second = permits.acquire("greedy", LONG).expect("a place");
        let order = Arc::new(Mutex::new(Vec::new()));
        let threads: Vec<_> = ["greedy", "greedy", "modest"]
            .into_iter()
            .enumerate()
            .map(|(arrival, tenant)| {
                let (theirs, order) = (Arc::clone(&permits), Arc::clone(&order));
                let thread = thread::spawn(move || {
                    let permit = theirs.acquire(tenant, LONG).expect("a place");
                    order.lock().expect("the order").push(tenant);
                    drop(permit);
                });
                while permits.waiting() <= arrival {
                    thread::yield_now();
                }
                thread
            })
            .collect();
        drop(first);
        for thread in threads {
            thread.join().expect("a thread");
        }
        drop(second);
        assert_eq!(*order.lock().expect("the order"), ["modest", "greedy", "greedy"]);
    }

    #[test]
    fn places_are_never_lost_nor_handed_out_twice() {
        let permits = Arc::new(Permits::new(3, 2));
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let permits = Arc::clone(&permits);
                thread::spawn(move || {
                    let tenant = ["a", "b", "c"][thread % 3];
                    for _ in 0..500 {
                        let permit = permits.acquire(tenant, LONG).expect("a place");
                        assert!(permits.taken() <= 3);
                        drop(permit);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("a thread");
        }
        assert_eq!((permits.taken(), permits.waiting()), (0, 0));
    }
}
