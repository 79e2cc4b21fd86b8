//! The worker: takes due lanes under a lease, has them looked at, and gives them back.

mod lease;
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
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::health::{Health, later};
use crate::live::Live;
use crate::outages::{self, Outages};
use crate::store_outage::StoreOutage;
use lease::HandBack;

/// First wait after refused credentials, in first waits after other failures; it doubles.
/// Long enough that trying again by itself does not lock a NetSuite user.
const CREDENTIALS_WAIT: u32 = 30;

/// Code of a pause because of refused credentials: the one that rings the alarm.
const CREDENTIALS_REFUSED: &str = "credentials_refused";

/// Shortest wait between two attempts to take lanes.
const SHORTEST_WAIT: Duration = Duration::from_millis(5);

/// How long a shutdown waits for lanes to be handed back.
const HAND_BACK_GRACE: Duration = Duration::from_secs(5);

/// First wait after a defect in work on a connection that is not configured.
const DEFECT_WAIT: Duration = Duration::from_secs(2);

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
    /// Lanes that are being given back after their work was dropped.
    handed_back: TaskTracker,
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
            handed_back: TaskTracker::new(),
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
        let mut outage = StoreOutage::new("no lanes can be taken");
        let mut vain_wait = SHORTEST_WAIT;
        while !stop.is_cancelled() {
            while busy.try_join_next().is_some() {}
            let free = self.settings.concurrency.saturating_sub(busy.len());
            let claims = match self.claim(free).await {
                Ok(claims) => {
                    if free > 0 {
                        outage.over();
                    }
                    claims
                }
                Err(error) => {
                    let wait = outage.failed(&error, self.settings.poll);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                    continue;
                }
            };
            if !claims.is_empty() {
                vain_wait = SHORTEST_WAIT;
            }
            for claim in claims {
                let worker = self.clone();
                busy.spawn(async move { worker.serve(claim).await });
            }
            let full = busy.len() >= self.settings.concurrency;
            tokio::select! {
                () = stop.cancelled() => {}
                Some(_) = busy.join_next() => {}
                () = self.wake.notified(), if !full => {}
                () = self.sleep_until_due(&mut vain_wait), if !full => {}
            }
        }
        let finish = async { while busy.join_next().await.is_some() {} };
        if tokio::time::timeout(self.settings.grace, finish).await.is_err() {
            tracing::warn!(lanes = busy.len(), "lanes still at work are handed back");
            busy.shutdown().await;
        }
        // the store may be closed once this returns
        self.handed_back.close();
        if tokio::time::timeout(HAND_BACK_GRACE, self.handed_back.wait()).await.is_err() {
            tracing::warn!(
                lanes = self.handed_back.len(),
                "not handed back in time; their leases will lapse"
            );
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
        self.connections.get().get(name).map_or(DEFECT_WAIT, |connection| connection.settings.retry_base)
    }

    /// Waits until a lane becomes due; at most for the poll interval. What seems due and cannot be taken, as it may not be
    /// due by the store's own clock, is waited for ever longer.
    async fn sleep_until_due(&self, vain_wait: &mut Duration) {
        let poll = self.settings.poll;
        let wait = match self.lanes.next_due().await {
            Ok(Some(due)) if due > (self.clock)() => {
                *vain_wait = SHORTEST_WAIT;
                let wait = (due - (self.clock)()).to_std().unwrap_or_default();
                wait.clamp(SHORTEST_WAIT.min(poll), poll)
            }
            Ok(Some(_)) => {
                let wait = (*vain_wait).min(poll);
                *vain_wait = wait * 2;
                wait
            }
            Ok(None) | Err(_) => poll,
        };
        tokio::time::sleep(wait).await;
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
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%error, "the look failed; the lane is tried again later");
                    self.postpone_unreadable(&claim).await;
                }
                Err(error @ StoreError::Unavailable { .. }) => {
                    tracing::warn!(%error, "the look is broken off; the lane is looked at again when the store answers");
                    self.release_when_possible(&claim).await;
                }
            }
            self.outages.dropped(&claim.lease.key, claim.lease.fence);
            hand_back.done();
        }
        .instrument(span)
        .await;
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

    /// When work on a claim that a defect ended is tried again, and the trace of it. A failed try like any other: at
    /// once again, it would spin.
    fn after_defect(&self, claim: &Claim, line: &str) -> (Look, DateTime<Utc>) {
        let now = (self.clock)();
        let base = self.retry_base(&claim.lease.key.connection);
        let wait = backoff(claim.attempts.saturating_add(1), base, (self.jitter)());
        let look = Look {
            started_at: now,
            ended_at: now,
            asks: claim.asks.clone(),
            notices: claim.notices.clone(),
            echoes: Vec::new(),
            lines: vec![line.to_owned()],
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
