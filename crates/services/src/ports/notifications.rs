//! The messages about parked work that still have to be delivered.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::notification::{Notification, NotificationEnd};

/// Messages, written in the commit that [parks](super::Ledger::park) or [unparks](super::Ledger::unpark) their
/// item. They wait here until they are settled.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Up to `limit` messages that are due, oldest first. Of one item only the oldest that waits: a receiver shall
    /// not learn that something is cleared before it learns that it was parked.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn due_notifications(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Notification>, StoreError>;

    /// Ends a message's way; it does not come up again. A message that is settled or not known stays as it is.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn settle_notification(
        &self,
        id: &str,
        end: NotificationEnd,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Counts a failed try; the message is not due before `until`.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn put_off_notification(&self, id: &str, until: DateTime<Utc>) -> Result<(), StoreError>;
}
