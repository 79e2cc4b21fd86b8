//! Keeps a process's share of an account's slots, where several processes call the account.
//!
//! One task per account asks the store what this process may use, and tells the governor. An account that nobody here
//! calls costs nothing: its share is given back until a call waits.
//!
//! What was granted is used for [`Timing::use_for`] after it was asked for; others may have it only after the lease, which
//! is longer. Between the two the calls that are still in flight end. So a process that is cut off from the store, or
//! killed, never makes all together exceed the account's slots, unless one of its calls lasts longer than that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use amz_connector::netsuite::Governor;
use amz_services::connection::Clock;
use amz_services::ports::SlotShares;
use amz_services::slot_sharing::{AccountSlots, Share, ShareRequest};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How one process shares slots with others.
#[derive(Clone)]
pub(crate) struct SlotSharing {
    /// Who has how many.
    pub(crate) shares: Arc<dyn SlotShares>,
    /// This process among those.
    pub(crate) holder: String,
    /// The time, for stores that have none of their own.
    pub(crate) clock: Clock,
    /// After this long of silence a process is gone.
    pub(crate) lease: Duration,
    /// Random numbers.
    pub(crate) jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// An account that a process shares with others.
#[derive(Debug, Clone)]
pub(crate) struct SharedAccount {
    /// Its name.
    pub(crate) account: String,
    /// Who lets calls in.
    pub(crate) governor: Governor,
    /// True until the account has told how many calls it takes, or that it does not tell.
    pub(crate) is_unsure: Arc<AtomicBool>,
    /// Notified when a call has to wait.
    pub(crate) waits: Arc<Notify>,
}

/// How often is asked, and how long an answer is good for.
#[derive(Debug, Clone, Copy)]
struct Timing {
    /// What was granted is used for so long.
    use_for: Duration,
    /// Usually.
    every: Duration,
    /// While slots are on their way from one process to another.
    soon: Duration,
    /// After calls began to wait.
    at_once: Duration,
}

impl Timing {
    /// Three seconds, one second and 200 ms at leases of nine seconds and more; shorter for short leases.
    fn of(lease: Duration) -> Self {
        let use_for = (lease / 3).min(Duration::from_secs(3));
        let every = use_for / 3;
        Self { use_for, every, soon: every / 5, at_once: every / 50 }
    }
}

/// What this process knows of its share.
#[derive(Debug)]
struct Known {
    /// It may use so many.
    granted: usize,
    /// Until then.
    until: Instant,
    /// It said that it wants so many.
    wanted: usize,
}

impl SlotSharing {
    /// Keeps the share of an account until `stop`, then gives it back.
    pub(crate) async fn keep(self, shared: SharedAccount, stop: CancellationToken) {
        let timing = Timing::of(self.lease);
        let mut known = Known { granted: 0, until: Instant::now(), wanted: 0 };
        while !stop.is_cancelled() {
            known.wanted = shared.governor.take_wanted().max(known.wanted / 2);
            let asked_at = Instant::now();
            if known.wanted == 0 {
                known.granted = 0;
                if self.gave_back(&shared, timing).await {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = shared.waits.notified() => {}
                    }
                    continue;
                }
            }
            let pause = self.ask(&shared, &mut known, timing).await;
            let may_want_more = known.granted >= known.wanted;
            let more_is_wanted = async {
                shared.waits.notified().await;
                sleep_until(asked_at + timing.at_once).await;
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(self.about(pause)) => {}
                // who got less than it wanted has what is due: to want still more changes nothing
                () = more_is_wanted, if may_want_more => {}
            }
        }
        self.leave(&shared, timing).await;
    }

    /// Asks for a share, uses it, and tells how long it is good not to ask again.
    async fn ask(&self, shared: &SharedAccount, known: &mut Known, timing: Timing) -> Duration {
        let SharedAccount { account, governor, is_unsure, .. } = shared;
        let asked_at = Instant::now();
        // calls in flight may be more than the share for a while, and no new one is let in beyond it
        let granted = if asked_at < known.until { known.granted } else { 0 };
        let using = granted.max(governor.in_flight());
        let request = ShareRequest {
            account: account.clone(),
            holder: self.holder.clone(),
            of: AccountSlots {
                slots: governor.account_slots(),
                is_known: !is_unsure.load(Ordering::Relaxed),
            },
            using,
            wanted: known.wanted,
        };
        let asked = self.shares.ask_share(&request, (self.clock)(), self.lease);
        match timeout(timing.use_for, asked).await {
            Ok(Ok(Share { slots, due })) => {
                (known.granted, known.until) = (slots, asked_at + timing.use_for);
                governor.grant(slots, known.until);
                if slots < due || slots < using { timing.soon } else { timing.every }
            }
            Ok(Err(error)) => {
                tracing::warn!(account, %error, "the account's slots cannot be shared with other processes now");
                timing.every
            }
            Err(_) => {
                tracing::warn!(account, "sharing the account's slots with other processes takes too long");
                timing.soon
            }
        }
    }

    /// Lets nobody in any more, and gives everything back if no call is in flight. False when one is.
    async fn gave_back(&self, shared: &SharedAccount, timing: Timing) -> bool {
        let SharedAccount { account, governor, .. } = shared;
        governor.grant(0, Instant::now());
        if governor.in_flight() > 0 {
            return false;
        }
        let given_back = timeout(timing.use_for, self.shares.give_back_share(account, &self.holder)).await;
        if !matches!(given_back, Ok(Ok(()))) {
            tracing::debug!(account, "a share of the account's slots could not be given back; it lapses");
        }
        true
    }

    /// Waits for calls in flight to end, but not longer than the share lasts.
    async fn leave(&self, shared: &SharedAccount, timing: Timing) {
        let until = Instant::now() + self.lease;
        while !self.gave_back(shared, timing).await && Instant::now() < until {
            sleep(timing.at_once).await;
        }
    }

    /// Up to a quarter less, so that processes do not ask in step.
    fn about(&self, pause: Duration) -> Duration {
        let parts = u32::try_from((self.jitter)() % 256).unwrap_or_default();
        pause - pause / 4 * parts / 256
    }
}

#[cfg(test)]
#[path = "slot_sharing_tests.rs"]
mod tests;
