//! What is remembered of stock.

mod again;
mod readings;
mod runs;
mod taken;

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading, StockRunId};
use amz_services::failure::StoreError;
use amz_services::inventory::{KnownStock, ReportRow, StockRun, TakenOrder};
use amz_services::ports::{StockRecords, StockReports};
use amz_services::work::Lease;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::lanes::hold;
use super::state::{SqliteState, SqliteStateReader};

#[async_trait]
impl StockRecords for SqliteState {
    async fn keep_readings(&self, lease: &Lease, readings: &[StockReading]) -> Result<usize, StoreError> {
        let (lease, readings) = (lease.clone(), readings.to_vec());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
                    readings::keep(connection, &lease.key.connection, &readings).await
                })
            })
            .await
    }

    async fn note_absent(&self, lease: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError> {
        let (lease, skus) = (lease.clone(), skus.to_vec());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
                    readings::note_absent(connection, &lease.key.connection, &skus, at).await
                })
            })
            .await
    }

    async fn known(&self, connection: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::known(&self.readers, connection, skus).await?)
    }

    async fn sharing(
        &self,
        connection: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::sharing(&self.readers, connection, fulfillment_skus).await?)
    }

    async fn known_page(
        &self,
        connection: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError> {
        Ok(readings::page(&self.readers, connection, after.as_ref(), limit).await?)
    }

    async fn known_count(&self, connection: &ConnectionName) -> Result<u64, StoreError> {
        Ok(readings::count(&self.readers, connection).await?)
    }

    async fn run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        Ok(runs::run(&self.readers, connection, id).await?)
    }

    async fn runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        Ok(runs::latest(&self.readers, connection, limit).await?)
    }

    async fn write_run(&self, lease: &Lease, run: &StockRun) -> Result<(), StoreError> {
        let (lease, run) = (lease.clone(), run.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
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
        let (lease, run, rows) = (lease.clone(), run.clone(), rows.to_vec());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
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
        Ok(runs::report(&self.readers, connection, run, after, limit).await?)
    }

    async fn orders_taken_since(
        &self,
        connection: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError> {
        Ok(taken::since(&self.readers, connection, since).await?)
    }

    async fn look_again(
        &self,
        lease: &Lease,
        skus: &[(Sku, Option<DateTime<Utc>>)],
    ) -> Result<(), StoreError> {
        let (lease, skus) = (lease.clone(), skus.to_vec());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
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
        Ok(again::due(&self.readers, connection, now, limit).await?)
    }

    async fn skus_of(
        &self,
        connection: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError> {
        Ok(readings::skus_of(&self.readers, connection, items).await?)
    }

    async fn keep_skus(&self, lease: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError> {
        let (lease, skus) = (lease.clone(), skus.to_vec());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    hold(connection, &lease).await?;
                    readings::keep_skus(connection, &lease.key.connection, &skus).await
                })
            })
            .await
    }
}

#[async_trait]
impl StockReports for SqliteState {
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

#[async_trait]
impl StockReports for SqliteStateReader {
    async fn stock_run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        match self.stock.pool().await? {
            Some(readers) => Ok(runs::run(&readers, connection, id).await?),
            None => Ok(None),
        }
    }

    async fn stock_runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        match self.stock.pool().await? {
            Some(readers) => Ok(runs::latest(&readers, connection, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn stock_report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        match self.stock.pool().await? {
            Some(readers) => Ok(runs::report(&readers, connection, run, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }
}
