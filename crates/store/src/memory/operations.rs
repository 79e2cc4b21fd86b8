//! The audit trail and what operators read.

use amz_domain::ConnectionName;
use amz_services::audit::{AuditEntry, AuditEvent, AuditKind, AuditPosition, AuditQuery, CallRecord};
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

use super::{Echo, MemoryStore, State, place};
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
        let entries = state.same_order(key).iter().flat_map(|key| state.told(key)).collect();
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

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let AuditQuery { connection, lane, since, until, only_failures, after, limit } = query;
        let state = self.state();
        let lanes = lane.as_ref().map(|lane| {
            let key = LaneKey { connection: connection.clone(), lane: lane.clone() };
            state.same_order(&key).into_iter().map(|key| key.lane).collect::<Vec<_>>()
        });
        let mut entries = state.entries(connection);
        entries.retain(|entry| {
            let (of, failed) = match &entry.event {
                AuditEvent::Call(call) => (call.lane.as_ref(), call.outcome.is_failure()),
                AuditEvent::Echo { lane, .. } => (Some(lane), false),
            };
            let at = entry.position.at;
            lanes.as_ref().is_none_or(|lanes| of.is_some_and(|lane| lanes.contains(lane)))
                && since.is_none_or(|since| at >= since)
                && until.is_none_or(|until| at < until)
                && after.is_none_or(|after| entry.position > after)
                && (failed || !only_failures)
        });
        entries.sort_by_key(|entry| entry.position);
        entries.truncate(*limit as usize);
        Ok(entries)
    }

    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut entries = self.state().entries(connection);
        entries.retain(|entry| entry.position.kind == AuditKind::Call && entry.position.id > after);
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError> {
        let state = self.state();
        let of_connection = (1..).zip(&state.calls).filter(|(_, call)| call.connection == *connection);
        Ok(of_connection.map(|(id, _)| id).last().unwrap_or(0))
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
    /// The lane, and the lanes of Amazon orders and documents that turned out to be its.
    fn same_order(&self, key: &LaneKey) -> Vec<LaneKey> {
        let others = self.links_of(key).filter_map(|link| match link {
            Link::Order(order) => Some(Lane::AmazonOrder(order.amazon_order.clone())),
            Link::Document(link) => Some(Lane::Document(link.document.clone())),
            _ => None,
        });
        let others = others.filter(|lane| *lane != key.lane);
        let others = others.map(|lane| LaneKey { connection: key.connection.clone(), lane });
        std::iter::once(key.clone()).chain(others).collect()
    }

    /// All entries of a connection's audit trail: calls as they were recorded, then echoes.
    fn entries(&self, of: &ConnectionName) -> Vec<AuditEntry> {
        let notices = |lane: Option<&Lane>, job: Option<i64>| {
            let key = LaneKey { connection: of.clone(), lane: lane?.clone() };
            let look = self.looks.get(&place(&key))?.iter().find(|(fence, _)| Some(*fence) == job)?;
            Some(look.1.notices.clone())
        };
        let calls = (1..).zip(&self.calls).filter(|(_, call)| call.connection == *of);
        let calls = calls.map(|(id, call)| AuditEntry {
            position: AuditPosition { at: call.started_at, kind: AuditKind::Call, id },
            notices: notices(call.lane.as_ref(), call.job).unwrap_or_default(),
            event: AuditEvent::Call(Box::new(call.clone())),
        });
        let echoes = (1..).zip(&self.echoes).filter(|(_, echo)| echo.key.connection == *of);
        let echoes = echoes.map(|(id, Echo { key, job, at, what })| AuditEntry {
            position: AuditPosition { at: *at, kind: AuditKind::Echo, id },
            notices: notices(Some(&key.lane), *job).unwrap_or_default(),
            event: AuditEvent::Echo { lane: key.lane.clone(), job: *job, what: what.clone() },
        });
        calls.chain(echoes).collect()
    }

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
            self.looks.get(&place).into_iter().flatten().map(|(_, look)| {
                telling::look(look.ended_at, &look.asks, look.outcome.as_str(), &look.lines)
            }),
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
