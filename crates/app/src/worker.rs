//! The worker: takes due lanes under a lease, has them looked at, and gives them back.

mod outage;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::connection::{Clock, Connection};
use amz_services::failure::StoreError;
use amz_services::lane::{self, LaneEnd};
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::Lanes;
use amz_services::retry::backoff;
use amz_services::work::{Claim, LaneKey};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::health::{Health, later};
use crate::live::Live;
use crate::outages::{self, Outages};

/// First wait after refused credentials, in first waits after other failures; it doubles.
/// Long enough that trying again by itself does not lock a NetSuite user.
const CREDENTIALS_WAIT: u32 = 30;

/// Code of a pause because of refused credentials: the one that rings the alarm.
const CREDENTIALS_REFUSED: &str = "credentials_refused";

/// Shortest wait between two attempts to take lanes.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// First wait after a panic in work on a connection that is not configured.
const PANIC_WAIT: Duration = Duration::from_secs(2);

/// How the worker works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Name of this worker, unique per process start.
    pub owner: String,
    /// Lanes worked on at once.
    pub concurrency: usize,
    /// How long a lease lasts without renewal.
    pub lease: Duration,
    /// How often to ask for due lanes when nothing wakes the worker.
    pub poll: Duration,
    /// How long a shutdown waits for lanes at work before it hands them back.
    pub grace: Duration,
}

/// Takes due lanes and works on them. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    settings: WorkerSettings,
    lanes: Arc<dyn Lanes>,
    connections: Live<HashMap<ConnectionName, Connection>>,
    clock: Clock,
    jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    wake: Arc<Notify>,
    health: Arc<Health>,
    outages: Arc<Outages>,
}

impl Worker {
    /// A worker for some connections. `wake` is notified when new work was accepted.
    pub fn new(
        settings: WorkerSettings,
        lanes: Arc<dyn Lanes>,
        connections: Vec<Connection>,
        clock: Clock,
        jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
        wake: Arc<Notify>,
    ) -> Self {
        let connections =
            connections.into_iter().map(|connection| (connection.name.clone(), connection)).collect();
        Self {
            settings,
            lanes,
            connections: Live::new(connections),
            clock,
            jitter,
            wake,
            health: Arc::default(),
            outages: Arc::default(),
        }
    }

    /// The same, told by the clients of its connections how vendors are doing.
    pub(crate) fn watching(mut self, outages: Arc<Outages>) -> Self {
        self.outages = outages;
        self
    }

    /// The connections it works on. Looks under way go on with the connection that they began with.
    pub(crate) fn connections(&self) -> &Live<HashMap<ConnectionName, Connection>> {
        &self.connections
    }

    /// Works until `stop`, then finishes the lanes at work or hands them back.
    pub async fn run(&self, stop: CancellationToken) {
        let mut busy: JoinSet<()> = JoinSet::new();
        while !stop.is_cancelled() {
            while busy.try_join_next().is_some() {}
            let free = self.settings.concurrency.saturating_sub(busy.len());
            let claims = match self.claim(free).await {
                Ok(claims) => claims,
                Err(error) => {
                    tracing::error!(%error, "no lanes could be taken");
                    Vec::new()
                }
            };
            for claim in claims {
                let worker = self.clone();
                busy.spawn(async move { worker.serve(claim).await });
            }
            let full = busy.len() >= self.settings.concurrency;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = busy.join_next() => {}
                () = self.wake.notified(), if !full => {}
                () = tokio::time::sleep(self.until_due().await), if !full => {}
            }
        }
        let finish = async { while busy.join_next().await.is_some() {} };
        if tokio::time::timeout(self.settings.grace, finish).await.is_err() {
            tracing::warn!(lanes = busy.len(), "lanes still at work are handed back");
            busy.shutdown().await;
        }
    }

    /// Works on everything that is due now, and on what becomes due meanwhile. Returns the number of looks.
    ///
    /// # Errors
    /// When the store is not available.
    pub async fn work_due(&self) -> Result<usize, StoreError> {
        let mut looks = 0;
        loop {
            let claims = self.claim(self.settings.concurrency).await?;
            if claims.is_empty() {
                return Ok(looks);
            }
            looks += claims.len();
            let mut busy = JoinSet::new();
            for claim in claims {
                let worker = self.clone();
                busy.spawn(async move { worker.serve(claim).await });
            }
            while busy.join_next().await.is_some() {}
        }
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Claim>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let claims =
            self.lanes.claim(&self.settings.owner, (self.clock)(), self.settings.lease, limit).await?;
        Ok(self.admitted(claims).await)
    }

    fn retry_base(&self, name: &ConnectionName) -> Duration {
        self.connections.get().get(name).map_or(PANIC_WAIT, |connection| connection.settings.retry_base)
    }

    /// How long until a lane becomes due; at most the poll interval, and never nothing, so that a lane that is
    /// due and cannot be taken makes no busy loop.
    async fn until_due(&self) -> Duration {
        match self.lanes.next_due().await {
            Ok(Some(due)) => {
                let wait = (due - (self.clock)()).to_std().unwrap_or_default();
                wait.clamp(SHORTEST_WAIT.min(self.settings.poll), self.settings.poll)
            }
            Ok(None) | Err(_) => self.settings.poll,
        }
    }

    /// Works on one lane and renews its lease meanwhile.
    async fn serve(&self, claim: Claim) {
        let key = &claim.lease.key;
        let span = tracing::info_span!("lane", connection = %key.connection, lane = %key.lane, job = claim.lease.fence);
        async {
            let hand_back = HandBack { worker: self, claim: Some(&claim) };
            let ended = tokio::select! {
                ended = self.look(&claim) => ended,
                error = self.keep_lease(&claim) => Err(error),
            };
            match ended {
                Ok(()) => {}
                Err(error @ StoreError::LeaseLost { .. }) => {
                    tracing::warn!(%error, "another worker has the lane")
                }
                Err(error) => tracing::error!(%error, "the lane comes back when its lease lapses"),
            }
            self.outages.dropped(&claim.lease.key, claim.lease.fence);
            hand_back.done();
        }
        .instrument(span)
        .await;
    }

    async fn keep_lease(&self, claim: &Claim) -> StoreError {
        loop {
            tokio::time::sleep(self.settings.lease / 3).await;
            let until = later((self.clock)(), self.settings.lease);
            if let Err(error) = self.lanes.renew(&claim.lease, until).await {
                return error;
            }
        }
    }

    async fn look(&self, claim: &Claim) -> Result<(), StoreError> {
        let name = &claim.lease.key.connection;
        let connections = self.connections.get();
        let Some(connection) = connections.get(name) else {
            tracing::error!(connection = %name, "no such connection is configured; its lanes wait");
            return self.postpone_all(claim).await;
        };
        let (key, base) = (&claim.lease.key, connection.settings.retry_base);
        let end = lane::work(connection, claim, (self.jitter)()).await?;
        let tries_at = self.after_outage(claim).await?;
        match end {
            LaneEnd::Complete { look, redirect } => {
                self.count(name, &look);
                let redirected = !redirect.is_empty();
                self.lanes.complete(claim, &look, redirect).await?;
                self.well(key, look.started_at).await?;
                if redirected {
                    self.wake.notify_one();
                }
                Ok(())
            }
            LaneEnd::Postpone { look, at, failed } => {
                self.count(name, &look);
                if !failed && tries_at.is_none() {
                    self.well(key, look.started_at).await?;
                }
                match tries_at {
                    None => self.lanes.postpone(claim, &look, at, failed).await,
                    Some(at) => {
                        let (claim, failed) = outage::tries_kept(claim);
                        self.lanes.postpone(&claim, &look, at, failed).await
                    }
                }
            }
            LaneEnd::SlowDown { look, wait } => {
                self.count(name, &look);
                let now = (self.clock)();
                let growing = |pauses| backoff(pauses, base, (self.jitter)());
                let until = self.health.pause(key, now, wait, growing);
                if self.lanes.pause(name, until, "throttled").await? {
                    let wait_ms = (until - now).num_milliseconds();
                    tracing::warn!(wait_ms, "the vendor asks for a slower pace");
                }
                show_paused(name, true);
                self.lanes.postpone(claim, &look, until, false).await
            }
            LaneEnd::Pause { look, error } => {
                self.count(name, &look);
                let growing = |pauses| backoff(pauses, base * CREDENTIALS_WAIT, (self.jitter)());
                let until = self.health.pause(key, (self.clock)(), None, growing);
                let news = self.lanes.pause(name, until, CREDENTIALS_REFUSED).await?;
                if self.health.raise_alarm(key) && news {
                    tracing::error!(alarm = "raised", code = %error.code, %error, "credentials refused: the connection pauses and tries again by itself");
                }
                show_paused(name, true);
                self.lanes.postpone(claim, &look, until, false).await
            }
        }
    }

    /// Work went well: a pause that it disproves ends, and so does the alarm. Asks the store once per change
    /// for the better.
    async fn well(&self, key: &LaneKey, began: DateTime<Utc>) -> Result<(), StoreError> {
        if !self.health.went_well(key, began) {
            return Ok(());
        }
        let name = &key.connection;
        let ended = self.lanes.resume(name).await?;
        show_paused(name, false);
        if let Some(code) = ended {
            if let Some(vendor) = outages::vendor_of(&code) {
                // a pause from before the start; this work may not have asked the vendor
                if self.outages.was_out(name, vendor) {
                    tracing::info!(alarm = "cleared", code, "the connection works again");
                }
            } else if self.health.clear_alarm(key) || code == CREDENTIALS_REFUSED {
                tracing::info!(alarm = "cleared", code, "the connection works again");
            } else {
                tracing::info!(code, "the connection works again");
            }
            self.wake.notify_one();
        }
        Ok(())
    }

    async fn postpone_all(&self, claim: &Claim) -> Result<(), StoreError> {
        let now = (self.clock)();
        let look = Look {
            started_at: now,
            ended_at: now,
            asks: claim.asks.clone(),
            notices: claim.notices.clone(),
            echoes: Vec::new(),
            lines: vec!["the connection is not configured".to_owned()],
            outcome: LookOutcome::Waiting,
        };
        self.lanes.postpone(claim, &look, later(now, Duration::from_secs(60)), false).await
    }

    /// When work on a claim that panicked is tried again, and the trace of it. A failed try like any other: at
    /// once again, it would spin.
    fn after_panic(&self, claim: &Claim) -> (Look, DateTime<Utc>) {
        let now = (self.clock)();
        let connections = self.connections.get();
        let connection = connections.get(&claim.lease.key.connection);
        let base = connection.map_or(PANIC_WAIT, |connection| connection.settings.retry_base);
        let wait = backoff(claim.attempts.saturating_add(1), base, (self.jitter)());
        let look = Look {
            started_at: now,
            ended_at: now,
            asks: claim.asks.clone(),
            notices: claim.notices.clone(),
            echoes: Vec::new(),
            lines: vec!["the work panicked; see the log".to_owned()],
            outcome: LookOutcome::Failed,
        };
        self.count(&claim.lease.key.connection, &look);
        (look, later(now, wait))
    }

    fn count(&self, name: &ConnectionName, look: &Look) {
        metrics::counter!("amz_looks_total", "connection" => name.to_string(), "outcome" => look.outcome.as_str()).increment(1);
        tracing::info!(outcome = look.outcome.as_str(), asks = ?look.asks.iter().map(ToString::to_string).collect::<Vec<_>>(), "looked");
    }
}

/// Shows on the gauge whether a connection is paused, for whatever reason.
fn show_paused(name: &ConnectionName, is_paused: bool) {
    metrics::gauge!("amz_connection_paused", "connection" => name.to_string()).set(f64::from(is_paused));
}

/// Gives a lane back when its work is dropped half-way. At a shutdown it is due again at once: the next holder
/// settles what was sent. After a panic it is a failed try.
struct HandBack<'work> {
    worker: &'work Worker,
    claim: Option<&'work Claim>,
}

impl HandBack<'_> {
    fn done(mut self) {
        self.claim = None;
    }
}

impl Drop for HandBack<'_> {
    fn drop(&mut self) {
        let Some(claim) = self.claim else { return };
        self.worker.outages.dropped(&claim.lease.key, claim.lease.fence);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (lanes, claim) = (self.worker.lanes.clone(), claim.clone());
        let panicked = std::thread::panicking().then(|| self.worker.after_panic(&claim));
        if panicked.is_some() {
            tracing::error!("the work panicked; it is tried again later");
        }
        let hand_back = async move {
            let handed_back = match panicked {
                Some((look, at)) => lanes.postpone(&claim, &look, at, true).await,
                None => lanes.release(&claim.lease).await,
            };
            if let Err(error) = handed_back {
                tracing::warn!(%error, "a lane was not handed back; its lease will lapse");
            }
        };
        runtime.spawn(hand_back.in_current_span());
    }
}
