//! What is remembered of stock.

mod again;
pub(super) mod readings;
pub(super) mod runs;
pub(super) mod taken;

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading, StockRunId};
use amz_services::failure::StoreError;
use amz_services::inventory::{KnownStock, ReportRow, StockRun, TakenOrder};
use amz_services::ports::{StockRecords, StockReports};
use amz_services::work::Lease;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::State;
use super::hold::hold;

#[async_trait]
impl StockRecords for State {
    async fn keep_readings(&self, lease: &Lease, readings: &[StockReading]) -> Result<usize, StoreError> {
        let (lease, readings, time) = (lease.clone(), readings.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                readings::keep(connection, &lease.key.connection, &readings).await
            })
        })
        .await
    }

    async fn note_absent(&self, lease: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError> {
        let (lease, skus, time) = (lease.clone(), skus.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                readings::note_absent(connection, &lease.key.connection, &skus, at).await
            })
        })
        .await
    }

    async fn known(&self, connection: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::known(&mut *self.reader().await?, connection, skus).await?)
    }

    async fn sharing(
        &self,
        connection: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::sharing(&mut *self.reader().await?, connection, fulfillment_skus).await?)
    }

    async fn known_page(
        &self,
        connection: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::page(&mut *self.reader().await?, connection, after.as_ref(), limit).await?)
    }

    async fn known_count(&self, connection: &ConnectionName) -> Result<u64, StoreError> {
        Ok(readings::count(&mut *self.reader().await?, connection).await?)
    }

    async fn run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        Ok(runs::run(&mut *self.reader().await?, connection, id).await?)
    }

    async fn runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        Ok(runs::latest(&mut *self.reader().await?, connection, limit).await?)
    }

    async fn write_run(&self, lease: &Lease, run: &StockRun) -> Result<(), StoreError> {
        let (lease, run, time) = (lease.clone(), run.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                runs::write(connection, &lease.key.connection, &run).await
            })
        })
        .await
    }

    async fn write_report(
        &self,
        lease: &Lease,
        run: &StockRunId,
        rows: &[ReportRow],
        anew: bool,
    ) -> Result<(), StoreError> {
        let (lease, run, rows, time) = (lease.clone(), run.clone(), rows.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                runs::write_report(connection, &lease.key.connection, &run, &rows, anew).await
            })
        })
        .await
    }

    async fn report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        Ok(runs::report(&mut *self.reader().await?, connection, run, after, limit).await?)
    }

    async fn orders_taken_since(
        &self,
        connection: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError> {
        Ok(taken::since(&mut *self.snapshot().await?, connection, since).await?)
    }

    async fn look_again(
        &self,
        lease: &Lease,
        skus: &[(Sku, Option<DateTime<Utc>>)],
    ) -> Result<(), StoreError> {
        let (lease, skus, time) = (lease.clone(), skus.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                again::write(connection, &lease.key.connection, &skus).await
            })
        })
        .await
    }

    async fn due_again(
        &self,
        connection: &ConnectionName,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError> {
        Ok(again::due(&mut *self.reader().await?, connection, now, limit).await?)
    }

    async fn skus_of(
        &self,
        connection: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError> {
        Ok(readings::skus_of(&mut *self.reader().await?, connection, items).await?)
    }

    async fn keep_skus(&self, lease: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError> {
        let (lease, skus, time) = (lease.clone(), skus.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                readings::keep_skus(connection, &lease.key.connection, &skus).await
            })
        })
        .await
    }
}

#[async_trait]
impl StockReports for State {
    async fn stock_run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        self.run(connection, id).await
    }

    async fn stock_runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        self.runs(connection, limit).await
    }

    async fn stock_report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        self.report(connection, run, after, limit).await
    }
}
