//! Old rows go, in small bites, so that tables do not grow for ever.

use std::sync::Arc;
use std::time::Duration;

use amz_services::connection::Clock;
use amz_store::sqlite::{SqliteInbox, SqliteState};
use tokio_util::sync::CancellationToken;

/// How long notices and traces are kept. Senders retry for days and replays come later, so well over a month.
const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows per bite.
const BITE: u32 = 1000;

/// How often to look for old rows.
const EVERY: Duration = Duration::from_secs(3600);

/// Purges the inbox until `stop`.
pub(crate) async fn inbox(inbox: Arc<SqliteInbox>, clock: Clock, stop: CancellationToken) {
    while waited(&stop).await {
        loop {
            match inbox.purge(clock(), KEEP, BITE).await {
                Ok(gone) if gone >= u64::from(BITE) => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old notices were not purged");
                    break;
                }
            }
        }
    }
}

/// Purges looks, calls and settled intents until `stop`.
pub(crate) async fn state(state: Arc<SqliteState>, clock: Clock, stop: CancellationToken) {
    while waited(&stop).await {
        let before = clock() - chrono::Duration::from_std(KEEP).unwrap_or_default();
        if let Err(error) = state.purge(before, BITE).await {
            tracing::warn!(%error, "old traces were not purged");
        }
    }
}

/// Waits for the next time; false when the process stops.
async fn waited(stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(EVERY) => true,
    }
}
