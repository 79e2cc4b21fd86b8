//! A pretend ledger: what it keeps is there in the next look, and its writes fail once the process is dead.

use std::collections::{BTreeMap, HashMap};

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::intent::{Intent, IntentChange, IntentKey, IntentState, NewIntent};
use crate::link::{Link, LinkKey};
use crate::parking::{Parked, Reason};
use crate::ports::Ledger;
use crate::work::{Lane, LaneKey, Lease};

/// What a ledger keeps, of whatever lane.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) links: Vec<Link>,
    pub(crate) intents: HashMap<IntentKey, Intent>,
    /// What is parked, by subject.
    pub(crate) parked: BTreeMap<String, Parked>,
}

impl Kept {
    /// Inserts links, or replaces them by their key.
    fn learn(&mut self, links: &[Link]) {
        for link in links {
            self.links.retain(|known| known.key() != link.key());
            self.links.push(link.clone());
        }
    }

    /// Writes that are sent or unclear.
    pub(crate) fn unsettled(&self) -> Vec<Intent> {
        let open = [IntentState::Sent, IntentState::Unclear];
        self.intents.values().filter(|intent| open.contains(&intent.state)).cloned().collect()
    }

    /// Codes of what is parked, by subject.
    pub(crate) fn codes(&self) -> Vec<(String, String)> {
        self.parked.iter().map(|(subject, parked)| (subject.clone(), parked.reason.code.clone())).collect()
    }

    fn plan(&mut self, new: &NewIntent, at: DateTime<Utc>) -> Intent {
        let intent = self.intents.entry(new.key.clone()).or_insert_with(|| Intent {
            key: new.key.clone(),
            operation: new.operation,
            subject: new.subject.clone(),
            state: IntentState::Planned,
            sends: 0,
            lookups: 0,
            planned_at: at,
            sent_at: None,
            result: None,
        });
        intent.clone()
    }

    fn change(&mut self, key: &IntentKey, change: &IntentChange, at: DateTime<Utc>) {
        if let IntentChange::Done { links, .. } = change {
            self.learn(links);
        }
        let intent = self.intents.get_mut(key).unwrap();
        intent.state = match change {
            IntentChange::Sent => {
                intent.sent_at = Some(at);
                IntentState::Sent
            }
            IntentChange::NotSent => IntentState::Planned,
            IntentChange::Unclear | IntentChange::LookedUp => IntentState::Unclear,
            IntentChange::Done { .. } => IntentState::Done,
            IntentChange::Refused { .. } => IntentState::Refused,
        };
    }
}

/// A pretend world with a ledger.
pub(crate) trait Remembers: Send + Sync {
    /// Looks at what is kept.
    fn kept<Seen>(&self, look: impl FnOnce(&Kept) -> Seen) -> Seen;

    /// Commits something, unless the process is dead.
    ///
    /// # Errors
    /// When the process died before.
    fn commit<Outcome>(&self, write: impl FnOnce(&mut Kept) -> Outcome) -> Result<Outcome, StoreError>;
}

#[async_trait]
impl<World: Remembers> Ledger for World {
    async fn links(&self, _: &LaneKey) -> Result<Vec<Link>, StoreError> {
        Ok(self.kept(|kept| kept.links.clone()))
    }

    async fn lane_of(&self, _: &ConnectionName, _: &LinkKey) -> Result<Option<Lane>, StoreError> {
        Ok(None)
    }

    async fn write_links(&self, _: &Lease, links: &[Link]) -> Result<(), StoreError> {
        self.commit(|kept| kept.learn(links))
    }

    async fn unsettled(&self, _: &LaneKey) -> Result<Vec<Intent>, StoreError> {
        Ok(self.kept(Kept::unsettled))
    }

    async fn plan(&self, _: &Lease, new: &NewIntent, at: DateTime<Utc>) -> Result<Intent, StoreError> {
        self.commit(|kept| kept.plan(new, at))
    }

    async fn change(
        &self,
        _: &Lease,
        key: &IntentKey,
        change: &IntentChange,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.commit(|kept| kept.change(key, change, at))
    }

    async fn park(
        &self,
        lease: &Lease,
        subject: &str,
        reason: &Reason,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (key, reason) = (lease.key.clone(), reason.clone());
        let parked = Parked { key, subject: subject.to_owned(), reason, since: at };
        self.commit(|kept| {
            let code = parked.reason.code.clone();
            let before = kept.parked.insert(subject.to_owned(), parked);
            before.is_none_or(|before| before.reason.code != code)
        })
    }

    async fn unpark(&self, _: &Lease, subject: &str, _: DateTime<Utc>) -> Result<bool, StoreError> {
        self.commit(|kept| kept.parked.remove(subject).is_some())
    }

    async fn parked(&self, key: &LaneKey) -> Result<Vec<Parked>, StoreError> {
        let of_lane = |parked: &Parked| Parked { key: key.clone(), ..parked.clone() };
        Ok(self.kept(|kept| kept.parked.values().map(of_lane).collect()))
    }
}
