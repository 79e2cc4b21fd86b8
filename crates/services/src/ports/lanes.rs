//! The durable queue of lanes.

use std::time::Duration;

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::look::Look;
use crate::ports::netsuite::FeedPosition;
use crate::work::{Ask, Claim, LaneRequest, Lease};

/// How notices and feed rows become work.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Intake: Send + Sync {
    /// The last row taken from a notice feed, or the last instant that a schedule was followed to; 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cursor(&self, feed: &str) -> Result<i64, StoreError>;

    /// Marks lanes due and moves the feed's cursor, in one commit.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn accept(&self, feed: &str, through: i64, requests: Vec<LaneRequest>) -> Result<(), StoreError>;

    /// Marks the lanes of notices due and remembers that the notices were taken, in one commit. A notice that was taken
    /// before, by whomever, makes no work.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn accept_notices(&self, feed: &str, notices: Vec<RoutedNotice>) -> Result<(), StoreError>;

    /// Up to where a connection's change feed has been read completely.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn watermark(
        &self,
        connection: &ConnectionName,
        feed: &str,
    ) -> Result<Option<FeedPosition>, StoreError>;

    /// Marks the lanes of changed records due and moves the watermark to the last row, in one commit. A row whose
    /// version (`id` and `modified`) was accepted before makes no work. Returns how many rows were new. A look that
    /// began before its request was due does not serve it, although it may be asked for it too.
    /// Versions older than `forget_before` (same text form as `modified`) are forgotten.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn accept_changes(
        &self,
        connection: &ConnectionName,
        feed: &str,
        rows: Vec<ChangedRow>,
        forget_before: Option<String>,
    ) -> Result<usize, StoreError>;
}

/// A notice of a feed, and the work it makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutedNotice {
    /// Whose it is, as the feed gave it: a store may find it by this and its row id.
    pub connection: ConnectionName,
    /// Its row id in the feed.
    pub id: i64,
    /// The work.
    pub requests: Vec<LaneRequest>,
}

/// One row of a change feed, and the work it makes when it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedRow {
    /// Its place in the feed.
    pub position: FeedPosition,
    /// The work.
    pub request: LaneRequest,
    /// Why it is our own echo: then it makes no work, and the audit trail shows this.
    pub echo: Option<String>,
}

/// How work is taken and given back.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Lanes: Send + Sync {
    /// Leases up to `limit` due lanes, none of a paused connection. A lane whose lease has lapsed counts as due.
    ///
    /// Connections with due lanes take turns by their [weights](Self::set_weights), however many lanes each has. Of a
    /// connection the longest due comes first, where a lane that is more [urgent](crate::urgency::Urgency) has a head
    /// start, and is as urgent as the most urgent of its asks: nothing waits for ever. Cost does not depend on how many
    /// lanes or requests wait.
    ///
    /// # Errors
    /// When the store is not available.
    async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError>;

    /// Makes a lease last for `lease_for` from `now` on. A store that leases in its own time takes that for now.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError>;

    /// The claimed work is done: removes the requests that were taken, keeps later ones (due as they asked),
    /// forgets the failed tries, and notes the look. `redirect` marks other lanes due in the same commit; the notices
    /// that asked for the look asked for that too.
    ///
    /// A look that did not [fail](crate::look::LookOutcome::Failed) found nothing left to write, so repeatable
    /// writes of the lane whose answer was lost have had their effect: they become done.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn complete(
        &self,
        claim: &Claim,
        look: &Look,
        redirect: Vec<LaneRequest>,
    ) -> Result<(), StoreError>;

    /// The claimed work must go on at `at`: keeps the requests that were taken and notes the look. `failed` counts
    /// a failed try; otherwise the count starts again at zero.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn postpone(
        &self,
        claim: &Claim,
        look: &Look,
        at: DateTime<Utc>,
        failed: bool,
    ) -> Result<(), StoreError>;

    /// Hands the lane back as it was, at once due again (graceful shutdown).
    ///
    /// # Errors
    /// When the store is not available. A lost lease is no error here.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// How many lanes each connection gets, in proportion, while several have due lanes; at least 1 each. A connection
    /// that was never named has weight 1.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn set_weights(&self, weights: &[(ConnectionName, u32)]) -> Result<(), StoreError>;

    /// When the next lane becomes due; `None` when nothing waits.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Lets no lane of the connection be claimed before `until`. Of two pauses the longer one stays, with its code.
    /// Returns true when it was not paused for this code before: the moment for an alarm.
    ///
    /// # Errors
    /// When the store is not available.
    async fn pause(
        &self,
        connection: &ConnectionName,
        until: DateTime<Utc>,
        code: &str,
    ) -> Result<bool, StoreError>;

    /// Ends a pause after a success. Returns the code it was paused for, when it was: the moment to clear
    /// the alarm.
    ///
    /// # Errors
    /// When the store is not available.
    async fn resume(&self, connection: &ConnectionName) -> Result<Option<String>, StoreError>;

    /// Ends a pause that has this code; one for another cause stays. Returns true when there was one.
    ///
    /// # Errors
    /// When the store is not available.
    async fn resume_if(&self, connection: &ConnectionName, code: &str) -> Result<bool, StoreError>;
}

/// The same ask in one request list is served once.
pub fn without_repeats(asks: impl IntoIterator<Item = Ask>) -> Vec<Ask> {
    let mut distinct: Vec<Ask> = asks.into_iter().collect();
    distinct.sort();
    distinct.dedup();
    distinct
}
