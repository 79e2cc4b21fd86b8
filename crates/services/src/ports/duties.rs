//! Duties: what one process of a deployment does at a time, such as reading a change feed.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;

/// Who performs which duty. A duty that is not kept up falls to whoever asks next.
///
/// Duties save work and calls, they guard nothing: two processes that perform the same one for a moment do no harm,
/// because what they write is committed once by its own key.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Duties: Send + Sync {
    /// Takes a duty, or keeps it, for `lease_for` from `now` on. True when the holder has it now. A store that leases in
    /// its own time takes that for now.
    ///
    /// # Errors
    /// When the store is not available: then nobody knows, and the holder must stop.
    async fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<bool, StoreError>;

    /// Gives a duty up, so that another process may take it at once. Nothing when somebody else has it.
    ///
    /// # Errors
    /// When the store is not available; the lease lapses by itself.
    async fn leave(&self, duty: &str, holder: &str) -> Result<(), StoreError>;
}
