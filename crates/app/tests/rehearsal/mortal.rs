//! The sync role with borders around everything it calls, so that it can be killed at one of them.

use std::sync::Arc;
use std::time::Duration;

use amz_app::feed::{ChangeFeed, Source};
use amz_app::intake::NoticeIntake;
use amz_app::worker::{Worker, WorkerSettings};
use amz_services::ports::{Intake, Lanes, Ledger};

use crate::f02_borders::{Bordered, Borders, bordered};
use crate::stage::Stage;

/// More rounds than any story needs to come to rest.
const MOST_ROUNDS: usize = 500;

/// How long its leases last: as long another one has to wait after a kill.
const LEASE: Duration = Duration::from_secs(30);

/// The sync role with borders around everything it calls.
pub(crate) struct Mortal {
    pub(crate) borders: Arc<Borders>,
    feeds: Vec<ChangeFeed>,
    intake: NoticeIntake,
    worker: Worker,
}

impl Mortal {
    pub(crate) fn on(stage: &Stage, borders: Arc<Borders>) -> Self {
        let sync = stage.sync();
        let intake: Arc<dyn Intake> =
            Arc::new(Bordered { port: sync.state.clone() as Arc<dyn Intake>, borders: borders.clone() });
        let ledger: Arc<dyn Ledger> =
            Arc::new(Bordered { port: sync.state.clone() as Arc<dyn Ledger>, borders: borders.clone() });
        let source = |source: &Source| match source.clone() {
            Source::SalesOrders { changed: port, echoes } => {
                Source::SalesOrders { changed: Arc::new(Bordered { port, borders: borders.clone() }), echoes }
            }
            Source::Documents { changed: port, .. } => Source::Documents {
                changed: Arc::new(Bordered { port, borders: borders.clone() }),
                ledger: ledger.clone(),
            },
        };
        let feeds = sync.feeds();
        let feeds = feeds.into_iter().map(|feed| ChangeFeed {
            source: source(&feed.source),
            intake: intake.clone(),
            ..feed
        });
        let feeds = feeds.collect();
        let notices = NoticeIntake { intake: intake.clone(), ledger: ledger.clone(), ..sync.intake.clone() };
        let settings = WorkerSettings {
            owner: "mortal".to_owned(),
            concurrency: 4,
            lease: LEASE,
            poll: Duration::from_millis(500),
            grace: Duration::ZERO,
        };
        let lanes = Bordered { port: sync.state.clone() as Arc<dyn Lanes>, borders: borders.clone() };
        let connections = vec![bordered(&sync.connections()[0], &borders)];
        let wake = sync.intake.wake.clone();
        let clock = sync.intake.clock.clone();
        let worker = Worker::new(settings, Arc::new(lanes), connections, clock, Arc::new(|| 0), wake);
        Self { borders, feeds, intake: notices, worker }
    }

    /// Takes notices, feeds and works on what is due; returns how much there was to do.
    pub(crate) async fn round(&self, stage: &Stage) -> usize {
        stage.amazon().events_settled().await;
        let taken = self.intake.pass().await.unwrap();
        let mut fed = 0;
        for feed in &self.feeds {
            fed += feed.pass().await.unwrap_or(1);
        }
        taken + fed + self.worker.work_due().await.unwrap()
    }

    pub(crate) async fn come_to_rest(&self, stage: &Stage) {
        for _ in 0..MOST_ROUNDS {
            if self.round(stage).await > 0 {
                continue;
            }
            match stage.next_due().await {
                None => return,
                Some(due) => stage.advance_to(due),
            }
        }
        panic!("still not at rest: {:#?}", self.borders.passed());
    }
}
