//! Reconciliations and orders on which something is still to come.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use amz_services::failure::StoreError;
use amz_services::ports::Reconciliations;
use amz_services::reconciliation::{Finding, Reconciliation, ReconciliationSummary};
use amz_services::work::{Lane, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::reconciled::counts;
use crate::taken::sales_order_of;

/// What is remembered of reconciliations.
#[derive(Debug, Default)]
pub(super) struct Reconciled {
    open: HashMap<ConnectionName, BTreeSet<SalesOrderId>>,
    runs: HashMap<(ConnectionName, ReconciliationId), Remembered>,
}

#[derive(Debug)]
struct Remembered {
    run: Reconciliation,
    counts: bool,
    /// By the text of the lane.
    orders: BTreeMap<String, Asked>,
}

#[derive(Debug, Default)]
struct Asked {
    asked: bool,
    finding: Option<Finding>,
}

impl Reconciled {
    fn last_that_counts(&self, of: &ConnectionName) -> Option<DateTime<Utc>> {
        let runs = self.runs.iter().filter(|((connection, _), known)| connection == of && known.counts);
        runs.map(|(_, known)| known.run.started_at).max()
    }

    fn orders<'state>(
        &'state self,
        of: &ConnectionName,
        run: &ReconciliationId,
    ) -> impl Iterator<Item = (&'state String, &'state Asked)> {
        self.runs.get(&(of.clone(), run.clone())).into_iter().flat_map(|known| &known.orders)
    }

    fn write(&mut self, of: &ConnectionName, run: &Reconciliation) -> &mut Remembered {
        let counts = counts(run, self.last_that_counts(of));
        let name = (of.clone(), run.request.id.clone());
        let fresh = || Remembered { run: run.clone(), counts, orders: BTreeMap::new() };
        let known = self.runs.entry(name).or_insert_with(fresh);
        known.run = run.clone();
        known.counts |= counts;
        known
    }
}

#[async_trait]
impl Reconciliations for MemoryStore {
    async fn set_open(&self, lease: &Lease, is_open: bool, _: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(order) = sales_order_of(lease.key.lane.clone()) else { return Ok(()) };
        let mut state = self.state();
        state.held(lease)?;
        let open = state.reconciled.open.entry(lease.key.connection.clone()).or_default();
        if is_open {
            open.insert(order);
        } else {
            open.remove(&order);
        }
        Ok(())
    }

    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<SalesOrderId>,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let state = self.state();
        let open = state.reconciled.open.get(connection).into_iter().flatten();
        let later = open.filter(|order| after.as_ref().is_none_or(|after| *order > after));
        Ok(later.take(limit as usize).cloned().collect())
    }

    async fn begin(&self, lease: &Lease, new: &Reconciliation) -> Result<Reconciliation, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let name = (lease.key.connection.clone(), new.request.id.clone());
        if let Some(known) = state.reconciled.runs.get(&name) {
            return Ok(known.run.clone());
        }
        Ok(state.reconciled.write(&lease.key.connection, new).run.clone())
    }

    async fn advance(
        &self,
        lease: &Lease,
        run: &Reconciliation,
        orders: &[SalesOrderId],
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let known = state.reconciled.write(&lease.key.connection, run);
        let mut new = Vec::new();
        for order in orders {
            let asked = known.orders.entry(Lane::SalesOrder(order.clone()).to_string()).or_default();
            if !std::mem::replace(&mut asked.asked, true) {
                new.push(order.clone());
            }
        }
        Ok(new)
    }

    async fn note(&self, lease: &Lease, run: &ReconciliationId, finding: &Finding) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        if let Some(known) = state.reconciled.runs.get_mut(&(lease.key.connection.clone(), run.clone())) {
            known.orders.entry(lease.key.lane.to_string()).or_default().finding = Some(finding.clone());
        }
        Ok(())
    }

    async fn outstanding(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let state = self.state();
        let outstanding = state
            .reconciled
            .orders(connection, run)
            .filter(|(_, known)| known.asked && known.finding.is_none());
        let lanes = outstanding.take(limit as usize).filter_map(|(lane, _)| lane.parse().ok());
        Ok(lanes.filter_map(sales_order_of).collect())
    }

    async fn run(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError> {
        let state = self.state();
        Ok(state.reconciled.runs.get(&(connection.clone(), run.clone())).map(|known| known.run.clone()))
    }

    async fn latest(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError> {
        let state = self.state();
        let of_connection = state.reconciled.runs.iter().filter(|((of, _), _)| of == connection);
        let mut runs: Vec<_> = of_connection.map(|(_, known)| known.run.clone()).collect();
        runs.sort_by(|left, right| {
            (right.started_at, &right.request.id).cmp(&(left.started_at, &left.request.id))
        });
        runs.truncate(limit as usize);
        Ok(runs)
    }

    async fn last_completed(&self, connection: &ConnectionName) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.state().reconciled.last_that_counts(connection))
    }

    async fn summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError> {
        let state = self.state();
        let mut summary = ReconciliationSummary::default();
        for (_, known) in state.reconciled.orders(connection, run) {
            match &known.finding {
                Some(finding) => *summary.outcomes.entry(finding.outcome).or_default() += 1,
                None => summary.outstanding += u64::from(known.asked),
            }
        }
        Ok(summary)
    }

    async fn findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let after = after.map(|lane| lane.to_string()).unwrap_or_default();
        let state = self.state();
        let later = state.reconciled.orders(connection, run).filter(|(lane, _)| **lane > after);
        Ok(later.filter_map(|(_, known)| known.finding.clone()).take(limit as usize).collect())
    }
}
