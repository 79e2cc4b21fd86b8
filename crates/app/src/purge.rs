//! Old rows go, in small bites, so that tables do not grow for ever.

use std::sync::Arc;
use std::time::Duration;

use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_store::{Notices, State};
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

/// How long notices and traces are kept. Senders retry for days and replays come later, so well over a month.
pub(crate) const KEEP: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows per bite.
pub(crate) const BITE: u32 = 1000;

/// How soon to look for old rows at first. Soon, or processes that are started anew more often than hourly never would.
const FIRST: Duration = Duration::from_secs(60);

/// How often to look for old rows after that.
const EVERY: Duration = Duration::from_secs(3600);

/// Purges feeds of notices until `stop`.
pub(crate) async fn notices(feeds: Vec<Arc<dyn Notices>>, clock: Clock, stop: CancellationToken) {
    let mut wait = FIRST;
    while waited(wait, &stop).await {
        wait = EVERY;
        for feed in &feeds {
            if let Err(error) = whole_feed(feed.as_ref(), clock()).await {
                tracing::warn!(%error, feed = feed.name(), "old notices were not purged");
            }
        }
    }
}

/// Purges looks, calls, settled intents, settled messages and old stock runs until `stop`.
pub(crate) async fn state(state: Arc<dyn State>, clock: Clock, stop: CancellationToken) {
    let mut wait = FIRST;
    while waited(wait, &stop).await {
        wait = EVERY;
        if let Err(error) = whole_state(state.as_ref(), clock()).await {
            tracing::warn!(%error, "old traces were not purged");
        }
    }
}

/// Takes bites of a feed until nothing old is left.
async fn whole_feed(feed: &dyn Notices, now: DateTime<Utc>) -> Result<(), StoreError> {
    while feed.purge(now, KEEP, BITE).await? >= u64::from(BITE) {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Takes bites of the state until nothing old is left.
async fn whole_state(state: &dyn State, now: DateTime<Utc>) -> Result<(), StoreError> {
    let before = now - chrono::Duration::from_std(KEEP).unwrap_or_default();
    loop {
        if state.purge(before, BITE).await?.most() < u64::from(BITE) {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

/// Waits for the next time; false when the process stops.
async fn waited(wait: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(wait) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use amz_services::ports::inbox::{NewNotice, Notice, Receipt};
    use amz_services::ports::{Inbox, Intake, NoticeFeed};
    use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, NoticeReference};
    use async_trait::async_trait;

    use super::*;

    #[tokio::test]
    async fn all_old_traces_go_at_once_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let state = amz_store::sqlite::SqliteState::open(&folder.path().join("state.db")).await.unwrap();
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

    /// A feed that counts how often it is asked to purge.
    #[derive(Default)]
    struct Counted {
        purges: AtomicUsize,
    }

    #[async_trait]
    impl Inbox for Counted {
        async fn receive(&self, _: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[async_trait]
    impl NoticeFeed for Counted {
        fn name(&self) -> &'static str {
            "counted"
        }

        async fn cursor_name(&self) -> Result<String, StoreError> {
            Ok(self.name().to_owned())
        }

        async fn after(&self, _: i64, _: u32) -> Result<Vec<Notice>, StoreError> {
            Ok(Vec::new())
        }
    }

    #[async_trait]
    impl Notices for Counted {
        async fn purge(&self, _: DateTime<Utc>, _: Duration, _: u32) -> Result<u64, StoreError> {
            self.purges.fetch_add(1, Ordering::SeqCst);
            Ok(0)
        }

        async fn close(&self) {}
    }

    #[tokio::test(start_paused = true)]
    async fn each_feed_is_purged_soon_after_the_duty_was_taken_and_then_hourly() {
        let (inbox, commands) = (Arc::<Counted>::default(), Arc::<Counted>::default());
        let stop = CancellationToken::new();
        let feeds: Vec<Arc<dyn Notices>> = vec![inbox.clone(), commands.clone()];
        let purging = tokio::spawn(notices(feeds, Arc::new(|| DateTime::UNIX_EPOCH), stop.clone()));
        let purges = || (inbox.purges.load(Ordering::SeqCst), commands.purges.load(Ordering::SeqCst));
        tokio::time::sleep(FIRST - Duration::from_secs(1)).await;
        assert_eq!(purges(), (0, 0));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(purges(), (1, 1));
        tokio::time::sleep(EVERY).await;
        assert_eq!(purges(), (2, 2));
        stop.cancel();
        purging.await.unwrap();
    }
}
