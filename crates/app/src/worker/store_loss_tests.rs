use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use amz_domain::ConnectionName;
use amz_services::connection::Clock;
use amz_services::look::Look;
use amz_services::ports::{Intake, Lanes};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease};
use amz_store::memory::MemoryStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::worker::WorkerSettings;

const LEASE: Duration = Duration::from_secs(30);

/// A store that can be out of reach, and do other mischief.
#[derive(Default)]
struct Shaky {
    store: MemoryStore,
    out: AtomicBool,
    /// It tells of lanes that are due, and gives none.
    withholds: AtomicBool,
    claims: AtomicUsize,
    /// No look can be noted in it.
    refuses: AtomicBool,
    /// The next look finds a row that cannot be read, once.
    torn: AtomicBool,
    /// Looks never come to their end in it.
    hangs: AtomicBool,
    /// What giving a lane back takes, in seconds.
    release_takes: AtomicU64,
}

impl Shaky {
    fn reached(&self) -> Result<&MemoryStore, StoreError> {
        match self.out.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable { message: "gone".to_owned(), source: None }),
            false => Ok(&self.store),
        }
    }
}

#[async_trait]
impl Lanes for Shaky {
    async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        if self.withholds.load(Ordering::SeqCst) {
            return Ok(Vec::new());
        }
        self.reached()?.claim(owner, now, lease_for, limit).await
    }

    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError> {
        self.reached()?.renew(lease, now, lease_for).await
    }

    async fn complete(
        &self,
        claim: &Claim,
        look: &Look,
        redirect: Vec<LaneRequest>,
    ) -> Result<(), StoreError> {
        self.reached()?.complete(claim, look, redirect).await
    }

    async fn postpone(
        &self,
        claim: &Claim,
        look: &Look,
        at: DateTime<Utc>,
        failed: bool,
    ) -> Result<(), StoreError> {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.refuses.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable { message: "refused".to_owned(), source: None });
        }
        if self.torn.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Corrupt { what: "lane", message: "torn".to_owned() });
        }
        self.reached()?.postpone(claim, look, at, failed).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        sleep(Duration::from_secs(self.release_takes.load(Ordering::SeqCst))).await;
        self.reached()?.release(lease).await
    }

    async fn set_weights(&self, weights: &[(ConnectionName, u32)]) -> Result<(), StoreError> {
        self.reached()?.set_weights(weights).await
    }

    async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.reached()?.next_due().await
    }

    async fn pause(
        &self,
        connection: &ConnectionName,
        until: DateTime<Utc>,
        code: &str,
    ) -> Result<bool, StoreError> {
        self.reached()?.pause(connection, until, code).await
    }

    async fn resume(&self, connection: &ConnectionName) -> Result<Option<String>, StoreError> {
        self.reached()?.resume(connection).await
    }

    async fn resume_if(&self, connection: &ConnectionName, code: &str) -> Result<bool, StoreError> {
        self.reached()?.resume_if(connection, code).await
    }
}

/// A worker without connections: it puts off every lane for a minute, which asks nothing but the store.
async fn house() -> (Arc<Shaky>, Worker, Clock) {
    let (began, base): (Instant, DateTime<Utc>) = (Instant::now(), DateTime::UNIX_EPOCH);
    let clock: Clock = Arc::new(move || base + began.elapsed());
    let lanes = Arc::<Shaky>::default();
    let settings = WorkerSettings {
        owner: "test".to_owned(),
        concurrency: 4,
        lease: LEASE,
        poll: Duration::from_millis(150),
        grace: Duration::from_secs(1),
    };
    let worker =
        Worker::new(settings, lanes.clone(), Vec::new(), clock.clone(), Arc::new(|| 0), Arc::default());
    let request = LaneRequest {
        key: LaneKey { connection: "main".into(), lane: Lane::SalesOrder("1".into()) },
        ask: Ask::SalesOrder,
        due_at: clock(),
        notice: None,
    };
    lanes.store.accept("test", 1, vec![request]).await.unwrap();
    (lanes, worker, clock)
}

#[tokio::test(start_paused = true)]
async fn a_worker_asks_a_lost_store_ever_more_rarely_and_goes_on_by_itself() {
    let (lanes, worker, clock) = house().await;
    lanes.out.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (running, ends) = (worker.clone(), stop.clone());
    let task = tokio::spawn(async move { running.run(ends).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = lanes.claims.load(Ordering::SeqCst);
    assert!((10..=20).contains(&asked), "asked {asked} times in a minute");
    lanes.out.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(6)).await;
    let due = lanes.next_due().await.unwrap().unwrap();
    assert!(due > clock(), "the lane was looked at, and put off");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_look_that_the_store_broke_off_is_no_failed_try_and_comes_soon() {
    let (lanes, worker, clock) = house().await;
    let claim = worker.claim(1).await.unwrap().remove(0);
    lanes.out.store(true, Ordering::SeqCst);
    let serving = worker.clone();
    let task = tokio::spawn(async move { serving.serve(claim).await });
    tokio::time::sleep(Duration::from_secs(10)).await;
    lanes.out.store(false, Ordering::SeqCst);
    task.await.unwrap();
    assert!(clock() < DateTime::UNIX_EPOCH + LEASE / 2, "long before the lease lapses");
    let again = worker.claim(1).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].attempts, 0);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_through_a_short_outage_and_given_up_before_it_lapses() {
    let (lanes, worker, clock) = house().await;
    let claim = worker.claim(1).await.unwrap().remove(0);
    let keeping = worker.clone();
    let task = tokio::spawn(async move { keeping.keep_lease(&claim).await });
    for _ in 0..5 {
        lanes.out.store(true, Ordering::SeqCst);
        tokio::time::sleep(LEASE / 2).await;
        lanes.out.store(false, Ordering::SeqCst);
        tokio::time::sleep(LEASE / 2).await;
        assert!(!task.is_finished());
        let others = lanes.claim("another", clock(), LEASE, 1).await.unwrap();
        assert_eq!(others, [], "the lease never lapsed");
    }
    lanes.out.store(true, Ordering::SeqCst);
    let error = task.await.unwrap();
    assert!(!matches!(error, StoreError::Corrupt { .. }), "{error}");
    let others = lanes.store.claim("another", clock(), LEASE, 1).await.unwrap();
    assert_eq!(others, [], "it was given up while it still lasted");
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_seems_due_and_is_not_given_is_asked_for_ever_more_rarely() {
    let (lanes, worker, clock) = house().await;
    lanes.withholds.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (running, ends) = (worker.clone(), stop.clone());
    let task = tokio::spawn(async move { running.run(ends).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = lanes.claims.load(Ordering::SeqCst);
    assert!((300..=420).contains(&asked), "asked {asked} times in a minute");
    lanes.withholds.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let due = lanes.next_due().await.unwrap().unwrap();
    assert!(due > clock(), "it is taken within the usual interval once it is given");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lanes_are_handed_back_before_a_shutdown_ends_unless_that_takes_long() {
    for (takes, given_back) in [(2, 1), (3600, 0)] {
        let (lanes, worker, clock) = house().await;
        lanes.hangs.store(true, Ordering::SeqCst);
        lanes.release_takes.store(takes, Ordering::SeqCst);
        let stop = CancellationToken::new();
        let (running, ends) = (worker.clone(), stop.clone());
        let task = tokio::spawn(async move { running.run(ends).await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
        timeout(LEASE / 2, task).await.expect("it ends in time").unwrap();
        let others = lanes.store.claim("another", clock(), LEASE, 1).await.unwrap();
        assert_eq!(others.len(), given_back, "giving back takes {takes} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_makes_a_failed_try_that_comes_later() {
    let (lanes, worker, clock) = house().await;
    let mut due = clock();
    for attempts in 0..4 {
        tokio::time::sleep((due - clock()).to_std().unwrap_or_default()).await;
        let claim = worker.claim(1).await.unwrap().remove(0);
        assert_eq!(claim.attempts, attempts);
        lanes.torn.store(true, Ordering::SeqCst);
        worker.serve(claim).await;
        assert_eq!(worker.claim(1).await.unwrap(), [], "it does not come at once");
        due = lanes.next_due().await.unwrap().unwrap();
        assert!(due - clock() >= chrono::TimeDelta::seconds(1), "{}", due - clock());
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_nothing_but_what_is_given_back_makes_no_busy_loop() {
    let (lanes, worker, _) = house().await;
    lanes.refuses.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    let (running, ends) = (worker.clone(), stop.clone());
    let task = tokio::spawn(async move { running.run(ends).await });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let asked = lanes.claims.load(Ordering::SeqCst);
    assert!((60..=900).contains(&asked), "asked {asked} times in a minute");
    stop.cancel();
    task.await.unwrap();
}
