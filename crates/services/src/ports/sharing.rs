//! What the processes of a deployment share of a vendor's limits.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::slot_sharing::{Share, ShareRequest};

/// Divides the slots of accounts among the processes that use them. A store that leases in its own time takes that for
/// `now`.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SlotShares: Send + Sync {
    /// Tells what a process uses and wants, and what it may use from now on: see
    /// [`divide`](crate::slot_sharing::divide). Both hold for `lease_for`; then its slots are for others. Shares that
    /// have lapsed count no longer.
    ///
    /// # Errors
    /// When the store is not available: the process then has what it had, until its lease ends.
    async fn ask_share(
        &self,
        request: &ShareRequest,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<Share, StoreError>;

    /// Gives everything back that a process has of an account, which it must use no longer.
    ///
    /// # Errors
    /// When the store is not available; the share lapses by itself.
    async fn give_back_share(&self, account: &str, holder: &str) -> Result<(), StoreError>;
}

/// How fast calls of a limited rate may follow one another, whichever process makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// From one call to the next.
    pub interval: Duration,
    /// How much earlier than evenly spaced a call may be made after a pause: what a burst takes.
    pub slack: Duration,
}

/// Limited rates that all processes keep to together. A store with a time of its own takes that for `now`.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Paces: Send + Sync {
    /// Takes the next turn of a pace, and tells how long after `now` the call may be made. A turn that is not used is
    /// lost.
    ///
    /// # Errors
    /// When the store is not available: nobody knows then.
    async fn reserve(&self, pace: &str, rate: Rate, now: DateTime<Utc>) -> Result<Duration, StoreError>;

    /// Lets nobody take a turn for so long, and nobody in a burst then: the vendor asks for fewer calls. Turns that are
    /// taken already stay.
    ///
    /// # Errors
    /// When the store is not available.
    async fn hold_back(
        &self,
        pace: &str,
        rate: Rate,
        wait: Duration,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
