//! What the services need to keep stock in step: Amazon's figures, NetSuite's items and adjustments, and what is
//! remembered of both.

use amz_domain::{
    BinId, ConnectionName, ExternalId, FulfillmentSku, InventoryItemId, ItemId, LocationId, SalesOrderId,
    Sku, StockReading, StockRunId, SubsidiaryId,
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::failure::{PortError, StoreError};
use crate::inventory::{KnownStock, ReportRow, StockItem, StockItemKind, StockRun, TakenOrder};
use crate::work::Lease;

/// Who is served first when Amazon's pace leaves one request at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockPriority {
    /// A full reading. Never starved.
    Run,
    /// Something changed just now.
    Change,
}

/// Amazon's stock, as two streams.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait AmazonStock: Send + Sync {
    /// Asks for SKUs by name, as many at once as one call takes; calls overlap. Repeats of a SKU are asked once.
    fn named(&self, skus: Vec<Sku>, priority: StockPriority) -> Box<dyn StockStream>;

    /// Reads everything, page by page.
    fn crawl(&self) -> Box<dyn StockStream>;
}

/// A reading of stock under way. Nothing is sent before the first [`next`](Self::next); dropping it ends it.
#[async_trait]
pub trait StockStream: Send {
    /// What comes next. After [`StockStep::Complete`] or [`StockStep::Incomplete`] nothing does.
    async fn next(&mut self) -> StockStep;
}

/// One step of a reading.
#[derive(Debug)]
pub enum StockStep {
    /// Readings of one answer, at most 50 as a rule.
    Readings(Vec<StockReading>),
    /// Everything was read.
    Complete {
        /// Answers that were read.
        pages: u64,
        /// SKUs in them.
        skus: u64,
        /// SKUs that were asked for by name and not shown: unknown to Amazon here, deleted, or shipped by the merchant.
        missing: Vec<Sku>,
    },
    /// It broke off: what was not read is not known.
    Incomplete {
        /// Answers that were read.
        pages: u64,
        /// Why.
        error: PortError,
    },
}

/// Products in Amazon's Buy with Prime catalogue.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AmazonCatalog: Send + Sync {
    /// The product of a stocked item; `None` when Amazon does not show it.
    ///
    /// # Errors
    /// Read failures; `Refused` with Amazon's code when the product has no usable SKU.
    async fn product_of(&self, item: &InventoryItemId) -> Result<Option<CatalogProduct>, PortError>;

    /// One page of all products, from the first when `after` is `None`.
    ///
    /// # Errors
    /// Read failures.
    async fn products(&self, after: Option<String>) -> Result<CatalogPage, PortError>;
}

/// A product of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogProduct {
    /// What its stock events name.
    pub inventory_item: Option<InventoryItemId>,
    /// The SKU that the Selling Partner API knows.
    pub sku: Option<Sku>,
    /// The merchant's own id of the product.
    pub external_id: Option<String>,
}

/// One page of products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogPage {
    /// The products.
    pub products: Vec<CatalogProduct>,
    /// Where the next page begins; `None` on the last.
    pub after: Option<String>,
}

/// Items in NetSuite and how much of them stands at Amazon's location.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StockItems: Send + Sync {
    /// One page of all items that have a key in the field that SKUs are matched by, by internal id; up to 1,000.
    /// Services, charges and the like are left out.
    ///
    /// # Errors
    /// Read failures.
    async fn page(&self, after: Option<ItemId>) -> Result<StockItemsPage, PortError>;

    /// Items by key or by internal id, each once; up to 1,000 keys and ids per call to NetSuite. What is not there is
    /// absent from the answer.
    ///
    /// # Errors
    /// Read failures.
    async fn find(&self, keys: &[String], items: &[ItemId]) -> Result<Vec<StockItem>, PortError>;

    /// Open units of order lines that are Amazon's by the merchant's rules and that Amazon does not have as far as
    /// NetSuite knows, of orders that are approved: lines of these items and of kits, or all lines when no items are
    /// named; up to 900 items. Kits are named as kits.
    ///
    /// # Errors
    /// Read failures.
    async fn unsent(&self, items: &[ItemId]) -> Result<Vec<UnsentLine>, PortError>;
}

/// One page of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockItemsPage {
    /// The items, by internal id.
    pub items: Vec<StockItem>,
    /// True when there may be more.
    pub more: bool,
}

/// Units of an order line that wait to be sent to Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentLine {
    /// The order.
    pub sales_order: SalesOrderId,
    /// The item, perhaps a kit.
    pub item: ItemId,
    /// What kind of item it is.
    pub kind: StockItemKind,
    /// Units not yet fulfilled.
    pub quantity: Decimal,
}

/// Documents and fields in NetSuite by which stock is changed.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait StockWrites: Send + Sync {
    /// Makes an inventory adjustment under our external id.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id is taken.
    async fn adjust(&self, adjustment: &NewStockDocument) -> Result<String, PortError>;

    /// Makes a bin transfer under our external id: units above zero go from the unsellable to the sellable bin.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id is taken.
    async fn transfer(&self, transfer: &NewStockDocument, bins: &StockBins) -> Result<String, PortError>;

    /// Internal id of the adjustment or bin transfer of an external id; `None` when there is none.
    ///
    /// # Errors
    /// Read failures.
    async fn find(&self, external_id: &ExternalId) -> Result<Option<String>, PortError>;

    /// Writes what can be sold, and when it was read, on the item. Repeating it leaves the same item.
    ///
    /// # Errors
    /// Any failure.
    async fn show(&self, shown: &ShownStock) -> Result<(), PortError>;
}

/// An inventory adjustment or bin transfer as NetSuite shall make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStockDocument {
    /// Our external id.
    pub external_id: ExternalId,
    /// Posting date.
    pub date: NaiveDate,
    /// Where the stock stands.
    pub location: LocationId,
    /// The account's subsidiary, where it has several.
    pub subsidiary: Option<SubsidiaryId>,
    /// What people read on it.
    pub memo: String,
    /// One line per item, at most 1,000.
    pub lines: Vec<StockLine>,
}

/// A change of one item's stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLine {
    /// The item.
    pub item: ItemId,
    /// By how many units, never zero.
    pub units: Decimal,
    /// The arithmetic.
    pub memo: String,
}

/// The two bins that units move between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockBins {
    /// What stands here can be sold.
    pub sellable: BinId,
    /// What stands here cannot.
    pub unsellable: BinId,
}

/// Figures for an item's own fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStock {
    /// The item.
    pub item: ItemId,
    /// Its kind, which names its record type.
    pub kind: StockItemKind,
    /// Units that can be sold.
    pub available: Decimal,
    /// When Amazon was asked.
    pub read_at: DateTime<Utc>,
}

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
