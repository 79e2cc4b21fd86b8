//! The audit trail and what operators read.

use amz_domain::ConnectionName;
use amz_services::audit::CallRecord;
use amz_services::failure::StoreError;
use amz_services::intent::IntentState;
use amz_services::link::Link;
use amz_services::parking::Parked;
use amz_services::ports::records::Backlog;
use amz_services::ports::{CallLog, Operations};
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Lane, LaneKey};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State, place};
use crate::telling::{self, Next, in_order};

#[async_trait]
impl CallLog for MemoryStore {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        self.state().calls.push(call.clone());
        Ok(())
    }
}

#[async_trait]
impl Operations for MemoryStore {
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError> {
        let state = self.state();
        let mut entries = state.told(key);
        let others = state.links_of(key).filter_map(|link| match link {
            Link::Order(order) => Some(Lane::AmazonOrder(order.amazon_order.clone())),
            Link::Document(link) => Some(Lane::Document(link.document.clone())),
            _ => None,
        });
        for lane in others.filter(|lane| *lane != key.lane) {
            entries.extend(state.told(&LaneKey { connection: key.connection.clone(), lane }));
        }
        Ok(in_order(entries))
    }

    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError> {
        Ok(self
            .state()
            .parked_in(|parked| connection.as_ref().is_none_or(|wanted| *wanted == parked.key.connection)))
    }

    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        let mut calls: Vec<_> =
            self.state().calls.iter().filter(|call| call.started_at >= since).cloned().collect();
        calls.sort_by_key(|call| call.started_at);
        calls.truncate(limit as usize);
        Ok(calls)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let state = self.state();
        let unsettled = state
            .intents
            .values()
            .filter(|(_, intent)| matches!(intent.state, IntentState::Sent | IntentState::Unclear));
        Ok(Backlog {
            lanes: state.lanes.len() as u64,
            leased: state.lanes.values().filter(|lane| lane.holder.is_some()).count() as u64,
            parked: state.parked.len() as u64,
            unsettled: unsettled.count() as u64,
        })
    }
}

impl State {
    fn told(&self, key: &LaneKey) -> Vec<TimelineEntry> {
        let place = place(key);
        let mut entries = Vec::new();
        entries.extend(self.notices.get(&place).into_iter().flatten().map(telling::notice));
        let calls = self.calls.iter().filter(|call| {
            call.connection == key.connection && call.lane.as_ref().is_some_and(|lane| *lane == key.lane)
        });
        entries.extend(calls.map(telling::call));
        entries.extend(self.intent_changes.get(&place).into_iter().flatten().cloned());
        entries.extend(
            self.looks
                .get(&place)
                .into_iter()
                .flatten()
                .map(|look| telling::look(look.ended_at, &look.asks, look.outcome.as_str(), &look.lines)),
        );
        entries.extend(self.parked_in(|parked| parked.key == *key).iter().map(telling::parked));
        entries.extend(self.lanes.get(&place).map(|lane| {
            let paused = self.pauses.get(&place.0).map(|pause| (pause.until, pause.code.clone()));
            telling::next(&Next {
                due_at: lane.due_at,
                leased: lane.holder.as_ref().map(|holder| (holder.owner.clone(), holder.until)),
                paused,
                attempts: lane.attempts,
                asks: lane.asks(),
            })
        }));
        entries
    }
}
