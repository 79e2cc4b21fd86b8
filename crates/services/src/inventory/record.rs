//! What is remembered of stock, and what a report says of it.

use amz_domain::{ItemId, Quantity, SalesOrderId, Sku, StockReading};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is known of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownStock {
    /// The SKU.
    pub sku: Sku,
    /// The latest reading; `None` when Amazon never showed it.
    pub reading: Option<StockReading>,
    /// Set while Amazon does not show it.
    pub absence: Option<Absence>,
}

/// Since when Amazon does not show a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// First time.
    pub since: DateTime<Utc>,
    /// Last time.
    pub last: DateTime<Utc>,
    /// How often, at different instants.
    pub times: u32,
}

/// An order that Amazon took lately, or may have taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOrder {
    /// The order.
    pub sales_order: SalesOrderId,
    /// When it was last sent, as far as that is known: Amazon took it no earlier.
    pub sent_at: Option<DateTime<Utc>>,
    /// When Amazon had taken it; `None` when it is not known whether it did.
    pub taken_at: Option<DateTime<Utc>>,
    /// What it holds; empty when it is not known whether Amazon took it.
    pub lines: Vec<TakenLine>,
}

/// Units in an order that Amazon took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenLine {
    /// The SKU as sent. Amazon may show its stock under another one.
    pub sku: Option<Sku>,
    /// The item, where it is known. It says more than the SKU.
    pub item: Option<ItemId>,
    /// Units as sent, less those that Amazon cancelled.
    pub quantity: Quantity,
}

/// Units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkuUnits {
    /// The SKU.
    pub sku: Sku,
    /// Units.
    #[serde(with = "amz_domain::decimal")]
    pub units: Decimal,
}

/// How a target was worked out. All in units of the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arithmetic {
    /// Amazon's figures by SKU, as the settings add them up.
    pub amazon: Vec<SkuUnits>,
    /// Units in orders that are eligible and not yet sent to Amazon, or that Amazon took after its figures last moved.
    #[serde(with = "amz_domain::decimal")]
    pub unsent: Decimal,
    /// Units in orders that Amazon took so lately that its figure may or may not count them already.
    #[serde(with = "amz_domain::decimal")]
    pub in_doubt: Decimal,
    /// Units kept back.
    #[serde(with = "amz_domain::decimal")]
    pub buffer: Decimal,
    /// Units that open sales orders want from the location.
    #[serde(with = "amz_domain::decimal")]
    pub demand: Decimal,
    /// Units that stand at the location.
    #[serde(with = "amz_domain::decimal")]
    pub on_hand: Decimal,
    /// Units that shall be sellable.
    #[serde(with = "amz_domain::decimal")]
    pub available: Decimal,
    /// Units that shall stand at the location.
    #[serde(with = "amz_domain::decimal")]
    pub target: Decimal,
    /// When Amazon was asked; of several SKUs the earliest.
    pub read_at: DateTime<Utc>,
}

/// Why an item or SKU is not kept in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// Amazon has the SKU, and no item has it.
    Unmapped,
    /// Several items have the key.
    Ambiguous,
    /// Several SKUs stand for the item, and nobody said how they count.
    SeveralSkus,
    /// Several SKUs share the same physical units.
    SharedUnits,
    /// The item is out of use.
    Inactive,
    /// The item is a kit: its members are stocked, not it.
    Kit,
    /// The item is of a kind that has no stock.
    NotStocked,
    /// Its units are told apart by lot.
    Lot,
    /// Its units are told apart by serial number.
    Serial,
    /// Amazon listed the SKU without figures.
    Unknown,
    /// Amazon did not show the SKU, for the first time: it is asked for by name before anything follows from it.
    Unconfirmed,
    /// Amazon does not show the SKU, and the settings keep its stock as it is.
    Absent,
    /// The alias table names an item that is not there.
    AliasWithoutItem,
    /// Amazon made the SKU for units it found: nobody sells them.
    FoundByAmazon,
    /// The unsellable bin does not hold as many units as should become sellable.
    BinShort,
}

impl Mismatch {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Unmapped,
        Self::Ambiguous,
        Self::SeveralSkus,
        Self::SharedUnits,
        Self::Inactive,
        Self::Kit,
        Self::NotStocked,
        Self::Lot,
        Self::Serial,
        Self::Unknown,
        Self::Unconfirmed,
        Self::Absent,
        Self::AliasWithoutItem,
        Self::FoundByAmazon,
        Self::BinShort,
    ];

    /// The kind's name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unmapped => "unmapped",
            Self::Ambiguous => "ambiguous",
            Self::SeveralSkus => "several_skus",
            Self::SharedUnits => "shared_units",
            Self::Inactive => "inactive",
            Self::Kit => "kit",
            Self::NotStocked => "not_stocked",
            Self::Lot => "lot",
            Self::Serial => "serial",
            Self::Unknown => "unknown",
            Self::Unconfirmed => "unconfirmed",
            Self::Absent => "absent",
            Self::AliasWithoutItem => "alias_without_item",
            Self::FoundByAmazon => "found_by_amazon",
            Self::BinShort => "bin_short",
        }
    }
}

/// What became of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// Found, and nothing was to be written.
    Planned,
    /// Held back until a person approves.
    Held,
    /// Written.
    Written,
    /// Needs a person.
    Parked,
}

/// One row of a report: an item whose stock differs, or something that is not kept in step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportRow {
    /// NetSuite's stock differs from what it should be.
    Drift {
        /// The item.
        item: ItemId,
        /// Its name.
        name: String,
        /// How the target was worked out.
        arithmetic: Arithmetic,
        /// By how many units the stock was off: target less what stood there.
        #[serde(with = "amz_domain::decimal")]
        units: Decimal,
        /// What these units are worth at average cost, in the account's currency.
        #[serde(with = "amz_domain::decimal::option")]
        value: Option<Decimal>,
        /// True when nothing can be sold any more that could be before.
        drops_to_zero: bool,
        /// What became of it.
        state: RowState,
    },
    /// Something is not kept in step.
    Mismatch {
        /// Why.
        mismatch: Mismatch,
        /// The SKU, when there is one.
        sku: Option<Sku>,
        /// The items it is about.
        items: Vec<ItemId>,
        /// What a person reads.
        detail: String,
    },
}
