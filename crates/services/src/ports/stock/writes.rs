//! What writes stock in NetSuite.

use amz_domain::{BinId, ExternalId, ItemId, LocationId, SubsidiaryId};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::failure::PortError;
use crate::inventory::StockItemKind;

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
