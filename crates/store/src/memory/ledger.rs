//! Links, intents and parked items of a lane.

use std::collections::hash_map::Entry;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::intent::{Intent, IntentChange, IntentKey, IntentState, NewIntent, Operation};
use amz_services::link::{Link, LinkKey};
use amz_services::notification::NotificationKind;
use amz_services::parking::{Parked, Reason};
use amz_services::ports::ledger::{Ledger, OwnWrites, WriteWindow};
use amz_services::work::{Lane, LaneKey, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State, place};
use crate::settle::{change_words, changed, planned};
use crate::stored::corrupt;
use crate::telling;

#[async_trait]
impl Ledger for MemoryStore {
    async fn links(&self, key: &LaneKey) -> Result<Vec<Link>, StoreError> {
        Ok(self.state().links_of(key).cloned().collect())
    }

    async fn lane_of(&self, connection: &ConnectionName, link: &LinkKey) -> Result<Option<Lane>, StoreError> {
        let (kind, amazon_id) = link.parts();
        let known = (connection.to_string(), kind, amazon_id);
        Ok(self.state().links.get(&known).map(|(lane, _)| lane.clone()))
    }

    async fn write_links(&self, lease: &Lease, links: &[Link]) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        state.write_links(&lease.key, links);
        Ok(())
    }

    async fn unsettled(&self, key: &LaneKey) -> Result<Vec<Intent>, StoreError> {
        let state = self.state();
        let of_lane = state
            .intents
            .iter()
            .filter(|((connection, _), (lane, _))| *connection == key.connection && *lane == key.lane);
        Ok(of_lane.map(|(_, (_, intent))| intent).filter(|intent| is_unsettled(intent)).cloned().collect())
    }

    async fn plan(&self, lease: &Lease, intent: &NewIntent, at: DateTime<Utc>) -> Result<Intent, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let name = (lease.key.connection.clone(), intent.key.0.clone());
        let intent = match state.intents.entry(name) {
            Entry::Occupied(known) => {
                let (lane, intent) = known.get();
                return belongs(lane, intent, &lease.key).map(|()| intent.clone());
            }
            Entry::Vacant(free) => free.insert((lease.key.lane.clone(), planned(intent, at))).1.clone(),
        };
        state.note_change(&lease.key, intent.operation, &intent.subject, at, ("planned", None));
        Ok(intent)
    }

    async fn change(
        &self,
        lease: &Lease,
        intent: &IntentKey,
        change: &IntentChange,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let name = (lease.key.connection.clone(), intent.0.clone());
        let (lane, known) = state
            .intents
            .get_mut(&name)
            .ok_or_else(|| corrupt("intent", format!("{intent} was never planned")))?;
        belongs(lane, known, &lease.key)?;
        *known = changed(known.clone(), change, at);
        let (operation, subject) = (known.operation, known.subject.clone());
        if known.state == IntentState::Done {
            state.settled.insert(name.clone(), at);
        } else {
            state.settled.remove(&name);
        }
        state.note_change(&lease.key, operation, &subject, at, change_words(change));
        if let IntentChange::Done { result: _, links } = change {
            state.done.insert(name, at);
            state.write_links(&lease.key, links);
        }
        Ok(())
    }

    async fn park(
        &self,
        lease: &Lease,
        subject: &str,
        reason: &Reason,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let name = (place(&lease.key), subject.to_owned());
        let same = state.parked.get(&name).filter(|known| known.reason.code == reason.code);
        let since = same.map(|known| known.since);
        let parked = Parked {
            key: lease.key.clone(),
            subject: subject.to_owned(),
            reason: reason.clone(),
            since: since.unwrap_or(at),
        };
        if since.is_none() {
            state.tell(NotificationKind::Parked, parked.clone(), at);
        }
        state.parked.insert(name, parked);
        Ok(since.is_none())
    }

    async fn unpark(&self, lease: &Lease, subject: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let ended = state.parked.remove(&(place(&lease.key), subject.to_owned()));
        let was_parked = ended.is_some();
        if let Some(parked) = ended {
            state.tell(NotificationKind::Cleared, parked, at);
        }
        Ok(was_parked)
    }

    async fn parked(&self, key: &LaneKey) -> Result<Vec<Parked>, StoreError> {
        Ok(self.state().parked_in(|parked| parked.key == *key))
    }
}

#[async_trait]
impl OwnWrites for MemoryStore {
    async fn own_writes(
        &self,
        key: &LaneKey,
        operation: Operation,
        since: DateTime<Utc>,
    ) -> Result<Vec<WriteWindow>, StoreError> {
        let state = self.state();
        let mut windows = Vec::new();
        for (name, (lane, intent)) in &state.intents {
            if name.0 != key.connection || *lane != key.lane || intent.operation != operation {
                continue;
            }
            let settled_at = state.settled.get(name).copied();
            let counts = settled_at.map_or_else(|| is_unsettled(intent), |settled_at| settled_at >= since);
            if let Some(sent_at) = intent.sent_at.filter(|_| counts) {
                windows.push(WriteWindow { sent_at, settled_at });
            }
        }
        windows.sort_by_key(|window| (window.sent_at, window.settled_at));
        Ok(windows)
    }
}

fn belongs(lane: &Lane, intent: &Intent, key: &LaneKey) -> Result<(), StoreError> {
    if *lane == key.lane {
        return Ok(());
    }
    Err(corrupt("intent", format!("{} belongs to {lane}, not to {key}", intent.key)))
}

fn is_unsettled(intent: &Intent) -> bool {
    matches!(intent.state, IntentState::Sent | IntentState::Unclear)
}

impl State {
    pub(super) fn links_of<'state>(&'state self, key: &'state LaneKey) -> impl Iterator<Item = &'state Link> {
        self.links
            .iter()
            .filter(|((connection, ..), (lane, _))| {
                connection == key.connection.as_str() && *lane == key.lane
            })
            .map(|(_, (_, link))| link)
    }

    /// Parked items, oldest first.
    pub(super) fn parked_in(&self, wanted: impl Fn(&Parked) -> bool) -> Vec<Parked> {
        let mut parked: Vec<_> = self.parked.values().filter(|parked| wanted(parked)).cloned().collect();
        parked.sort_by_key(|parked| parked.since);
        parked
    }

    /// Writes that may be repeated and whose answer was lost: a settled look has seen their effect.
    pub(super) fn settle_repeatable(&mut self, key: &LaneKey, at: DateTime<Utc>) {
        let of_lane = self.intents.iter_mut().filter(|((connection, _), _)| *connection == key.connection);
        for (name, (lane, intent)) in of_lane {
            if *lane == key.lane && is_unsettled(intent) && intent.operation.is_repeatable() {
                intent.state = IntentState::Done;
                self.settled.insert(name.clone(), at);
            }
        }
    }

    fn write_links(&mut self, key: &LaneKey, links: &[Link]) {
        for link in links {
            let (kind, amazon_id) = link.key().parts();
            let name = (key.connection.to_string(), kind, amazon_id);
            self.links.insert(name, (key.lane.clone(), link.clone()));
        }
    }

    fn note_change(
        &mut self,
        key: &LaneKey,
        operation: Operation,
        subject: &str,
        at: DateTime<Utc>,
        (change, detail): (&'static str, Option<&str>),
    ) {
        let entry = telling::intent(at, operation.as_str(), subject, change, detail);
        self.intent_changes.entry(place(key)).or_default().push(entry);
    }
}
