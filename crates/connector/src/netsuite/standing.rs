//! How our credentials stand with the account, so that wrong ones do not lock the user.
//!
//! Five failed logins in a row lock a NetSuite user for half an hour, so a refusal must not be repeated by every
//! call in flight. Once credentials are in doubt, calls go one at a time, and a call that was refused gets its
//! fresh try only while few others were.
//!
//! Source: NetSuite help, Token-based Authentication (section 1509544929).

use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::{Mutex as Gate, MutexGuard as Passage};

/// Refusals in a row after which nobody tries a second time.
const MOST_REFUSALS: u32 = 3;

/// What is known of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// True once they were accepted after the last refusal.
    proven: bool,
    /// Refusals since they were last accepted.
    refusals: u32,
    /// How often a fresh try was refused too, ever.
    rejections: u32,
}

/// How a call may go.
#[derive(Debug)]
pub(super) enum Entry<'standing> {
    /// Beside others.
    Open,
    /// Alone; held until the call has been answered.
    Alone(Passage<'standing, ()>),
    /// Not at all: the call ahead was refused.
    Refused,
}

/// How our credentials stand.
#[derive(Debug)]
pub(super) struct Standing {
    known: Mutex<Known>,
    gate: Gate<()>,
}

impl Standing {
    /// Credentials that nobody has tried yet.
    pub(super) fn new() -> Self {
        Self { known: Mutex::new(Known { proven: false, refusals: 0, rejections: 0 }), gate: Gate::new(()) }
    }

    /// Lets a call go: at once while the credentials are good, one at a time while they are in doubt. A call that
    /// waited while the one ahead of it was refused shares that refusal.
    pub(super) async fn enter(&self) -> Entry<'_> {
        let before = self.known();
        if before.proven {
            return Entry::Open;
        }
        let passage = self.gate.lock().await;
        let now = self.known();
        match (now.proven, now.refusals > before.refusals) {
            // whoever was ahead removed the doubt
            (true, _) => Entry::Open,
            (false, true) => Entry::Refused,
            (false, false) => Entry::Alone(passage),
        }
    }

    /// The credentials were accepted.
    pub(super) fn accepted(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Known { proven: true, refusals: 0, rejections: known.rejections };
    }

    /// The credentials were refused. Returns true when a fresh try is still harmless.
    pub(super) fn refused(&self) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.proven = false;
        known.refusals = known.refusals.saturating_add(1);
        known.refusals <= MOST_REFUSALS
    }

    /// True when the credentials were accepted after they were last refused.
    pub(super) fn is_good(&self) -> bool {
        self.known().proven
    }

    /// A fresh try was refused too.
    pub(super) fn rejected(&self) {
        self.refused();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.rejections = known.rejections.saturating_add(1);
    }

    /// True when a fresh try was refused after somebody knew something: whoever has waited since then shares that.
    pub(super) fn was_rejected_since(&self, before: Known) -> bool {
        self.known().rejections > before.rejections
    }

    /// What is known now.
    pub(super) fn known(&self) -> Known {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_go_one_at_a_time_until_the_credentials_are_accepted() {
        let standing = Standing::new();
        let first = standing.enter().await;
        assert!(matches!(first, Entry::Alone(_)));
        assert!(standing.gate.try_lock().is_err(), "a second call waits");
        standing.accepted();
        drop(first);
        assert!(matches!(standing.enter().await, Entry::Open), "then nobody waits");
    }

    #[tokio::test]
    async fn a_call_that_waited_shares_the_refusal_of_the_one_ahead() {
        let standing = Standing::new();
        let first = standing.enter().await;
        let (second, ()) = tokio::join!(standing.enter(), async {
            standing.refused();
            drop(first);
        });
        assert!(matches!(second, Entry::Refused));
        drop(second);
        assert!(matches!(standing.enter().await, Entry::Alone(_)), "a later call tries for itself");
    }

    #[test]
    fn after_a_few_refusals_nobody_tries_a_second_time_until_one_call_is_accepted() {
        let standing = Standing::new();
        assert_eq!([(); 5].map(|()| standing.refused()), [true, true, true, false, false]);
        standing.accepted();
        assert!(standing.refused());
    }
}
