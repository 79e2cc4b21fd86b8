//! Items, readings and settings for tests of the plans.

use std::sync::Arc;

use amz_domain::{FulfillmentSku, Quantity, Sku, StockFigures, StockReading};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{
    Absence, Comparison, KnownStock, Mismatch, ReportRow, StockItem, StockItemKind, StockLevels,
    StockTracking, TakenLine, TakenOrder, UnsentUnits,
};
use crate::settings::{Alias, Counting, InventorySettings};

/// Minutes after an arbitrary noon.
pub(super) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_003_200, 0).unwrap() + TimeDelta::minutes(minute)
}

pub(super) fn units(units: i64) -> Decimal {
    Decimal::from(units)
}

pub(super) fn settings() -> InventorySettings {
    InventorySettings::new("7".into())
}

pub(super) fn alias(sku: &str, item: Option<&str>, counting: Option<Counting>) -> Alias {
    Alias { sku: sku.into(), item: item.map(Into::into), counting, buffer: None }
}

/// An item with a key, of which `on_hand` units stand at the location and none are ordered.
pub(super) fn item(id: &str, key: &str, on_hand: i64) -> StockItem {
    StockItem {
        id: id.into(),
        name: format!("Item {id}"),
        key: Some(key.to_owned()),
        kind: StockItemKind::Inventory,
        tracking: StockTracking::None,
        is_inactive: false,
        levels: StockLevels {
            on_hand: units(on_hand),
            average_cost: Some(Decimal::new(250, 2)),
            ..StockLevels::default()
        },
        shown: None,
        shown_at: None,
    }
}

pub(super) fn reading(sku: &str, fulfillable: u32, minute: i64) -> StockReading {
    let figures = StockFigures { fulfillable: Some(Quantity(fulfillable)), ..StockFigures::default() };
    StockReading {
        sku: sku.into(),
        fulfillment_sku: Some(FulfillmentSku::new(format!("X-{sku}"))),
        condition: None,
        figures: Some(figures),
        changed_at: None,
        read_at: at(minute),
    }
}

/// A SKU of which Amazon showed so many fulfillable units at noon.
pub(super) fn known(sku: &str, fulfillable: u32) -> KnownStock {
    KnownStock { sku: sku.into(), reading: Some(reading(sku, fulfillable, 0)), absence: None }
}

/// The same, under a given physical stock.
pub(super) fn known_in(pool: &str, sku: &str, fulfillable: u32) -> KnownStock {
    let mut known = known(sku, fulfillable);
    known.reading.as_mut().unwrap().fulfillment_sku = Some(pool.into());
    known
}

/// A SKU that Amazon did not show so often, the last time at noon.
pub(super) fn missing(mut known: KnownStock, times: u32) -> KnownStock {
    known.absence = Some(Absence { since: at(-5), last: at(0), times });
    known
}

pub(super) fn taken(order: &str, minute: Option<i64>, lines: &[(&str, u32)]) -> TakenOrder {
    TakenOrder {
        sales_order: order.into(),
        sent_at: minute.map(at),
        taken_at: minute.map(at),
        lines: lines
            .iter()
            .map(|(sku, quantity)| TakenLine {
                sku: Some(Sku::from(*sku)),
                item: None,
                quantity: Quantity(*quantity),
            })
            .collect(),
    }
}

pub(super) fn comparison(settings: InventorySettings) -> Comparison {
    Comparison::new(Arc::new(settings), UnsentUnits::default(), Vec::new(), None)
}

/// Kinds of mismatches with the items they are about.
pub(super) fn kinds(rows: &[ReportRow]) -> Vec<(Mismatch, Vec<&str>)> {
    let kind = |row| match row {
        &ReportRow::Mismatch { mismatch, ref items, .. } => {
            Some((mismatch, items.iter().map(|item| item.as_str()).collect()))
        }
        ReportRow::Drift { .. } => None,
    };
    rows.iter().filter_map(kind).collect()
}
