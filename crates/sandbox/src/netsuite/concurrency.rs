//! How many requests the account serves at the same time, and what becomes of the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::handle::NetSuite;
use crate::locked;

/// Log-ins that are refused while the account is busy, as some accounts do where a refusal for concurrency is
/// expected. Such a refusal counts neither towards the lock of the user nor on the login audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginsUnderLoad {
    /// A request that makes more than this many requests in flight is refused.
    pub above: usize,
    /// So many are refused at most; without end when absent.
    #[serde(default)]
    pub at_most: Option<usize>,
}

/// The account's pool of requests. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    slots: AtomicUsize,
    busy: AtomicUsize,
    in_flight: AtomicUsize,
    peak: AtomicUsize,
    refuses_logins: Mutex<Option<LoginsUnderLoad>>,
}

/// One of the account's concurrency slots; free again when dropped.
#[derive(Debug)]
pub(super) struct Slot(Arc<Shared>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A request that has not been answered; dropped with the answer, or when the caller hangs up.
#[derive(Debug)]
pub(super) struct InFlight {
    pool: Arc<Shared>,
    /// How many there were with this one.
    among: usize,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.pool.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Pool {
    pub(super) fn new(slots: usize, refuses_logins: Option<LoginsUnderLoad>) -> Self {
        Self(Arc::new(Shared {
            slots: AtomicUsize::new(slots),
            busy: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            refuses_logins: Mutex::new(refuses_logins),
        }))
    }

    /// Counts a request for as long as it is kept.
    pub(super) fn enter(&self) -> InFlight {
        let among = self.0.in_flight.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        self.0.peak.fetch_max(among, Ordering::AcqRel);
        InFlight { pool: Arc::clone(&self.0), among }
    }

    /// A free slot, if there is one.
    pub(super) fn take_slot(&self) -> Option<Slot> {
        let before = self.0.busy.fetch_add(1, Ordering::AcqRel);
        let slot = Slot(Arc::clone(&self.0));
        (before < self.0.slots.load(Ordering::Acquire)).then_some(slot)
    }

    /// Whether this request's login is refused for load; counts it if so.
    pub(super) fn refuses_login_of(&self, request: &InFlight) -> bool {
        let mut refuses = locked(&self.0.refuses_logins);
        let Some(LoginsUnderLoad { above, at_most }) = refuses.as_mut() else { return false };
        if request.among <= *above || *at_most == Some(0) {
            return false;
        }
        if let Some(left) = at_most {
            *left -= 1;
        }
        true
    }
}

impl NetSuite {
    /// How many requests the account serves at the same time.
    pub fn slots(&self) -> usize {
        self.pool().0.slots.load(Ordering::Acquire)
    }

    /// Changes how many requests the account serves at the same time.
    pub fn set_slots(&self, slots: usize) {
        self.pool().0.slots.store(slots, Ordering::Release);
    }

    /// Requests that have not been answered, those that will be refused included. Records, queries, RESTlets and
    /// tokens count alike.
    pub fn in_flight(&self) -> usize {
        self.pool().0.in_flight.load(Ordering::Acquire)
    }

    /// The most requests that were ever in flight at once, since the start or the last
    /// [`NetSuite::reset_peak_in_flight`].
    pub fn peak_in_flight(&self) -> usize {
        self.pool().0.peak.load(Ordering::Acquire)
    }

    /// Starts the peak anew with what is in flight now.
    pub fn reset_peak_in_flight(&self) {
        self.pool().0.peak.store(self.in_flight(), Ordering::Release);
    }

    /// From now on log-ins are refused while the account is busy; `None` ends it. Asked before the slots are.
    pub fn refuse_logins_under_load(&self, refuses: Option<LoginsUnderLoad>) {
        *locked(&self.pool().0.refuses_logins) = refuses;
    }

    /// Which log-ins are refused for load, with what is left of their number.
    pub fn logins_under_load(&self) -> Option<LoginsUnderLoad> {
        *locked(&self.pool().0.refuses_logins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_when_its_request_ends() {
        let pool = Pool::new(2, None);
        let first = pool.take_slot();
        let second = pool.clone().take_slot();
        assert!(first.is_some() && second.is_some());
        assert!(pool.take_slot().is_none(), "two requests are under way");
        assert!(pool.take_slot().is_none(), "a refused request holds no slot");
        drop(first);
        assert!(pool.take_slot().is_some());
    }

    #[test]
    fn the_peak_outlives_the_requests_that_made_it() {
        let pool = Pool::new(5, None);
        let three = [pool.enter(), pool.enter(), pool.enter()];
        drop(three);
        let one = pool.enter();
        assert_eq!((one.among, pool.0.peak.load(Ordering::Acquire)), (1, 3));
    }

    #[test]
    fn logins_are_refused_above_the_limit_and_only_so_often() {
        let pool = Pool::new(5, Some(LoginsUnderLoad { above: 1, at_most: Some(2) }));
        let first = pool.enter();
        let second = pool.enter();
        assert!(!pool.refuses_login_of(&first));
        assert_eq!([(); 3].map(|()| pool.refuses_login_of(&second)), [true, true, false]);
    }
}
