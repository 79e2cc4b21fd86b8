//! What people read: the audit trail, timelines, parked items.

use amz_domain::{ConnectionName, ExternalId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::audit::{AuditEntry, AuditQuery, CallRecord};
use crate::failure::{PortError, StoreError};
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

/// A copy of the audit trail inside NetSuite, for people who live there.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AuditMirror: Send + Sync {
    /// Writes rows, each under its [external id](AuditRow::external_id): a row that is there already stays one row.
    ///
    /// # Errors
    /// Any failure; some of the rows may be written then.
    async fn write(&self, rows: &[AuditRow]) -> Result<(), PortError>;
}

/// One call for the copy of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The call's number in our store.
    pub id: i64,
    /// The notices that asked for the look it belongs to.
    pub notices: Vec<String>,
    /// The call.
    pub call: CallRecord,
}

impl AuditRow {
    /// The row's external id, the same whenever the row is written: `amz-al-<connection>-<microseconds since 1970>-<id>`.
    /// The instant keeps rows apart when the store was lost and numbers begin anew.
    pub fn external_id(&self) -> ExternalId {
        let at = self.call.started_at.timestamp_micros();
        ExternalId::of_call(&self.call.connection, &format!("{at}-{}", self.id))
    }
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

    /// The audit trail: calls and what was ignored as our own echo, oldest first. An entry that takes long is recorded
    /// after later ones; a reader that must not miss any reads what is [recorded](Self::recorded).
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError>;

    /// Calls of a connection in the order in which they were recorded, after the one with this id, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The id of the call of a connection that was recorded last; 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError>;

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
