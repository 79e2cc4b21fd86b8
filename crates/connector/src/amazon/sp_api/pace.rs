//! The order in which requests leave: one pace per seller, application and operation, however many callers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use amz_services::ports::sharing::Rate;
use amz_services::ports::stock::StockPriority;
use rust_decimal::Decimal;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::bucket::{Bucket, interval};
use super::common_pace::CommonPace;

/// Of so many requests that leave while a full reading waits, one at least is its own.
const TURNS: u32 = 4;
/// A full reading that waited this long goes first: its page's token lives for 30 seconds only.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// What a pace belongs to. Amazon counts per seller, application, region and operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PaceKey {
    /// Host and port: the region, and whether it is the sandbox.
    pub(super) host: String,
    /// The application.
    pub(super) client_id: String,
    /// Digest of the seller's refresh token.
    pub(super) seller: Vec<u8>,
    /// The operation.
    pub(super) operation: &'static str,
}

static PACES: LazyLock<Mutex<HashMap<PaceKey, Weak<Pace>>>> = LazyLock::new(Mutex::default);

/// Lets requests leave one by one. First come, first served within a priority.
#[derive(Debug)]
pub(super) struct Pace(Mutex<State>);

#[derive(Debug)]
struct State {
    bucket: Bucket,
    changes: VecDeque<Arc<Waiter>>,
    runs: VecDeque<Arc<Waiter>>,
    /// Requests for changes that left in a row while a full reading waited.
    passed_over: u32,
    /// The last one to leave was a full reading's, although a change waited.
    ran_ahead: bool,
}

#[derive(Debug)]
struct Waiter {
    since: Instant,
    look: Notify,
}

impl Pace {
    /// The pace of a key. All who ask for the same share it; the first one's rate and burst hold.
    pub(super) fn shared(key: PaceKey, interval: Duration, burst: u32) -> Arc<Self> {
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        paces.retain(|_, pace| pace.strong_count() > 0);
        if let Some(pace) = paces.get(&key).and_then(Weak::upgrade) {
            return pace;
        }
        let pace = Arc::new(Self::new(interval, burst));
        paces.insert(key, Arc::downgrade(&pace));
        pace
    }

    /// A pace of its own.
    pub(super) fn new(interval: Duration, burst: u32) -> Self {
        let bucket = Bucket::new(interval, burst, Instant::now());
        let (changes, runs) = (VecDeque::new(), VecDeque::new());
        Self(Mutex::new(State { bucket, changes, runs, passed_over: 0, ran_ahead: false }))
    }

    /// Waits until a request may leave. Dropping the wait gives nothing away: the next in line goes instead.
    pub(super) async fn turn(&self, priority: StockPriority) {
        self.place_in_turn(priority).await;
    }

    /// The same where other processes send requests too. Who is first in line here stays so until its turn among all
    /// has come: no process takes turns ahead for those who wait behind.
    pub(super) async fn turn_among_all(&self, priority: StockPriority, common: &CommonPace) {
        let _first = self.place_in_turn(priority).await;
        common.turn(self.rate()).await;
    }

    /// How fast requests may leave now.
    pub(super) fn rate(&self) -> Rate {
        self.state().bucket.rate(Instant::now())
    }

    async fn place_in_turn(&self, priority: StockPriority) -> Place<'_> {
        let place = Place::of(self, priority);
        loop {
            let wait = self.state().try_leave(&place.waiter, priority, Instant::now());
            match wait {
                Wait::Go => return place,
                Wait::Until(ready) => tokio::select! {
                    () = sleep_until(ready) => {}
                    () = place.waiter.look.notified() => {}
                },
                Wait::Behind => place.waiter.look.notified().await,
            }
        }
    }

    /// Amazon throttled a request.
    pub(super) fn throttled(&self, wait: Option<Duration>) {
        let mut state = self.state();
        state.bucket.throttled(wait, Instant::now());
        state.wake(Instant::now());
    }

    /// Amazon named its rate, in requests per second. Nonsense is ignored.
    pub(super) fn adopt(&self, per_second: &str) {
        let per_second = per_second.trim();
        let rate = per_second.parse::<Decimal>().or_else(|_| Decimal::from_scientific(per_second));
        let Some(interval) = rate.ok().and_then(interval) else {
            tracing::debug!("Amazon named a rate that makes no sense; it is ignored");
            return;
        };
        let mut state = self.state();
        if state.bucket.adopt(interval, Instant::now()) {
            tracing::info!(per_second, "Amazon named another rate; it is kept to from now on");
            state.wake(Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Wait {
    /// The request may leave.
    Go,
    /// First in line; there is room then.
    Until(Instant),
    /// Somebody else is first in line.
    Behind,
}

impl State {
    fn queue(&mut self, priority: StockPriority) -> &mut VecDeque<Arc<Waiter>> {
        match priority {
            StockPriority::Change => &mut self.changes,
            StockPriority::Run => &mut self.runs,
        }
    }

    /// Who is next, at this instant.
    fn first(&self, now: Instant) -> Option<(&Arc<Waiter>, StockPriority)> {
        let run = self.runs.front().map(|run| (run, StockPriority::Run));
        let change = self.changes.front().map(|change| (change, StockPriority::Change));
        let is_due = |run: &Waiter| {
            let waited = now.saturating_duration_since(run.since);
            // many overlapping requests of one reading must not shut out changes in turn
            self.passed_over + 1 >= TURNS || (waited > LONG_WAIT && !self.ran_ahead)
        };
        run.filter(|(run, _)| is_due(run)).or(change).or(run)
    }

    fn try_leave(&mut self, waiter: &Arc<Waiter>, priority: StockPriority, now: Instant) -> Wait {
        if !self.first(now).is_some_and(|(first, _)| Arc::ptr_eq(first, waiter)) {
            // who is first changes with time, so the one who was it may have to tell the one who is it now
            self.wake(now);
            return Wait::Behind;
        }
        if !self.bucket.take(now) {
            return Wait::Until(self.bucket.ready_at());
        }
        self.passed_over = match priority {
            StockPriority::Change if !self.runs.is_empty() => self.passed_over.saturating_add(1),
            StockPriority::Change | StockPriority::Run => 0,
        };
        self.ran_ahead = priority == StockPriority::Run && !self.changes.is_empty();
        Wait::Go
    }

    fn wake(&self, now: Instant) {
        if let Some((first, _)) = self.first(now) {
            first.look.notify_one();
        }
    }
}

/// A place in line; given up when dropped, whether the request left or not.
struct Place<'pace> {
    pace: &'pace Pace,
    priority: StockPriority,
    waiter: Arc<Waiter>,
}

impl<'pace> Place<'pace> {
    fn of(pace: &'pace Pace, priority: StockPriority) -> Self {
        let waiter = Arc::new(Waiter { since: Instant::now(), look: Notify::new() });
        let mut state = pace.state();
        state.queue(priority).push_back(waiter.clone());
        // a newcomer may be first in line at once
        state.wake(waiter.since);
        drop(state);
        Self { pace, priority, waiter }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.state();
        state.queue(self.priority).retain(|waiter| !Arc::ptr_eq(waiter, &self.waiter));
        state.wake(Instant::now());
    }
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
