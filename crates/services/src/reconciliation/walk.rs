//! Walks the orders of a reconciliation and asks their lanes.
//!
//! Which orders were asked is committed before their lanes are asked, and both before the walk goes on: whatever was
//! lost with a crash in between is asked again by the next look, and an order that has answered meanwhile says so
//! without a look of its own.

use std::time::Duration;

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use chrono::{DateTime, TimeDelta, Utc};

use super::record::{
    FindingOutcome, Reconciliation, ReconciliationBeginner, ReconciliationPhase, ReconciliationRequest,
    ReconciliationScope, ReconciliationSummary,
};
use crate::connection;
use crate::desk::{Desk, Stop};
use crate::failure::StoreError;
use crate::ports::netsuite::FeedPosition;
use crate::work::{Ask, Lane, LaneKey, LaneRequest};

/// When a lane that was asked by an earlier look is due, should it never have heard of it.
const ASKED_AGAIN: TimeDelta = TimeDelta::seconds(30);

/// How far before the last completed reconciliation the next one begins: clocks differ, and changes are seen late.
const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// How far back the first one looks.
const FIRST: TimeDelta = TimeDelta::hours(24);

/// Shortest and longest wait before orders that have not answered are looked after again.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The part of its age that a reconciliation waits: short ones answer soon, long ones do not keep the store busy.
const WAIT_SHARE: u32 = 20;

/// Serves the asks of the lane of reconciliation.
pub(crate) async fn walk(desk: &mut Desk<'_>, asks: &[Ask]) -> Result<Vec<LaneRequest>, Stop> {
    let connection = desk.connection;
    let Some(part) = connection.reconciliation.as_ref() else {
        desk.note("nobody reconciles here");
        return Ok(Vec::new());
    };
    let mut requests = Vec::new();
    for request in wanted(asks) {
        match part.records.run(&connection.name, &request.id).await? {
            Some(run) if run.phase == ReconciliationPhase::Done => {
                desk.note(format!("reconciliation {} is ended", request.id));
            }
            known => requests.push((request, known)),
        }
    }
    let mut redirect = Vec::new();
    let mut scheduled = false;
    for (request, known) in one_by_schedule(desk, requests) {
        if request.by == ReconciliationBeginner::Schedule && std::mem::replace(&mut scheduled, true) {
            // the one under way comes first
            redirect.push(ask_again(desk, request, LONGEST_WAIT));
            continue;
        }
        let run = match known {
            Some(run) => run,
            None => begin(desk, part, request).await?,
        };
        redirect.extend(Walk { desk, part, run }.go_on().await?);
    }
    Ok(redirect)
}

/// The reconciliations that are asked for, those of people first.
fn wanted(asks: &[Ask]) -> Vec<&ReconciliationRequest> {
    let mut wanted: Vec<&ReconciliationRequest> = asks
        .iter()
        .filter_map(|ask| match ask {
            Ask::WalkOrders(request) => Some(request),
            _ => None,
        })
        .collect();
    wanted.sort_by_key(|request| (request.by == ReconciliationBeginner::Schedule, request.id.clone()));
    wanted
}

/// Of the schedule's reconciliations those under way, and the newest of those that are not: it looks back as far as
/// the ones it stands for.
fn one_by_schedule<'asks>(
    desk: &mut Desk<'_>,
    requests: Vec<(&'asks ReconciliationRequest, Option<Reconciliation>)>,
) -> Vec<(&'asks ReconciliationRequest, Option<Reconciliation>)> {
    let waits = |(request, known): &(&ReconciliationRequest, Option<Reconciliation>)| {
        request.by == ReconciliationBeginner::Schedule && known.is_none()
    };
    let newest = requests.iter().filter(|one| waits(one)).map(|(request, _)| request.id.clone()).max();
    let mut kept = Vec::new();
    for one in requests {
        if waits(&one) && Some(&one.0.id) != newest.as_ref() {
            desk.note(format!("reconciliation {} was missed: the next one stands for it", one.0.id));
        } else {
            kept.push(one);
        }
    }
    // under way before new
    kept.sort_by_key(|one| (one.0.by == ReconciliationBeginner::Schedule, one.1.is_none(), one.0.id.clone()));
    kept
}

/// Begins a reconciliation: from here on it is known from when on orders count as touched.
async fn begin(
    desk: &mut Desk<'_>,
    part: &connection::Reconciliation,
    request: &ReconciliationRequest,
) -> Result<Reconciliation, Stop> {
    let connection = desk.connection;
    let now = connection.now();
    let since = match &request.scope {
        ReconciliationScope::Open { since: Some(since) } => Some(*since),
        ReconciliationScope::Open { since: None } => {
            let last = part.records.last_completed(&connection.name).await?;
            Some(last.map_or(now - FIRST, |began| began - OVERLAP))
        }
        ReconciliationScope::Orders(_)
        | ReconciliationScope::Created { .. }
        | ReconciliationScope::SentByOthers => None,
    };
    let phase = match &request.scope {
        ReconciliationScope::Open { .. } => ReconciliationPhase::Open,
        _ => ReconciliationPhase::Named,
    };
    let new = Reconciliation {
        request: request.clone(),
        started_at: now,
        since,
        phase,
        open_through: None,
        named_through: None,
        asked: 0,
        ended_at: None,
    };
    let run = part.records.begin(desk.lease, &new).await?;
    let since = run.since.map(|since| format!(", orders touched since {since}")).unwrap_or_default();
    desk.note(format!("reconciliation {} begins{since}", request.id));
    Ok(run)
}

/// One reconciliation at work.
struct Walk<'desk, 'work, 'part> {
    desk: &'desk mut Desk<'work>,
    part: &'part connection::Reconciliation,
    run: Reconciliation,
}

/// The next orders to ask, and how far the walk is with them.
struct Step {
    orders: Vec<SalesOrderId>,
    /// True when the phase is walked to its end.
    is_last: bool,
}

impl Walk<'_, '_, '_> {
    /// Asks as many orders as may be outstanding at once. Returns what lanes are asked, this one included until all have
    /// answered.
    async fn go_on(mut self) -> Result<Vec<LaneRequest>, Stop> {
        let most = usize::try_from(self.part.at_once).unwrap_or(usize::MAX).max(1);
        // asked by an earlier look, which may have died before their lanes heard of it
        let mut outstanding = self.outstanding(self.part.at_once.max(1)).await?;
        let began_with = outstanding.len();
        // a page costs a query: it is worth one when there is room for half of those that may be outstanding
        while self.run.phase < ReconciliationPhase::Waiting && outstanding.len() <= most / 2 {
            let step = self.step(most - outstanding.len()).await?;
            outstanding.extend(self.ask(step).await?);
        }
        if self.run.phase == ReconciliationPhase::Waiting && outstanding.is_empty() {
            self.end().await?;
            return Ok(Vec::new());
        }
        let id = self.run.request.id.clone();
        let (asked, waits) = (outstanding.len() - began_with, outstanding.len());
        self.desk.note(format!("reconciliation {id}: {asked} orders asked, {waits} have not answered yet"));
        let wait = self.wait();
        let request = ask_again(self.desk, &self.run.request, wait);
        let connection = self.desk.connection;
        let ask = |(place, order)| LaneRequest {
            key: LaneKey { connection: connection.name.clone(), lane: Lane::SalesOrder(order) },
            ask: Ask::Reconcile(id.clone()),
            // a lane that was asked before and waits after a failure must not be hurried
            due_at: connection.now() + if place < began_with { ASKED_AGAIN } else { TimeDelta::zero() },
            notice: None,
        };
        Ok(outstanding.into_iter().enumerate().map(ask).chain([request]).collect())
    }

    async fn outstanding(&self, limit: u32) -> Result<Vec<SalesOrderId>, StoreError> {
        let (name, id) = self.names();
        self.part.records.outstanding(name, id, limit).await
    }

    fn names(&self) -> (&ConnectionName, &ReconciliationId) {
        (&self.desk.connection.name, &self.run.request.id)
    }

    /// The next orders of the walk, at most `room`, and where the walk stands once they are asked.
    async fn step(&mut self, room: usize) -> Result<Step, Stop> {
        let connection = self.desk.connection;
        if self.run.phase == ReconciliationPhase::Open {
            let limit = u32::try_from(room).unwrap_or(u32::MAX);
            let after = self.run.open_through.clone();
            let orders = self.part.records.open_orders(&connection.name, after, limit).await?;
            let is_last = orders.len() < room;
            if let Some(last) = orders.last() {
                self.run.open_through = Some(last.clone());
            }
            return Ok(Step { orders, is_last });
        }
        let after = self.run.named_through.clone();
        let order_after = after.as_ref().map(|position| SalesOrderId::from(position.id.as_str()));
        let orders = &self.part.orders;
        let (mut rows, more) = match &self.run.request.scope {
            ReconciliationScope::Open { .. } => {
                let since = self.run.since.unwrap_or(self.run.started_at);
                let page = orders.touched(since, after).await?;
                (page.rows, page.more)
            }
            ReconciliationScope::Orders(named) => {
                let done = order_after.and_then(|after| named.iter().position(|order| *order == after));
                (rows_of(named.iter().skip(done.map_or(0, |done| done + 1)).cloned()), false)
            }
            ReconciliationScope::Created { from, until } => {
                let created = orders.created(*from, *until, order_after).await?;
                let more = !created.is_empty();
                (rows_of(created), more)
            }
            ReconciliationScope::SentByOthers => {
                let sent = orders.sent_by_others(order_after).await?;
                let more = !sent.is_empty();
                (rows_of(sent.into_iter().map(|sent| sent.sales_order)), more)
            }
        };
        let is_last = !more && rows.len() <= room;
        rows.truncate(room);
        if let Some(last) = rows.last() {
            self.run.named_through = Some(last.clone());
        }
        Ok(Step { orders: rows.into_iter().map(|row| row.id.into()).collect(), is_last })
    }

    /// Commits that orders are asked and how far the walk is. Returns those that were not asked before.
    async fn ask(&mut self, step: Step) -> Result<Vec<SalesOrderId>, Stop> {
        let Step { orders, is_last } = step;
        if is_last {
            self.run.phase = match self.run.phase {
                ReconciliationPhase::Open => ReconciliationPhase::Named,
                _ => ReconciliationPhase::Waiting,
            };
        }
        let new = self.part.records.advance(self.desk.lease, &self.run, &orders).await?;
        self.run.asked = self.run.asked.saturating_add(u64::try_from(new.len()).unwrap_or(u64::MAX));
        Ok(new)
    }

    /// All have answered.
    async fn end(&mut self) -> Result<(), Stop> {
        let (name, id) = self.names();
        let summary = self.part.records.summary(name, id).await?;
        let id = id.clone();
        self.run.asked = summary.outcomes.values().sum();
        self.run.phase = ReconciliationPhase::Done;
        self.run.ended_at = Some(self.desk.connection.now());
        self.part.records.advance(self.desk.lease, &self.run, &[]).await?;
        let line = format!("reconciliation {id}: {}", in_words(&summary));
        tracing::info!(connection = %self.desk.connection.name, "{line}");
        self.desk.note(line);
        Ok(())
    }

    /// How long to wait before those that have not answered are looked after again.
    fn wait(&self) -> Duration {
        let age = (self.desk.connection.now() - self.run.started_at).to_std().unwrap_or_default();
        (age / WAIT_SHARE).clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }
}

fn rows_of(orders: impl IntoIterator<Item = SalesOrderId>) -> Vec<FeedPosition> {
    let row = |order: SalesOrderId| FeedPosition { modified: String::new(), id: order.to_string() };
    orders.into_iter().map(row).collect()
}

/// Asks this lane again.
fn ask_again(desk: &Desk<'_>, request: &ReconciliationRequest, wait: Duration) -> LaneRequest {
    LaneRequest {
        key: desk.lease.key.clone(),
        ask: Ask::WalkOrders(request.clone()),
        due_at: later(desk.connection.now(), wait),
        notice: None,
    }
}

fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait).map_or(now, |wait| now + wait)
}

/// `1 repaired, 12 unchanged`: outcomes that people ask for first come first.
fn in_words(summary: &ReconciliationSummary) -> String {
    let mut words: Vec<String> = Vec::new();
    for outcome in FindingOutcome::ALL {
        if let Some(count) = summary.outcomes.get(&outcome).filter(|count| **count > 0) {
            words.push(format!("{count} {}", outcome.as_str().replace('_', " ")));
        }
    }
    if words.is_empty() { "no order was open or touched".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
