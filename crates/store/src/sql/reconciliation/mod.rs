//! Reconciliations and orders on which something is still to come.

pub(super) mod orders;
pub(super) mod runs;

use amz_domain::{ConnectionName, ReconciliationId, SalesOrderId};
use amz_services::failure::StoreError;
use amz_services::ports::Reconciliations;
use amz_services::reconciliation::{Finding, Reconciliation, ReconciliationSummary};
use amz_services::work::{Lane, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::State;
use super::hold::{hold, still_held};
use crate::taken::sales_order_of;

#[async_trait]
impl Reconciliations for State {
    async fn set_open(&self, lease: &Lease, is_open: bool, at: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(order) = sales_order_of(lease.key.lane.clone()) else { return Ok(()) };
        let mut reader = self.reader().await?;
        if orders::is_open(&mut reader, &lease.key.connection, &order).await? == is_open {
            return Ok(still_held(&mut reader, lease, self.lease_time()).await?);
        }
        drop(reader);
        let (lease, time) = (lease.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                let opened_at = is_open.then_some(at);
                orders::set_open(connection, &lease.key.connection, &order, opened_at).await
            })
        })
        .await
    }

    async fn open_orders(
        &self,
        connection: &ConnectionName,
        after: Option<SalesOrderId>,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        Ok(orders::open(&mut *self.reader().await?, connection, after, limit).await?)
    }

    async fn begin(&self, lease: &Lease, new: &Reconciliation) -> Result<Reconciliation, StoreError> {
        let (lease, new, time) = (lease.clone(), new.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                let of = &lease.key.connection;
                if let Some(known) = runs::find(connection, of, &new.request.id).await? {
                    return Ok(known);
                }
                runs::write(connection, of, &new).await?;
                Ok(new)
            })
        })
        .await
    }

    async fn advance(
        &self,
        lease: &Lease,
        run: &Reconciliation,
        orders: &[SalesOrderId],
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        let (lease, run, asked, time) = (lease.clone(), run.clone(), orders.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                let of = &lease.key.connection;
                runs::write(connection, of, &run).await?;
                orders::ask(connection, of, &run.request.id, asked).await
            })
        })
        .await
    }

    async fn note(&self, lease: &Lease, run: &ReconciliationId, finding: &Finding) -> Result<(), StoreError> {
        let (lease, run, finding, time) = (lease.clone(), run.clone(), finding.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                orders::note(connection, &lease.key, &run, &finding).await
            })
        })
        .await
    }

    async fn outstanding(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        limit: u32,
    ) -> Result<Vec<SalesOrderId>, StoreError> {
        Ok(orders::outstanding(&mut *self.reader().await?, connection, run, limit).await?)
    }

    async fn run(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<Option<Reconciliation>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(runs::find(&mut reader, connection, run).await?)
    }

    async fn latest(
        &self,
        connection: &ConnectionName,
        limit: u32,
    ) -> Result<Vec<Reconciliation>, StoreError> {
        Ok(runs::latest(&mut *self.reader().await?, connection, limit).await?)
    }

    async fn last_completed(&self, connection: &ConnectionName) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(runs::last_that_counts(&mut reader, connection).await?)
    }

    async fn summary(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
    ) -> Result<ReconciliationSummary, StoreError> {
        Ok(orders::summary(&mut *self.reader().await?, connection, run).await?)
    }

    async fn findings(
        &self,
        connection: &ConnectionName,
        run: &ReconciliationId,
        after: Option<Lane>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        Ok(orders::findings(&mut *self.reader().await?, connection, run, after, limit).await?)
    }
}
