//! How many calls a NetSuite account gets at once: one governor per account, and what the account tells of its limits.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amz_connector::netsuite::{ConcurrencyLimits, Governor, GovernorObserver, NetSuite};
use amz_services::failure::{Failure, PortError};
use amz_services::urgency::Urgency;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::settings::NetSuiteSettings;
use crate::slot_sharing::{SharedAccount, SlotSharing};

/// How often the account is asked for its limits.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How soon it is asked again when it could not be.
const AGAIN: Duration = Duration::from_secs(15 * 60);

/// The governors of a process, by account id. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Governors(Arc<Inner>);

#[derive(Default)]
struct Inner {
    accounts: Mutex<HashMap<String, SharedAccount>>,
    /// Where other processes call the same accounts.
    sharing: Option<Sharing>,
}

/// The tasks that keep shares. They end, and give the shares back, when told to or when the last governor is gone.
struct Sharing {
    slots: SlotSharing,
    stop: CancellationToken,
    _stops: DropGuard,
    tasks: TaskTracker,
}

impl Governors {
    /// Governors that share the slots of their accounts with those of other processes. Must be used within a runtime.
    pub(crate) fn shared(slots: SlotSharing) -> Self {
        let stop = CancellationToken::new();
        let sharing = Sharing { slots, _stops: stop.clone().drop_guard(), stop, tasks: TaskTracker::new() };
        Self(Arc::new(Inner { accounts: Mutex::default(), sharing: Some(sharing) }))
    }

    /// The governor of an account. Where several connections name the same account, the lowest limit counts that is set.
    pub(crate) fn of(&self, settings: &NetSuiteSettings) -> Governor {
        self.account(settings).governor
    }

    fn account(&self, settings: &NetSuiteSettings) -> SharedAccount {
        let name = settings.account.to_ascii_uppercase();
        let mut all = self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = all.entry(name.clone()).or_insert_with(|| self.0.account(name, settings.concurrency));
        let governor = &account.governor;
        if settings.concurrency_is_set && governor.limit().is_none_or(|limit| settings.concurrency < limit) {
            governor.set_limit(settings.concurrency);
        }
        account.clone()
    }

    /// Another limit was set for an account: it counts from now on.
    pub(crate) fn set_limit(&self, settings: &NetSuiteSettings) {
        let governor = self.of(settings);
        if settings.concurrency_is_set {
            governor.set_limit(settings.concurrency);
        } else {
            governor.lift_limit(settings.concurrency);
        }
    }

    /// Gives back what this process has of its accounts. Nobody is let in any more.
    pub(crate) async fn stop(&self) {
        if let Some(sharing) = &self.0.sharing {
            sharing.stop.cancel();
            sharing.tasks.close();
            sharing.tasks.wait().await;
        }
    }
}

impl Inner {
    fn account(&self, account: String, slots: usize) -> SharedAccount {
        let waits = Arc::new(Notify::new());
        let meter = Meter { account: account.clone(), waits: waits.clone() };
        let governor = Governor::observed(slots, Arc::new(meter));
        let shared = SharedAccount { account, governor, is_unsure: Arc::default(), waits };
        if let Some(sharing) = &self.sharing {
            // nobody is let in before the first share is granted
            shared.governor.grant(0, Instant::now());
            sharing.tasks.spawn(sharing.slots.clone().keep(shared.clone(), sharing.stop.clone()));
        }
        shared
    }
}

/// Shows on metrics how an account's slots are used.
#[derive(Debug)]
struct Meter {
    account: String,
    /// Notified when a call has to wait.
    waits: Arc<Notify>,
}

impl GovernorObserver for Meter {
    fn changed(&self, slots: usize, in_flight: usize) {
        let figure = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("amz_netsuite_slots", "account" => self.account.clone()).set(figure(slots));
        metrics::gauge!("amz_netsuite_in_flight", "account" => self.account.clone()).set(figure(in_flight));
    }

    fn waits(&self, urgency: Urgency) {
        self.waits.notify_one();
        let account = self.account.clone();
        metrics::counter!("amz_netsuite_waits_total", "account" => account, "urgency" => urgency.as_str())
            .increment(1);
    }
}

/// Learns from an account how many calls it takes at once.
#[derive(Clone)]
pub struct ConcurrencyLearner {
    account: String,
    netsuite: NetSuite,
    governor: Governor,
    /// True until the account has told, or has said that it does not.
    is_unsure: Arc<AtomicBool>,
}

/// What asking for limits came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learnt {
    /// So many slots are used from now on.
    Slots(usize),
    /// The account does not tell: the setting holds.
    NotTold,
    /// It could not be asked, and is asked again.
    NotAsked,
}

impl ConcurrencyLearner {
    /// A learner for the account of some settings; `None` when they do not want one.
    pub(crate) fn of(
        settings: &NetSuiteSettings,
        netsuite: &NetSuite,
        governors: &Governors,
    ) -> Option<Self> {
        settings.learn_concurrency.then(|| {
            let SharedAccount { governor, is_unsure, .. } = governors.account(settings);
            is_unsure.store(true, Ordering::Relaxed);
            Self { account: settings.account.clone(), netsuite: netsuite.clone(), governor, is_unsure }
        })
    }

    /// Asks once and uses what is told.
    pub async fn learn(&self) -> Learnt {
        self.use_limits(self.netsuite.concurrency_limits().await)
    }

    fn use_limits(&self, told: Result<ConcurrencyLimits, PortError>) -> Learnt {
        let learnt = self.learnt(told);
        if learnt != Learnt::NotAsked {
            self.is_unsure.store(false, Ordering::Relaxed);
        }
        learnt
    }

    fn learnt(&self, told: Result<ConcurrencyLimits, PortError>) -> Learnt {
        let account = &self.account;
        match told.map(|limits| (limits, limits.share())) {
            Ok((limits, Some(share))) => {
                self.governor.set_share(share);
                let slots = self.governor.account_slots();
                tracing::info!(account, slots, ?limits, "learned how many calls at once the account takes");
                Learnt::Slots(slots)
            }
            Ok((_, None)) => Learnt::NotTold,
            Err(error) if error.failure == Failure::Refused => {
                let slots = self.governor.account_slots();
                tracing::info!(account, slots, %error, "the account's limits are not for this role to know: the setting holds");
                Learnt::NotTold
            }
            Err(error) => {
                tracing::debug!(account, %error, "the account's limits could not be asked for");
                Learnt::NotAsked
            }
        }
    }

    /// Learns at the start and then daily, until `stop` or until the account does not tell.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let wait = match self.learn().await {
                Learnt::Slots(_) => EVERY,
                Learnt::NotAsked => AGAIN,
                Learnt::NotTold => return,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
