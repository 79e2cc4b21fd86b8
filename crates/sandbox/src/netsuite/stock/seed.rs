//! Many stocked items at once.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

use crate::netsuite::books::{Books, Record};
use crate::netsuite::errors::Refusal;
use crate::netsuite::load;
use crate::netsuite::records::types::Group;

/// Creates the location when it is missing.
pub(super) fn provide_location(books: &mut Books, location: u64, now: DateTime<Utc>) -> Result<(), Refusal> {
    if location == 0 {
        return Err(Refusal::request("Locations have ids above zero."));
    }
    if books.get(&Group::Location, location).is_none() {
        let body = json!({"id": location, "name": format!("Location {location}")});
        load::record(books, "location", &body, now)?;
    }
    Ok(())
}

/// Adds stocked items; see [`NetSuite::seed_items`](crate::netsuite::NetSuite::seed_items).
pub(super) fn seed(
    books: &mut Books,
    count: usize,
    (location, on_hand): (u64, Decimal),
    now: DateTime<Utc>,
) -> Result<Vec<u64>, Refusal> {
    provide_location(books, location, now)?;
    let kind = books.record_type("inventoryItem")?;
    let mut ids = Vec::with_capacity(count);
    for number in 1..=count {
        let name = format!("SKU-{number:06}");
        let mut item = Record::new(kind.clone(), now);
        let fields = [
            ("itemType", json!({"id": kind.code})),
            ("itemId", json!(name)),
            ("displayName", json!(format!("Item {number}"))),
            ("custitem_amz_sku", json!(name)),
        ];
        item.fields.extend(fields.map(|(field, value)| (field.to_owned(), value)));
        let id = books.save(item)?;
        books.stock.edit((id, location), now).on_hand = Some(on_hand);
        ids.push(id);
    }
    Ok(ids)
}
