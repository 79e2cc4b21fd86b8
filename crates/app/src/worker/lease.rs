//! Keeping a lease while its lane is worked on, and giving it back.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::work::Claim;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Instrument;

use super::Worker;

/// Wait before a lease is renewed or given back again that could not be, for want of the store.
const RENEWED_AGAIN: Duration = Duration::from_millis(500);

/// Longest wait before a lease is given back again.
const LONGEST_RELEASE_WAIT: Duration = Duration::from_secs(3);

impl Worker {
    /// Renews a lease until it is lost. A store that cannot be reached is asked again as long as the lease may last, going
    /// by our own monotonic clock: work goes on meanwhile, until it needs the store itself.
    pub(super) async fn keep_lease(&self, claim: &Claim) -> StoreError {
        let lease = self.settings.lease;
        // a little before somebody else may have the lane
        let lapse = |asked_at: Instant| asked_at + (lease - lease / 20);
        let mut lapses_at = lapse(Instant::now());
        let mut wait = lease / 3;
        loop {
            sleep(wait).await;
            let asked_at = Instant::now();
            let renewed = self.lanes.renew(&claim.lease, (self.clock)(), lease);
            (wait, lapses_at) = match timeout_at(lapses_at, renewed).await {
                Ok(Ok(())) => (lease / 3, lapse(asked_at)),
                Ok(Err(StoreError::Unavailable { .. })) if Instant::now() < lapses_at => {
                    (RENEWED_AGAIN.min(lease / 10), lapses_at)
                }
                Ok(Err(error)) => return error,
                Err(_) => return StoreError::LeaseLost { lane: claim.lease.key.to_string() },
            };
        }
    }

    /// Gives a lane back as soon as the store answers, as long as its lease may last: whoever takes it next settles what
    /// was sent. Nothing is noted of the look, so it is no failed try; a store that answers this and nothing else must make
    /// no busy loop.
    pub(super) async fn release_when_possible(&self, claim: &Claim) {
        let release = async {
            let mut wait = RENEWED_AGAIN.min(self.settings.lease / 10);
            sleep(wait).await;
            while let Err(StoreError::Unavailable { .. }) = self.lanes.release(&claim.lease).await {
                sleep(wait).await;
                wait = (wait * 2).min(LONGEST_RELEASE_WAIT);
            }
        };
        if timeout(self.settings.lease, release).await.is_ok() {
            self.wake.notify_one();
        }
    }

    /// Puts off a lane whose look met a row that cannot be read: somebody must look at it, and meanwhile it must not spin.
    pub(super) async fn postpone_unreadable(&self, claim: &Claim) {
        let (look, at) = self.after_defect(claim, "what is stored of it cannot be read; see the log");
        if let Err(error) = self.lanes.postpone(claim, &look, at, true).await {
            tracing::warn!(%error, "a lane was not put off; it comes back when its lease lapses");
        }
    }
}

/// Gives a lane back when its work is dropped half-way. At a shutdown it is due again at once: the next holder
/// settles what was sent. After a panic it is a failed try.
pub(super) struct HandBack<'work> {
    pub(super) worker: &'work Worker,
    pub(super) claim: Option<&'work Claim>,
}

impl HandBack<'_> {
    pub(super) fn done(mut self) {
        self.claim = None;
    }
}

impl Drop for HandBack<'_> {
    fn drop(&mut self) {
        let Some(claim) = self.claim else { return };
        self.worker.outages.dropped(&claim.lease.key, claim.lease.fence);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (lanes, claim) = (self.worker.lanes.clone(), claim.clone());
        let panicked = std::thread::panicking()
            .then(|| self.worker.after_defect(&claim, "the work panicked; see the log"));
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
        self.worker.handed_back.spawn_on(hand_back.in_current_span(), &runtime);
    }
}

#[cfg(test)]
#[path = "store_loss_tests.rs"]
mod tests;
