//! How many calls a NetSuite account gets at once: one governor per account, and what the account tells of its limits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amz_connector::netsuite::{ConcurrencyLimits, Governor, GovernorObserver, NetSuite};
use amz_services::failure::{Failure, PortError};
use amz_services::urgency::Urgency;
use tokio_util::sync::CancellationToken;

use crate::settings::NetSuiteSettings;

/// How often the account is asked for its limits.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How soon it is asked again when it could not be.
const AGAIN: Duration = Duration::from_secs(15 * 60);

/// The governors of a process, by account id. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Governors(Arc<Mutex<HashMap<String, Governor>>>);

impl Governors {
    /// The governor of an account. Where several connections name the same account, the lowest setting counts.
    pub(crate) fn of(&self, settings: &NetSuiteSettings) -> Governor {
        let account = settings.account.to_ascii_uppercase();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let governor = all
            .entry(account.clone())
            .or_insert_with(|| Governor::observed(settings.concurrency, Arc::new(Meter { account })));
        if settings.concurrency < governor.share() {
            governor.set_share(settings.concurrency);
        }
        governor.clone()
    }
}

/// Shows on metrics how an account's slots are used.
#[derive(Debug)]
struct Meter {
    account: String,
}

impl GovernorObserver for Meter {
    fn changed(&self, slots: usize, in_flight: usize) {
        let figure = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        metrics::gauge!("amz_netsuite_slots", "account" => self.account.clone()).set(figure(slots));
        metrics::gauge!("amz_netsuite_in_flight", "account" => self.account.clone()).set(figure(in_flight));
    }

    fn waits(&self, urgency: Urgency) {
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
    /// The most that may be used whatever the account says.
    most: Option<usize>,
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
        settings.learn_concurrency.then(|| Self {
            account: settings.account.clone(),
            netsuite: netsuite.clone(),
            governor: governors.of(settings),
            most: settings.concurrency_is_set.then_some(settings.concurrency),
        })
    }

    /// Asks once and uses what is told.
    pub async fn learn(&self) -> Learnt {
        self.use_limits(self.netsuite.concurrency_limits().await)
    }

    fn use_limits(&self, told: Result<ConcurrencyLimits, PortError>) -> Learnt {
        let account = &self.account;
        match told.map(|limits| (limits, limits.share())) {
            Ok((limits, Some(share))) => {
                let slots = self.most.map_or(share, |most| most.min(share));
                tracing::info!(account, slots, ?limits, "learned how many calls at once the account takes");
                self.governor.set_share(slots);
                Learnt::Slots(slots)
            }
            Ok((_, None)) => Learnt::NotTold,
            Err(error) if error.failure == Failure::Refused => {
                let slots = self.governor.share();
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
