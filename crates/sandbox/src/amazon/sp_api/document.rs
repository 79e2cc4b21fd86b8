//! Summaries as `getInventorySummaries` shows them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::SpApiHabits;
use crate::amazon::stock::{StockFigures, StockedItem};

/// One entry of `inventorySummaries`.
pub(super) fn summary(item: &StockedItem, details: bool, habits: &SpApiHabits) -> Json {
    let StockedItem { sku, asin, fn_sku, condition, title, figures, last_updated, .. } = item;
    let updated = if habits.empty_update_times { String::new() } else { instant(*last_updated) };
    let mut summary = json!({
        "asin": asin,
        "fnSku": fn_sku,
        "sellerSku": sku,
        "condition": condition,
        "lastUpdatedTime": updated,
        "productName": title,
        "totalQuantity": figures.total(),
        "stores": [],
    });
    if details && !habits.without_details.contains(sku) {
        summary["inventoryDetails"] = inventory_details(figures, habits);
    }
    if habits.unknown_fields {
        summary["sandboxNovelty"] = json!({ "units": 1, "words": ["unheard", "of"] });
    }
    summary
}

fn inventory_details(figures: &StockFigures, habits: &SpApiHabits) -> Json {
    let mut details = json!({
        "fulfillableQuantity": figures.fulfillable,
        "inboundWorkingQuantity": figures.inbound_working,
        "inboundShippedQuantity": figures.inbound_shipped,
        "inboundReceivingQuantity": figures.inbound_receiving,
        "reservedQuantity": {
            "totalReservedQuantity": figures.reserved(),
            "pendingCustomerOrderQuantity": figures.pending_customer_order,
            "pendingTransshipmentQuantity": figures.pending_transshipment,
            "fcProcessingQuantity": figures.fc_processing,
        },
        "researchingQuantity": {
            "totalResearchingQuantity": figures.researching,
            "researchingQuantityBreakdown": [
                { "name": "researchingQuantityInShortTerm", "quantity": figures.researching },
                { "name": "researchingQuantityInMidTerm", "quantity": 0 },
                { "name": "researchingQuantityInLongTerm", "quantity": 0 },
            ],
        },
        "unfulfillableQuantity": {
            "totalUnfulfillableQuantity": figures.unfulfillable(),
            "customerDamagedQuantity": figures.customer_damaged,
            "warehouseDamagedQuantity": figures.warehouse_damaged,
            "distributorDamagedQuantity": figures.distributor_damaged,
            "carrierDamagedQuantity": figures.carrier_damaged,
            "defectiveQuantity": figures.defective,
            "expiredQuantity": figures.expired,
        },
    });
    if habits.future_supply {
        details["futureSupplyQuantity"] = json!({
            "reservedFutureSupplyQuantity": figures.reserved_future_supply,
            "futureSupplyBuyableQuantity": figures.future_supply_buyable,
        });
    }
    if habits.unknown_fields {
        details["sandboxNovelQuantity"] = json!(7);
    }
    details
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
