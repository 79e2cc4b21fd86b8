//! What is remembered of stock: readings, runs and their reports.

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading, StockRunId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;
use crate::inventory::{KnownStock, ReportRow, StockRun, TakenOrder};
use crate::work::Lease;

/// What is remembered of stock. Every write is fenced by the lease of a stock lane.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StockRecords: Send + Sync {
    /// Keeps readings in one commit. One that is not later than the one that is kept, or earlier than the last instant
    /// at which Amazon did not show the SKU, changes nothing; one that is kept ends the absence of its SKU. Returns how
    /// many were kept.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn keep_readings(&self, lease: &Lease, readings: &[StockReading]) -> Result<usize, StoreError>;

    /// Notes that Amazon did not show SKUs at an instant; a SKU whose reading or absence is later than that stays as it
    /// is.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn note_absent(&self, lease: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError>;

    /// What is known of SKUs, by SKU; a SKU never heard of is not in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn known(&self, connection: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError>;

    /// What is known of the SKUs whose kept reading names one of these physical stocks, by SKU: SKUs that stand for the
    /// same units.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn sharing(
        &self,
        connection: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError>;

    /// All SKUs that are known, from `after` on, by SKU, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn known_page(
        &self,
        connection: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError>;

    /// How many SKUs are known.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn known_count(&self, connection: &ConnectionName) -> Result<u64, StoreError>;

    /// A run by its id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn run(&self, connection: &ConnectionName, id: &StockRunId)
    -> Result<Option<StockRun>, StoreError>;

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError>;

    /// Writes a run (inserted, or replaced by its id).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn write_run(&self, lease: &Lease, run: &StockRun) -> Result<(), StoreError>;

    /// Replaces the report of a run: the first call of a new report says so with `anew`, later ones add to it.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn write_report(
        &self,
        lease: &Lease,
        run: &StockRunId,
        rows: &[ReportRow],
        anew: bool,
    ) -> Result<(), StoreError>;

    /// Rows of a run's report in the order in which they were written, after the `after`-th (0 for the first), at most
    /// `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError>;

    /// Orders that Amazon took since an instant, or may have taken: `createOrder` is done since then, or its outcome is
    /// not known. Cost grows with these orders, not with history.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn orders_taken_since(
        &self,
        connection: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError>;

    /// Remembers when each SKU's stock must be looked at again, or that it need not be any more (`None`). One instant per
    /// SKU: a new one replaces the old.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn look_again(
        &self,
        lease: &Lease,
        skus: &[(Sku, Option<DateTime<Utc>>)],
    ) -> Result<(), StoreError>;

    /// SKUs that must be looked at again by now, longest due first, at most `limit`, and the earliest instant at which
    /// any of the others must.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn due_again(
        &self,
        connection: &ConnectionName,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError>;

    /// The SKUs that aliases of Amazon's stock events stand for, as far as a link knows them.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn skus_of(
        &self,
        connection: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError>;

    /// Remembers which SKU Amazon's stock events stand for.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lane.
    async fn keep_skus(&self, lease: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError>;
}

/// What operators read of stock, beside a running process or without one.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StockReports: Send + Sync {
    /// A run by its id.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn stock_run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError>;

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn stock_runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError>;

    /// Rows of a run's report; see [`StockRecords::report`].
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn stock_report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError>;
}
