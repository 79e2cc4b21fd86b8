//! Duties: what one process of a deployment does at a time, such as reading a connection's change feeds.
//!
//! A process that has a duty renews it; when it ends, or cannot be heard of, another one takes over. A store of one
//! process always gives it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use amz_services::connection::Clock;
use amz_services::ports::Duties;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// First wait after a panic before a duty is asked for again; it doubles.
const FIRST_PANIC_WAIT: Duration = Duration::from_secs(5);

/// Longest wait after a panic. A performance that lasted longer begins with the first wait again.
const LONGEST_PANIC_WAIT: Duration = Duration::from_secs(60);

/// How long a duty stays with a process, and how often it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// How long it stays with a process that has fallen silent.
    pub(crate) lease: Duration,
    /// How often the process that has it renews it.
    pub(crate) renew: Duration,
    /// How often the others ask for it.
    pub(crate) ask: Duration,
}

impl Term {
    /// For most duties.
    pub(crate) const USUAL: Self =
        Self { lease: Duration::from_secs(10), renew: Duration::from_secs(3), ask: Duration::from_secs(1) };

    /// For what somebody waits for.
    pub(crate) const SHORT: Self = Self {
        lease: Duration::from_secs(5),
        renew: Duration::from_millis(1500),
        ask: Duration::from_millis(500),
    };

    /// Where no other process can be: the store gives every duty at a start, and needs not be asked again.
    const ALONE: Self = Self {
        lease: Duration::from_secs(7 * 24 * 3600),
        renew: Duration::from_secs(24 * 3600),
        ask: Duration::from_secs(1),
    };

    /// When a duty that was asked for at an instant counts as lost, unless it is renewed: a little before another process
    /// may take it.
    fn lapse(self, asked_at: Instant) -> Instant {
        asked_at + (self.lease - self.lease / 20)
    }
}

/// A process that takes part in duties. Clones are the same process.
#[derive(Clone)]
pub(crate) struct Roster {
    duties: Arc<dyn Duties>,
    /// Unique per process start.
    holder: String,
    clock: Clock,
    /// False when no other process can have the store.
    is_shared: bool,
}

impl Roster {
    pub(crate) fn new(duties: Arc<dyn Duties>, holder: String, clock: Clock, is_shared: bool) -> Self {
        Self { duties, holder, clock, is_shared }
    }

    /// Performs `task` whenever this process has the duty, until `stop`. The token of a performance is cancelled when the
    /// duty was lost, and in time when the store cannot be asked: before another process may take it over, going by
    /// our own monotonic clock. A task that ends by itself is not begun anew while this process has the duty. One that
    /// panics is: the duty is left, for another process if there is one, and asked for again after a while.
    pub(crate) async fn perform<Task: Future<Output = ()>>(
        &self,
        duty: &str,
        term: Term,
        stop: &CancellationToken,
        task: impl Fn(CancellationToken) -> Task,
    ) {
        let term = if self.is_shared { term } else { Term::ALONE };
        let (mut is_silent, mut wait) = (false, FIRST_PANIC_WAIT);
        while !stop.is_cancelled() {
            let asked_at = Instant::now();
            let held = tokio::select! {
                () = stop.cancelled() => return,
                held = self.hold(duty, term, term.lapse(asked_at)) => held,
            };
            match held {
                Held::Yes => {
                    is_silent = false;
                    tracing::debug!(duty, "performed by this process");
                    let Err(Panicked) = self.performance(duty, term, asked_at, stop, &task).await else {
                        tracing::debug!(duty, "not performed by this process any more");
                        continue;
                    };
                    if asked_at.elapsed() > LONGEST_PANIC_WAIT {
                        wait = FIRST_PANIC_WAIT;
                    }
                    tracing::error!(duty, wait_s = wait.as_secs(), "a duty panicked; it is begun anew");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep(wait) => {}
                    }
                    wait = (wait * 2).min(LONGEST_PANIC_WAIT);
                    continue;
                }
                Held::No => is_silent = false,
                Held::Unknown if is_silent => {}
                Held::Unknown => {
                    is_silent = true;
                    tracing::warn!(duty, "whose duty it is cannot be asked; it is asked again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep_until(asked_at + term.ask) => {}
            }
        }
    }

    /// One performance: from getting the duty until it is lost, or until `stop` or a panic, and then it is given up.
    async fn performance<Task: Future<Output = ()>>(
        &self,
        duty: &str,
        term: Term,
        asked_at: Instant,
        stop: &CancellationToken,
        task: &impl Fn(CancellationToken) -> Task,
    ) -> Result<(), Panicked> {
        let performs = stop.child_token();
        let ended = async {
            let outcome = survived(async { task(performs.clone()).await }).await;
            match outcome {
                Ok(()) => performs.cancelled().await,
                Err(Panicked) => performs.cancel(),
            }
            outcome
        };
        let kept = async {
            self.keep(duty, term, asked_at, &performs).await;
            performs.cancel();
        };
        let (outcome, ()) = tokio::join!(ended, kept);
        if stop.is_cancelled() || outcome.is_err() {
            match timeout(term.ask, self.duties.leave(duty, &self.holder)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(duty, %error, "a duty was not given up; it lapses"),
                Err(_) => tracing::debug!(duty, "a duty was not given up in time; it lapses"),
            }
        }
        outcome
    }

    /// Returns when the duty was lost or may lapse, or at `stop`.
    async fn keep(&self, duty: &str, term: Term, asked_at: Instant, stop: &CancellationToken) {
        let (mut lapses_at, mut next) = (term.lapse(asked_at), asked_at + term.renew);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(next.min(lapses_at)) => {}
            }
            let now = Instant::now();
            if now >= lapses_at {
                tracing::warn!(duty, "given up: the store could not be asked for it in time");
                return;
            }
            let held = tokio::select! {
                () = stop.cancelled() => return,
                held = self.hold(duty, term, lapses_at) => held,
            };
            match held {
                Held::Yes => (lapses_at, next) = (term.lapse(now), now + term.renew),
                Held::Unknown => next = Instant::now() + term.ask,
                Held::No => {
                    tracing::warn!(duty, "another process has it now");
                    return;
                }
            }
        }
    }

    async fn hold(&self, duty: &str, term: Term, until: Instant) -> Held {
        let asked = self.duties.hold(duty, &self.holder, (self.clock)(), term.lease);
        match timeout_at(until, asked).await {
            Ok(Ok(true)) => Held::Yes,
            Ok(Ok(false)) => Held::No,
            Ok(Err(error)) => {
                tracing::debug!(duty, %error, "a duty could not be asked for");
                Held::Unknown
            }
            Err(_) => Held::Unknown,
        }
    }
}

/// A task panicked; what it said is in the log.
struct Panicked;

/// Runs a task and survives its panic. The task is dropped then: nobody sees what it may have left half done but for what
/// it shares with others, which it must not leave so at any await either.
async fn survived(task: impl Future<Output = ()>) -> Result<(), Panicked> {
    let mut task = Box::pin(task);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

/// Whether this process has a duty.
enum Held {
    Yes,
    No,
    /// The store did not say.
    Unknown,
}

#[cfg(test)]
#[path = "duty_tests.rs"]
mod tests;
