//! Borders around the ports of stock.

use std::sync::Arc;

use amz_domain::{
    ConnectionName, ExternalId, FulfillmentSku, InventoryItemId, ItemId, Sku, StockReading, StockRunId,
};
use amz_services::connection::Stock;
use amz_services::failure::{PortError, StoreError};
use amz_services::inventory::{KnownStock, ReportRow, StockItem, StockRun, TakenOrder};
use amz_services::ports::stock::{
    CatalogPage, CatalogProduct, NewStockDocument, ShownStock, StockBins, StockItemsPage, StockPriority,
    StockStep, StockStream, UnsentLine,
};
use amz_services::ports::{AmazonCatalog, AmazonStock, StockItems, StockRecords, StockWrites};
use amz_services::work::Lease;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::f02_borders::{Bordered, Borders, bordered_port};

/// Stock whose every call crosses borders.
pub(crate) fn bordered(stock: &Stock, borders: &Arc<Borders>) -> Stock {
    let Stock { settings, amazon, catalog, products, items, writes, records } = stock.clone();
    let borders = || borders.clone();
    Stock {
        settings,
        amazon: Arc::new(Bordered { port: amazon, borders: borders() }),
        catalog: Arc::new(Bordered { port: catalog, borders: borders() }),
        products,
        items: Arc::new(Bordered { port: items, borders: borders() }),
        writes: Arc::new(Bordered { port: writes, borders: borders() }),
        records: Arc::new(Bordered { port: records, borders: borders() }),
    }
}

impl AmazonStock for Bordered<dyn AmazonStock> {
    fn named(&self, skus: Vec<Sku>, priority: StockPriority) -> Box<dyn StockStream> {
        let (stream, borders) = (self.port.named(skus, priority), self.borders.clone());
        Box::new(Stream { stream, borders, call: "AmazonStock::named" })
    }

    fn crawl(&self) -> Box<dyn StockStream> {
        let (stream, borders) = (self.port.crawl(), self.borders.clone());
        Box::new(Stream { stream, borders, call: "AmazonStock::crawl" })
    }
}

/// A reading with borders around each of its steps.
struct Stream {
    stream: Box<dyn StockStream>,
    borders: Arc<Borders>,
    call: &'static str,
}

#[async_trait]
impl StockStream for Stream {
    async fn next(&mut self) -> StockStep {
        self.borders.around(self.call, self.stream.next()).await
    }
}

bordered_port! { AmazonCatalog:
    fn product_of(item: &InventoryItemId) -> Result<Option<CatalogProduct>, PortError>;
    fn products(after: Option<String>) -> Result<CatalogPage, PortError>;
}

bordered_port! { StockItems:
    fn page(after: Option<ItemId>) -> Result<StockItemsPage, PortError>;
    fn find(keys: &[String], items: &[ItemId]) -> Result<Vec<StockItem>, PortError>;
    fn unsent(items: &[ItemId]) -> Result<Vec<UnsentLine>, PortError>;
}

bordered_port! { StockWrites:
    fn adjust(adjustment: &NewStockDocument) -> Result<String, PortError>;
    fn transfer(transfer: &NewStockDocument, bins: &StockBins) -> Result<String, PortError>;
    fn find(external_id: &ExternalId) -> Result<Option<String>, PortError>;
    fn show(shown: &ShownStock) -> Result<(), PortError>;
}

bordered_port! { StockRecords:
    fn keep_readings(lease: &Lease, readings: &[StockReading]) -> Result<usize, StoreError>;
    fn note_absent(lease: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError>;
    fn known(connection: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError>;
    fn sharing(connection: &ConnectionName, fulfillment_skus: &[FulfillmentSku])
        -> Result<Vec<KnownStock>, StoreError>;
    fn known_page(connection: &ConnectionName, after: Option<Sku>, limit: u32)
        -> Result<Vec<KnownStock>, StoreError>;
    fn known_count(connection: &ConnectionName) -> Result<u64, StoreError>;
    fn run(connection: &ConnectionName, id: &StockRunId) -> Result<Option<StockRun>, StoreError>;
    fn runs(connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError>;
    fn write_run(lease: &Lease, run: &StockRun) -> Result<(), StoreError>;
    fn write_report(lease: &Lease, run: &StockRunId, rows: &[ReportRow], anew: bool) -> Result<(), StoreError>;
    fn report(connection: &ConnectionName, run: &StockRunId, after: u64, limit: u32)
        -> Result<Vec<ReportRow>, StoreError>;
    fn orders_taken_since(connection: &ConnectionName, since: DateTime<Utc>)
        -> Result<Vec<TakenOrder>, StoreError>;
    fn look_again(lease: &Lease, skus: &[(Sku, Option<DateTime<Utc>>)]) -> Result<(), StoreError>;
    fn due_again(connection: &ConnectionName, now: DateTime<Utc>, limit: u32)
        -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError>;
    fn skus_of(connection: &ConnectionName, items: &[InventoryItemId])
        -> Result<Vec<(InventoryItemId, Sku)>, StoreError>;
    fn keep_skus(lease: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError>;
}
