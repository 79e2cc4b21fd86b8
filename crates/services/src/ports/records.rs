//! What people read: the audit trail, timelines, parked items.

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::audit::CallRecord;
use crate::failure::StoreError;
use crate::parking::Parked;
use crate::timeline::TimelineEntry;
use crate::work::LaneKey;

/// Where calls to vendors are recorded.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait CallLog: Send + Sync {
    /// Records a call. Returns only after the record is durable.
    ///
    /// # Errors
    /// When nothing was stored; the call itself stands as it is.
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError>;
}

/// What operators read.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Operations: Send + Sync {
    /// The timeline of a lane, oldest first, with what happens next at its end.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError>;

    /// Parked items, oldest first; of one connection, or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError>;

    /// Calls recorded at or after an instant, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError>;

    /// Counts for metrics and for telling whether all is quiet.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}

/// How much waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Backlog {
    /// Lanes with work waiting, leased ones included.
    pub lanes: u64,
    /// Lanes leased now.
    pub leased: u64,
    /// Parked items.
    pub parked: u64,
    /// Writes sent or unclear.
    pub unsettled: u64,
}
