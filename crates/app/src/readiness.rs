//! Whether a process can take work: it does not end, and its store answers.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use amz_store::Store;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::http::Status;
use crate::telemetry;

/// How long an answer of the store holds: whoever asks often does not burden it.
const HOLDS: Duration = Duration::from_secs(1);

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// True when the store answered.
type Answer = Pin<Box<dyn Future<Output = bool> + Send>>;

/// What is known of the readiness. Clones share it.
#[derive(Clone)]
pub(crate) struct Readiness {
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
    ends: CancellationToken,
    last: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Readiness {
    /// Of a process that works on a store until `ends`.
    pub(crate) fn of(store: Store, ends: CancellationToken) -> Self {
        let ask = move || -> Answer {
            let store = store.clone();
            Box::pin(async move { store.ask().await.is_ok() })
        };
        Self { ask: Arc::new(ask), ends, last: Arc::default() }
    }

    pub(crate) async fn is_ready(&self) -> bool {
        if self.ends.is_cancelled() {
            return false;
        }
        // whoever asks meanwhile gets the same answer
        let mut last = self.last.lock().await;
        match *last {
            Some((at, answered)) if at.elapsed() < HOLDS => answered,
            _ => {
                let answered = timeout(PATIENCE, (self.ask)()).await.unwrap_or(false);
                *last = Some((Instant::now(), answered));
                answered
            }
        }
    }
}

/// How a process says how it is: ready while the store answers, until the process is told to end.
pub(crate) fn status(store: &Store, stop: &CancellationToken) -> Status {
    let readiness = Readiness::of(store.clone(), stop.clone());
    let render_metrics = telemetry::metrics().map(|metrics| -> Arc<dyn Fn() -> String + Send + Sync> {
        Arc::new(move || {
            metrics.run_upkeep();
            metrics.render()
        })
    });
    let ready = Arc::new(move || -> Answer {
        let readiness = readiness.clone();
        Box::pin(async move { readiness.is_ready().await })
    });
    Status { ready, render_metrics }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_store_is_asked_once_a_second_at_most_and_not_waited_for() {
        let (asked, hangs) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (count, silent) = (asked.clone(), hangs.clone());
        let ask = move || -> Answer {
            count.fetch_add(1, Ordering::SeqCst);
            let silent = silent.load(Ordering::SeqCst);
            Box::pin(async move { if silent { std::future::pending().await } else { true } })
        };
        let ends = CancellationToken::new();
        let readiness = Readiness { ask: Arc::new(ask), ends: ends.clone(), last: Arc::default() };
        for _ in 0..100 {
            assert!(readiness.is_ready().await);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        tokio::time::sleep(HOLDS).await;
        hangs.store(true, Ordering::SeqCst);
        let (first, second) = tokio::join!(readiness.is_ready(), readiness.is_ready());
        assert!(!first && !second);
        assert_eq!(asked.load(Ordering::SeqCst), 2, "both waited for the same answer");
        tokio::time::sleep(HOLDS).await;
        hangs.store(false, Ordering::SeqCst);
        assert!(readiness.is_ready().await);
        ends.cancel();
        assert!(!readiness.is_ready().await, "a process that ends takes no work");
    }
}
