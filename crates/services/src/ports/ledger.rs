//! The ledger: intents, links and parked items of a lane. Every write is fenced by the lease.

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::intent::{Intent, IntentChange, IntentKey, NewIntent, Operation};
use crate::link::{Link, LinkKey};
use crate::parking::{Parked, Reason};
use crate::work::{Lane, LaneKey, Lease};

/// What is known of a lane, and what we are about to do for it.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Ledger: Send + Sync {
    /// All links of a lane.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn links(&self, key: &LaneKey) -> Result<Vec<Link>, StoreError>;

    /// The lane that a link belongs to.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn lane_of(&self, connection: &ConnectionName, link: &LinkKey) -> Result<Option<Lane>, StoreError>;

    /// Writes links (inserted, or replaced by their key) in one commit.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn write_links(&self, lease: &Lease, links: &[Link]) -> Result<(), StoreError>;

    /// The lane's writes that are sent or unclear: their outcome is not known.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn unsettled(&self, key: &LaneKey) -> Result<Vec<Intent>, StoreError>;

    /// Commits an intent as planned, or returns the one that its key already names, as it stands.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn plan(&self, lease: &Lease, intent: &NewIntent, at: DateTime<Utc>) -> Result<Intent, StoreError>;

    /// Commits what became of an intent, with the links it taught us.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn change(
        &self,
        lease: &Lease,
        intent: &IntentKey,
        change: &IntentChange,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Parks a subject of the lane, or renews its reason. Returns true when it was not parked for this
    /// code before; then the same commit writes a [message](crate::notification).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn park(
        &self,
        lease: &Lease,
        subject: &str,
        reason: &Reason,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Ends the parking of a subject. Returns true when it was parked; then the same commit writes a
    /// [message](crate::notification).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn unpark(&self, lease: &Lease, subject: &str, at: DateTime<Utc>) -> Result<bool, StoreError>;

    /// What is parked in a lane.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn parked(&self, key: &LaneKey) -> Result<Vec<Parked>, StoreError>;
}

/// When we wrote on records ourselves, so that our own changes are recognised when a feed reports them.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait OwnWrites: Send + Sync {
    /// Our writes of one kind in a lane that were under way at or after an instant.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn own_writes(
        &self,
        key: &LaneKey,
        operation: Operation,
        since: DateTime<Utc>,
    ) -> Result<Vec<WriteWindow>, StoreError>;
}

/// While a write of ours was under way, by our clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteWindow {
    /// When it was about to be sent.
    pub sent_at: DateTime<Utc>,
    /// When its answer was noted; `None` while its outcome is not known.
    pub settled_at: Option<DateTime<Utc>>,
}
