//! Old rows go, in small bites, so that tables do not grow for ever.

use std::sync::Arc;
use std::time::Duration;

use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_store::sqlite::{Purged, SqliteInbox, SqliteState};
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

/// How long notices and traces are kept. Senders retry for days and replays come later, so well over a month.
pub(crate) const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows per bite.
pub(crate) const BITE: u32 = 1000;

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

/// Purges looks, calls, settled intents, settled messages and old stock runs until `stop`.
pub(crate) async fn state(state: Arc<SqliteState>, clock: Clock, stop: CancellationToken) {
    while waited(&stop).await {
        if let Err(error) = whole_state(&state, clock()).await {
            tracing::warn!(%error, "old traces were not purged");
        }
    }
}

/// Takes bites until nothing old is left.
async fn whole_state(state: &SqliteState, now: DateTime<Utc>) -> Result<(), StoreError> {
    let before = now - chrono::Duration::from_std(KEEP).unwrap_or_default();
    loop {
        let Purged {
            notices,
            looks,
            calls,
            intent_changes,
            notifications,
            stock_report_rows,
            stock_runs,
            echoes,
            findings,
            reconciliations,
            open_orders,
        } = state.purge(before, BITE).await?;
        let gone = [
            notices,
            looks,
            calls,
            intent_changes,
            notifications,
            stock_report_rows,
            stock_runs,
            echoes,
            findings,
            reconciliations,
            open_orders,
        ];
        if gone.iter().all(|gone| *gone < u64::from(BITE)) {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// Waits for the next time; false when the process stops.
async fn waited(stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(EVERY) => true,
    }
}

#[cfg(test)]
mod tests {
    use amz_services::ports::Intake;
    use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, NoticeReference};

    use super::*;

    #[tokio::test]
    async fn all_old_traces_go_at_once_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let state = SqliteState::open(&folder.path().join("state.db")).await.unwrap();
        let now: DateTime<Utc> = "2026-03-02T17:00:00Z".parse().unwrap();
        let request = |number: u32, received_at| LaneRequest {
            key: LaneKey { connection: "main".into(), lane: Lane::SalesOrder("1".into()) },
            ask: Ask::SalesOrder,
            due_at: now,
            notice: Some(NoticeReference { id: format!("inbox/{number}"), kind: "test".into(), received_at }),
        };
        let old = now - chrono::TimeDelta::days(91);
        let many = BITE * 2 + 500;
        let requests = (0..many).map(|number| request(number, old)).chain([request(many, now)]).collect();
        state.accept("inbox", i64::from(many), requests).await.unwrap();
        whole_state(&state, now).await.unwrap();
        let left = state.purge(now + chrono::TimeDelta::days(1), BITE).await.unwrap();
        assert_eq!(left.notices, 1, "what is young stays");
    }
}
