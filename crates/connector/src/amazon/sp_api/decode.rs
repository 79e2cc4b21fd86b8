//! Readings out of an answer, forgivingly.
//!
//! Source: Selling Partner API, FBA Inventory v1, model `fbaInventory`. Its model requires next to nothing, so whatever
//! can be missing may be missing; `null` is like missing. What matters is never guessed: a page whose end or whose list
//! cannot be read is no page.

use amz_domain::{FulfillmentSku, Quantity, Sku, StockFigures, StockReading};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

/// One answer's content.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// The readings, in Amazon's order.
    pub(super) readings: Vec<StockReading>,
    /// What to ask for the next page with; `None` on the last.
    pub(super) next_token: Option<String>,
}

/// Reads the document of a success, or says what makes it unreadable.
pub(super) fn page(document: &Value, read_at: DateTime<Utc>) -> Result<Page, &'static str> {
    if document.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty()) {
        return Err("errors stand beside a success");
    }
    let payload =
        document.get("payload").filter(|payload| payload.is_object()).ok_or("there is no payload")?;
    let summaries = payload.get("inventorySummaries").and_then(Value::as_array);
    let summaries = summaries.ok_or("there is no list of summaries")?;
    let next_token = [document, payload]
        .into_iter()
        .find_map(|place| place.get("pagination")?.get("nextToken").filter(|token| !token.is_null()));
    let next_token = match next_token {
        None => None,
        Some(token) => Some(token.as_str().ok_or("the next page's token is no text")?),
    };
    Ok(Page {
        readings: summaries.iter().filter_map(|summary| reading(summary, read_at)).collect(),
        next_token: next_token.filter(|token| !token.is_empty()).map(str::to_owned),
    })
}

fn reading(summary: &Value, read_at: DateTime<Utc>) -> Option<StockReading> {
    let Some(sku) = text(summary, "sellerSku") else {
        tracing::warn!("Amazon listed stock without a SKU; it is skipped");
        return None;
    };
    Some(StockReading {
        sku: Sku::from(sku),
        fulfillment_sku: text(summary, "fnSku").map(FulfillmentSku::from),
        condition: text(summary, "condition").map(str::to_owned),
        figures: figures(summary, sku),
        changed_at: instant(summary, sku),
        read_at,
    })
}

/// `None` when there are no details, whatever the total says: unknown is not zero.
fn figures(summary: &Value, sku: &str) -> Option<StockFigures> {
    let details = summary.get("inventoryDetails")?;
    let of = |group: Option<&str>, name: &str| {
        let place = group.map_or(Some(details), |group| details.get(group))?;
        quantity(place, name, sku)
    };
    let figures = StockFigures {
        fulfillable: of(None, "fulfillableQuantity"),
        pending_customer_order: of(Some("reservedQuantity"), "pendingCustomerOrderQuantity"),
        pending_transshipment: of(Some("reservedQuantity"), "pendingTransshipmentQuantity"),
        processing: of(Some("reservedQuantity"), "fcProcessingQuantity"),
        inbound_working: of(None, "inboundWorkingQuantity"),
        inbound_shipped: of(None, "inboundShippedQuantity"),
        inbound_receiving: of(None, "inboundReceivingQuantity"),
        researching: of(Some("researchingQuantity"), "totalResearchingQuantity"),
        unfulfillable: of(Some("unfulfillableQuantity"), "totalUnfulfillableQuantity"),
        total: None,
    };
    let total = quantity(summary, "totalQuantity", sku);
    (figures != StockFigures::default()).then_some(StockFigures { total, ..figures })
}

fn quantity(place: &Value, name: &str, sku: &str) -> Option<Quantity> {
    let value = place.get(name)?;
    let units = match value {
        Value::Null => return None,
        Value::Number(number) => units(&number.to_string()),
        Value::String(text) => units(text.trim()),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match units {
        Some(units) if units.is_sign_negative() && !units.is_zero() => {
            tracing::warn!(sku, figure = name, "Amazon gave a negative figure; it counts as zero");
            Some(Quantity::ZERO)
        }
        units => {
            let quantity = units.and_then(|units| Quantity::try_from(units).ok());
            if quantity.is_none() {
                tracing::warn!(sku, figure = name, "Amazon gave a figure that is no quantity; it is unknown");
            }
            quantity
        }
    }
}

fn units(text: &str) -> Option<Decimal> {
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}

fn instant(summary: &Value, sku: &str) -> Option<DateTime<Utc>> {
    let written = text(summary, "lastUpdatedTime")?;
    let instant = DateTime::parse_from_rfc3339(written).ok();
    if instant.is_none() {
        tracing::warn!(sku, "Amazon gave a time that cannot be read; it is unknown");
    }
    instant.map(|instant| instant.to_utc())
}

fn text<'document>(place: &'document Value, name: &str) -> Option<&'document str> {
    place.get(name)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
