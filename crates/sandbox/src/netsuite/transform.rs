//! Making an item fulfilment from a sales order.
//!
//! The body holds only what should differ from what NetSuite fills in. Above all: an order line that the body
//! does not mention is fulfilled with all that remains of it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books::{Books, Fields, Line, Record, integer};
use super::errors::{Place, Refusal};
use super::number::{member, number};
use super::records::changes::{Changes, WriteOptions, read_changes};
use super::records::types::Group;
use super::records::write::{apply, local_day, nothing_to_fulfill, store};
use super::status::{line_is_closed, line_is_goods, remaining};

/// Makes the target record and returns its id.
///
/// # Errors
/// 404 for an unknown source, 400 when a rule says no or the body does not fit.
pub(crate) fn transform(
    books: &mut Books,
    (source, id, target): (&str, &str, &str),
    body: &Value,
    options: &WriteOptions,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    let mut fulfillment = prefilled(books, (source, id, target), now)?;
    let Changes { fields, sublists } = read_changes(books, &fulfillment.kind, body, options)?;
    let mut rest = Changes { fields, sublists: Vec::new() };
    for given in sublists {
        match given.sublist.name {
            "item" => choose_lines(&mut fulfillment, &given.lines)?,
            _ => rest.sublists.push(given),
        }
    }
    let body_location = rest.fields.get("location").filter(|location| !location.is_null()).cloned();
    let lines = fulfillment.lines.entry("item").or_default();
    lines.retain(|line| line.fields.get("itemReceive") == Some(&Value::Bool(true)));
    for line in lines.iter_mut() {
        if let Some(location) = &body_location {
            line.fields.entry("location").or_insert_with(|| location.clone());
        }
        line.fields.insert("lineUniqueKey".to_owned(), json!(books.next_unique_key()));
    }
    if lines.iter().all(|line| member(&line.fields, "quantity") <= Decimal::ZERO) {
        return Err(nothing_to_fulfill());
    }
    apply(books, &mut fulfillment, rest, options)?;
    let day = local_day(books, now);
    let reached = fulfillment.text("shipStatus").unwrap_or_default();
    for (letter, name) in [("A", "pickedDate"), ("B", "packedDate"), ("C", "shippedDate")] {
        if letter <= reached.as_str() {
            fulfillment.fields.entry(name).or_insert_with(|| json!(day));
        }
    }
    store(books, fulfillment, now)
}

/// The target as NetSuite fills it in, not saved: every line that could be fulfilled, with what remains of it.
///
/// # Errors
/// 404 for an unknown source, 400 when nothing can be made from it.
pub(crate) fn prefilled(
    books: &Books,
    (source, id, target): (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<Record, Refusal> {
    let kind = books.record_type(source)?;
    if source != "salesOrder" || target != "itemFulfillment" {
        let detail = format!("The record {source} cannot be transformed to {target}.");
        return Err(Refusal::request(detail).at(Place::Url(target.to_owned())));
    }
    if id.is_empty() || !id.bytes().all(|digit| digit.is_ascii_digit()) {
        let detail =
            format!("Invalid record ID '{id}': the source of a transformation is named by its internal ID.");
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail);
        return Err(refusal.at(Place::Url(id.to_owned())));
    }
    let order = books.find(&kind, id)?;
    if !matches!(order.text("status").as_deref(), Some("B" | "D" | "E")) {
        return Err(nothing_to_fulfill());
    }
    let lines: Vec<Line> = order
        .lines_of("item")
        .iter()
        .filter(|line| line_is_goods(books, line) && !line_is_closed(line) && remaining(line) > Decimal::ZERO)
        .enumerate()
        .map(|(position, line)| target_line(books, order, line, position))
        .collect();
    if lines.is_empty() {
        return Err(nothing_to_fulfill());
    }
    let mut fulfillment = Record::new(books.record_type(target)?, now);
    for name in ["entity", "subsidiary", "shipMethod", "shippingAddress", "memo"] {
        if let Some(value) = order.fields.get(name) {
            fulfillment.fields.insert(name.to_owned(), value.clone());
        }
    }
    let letter = books.settings.default_ship_status.to_string();
    let filled = [
        ("createdFrom", json!({"id": order.id.to_string()})),
        ("orderId", json!(order.id)),
        ("orderType", json!("SalesOrd")),
        ("tranDate", json!(local_day(books, now))),
        ("shipStatus", json!({"id": letter})),
        ("status", json!({"id": letter})),
    ];
    fulfillment.fields.extend(filled.map(|(name, value)| (name.to_owned(), value)));
    fulfillment.lines.insert("item", lines);
    Ok(fulfillment)
}

fn target_line(books: &Books, order: &Record, line: &Line, position: usize) -> Line {
    let mut fields: Fields = line
        .fields
        .iter()
        .filter(|(name, _)| {
            name.starts_with("custcol_")
                || matches!(name.as_str(), "item" | "itemType" | "location" | "description" | "units")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let item = integer(line.fields.get("item"));
    let left = number(remaining(line).normalize());
    let filled = [
        ("line", json!(position * 3 + 1)),
        ("orderLine", json!(line.number())),
        ("orderDoc", json!({"id": order.id.to_string()})),
        ("itemName", json!(books.display_name(&Group::Item, item).unwrap_or_default())),
        ("itemReceive", json!(true)),
        ("quantity", left.clone()),
        ("quantityRemaining", left),
    ];
    fields.extend(filled.map(|(name, value)| (name.to_owned(), value)));
    if let Some(location) = order.fields.get("location") {
        fields.entry("location").or_insert_with(|| location.clone());
    }
    Line { fields, ..Line::default() }
}

/// Lays the body's lines over the prefilled ones, by `orderLine`.
fn choose_lines(fulfillment: &mut Record, given: &[Fields]) -> Result<(), Refusal> {
    let lines = fulfillment.lines.entry("item").or_default();
    let positions: BTreeMap<u64, usize> = lines
        .iter()
        .enumerate()
        .map(|(position, line)| (integer(line.fields.get("orderLine")), position))
        .collect();
    for (index, chosen) in given.iter().enumerate() {
        let order_line = integer(chosen.get("orderLine"));
        let left_out = chosen.get("itemReceive") == Some(&Value::Bool(false));
        let line = positions.get(&order_line).and_then(|position| lines.get_mut(*position));
        let Some(line) = line else {
            // Lines that cannot be fulfilled may still be named, as long as they are turned off.
            if left_out {
                continue;
            }
            let detail = format!("Order line {order_line} has nothing left to fulfill.");
            return Err(Refusal::content(detail, format!("item.items[{index}].orderLine")));
        };
        let (quantity, left) = (member(chosen, "quantity"), member(&line.fields, "quantityRemaining"));
        if !left_out && quantity > left {
            let detail =
                format!("The quantity to fulfill ({quantity}) exceeds the quantity remaining ({left}).");
            return Err(Refusal::rule(detail).at(Place::Body(format!("item.items[{index}].quantity"))));
        }
        let columns = chosen.iter().filter(|(name, value)| *name != "line" && !value.is_null());
        line.fields.extend(columns.map(|(name, value)| (name.clone(), value.clone())));
        if chosen.get("quantity").is_some() && quantity <= Decimal::ZERO {
            line.fields.insert("itemReceive".to_owned(), json!(false));
        }
    }
    Ok(())
}
