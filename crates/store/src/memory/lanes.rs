//! Taking work and giving it back.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::Lanes;
use amz_services::work::{Claim, LaneRequest, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Echo, Holder, MemoryStore, Pause, Place, State, Waiting, place};
use crate::fair_turns::{Contender, allot, floor};
use crate::head_start::turn;
use crate::settle::passed_on;
use crate::stored::{each_once, later, micros};

#[async_trait]
impl Lanes for MemoryStore {
    async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut state = self.state();
        let State { lanes, pauses, fence, turns, .. } = &mut *state;
        let mut due: Vec<_> = lanes
            .iter_mut()
            .filter(|((connection, _), lane)| {
                lane.claimable_at() <= now && pauses.get(connection).is_none_or(|pause| pause.until <= now)
            })
            .map(|(place, lane)| ((turn(lane.claimable_at(), lane.urgency()), place), lane))
            .collect();
        due.sort_by_key(|(rank, _)| *rank);
        let mut shares = shares(due.iter().map(|(rank, _)| *rank), turns, limit);
        due.retain(|((_, (connection, _)), _)| {
            shares
                .get_mut(connection)
                .is_some_and(|left| left.checked_sub(1).map(|less| *left = less).is_some())
        });
        if due.is_empty() {
            return Ok(Vec::new());
        }
        *fence += 1;
        Ok(due
            .into_iter()
            .map(|(_, lane)| {
                lane.holder =
                    Some(Holder { owner: owner.to_owned(), fence: *fence, until: later(now, lease_for) });
                Claim {
                    lease: Lease { key: lane.key.clone(), owner: owner.to_owned(), fence: *fence },
                    asks: lane.asks(),
                    notices: lane.notices(),
                    through: lane.last_sequence,
                    attempts: lane.attempts,
                }
            })
            .collect())
    }

    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError> {
        let mut state = self.state();
        let lane = state.held(lease)?;
        let until = later(now, lease_for);
        lane.holder = Some(Holder { owner: lease.owner.clone(), fence: lease.fence, until });
        Ok(())
    }

    async fn complete(
        &self,
        claim: &Claim,
        look: &Look,
        redirect: Vec<LaneRequest>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let lane = state.held(&claim.lease)?;
        lane.requests.retain(|request| {
            request.sequence > claim.through || request.counts_from.is_some_and(|from| from > look.started_at)
        });
        lane.holder = None;
        lane.attempts = 0;
        match lane.requests.iter().map(|request| request.due_at).min() {
            Some(due_at) => lane.due_at = due_at,
            None => {
                state.lanes.remove(&place(&claim.lease.key));
            }
        }
        if look.outcome != LookOutcome::Failed {
            state.settle_repeatable(&claim.lease.key, look.ended_at);
        }
        state.note_look(&claim.lease, look);
        for request in redirect {
            let asked_by = passed_on(claim, &request.key);
            state.mark_from(request, None, asked_by);
        }
        Ok(())
    }

    async fn postpone(
        &self,
        claim: &Claim,
        look: &Look,
        at: DateTime<Utc>,
        failed: bool,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let waiting = state.held(&claim.lease)?.asks();
        for ask in claim.asks.iter().filter(|ask| !waiting.contains(ask)) {
            let key = claim.lease.key.clone();
            let request = LaneRequest { key, ask: ask.clone(), due_at: at, notice: None };
            state.mark_from(request, None, &claim.notices);
        }
        let lane = state.held(&claim.lease)?;
        let later_requests = lane.requests.iter().filter(|request| request.sequence > claim.through);
        lane.due_at = later_requests.map(|request| request.due_at).min().map_or(at, |due_at| due_at.min(at));
        lane.holder = None;
        lane.attempts = if failed { claim.attempts.saturating_add(1) } else { 0 };
        state.note_look(&claim.lease, look);
        Ok(())
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        if let Ok(lane) = self.state().held(lease) {
            lane.holder = None;
        }
        Ok(())
    }

    async fn set_weights(&self, weights: &[(ConnectionName, u32)]) -> Result<(), StoreError> {
        let mut state = self.state();
        for (connection, weight) in weights {
            state.turns.entry(connection.to_string()).or_insert((1, 0)).0 = (*weight).max(1);
        }
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let state = self.state();
        Ok(state
            .lanes
            .iter()
            .map(|((connection, _), lane)| {
                let due_at = lane.claimable_at();
                state.pauses.get(connection).map_or(due_at, |pause| pause.until.max(due_at))
            })
            .min())
    }

    async fn pause(
        &self,
        connection: &ConnectionName,
        until: DateTime<Utc>,
        code: &str,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let before = state.pauses.get(connection.as_str());
        let news = before.is_none_or(|pause| pause.code != code);
        if before.is_none_or(|pause| until >= pause.until) {
            state.pauses.insert(connection.to_string(), Pause { until, code: code.to_owned() });
        }
        Ok(news)
    }

    async fn resume(&self, connection: &ConnectionName) -> Result<Option<String>, StoreError> {
        Ok(self.state().pauses.remove(connection.as_str()).map(|pause| pause.code))
    }

    async fn resume_if(&self, connection: &ConnectionName, code: &str) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_its = state.pauses.get(connection.as_str()).is_some_and(|pause| pause.code == code);
        if is_its {
            state.pauses.remove(connection.as_str());
        }
        Ok(is_its)
    }
}

/// How many lanes each connection gets of those that are due, which come in their order, and moves its turn on.
fn shares<'due>(
    due: impl Iterator<Item = (DateTime<Utc>, &'due Place)>,
    turns: &mut HashMap<String, (u32, i64)>,
    limit: u32,
) -> HashMap<String, u32> {
    let mut contenders: BTreeMap<&str, Contender> = BTreeMap::new();
    for (turn, (connection, _)) in due {
        let (weight, pass) = turns.get(connection).copied().unwrap_or((1, 0));
        let first = Contender { connection: connection.clone(), weight, pass, due: 0, first: micros(turn) };
        contenders.entry(connection).or_insert(first).due += 1;
    }
    let contenders: Vec<_> = contenders.into_values().collect();
    let shares = allot(&contenders, floor(turns.values().copied()), limit);
    let moved = shares.into_iter().map(|share| {
        turns.entry(share.connection.clone()).or_insert((1, 0)).1 = share.pass_after(share.lanes);
        (share.connection, share.lanes)
    });
    moved.collect()
}

impl Waiting {
    fn notices(&self) -> Vec<String> {
        each_once(self.requests.iter().flat_map(|request| request.notices.iter().cloned()))
    }
}

impl State {
    fn note_look(&mut self, lease: &Lease, look: &Look) {
        let echo = |what: &String| Echo {
            key: lease.key.clone(),
            job: Some(lease.fence),
            at: look.ended_at,
            what: what.clone(),
        };
        self.echoes.extend(look.echoes.iter().map(echo));
        self.looks.entry(place(&lease.key)).or_default().push((lease.fence, look.clone()));
    }
}
