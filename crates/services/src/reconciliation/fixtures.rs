//! A pretend store of reconciliations and a pretend account, for tests of walks and of looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Finding, FindingOutcome, Reconciliation, ReconciliationBeginner, ReconciliationPhase,
    ReconciliationRequest, ReconciliationScope, ReconciliationSummary,
};
use crate::connection::{self, OtherConnector};
use crate::failure::{PortError, StoreError};
use crate::ports::amazon::MockForeignOrders;
use crate::ports::netsuite::{ChangedPage, FeedPosition, MadeFulfillment, SentByOther};
use crate::ports::{AccountOrders, Reconciliations};
use crate::work::{Lane, Lease};

/// Rows of one page of the pretend account.
const PAGE: usize = 3;

#[derive(Default)]
pub(crate) struct State {
    /// The account: sales orders touched, oldest first.
    pub(crate) touched: Vec<SalesOrderId>,
    /// Sales orders created, by id.
    pub(crate) created: Vec<SalesOrderId>,
    /// What another connector wrote.
    pub(crate) others: BTreeMap<SalesOrderId, Vec<String>>,
    pub(crate) fulfillments: Vec<MadeFulfillment>,
    /// From when on touched orders were asked for.
    pub(crate) since: Vec<DateTime<Utc>>,
    /// Queries for what another connector wrote on one order.
    pub(crate) asked_for_others: u32,
    pub(crate) open: BTreeSet<SalesOrderId>,
    pub(crate) runs: BTreeMap<ReconciliationId, Reconciliation>,
    pub(crate) asked: BTreeMap<ReconciliationId, BTreeMap<SalesOrderId, Option<Finding>>>,
    pub(crate) last_completed: Option<DateTime<Utc>>,
    /// Writes left before the store is gone.
    pub(crate) writes_left: Option<usize>,
}

/// Both, shared with the test.
#[derive(Clone, Default)]
pub(crate) struct Books(Arc<Mutex<State>>);

impl Books {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// What a connection reconciles with.
    pub(crate) fn part(&self, at_once: u32) -> connection::Reconciliation {
        connection::Reconciliation {
            orders: Arc::new(self.clone()),
            records: Arc::new(self.clone()),
            at_once,
            others: Some(OtherConnector { orders: Arc::new(MockForeignOrders::new()), alias_type: None }),
        }
    }

    /// A reconciliation under way that asked the order.
    pub(crate) fn ask(&self, id: &str, scope: ReconciliationScope, plan_only: bool, order: &str) {
        let mut state = self.state();
        let run = Reconciliation {
            request: request(id, scope, plan_only),
            started_at: "2026-03-01T12:00:00Z".parse().unwrap(),
            since: None,
            phase: ReconciliationPhase::Waiting,
            open_through: None,
            named_through: None,
            asked: 1,
            ended_at: None,
        };
        state.runs.insert(id.into(), run);
        state.asked.entry(id.into()).or_default().insert(order.into(), None);
    }

    /// What was found at an order.
    pub(crate) fn finding(&self, id: &str, order: &str) -> Option<Finding> {
        self.state().asked.get(&ReconciliationId::from(id))?.get(&SalesOrderId::from(order))?.clone()
    }

    /// Lets an order answer.
    pub(crate) fn answer(&self, id: &str, order: &SalesOrderId) {
        let mut state = self.state();
        let finding = Finding {
            lane: Lane::SalesOrder(order.clone()),
            outcome: FindingOutcome::Unchanged,
            causes: Vec::new(),
            amazon_order: None,
            at: "2026-03-01T12:00:00Z".parse().unwrap(),
        };
        state.asked.entry(id.into()).or_default().insert(order.clone(), Some(finding));
    }
}

pub(crate) fn request(id: &str, scope: ReconciliationScope, plan_only: bool) -> ReconciliationRequest {
    ReconciliationRequest { id: id.into(), by: ReconciliationBeginner::Operator, plan_only, scope }
}

impl State {
    fn write(&mut self) -> Result<(), StoreError> {
        match &mut self.writes_left {
            Some(0) => Err(StoreError::Unavailable { message: "dead".into(), source: None }),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Reconciliations for Books {
    async fn set_open(&self, lease: &Lease, is_open: bool, _: DateTime<Utc>) -> Result<(), StoreError> {
        let Lane::SalesOrder(order) = &lease.key.lane else { panic!("{} has no order", lease.key) };
        let mut state = self.state();
        match is_open {
            true => state.open.insert(order.clone()),
            false => state.open.remove(order),
        };
        Ok(())
    }

    async fn open_orders(
        &self,
        _: &ConnectionName,
        after: Option<SalesOrderId>,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let state = self.state();
        let later = state.open.iter().filter(|order| after.as_ref().is_none_or(|after| *order > after));
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn begin(&self, _: &Lease, new: &Reconciliation) -> Result<Reconciliation, StoreError> {
        let mut state = self.state();
        state.write()?;
        Ok(state.runs.entry(new.request.id.clone()).or_insert_with(|| new.clone()).clone())
    }

    async fn advance(
        &self,
        _: &Lease,
        run: &Reconciliation,
        orders: &[SalesOrderId],
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let mut state = self.state();
        state.write()?;
        state.runs.insert(run.request.id.clone(), run.clone());
        let asked = state.asked.entry(run.request.id.clone()).or_default();
        let mut new = Vec::new();
        for order in orders {
            if !asked.contains_key(order) {
                asked.insert(order.clone(), None);
                new.push(order.clone());
            }
        }
        Ok(new)
    }

    async fn note(&self, lease: &Lease, run: &ReconciliationId, finding: &Finding) -> Result<(), StoreError> {
        assert_eq!(lease.key.lane, finding.lane);
        let Lane::SalesOrder(order) = &finding.lane else { panic!("no order") };
        let mut state = self.state();
        state.write()?;
        state.asked.entry(run.clone()).or_default().insert(order.clone(), Some(finding.clone()));
        Ok(())
    }

    async fn outstanding(
        &self,
        _: &ConnectionName,
        run: &ReconciliationId,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let state = self.state();
        let asked = state.asked.get(run).into_iter().flatten();
        let open = asked.filter(|(_, finding)| finding.is_none()).map(|(order, _)| order.clone());
        Ok(open.take(limit as usize).collect())
    }

    async fn run(
        &self,
        _: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError> {
        Ok(self.state().runs.get(run).cloned())
    }

    async fn latest(&self, _: &ConnectionName, _: u32) -> Result<Vec<Reconciliation>, StoreError> {
        Ok(self.state().runs.values().rev().cloned().collect())
    }

    async fn last_completed(&self, _: &ConnectionName) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.state().last_completed)
    }

    async fn summary(
        &self,
        _: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError> {
        let mut summary = ReconciliationSummary::default();
        for finding in self.state().asked.get(run).into_iter().flat_map(BTreeMap::values) {
            match finding {
                Some(finding) => *summary.outcomes.entry(finding.outcome).or_default() += 1,
                None => summary.outstanding += 1,
            }
        }
        Ok(summary)
    }

    async fn findings(
        &self,
        _: &ConnectionName,
        run: &ReconciliationId,
        _: Option<Lane>,
        _: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let state = self.state();
        let asked = state.asked.get(run).into_iter().flat_map(BTreeMap::values);
        Ok(asked.flatten().cloned().collect())
    }
}

#[async_trait]
impl AccountOrders for Books {
    async fn touched(
        &self,
        since: DateTime<Utc>,
        after: Option<FeedPosition>,
    ) -> Result<ChangedPage, PortError> {
        let mut state = self.state();
        state.since.push(since);
        let row = |(place, order): (usize, &SalesOrderId)| FeedPosition {
            modified: format!("2026-03-01T{place:02}:00:00"),
            id: order.to_string(),
        };
        let later = state.touched.iter().enumerate().map(row);
        let later: Vec<_> = later.filter(|row| after.as_ref().is_none_or(|after| row > after)).collect();
        Ok(ChangedPage { more: later.len() > PAGE, rows: later.into_iter().take(PAGE).collect() })
    }

    async fn created(
        &self,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
        after: Option<SalesOrderId>,
    ) -> Result<Vec<SalesOrderId>, PortError> {
        let state = self.state();
        let later = state.created.iter().filter(|order| after.as_ref().is_none_or(|after| *order > after));
        Ok(later.take(PAGE).cloned().collect())
    }

    async fn sent_by_others(&self, after: Option<SalesOrderId>) -> Result<Vec<SentByOther>, PortError> {
        let state = self.state();
        let later = state.others.iter().filter(|(id, _)| after.as_ref().is_none_or(|after| *id > after));
        let page = later.take(PAGE);
        Ok(page.map(|(id, names)| SentByOther { sales_order: id.clone(), names: names.clone() }).collect())
    }

    async fn sent_by_other(&self, order: &SalesOrderId) -> Result<Option<SentByOther>, PortError> {
        let mut state = self.state();
        state.asked_for_others += 1;
        let names = state.others.get(order).cloned();
        Ok(names.map(|names| SentByOther { sales_order: order.clone(), names }))
    }

    async fn fulfillments(&self, _: &SalesOrderId) -> Result<Vec<MadeFulfillment>, PortError> {
        Ok(self.state().fulfillments.clone())
    }
}
