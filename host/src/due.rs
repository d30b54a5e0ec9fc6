//! When each tenant next has something to do by the clock, so that nobody opens ten thousand databases every second to
//! find that nothing is due.

use std::collections::HashMap;

use crate::clock::Millis;
use crate::tenant::TenantName;

/// Tenants that are looked at for the first time in one round.
const NEW_PER_ROUND: usize = 50;

/// The earliest deadline of each tenant, as far as it is known.
#[derive(Debug, Default)]
pub struct Due {
    known: HashMap<TenantName, Entry>,
    /// How long an entry is believed where other hosts write the same tenants too.
    believed: Option<Millis>,
}

#[derive(Debug)]
struct Entry {
    next: Option<Millis>,
    read_at: Millis,
}

impl Due {
    /// `believed`: `None` where this host alone writes.
    pub fn new(believed: Option<Millis>) -> Self {
        Self { known: HashMap::new(), believed }
    }

    /// A deadline was set. For a tenant that was never looked at, the first look will find it.
    pub fn at_latest(&mut self, tenant: &TenantName, deadline: Millis) {
        if let Some(entry) = self.known.get_mut(tenant) {
            entry.next = Some(entry.next.map_or(deadline, |next| next.min(deadline)));
        }
    }

    /// The database is about to be asked. What is set from here on counts beside what it says.
    pub fn asking(&mut self, tenant: &TenantName, now: Millis) {
        self.known.insert(tenant.clone(), Entry { next: None, read_at: now });
    }

    /// The database could not be asked: the tenant is to be looked at again.
    pub fn forget(&mut self, tenant: &TenantName) {
        self.known.remove(tenant);
    }

    /// Which of these tenants to look at now: those with something due, and some that are not known.
    pub fn to_look_at(&self, tenants: Vec<TenantName>, now: Millis) -> Vec<TenantName> {
        let mut new = 0;
        let looks = |tenant: &TenantName| match self.known.get(tenant) {
            Some(entry) if entry.next.is_some_and(|next| next <= now) => true,
            Some(entry) if self.believed.is_none_or(|believed| entry.read_at + believed > now) => false,
            _ => {
                new += 1;
                new <= NEW_PER_ROUND
            }
        };
        tenants.into_iter().filter(looks).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<TenantName> {
        (0..count).map(|number| TenantName::parse(&format!("t{number}")).unwrap()).collect()
    }

    #[test]
    fn unknown_tenants_are_looked_at_some_at_a_time_and_then_only_when_something_is_due() {
        let mut due = Due::default();
        let all = names(60);
        let first = due.to_look_at(all.clone(), 0);
        assert_eq!(first.len(), NEW_PER_ROUND);
        for name in &first {
            due.asking(name, 0);
        }
        assert_eq!(due.to_look_at(all.clone(), 1), all[NEW_PER_ROUND..]);
        for name in &all {
            due.asking(name, 1);
        }
        due.at_latest(&all[7], 500);
        due.at_latest(&all[7], 900);
        assert!(due.to_look_at(all.clone(), 499).is_empty());
        assert_eq!(due.to_look_at(all.clone(), 500), [all[7].clone()]);
    }

    #[test]
    fn where_others_write_too_an_entry_is_believed_for_a_while_only() {
        let mut due = Due::new(Some(1_000));
        let all = names(1);
        due.asking(&all[0], 0);
        assert!(due.to_look_at(all.clone(), 999).is_empty());
        assert_eq!(due.to_look_at(all.clone(), 1_000), all);
    }
}
