//! Amazon's stock, and its catalogue.

use amz_domain::{InventoryItemId, Sku, StockReading};
use async_trait::async_trait;

use crate::failure::PortError;

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
