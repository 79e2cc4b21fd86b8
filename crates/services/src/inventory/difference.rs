//! What a comparison comes to.

use amz_domain::{ItemId, Sku};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::parking::Reason;

use super::{Arithmetic, ReportRow, RowState, StockItemKind};

/// An item whose stock is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The item.
    pub item: ItemId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: StockItemKind,
    /// How the target was worked out.
    pub arithmetic: Arithmetic,
    /// By how many units stock must change. Zero only for an empty field that shall show zero.
    pub units: Decimal,
    /// What these units are worth at average cost, in the account's currency; below zero for units that go.
    pub value: Option<Decimal>,
    /// True when something could be sold and nothing can any more.
    pub drops_to_zero: bool,
}

impl Difference {
    /// The difference as a row of a report.
    pub fn row(&self, state: RowState) -> ReportRow {
        ReportRow::Drift {
            item: self.item.clone(),
            name: self.name.clone(),
            arithmetic: self.arithmetic.clone(),
            units: self.units,
            value: self.value,
            drops_to_zero: self.drops_to_zero,
            state,
        }
    }
}

/// What a comparison came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Items whose stock must change, by item id.
    pub differences: Vec<Difference>,
    /// What is not kept in step, and why.
    pub mismatches: Vec<ReportRow>,
    /// Items whose stock is right.
    pub in_step: u64,
    /// Items looked at that Amazon has, or that have stock.
    pub compared: u64,
    /// SKUs of the items looked at of which something could be sold.
    pub sellable_skus: u64,
    /// SKUs whose figure may or may not count orders that Amazon took lately, and from when on it does.
    pub look_again: Vec<(Sku, DateTime<Utc>)>,
    /// Kits whose members cannot be told, and why: what orders want of them is not counted.
    pub unreadable_kits: Vec<(ItemId, Reason)>,
    /// SKUs that Amazon did not show: to be asked for by name.
    pub unconfirmed: Vec<Sku>,
}
