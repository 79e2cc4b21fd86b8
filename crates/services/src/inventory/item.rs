//! An item in NetSuite and how much of it stands at Amazon's location.

use amz_domain::ItemId;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What kind of item it is, as far as stock goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StockItemKind {
    /// Stocked by itself (`InvtPart`).
    Inventory,
    /// Stocked and built (`Assembly`).
    Assembly,
    /// Not stocked: its members are (`Kit`).
    Kit,
    /// Anything else, by NetSuite's word.
    Other(String),
}

/// Whether NetSuite wants to know which units they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StockTracking {
    /// No.
    None,
    /// By lot.
    Lot,
    /// By serial number.
    Serial,
}

/// An item and its stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockItem {
    /// Internal id.
    pub id: ItemId,
    /// Its name, for reports.
    pub name: String,
    /// What stands in the field that SKUs are matched by.
    pub key: Option<String>,
    /// Its kind.
    pub kind: StockItemKind,
    /// Whether its units are told apart.
    pub tracking: StockTracking,
    /// True when it was put out of use.
    pub is_inactive: bool,
    /// Its stock at Amazon's location; nothing but zeroes where NetSuite keeps no row.
    pub levels: StockLevels,
    /// What the item's own fields show, with the setting that writes them: units that can be sold.
    pub shown: Option<Decimal>,
    /// And when Amazon was asked.
    pub shown_at: Option<DateTime<Utc>>,
}

/// Stock of one item at one location.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockLevels {
    /// Units that stand there. Of a location with a sellable and an unsellable bin, units in the sellable one.
    pub on_hand: Decimal,
    /// Of these, units promised to sales orders.
    pub committed: Decimal,
    /// Units that sales orders want and that do not stand there.
    pub back_ordered: Decimal,
    /// Units in the unsellable bin, where bins are used.
    pub in_unsellable_bin: Option<Decimal>,
    /// Average cost of one unit in the account's currency, when the role may see it.
    pub average_cost: Option<Decimal>,
}

impl StockLevels {
    /// Units that open sales orders want from the location, whether they stand there or not.
    pub fn demand(&self) -> Decimal {
        self.committed + self.back_ordered
    }

    /// Units that NetSuite sells from: what stands there beyond all demand. Below zero when more is sold than stands
    /// there.
    pub fn available(&self) -> Decimal {
        self.on_hand - self.demand()
    }
}
