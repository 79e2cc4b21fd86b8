//! Recognises rows of the change feed of sales orders that only show what we wrote ourselves, without asking NetSuite.
//!
//! NetSuite tells when an order was saved, by the second, and not by whom. A save while a write of ours was under way is
//! taken for ours. Staff may have saved in the same moment, between our read and our write: their save is told by the
//! bundle, which never tells our own. So rows are recognised only where the bundle is installed; elsewhere the order is
//! read once more, and that look finds nothing to do.

use std::sync::Arc;

use amz_services::audit::OWN_ECHO;
use amz_services::failure::StoreError;
use amz_services::intent::Operation;
use amz_services::ports::ledger::WriteWindow;
use amz_services::ports::{OwnWrites, ServerClock};
use amz_services::work::LaneKey;
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use tokio::sync::Mutex;

use super::TEXT_FORM;

/// Writes of ours after which NetSuite shows a sales order as saved.
const SAVES: [Operation; 2] = [Operation::MarkSalesOrder, Operation::CreateFulfillment];

/// How far the two clocks may be off after the difference between them is taken out: it is learned from one call, and
/// NetSuite tells times by the second.
const SLACK: TimeDelta = TimeDelta::seconds(1);

/// How long the difference between the clocks is believed.
const BELIEVED: TimeDelta = TimeDelta::hours(1);

/// Recognises what we wrote ourselves. Cheap to clone.
#[derive(Clone)]
pub struct OwnEchoes {
    /// When we wrote.
    pub writes: Arc<dyn OwnWrites>,
    /// NetSuite's clock.
    pub server: Arc<dyn ServerClock>,
    /// The zone in which NetSuite shows instants.
    pub timezone: Tz,
    offset: Arc<Mutex<Option<Offset>>>,
}

/// How far NetSuite's clock is ahead of ours.
#[derive(Debug, Clone, Copy)]
struct Offset {
    ahead: TimeDelta,
    learned_at: DateTime<Utc>,
}

impl OwnEchoes {
    /// Nothing is asked before the first row that may be an echo.
    pub fn new(writes: Arc<dyn OwnWrites>, server: Arc<dyn ServerClock>, timezone: Tz) -> Self {
        Self { writes, server, timezone, offset: Arc::default() }
    }

    /// Why a changed sales order is our own echo; `None` when somebody else may have changed it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn why(
        &self,
        key: &LaneKey,
        modified: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        let Some(saved_at) = instant(modified, self.timezone) else { return Ok(None) };
        for operation in SAVES {
            let since = saved_at - BELIEVED;
            let windows = self.writes.own_writes(key, operation, since).await?;
            if windows.is_empty() {
                continue;
            }
            let Some(ahead) = self.ahead(now).await else { return Ok(None) };
            if windows.iter().any(|window| covers(*window, saved_at, ahead)) {
                return Ok(Some(format!(
                    "sales order saved at {modified} by {}: {OWN_ECHO}",
                    operation.as_str()
                )));
            }
        }
        Ok(None)
    }

    /// How far NetSuite's clock is ahead of ours; `None` when it cannot be asked now.
    async fn ahead(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        let mut offset = self.offset.lock().await;
        if let Some(known) = *offset
            && now - known.learned_at < BELIEVED
        {
            return Some(known.ahead);
        }
        match self.server.server_time().await {
            Ok(server) => {
                let ahead = server - now;
                *offset = Some(Offset { ahead, learned_at: now });
                Some(ahead)
            }
            Err(error) => {
                tracing::debug!(%error, "NetSuite's clock is not known: changed orders are read again");
                None
            }
        }
    }
}

/// True when a save at an instant of NetSuite's clock lies in a write of ours.
fn covers(window: WriteWindow, saved_at: DateTime<Utc>, ahead: TimeDelta) -> bool {
    // while its outcome is not known, the order must be read anyway
    let Some(settled_at) = window.settled_at else { return false };
    // NetSuite leaves out what is below a second
    let first = window.sent_at + ahead - SLACK - TimeDelta::seconds(1);
    first <= saved_at && saved_at <= settled_at + ahead + SLACK
}

/// The instant of a text of NetSuite; `None` where clocks tell the same time twice, or never.
fn instant(modified: &str, timezone: Tz) -> Option<DateTime<Utc>> {
    let local = NaiveDateTime::parse_from_str(modified, TEXT_FORM).ok()?;
    match timezone.from_local_datetime(&local) {
        LocalResult::Single(instant) => Some(instant.to_utc()),
        LocalResult::Ambiguous(..) | LocalResult::None => None,
    }
}

#[cfg(test)]
#[path = "own_echoes_tests.rs"]
mod tests;
