//! One stocked SKU: what it is called and how many units are where.
//!
//! Source: Selling Partner API, FBA Inventory v1, `getInventorySummaries`; Buy with Prime,
//! `catalog-objects-product`, `catalog-queries-inventoryitem`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A SKU that Amazon keeps stock of. All quantities are whole sellable units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockedItem {
    /// Seller SKU of the Selling Partner API; `amazonSku` of the product. Compared byte for byte.
    pub sku: String,
    /// `sku` of the product: the merchant's own SKU. The same as `sku` unless told otherwise.
    pub product_sku: Option<String>,
    /// `externalId` of the product.
    pub external_id: Option<String>,
    /// Id of the product.
    pub product_id: String,
    /// `inventoryItemId` of the product, at most 14 characters; stock events name it.
    pub inventory_item_id: String,
    /// The catalogue number of Amazon's shop.
    pub asin: String,
    /// Number under which the warehouse keeps it; equal to the ASIN for commingled stock.
    pub fn_sku: String,
    /// For example `NewItem`.
    pub condition: String,
    /// Title of the product.
    pub title: String,
    /// Units by place.
    pub figures: StockFigures,
    /// When a figure other than an inbound one last moved.
    pub last_updated: DateTime<Utc>,
    /// What is wrong with the product's Amazon SKU; the catalogue then has no quantity.
    pub sku_fault: Option<SkuFault>,
}

/// What can be wrong with the Amazon SKU of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkuFault {
    /// The product names a SKU that cannot be used.
    Invalid,
    /// The product names none; it also has no `amazonSku`.
    Missing,
}

/// Units of one SKU by place, none below zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StockFigures {
    /// Can be picked and shipped now.
    pub fulfillable: i64,
    /// Held for customer orders.
    pub pending_customer_order: i64,
    /// On the way between two of Amazon's buildings.
    pub pending_transshipment: i64,
    /// Set aside for processing.
    pub fc_processing: i64,
    /// In a shipment plan.
    pub inbound_working: i64,
    /// On the way to Amazon.
    pub inbound_shipped: i64,
    /// Of shipments whose receipt has begun.
    pub inbound_receiving: i64,
    /// Looked for.
    pub researching: i64,
    /// Unsellable: damaged by a customer.
    pub customer_damaged: i64,
    /// Unsellable: damaged in the warehouse.
    pub warehouse_damaged: i64,
    /// Unsellable: damaged by the distributor.
    pub distributor_damaged: i64,
    /// Unsellable: damaged by the carrier.
    pub carrier_damaged: i64,
    /// Unsellable: does not work.
    pub defective: i64,
    /// Unsellable: out of date.
    pub expired: i64,
    /// Sold out of stock that is still on its way.
    pub reserved_future_supply: i64,
    /// Can be bought out of stock that is still on its way.
    pub future_supply_buyable: i64,
}

impl StockFigures {
    /// `totalReservedQuantity`.
    pub fn reserved(&self) -> i64 {
        self.pending_customer_order + self.pending_transshipment + self.fc_processing
    }

    /// `totalUnfulfillableQuantity`.
    pub fn unfulfillable(&self) -> i64 {
        self.customer_damaged
            + self.warehouse_damaged
            + self.distributor_damaged
            + self.carrier_damaged
            + self.defective
            + self.expired
    }

    /// Units on the way to Amazon.
    pub fn inbound(&self) -> i64 {
        self.inbound_working + self.inbound_shipped + self.inbound_receiving
    }

    /// Units in Amazon's buildings, sellable or not, those looked for included. No order, cancellation or
    /// damage changes it; shipping, receiving and returns do.
    pub fn in_house(&self) -> i64 {
        self.fulfillable + self.reserved() + self.unfulfillable() + self.researching
    }

    /// `totalQuantity`, by the formula of the inventory report: inbound, fulfillable, reserved, unsellable.
    pub fn total(&self) -> i64 {
        self.inbound() + self.fulfillable + self.reserved() + self.unfulfillable()
    }

    /// The figures of all places.
    fn by_place(&self) -> [i64; 16] {
        [
            self.fulfillable,
            self.pending_customer_order,
            self.pending_transshipment,
            self.fc_processing,
            self.inbound_working,
            self.inbound_shipped,
            self.inbound_receiving,
            self.researching,
            self.customer_damaged,
            self.warehouse_damaged,
            self.distributor_damaged,
            self.carrier_damaged,
            self.defective,
            self.expired,
            self.reserved_future_supply,
            self.future_supply_buyable,
        ]
    }

    pub(crate) fn has_negative(&self) -> bool {
        self.by_place().iter().any(|units| *units < 0)
    }

    /// The figures whose change Amazon dates: all but those of goods on their way to it.
    pub(crate) fn dated(self) -> Self {
        Self { inbound_working: 0, inbound_shipped: 0, inbound_receiving: 0, ..self }
    }
}

impl StockedItem {
    /// A SKU without units; `number` makes its ids unique.
    pub(crate) fn new(sku: &str, number: u64, now: DateTime<Utc>) -> Self {
        Self {
            sku: sku.to_owned(),
            product_sku: Some(sku.to_owned()),
            external_id: Some(format!("external-{number}")),
            product_id: format!("product-{number:08}"),
            inventory_item_id: format!("inv-{number:010}"),
            asin: format!("B0{number:08}"),
            fn_sku: format!("X00{number:07}"),
            condition: "NewItem".to_owned(),
            title: format!("Thing {sku}"),
            figures: StockFigures::default(),
            last_updated: now,
            sku_fault: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_is_left_out() {
        let zeros = serde_json::to_value(StockFigures::default()).unwrap();
        for place in zeros.as_object().unwrap().keys() {
            let figures = serde_json::json!({ (place.as_str()): -1 });
            let figures: StockFigures = serde_json::from_value(figures).unwrap();
            assert!(figures.has_negative(), "{place}");
        }
    }
}
