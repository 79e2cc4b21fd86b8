//! SKUs and items by number, and what is said about them.

use amz_domain::{ItemId, Quantity, Sku, StockFigures, StockReading};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::inventory::{
    RunBeginner, StockItem, StockItemKind, StockLevels, StockRunRequest, StockTracking, TakenLine, TakenOrder,
};

pub(in crate::inventory) fn sku(number: usize) -> Sku {
    Sku::new(format!("SKU-{number:05}"))
}

pub(in crate::inventory) fn item_id(number: usize) -> ItemId {
    ItemId::new(format!("{}", 10_000 + number))
}

/// An order that Amazon took with units of one SKU, of which the item is not known.
pub(in crate::inventory) fn taken(
    order: &str,
    taken_at: Option<DateTime<Utc>>,
    sku: Sku,
    units: u32,
) -> TakenOrder {
    let line = TakenLine { sku: Some(sku), item: None, quantity: Quantity(units) };
    TakenOrder { sales_order: order.into(), sent_at: taken_at, taken_at, lines: vec![line] }
}

/// An item that carries the SKU of the same number.
pub(in crate::inventory) fn item(number: usize, on_hand: i64) -> StockItem {
    StockItem {
        id: item_id(number),
        name: format!("Item {number}"),
        key: Some(sku(number).as_str().to_owned()),
        kind: StockItemKind::Inventory,
        tracking: StockTracking::None,
        is_inactive: false,
        levels: StockLevels { on_hand: Decimal::from(on_hand), ..StockLevels::default() },
        shown: None,
        shown_at: None,
    }
}

pub(in crate::inventory) fn request(id: &str) -> StockRunRequest {
    StockRunRequest { id: id.into(), by: RunBeginner::Operator, plan_only: false, skus: Vec::new() }
}

pub(in crate::inventory) fn reading_of(
    sku: &Sku,
    units: Option<u32>,
    read_at: DateTime<Utc>,
) -> StockReading {
    StockReading {
        sku: sku.clone(),
        fulfillment_sku: None,
        condition: None,
        figures: units
            .map(|units| StockFigures { fulfillable: Some(Quantity(units)), ..StockFigures::default() }),
        changed_at: None,
        read_at,
    }
}
