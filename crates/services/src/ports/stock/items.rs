//! NetSuite's items, as far as stock needs them.

use amz_domain::{ItemId, SalesOrderId};
use async_trait::async_trait;
use rust_decimal::Decimal;

use crate::failure::PortError;
use crate::inventory::{StockItem, StockItemKind};

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
