//! Rules of inventory adjustments and bin transfers.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::json;

use super::Spot;
use super::follow::{Assignment, assignments};
use crate::netsuite::books::{Books, Line, Record, integer};
use crate::netsuite::errors::{Place, Refusal};
use crate::netsuite::number::{decimal, member, number, total};
use crate::netsuite::records::types::{Group, is_stocked_kind};

/// Most lines of one document.
const MOST_LINES: usize = 1000;

fn please_enter(what: &str, path: impl Into<String>) -> Refusal {
    Refusal::content(format!("Please enter value(s) for: {what}"), path)
}

/// Completes and checks an inventory adjustment before it is saved.
///
/// # Errors
/// 400 when a rule is broken.
pub(crate) fn complete_adjustment(books: &Books, adjustment: &mut Record) -> Result<(), Refusal> {
    if !adjustment.fields.contains_key("account") {
        return Err(please_enter("Account", "account"));
    }
    check_subsidiary(books, adjustment)?;
    let body_location = adjustment.fields.get("adjLocation").cloned();
    let document = adjustment.id;
    let lines = checked_count(adjustment)?;
    let mut running: BTreeMap<Spot, Decimal> = BTreeMap::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let path = |column: &str| format!("inventory.items[{index}].{column}");
        let item = stocked_item(books, line, index)?;
        if let (false, Some(location)) = (line.fields.contains_key("location"), &body_location) {
            line.fields.insert("location".to_owned(), location.clone());
        }
        let location = integer(line.fields.get("location"));
        if location == 0 {
            return Err(please_enter("Location", path("location")));
        }
        let units = line.fields.get("adjustQtyBy").and_then(decimal).unwrap_or_default();
        if units.is_zero() {
            return Err(please_enter("Adjust Qty. By", path("adjustQtyBy")));
        }
        check_detail(books, line, (item, location), index)?;
        let spot = (item, location);
        let before = running.get(&spot).copied().unwrap_or_else(|| {
            let held = books.stock.standing(spot).on_hand.unwrap_or_default();
            held.saturating_sub(books.stock.moved_by(document, spot, None))
        });
        let after = before.saturating_add(units);
        if after < Decimal::ZERO && books.settings.refuse_negative_stock {
            let detail = format!(
                "The adjustment by {units} would take the quantity on hand ({before}) of line {} below zero.",
                index + 1
            );
            return Err(Refusal::rule(detail).at(Place::Body(path("adjustQtyBy"))));
        }
        for (name, value) in [("quantityOnHand", before), ("newQuantity", after)] {
            line.fields.insert(name.to_owned(), number(value.normalize()));
        }
        running.insert(spot, after);
    }
    Ok(())
}

/// Completes and checks a bin transfer before it is saved.
///
/// # Errors
/// 400 when a rule is broken or a bin holds too little.
pub(crate) fn complete_transfer(books: &Books, transfer: &mut Record) -> Result<(), Refusal> {
    let location = integer(transfer.fields.get("location"));
    if location == 0 {
        return Err(please_enter("Location", "location"));
    }
    check_subsidiary(books, transfer)?;
    let document = transfer.id;
    let lines = checked_count(transfer)?;
    let mut running: BTreeMap<(u64, u64), Decimal> = BTreeMap::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let path = |column: &str| format!("inventory.items[{index}].{column}");
        let item = stocked_item(books, line, index)?;
        let given = assignments(line);
        if given.is_empty() {
            return Err(detail_missing(index));
        }
        let sum = total(given.iter().map(|given| given.units));
        let quantity = match line.fields.contains_key("quantity") {
            true => member(&line.fields, "quantity"),
            false => sum,
        };
        if quantity <= Decimal::ZERO || quantity != sum {
            let detail = format!("The inventory detail's quantity ({sum}) is not the line's ({quantity}).");
            return Err(Refusal::rule(detail).at(Place::Body(path("quantity"))));
        }
        line.fields.insert("quantity".to_owned(), number(quantity));
        for Assignment { bin, to_bin, units } in given {
            check_bin(books, bin, location, &path("inventoryDetail"))?;
            check_bin(books, to_bin, location, &path("inventoryDetail"))?;
            if units <= Decimal::ZERO || bin == to_bin {
                let detail = "A bin transfer moves units above zero from one bin to another.";
                return Err(Refusal::rule(detail).at(Place::Body(path("inventoryDetail"))));
            }
            let spot = (item, location);
            let held = |bin: u64| {
                let held = books.stock.level(spot).and_then(|level| level.bins.get(&bin)).copied();
                held.unwrap_or_default().saturating_sub(books.stock.moved_by(document, spot, Some(bin)))
            };
            let left = running.get(&(item, bin)).copied().unwrap_or_else(|| held(bin)).saturating_sub(units);
            if left < Decimal::ZERO {
                let detail = format!(
                    "The bin holds too little of line {}: {} units are missing.",
                    index + 1,
                    left.abs()
                );
                return Err(Refusal::rule(detail).at(Place::Body(path("inventoryDetail"))));
            }
            let there = running.get(&(item, to_bin)).copied().unwrap_or_else(|| held(to_bin));
            running.insert((item, bin), left);
            running.insert((item, to_bin), there.saturating_add(units));
        }
    }
    Ok(())
}

fn check_subsidiary(books: &Books, document: &Record) -> Result<(), Refusal> {
    if books.settings.one_world && !document.fields.contains_key("subsidiary") {
        return Err(please_enter("Subsidiary", "subsidiary"));
    }
    Ok(())
}

fn checked_count(document: &mut Record) -> Result<&mut Vec<Line>, Refusal> {
    let lines = document.lines.entry("inventory").or_default();
    if lines.is_empty() {
        return Err(Refusal::rule("You must enter at least one line item for this transaction."));
    }
    if lines.len() > MOST_LINES {
        let detail =
            format!("A transaction of this type has at most {MOST_LINES} lines; {} were given.", lines.len());
        return Err(Refusal::rule(detail));
    }
    Ok(lines)
}

/// The item of a line, which must be one that is kept in stock.
fn stocked_item(books: &Books, line: &Line, index: usize) -> Result<u64, Refusal> {
    let path = format!("inventory.items[{index}].item");
    let id = integer(line.fields.get("item"));
    let Some(item) = books.get(&Group::Item, id) else { return Err(please_enter("Item", path)) };
    let name = books.display_name(&Group::Item, id).unwrap_or_default();
    let refuse = |why: &str| Err(Refusal::rule(format!("Item {name} {why}")).at(Place::Body(path.clone())));
    match item.kind.code {
        "Kit" => refuse("is a kit: kits cannot be adjusted, only their members."),
        code if !is_stocked_kind(code) => refuse("is not an inventory item."),
        _ if item.fields.get("isInactive") == Some(&json!(true)) => refuse("is inactive."),
        _ => Ok(id),
    }
}

/// Lot and serial items need to be told which units move; bins must be the location's.
fn check_detail(books: &Books, line: &Line, (item, location): Spot, index: usize) -> Result<(), Refusal> {
    let tracked = books.get(&Group::Item, item).is_some_and(is_tracked);
    let given =
        line.fields.get("inventoryDetail").is_some_and(|detail| detail.get("inventoryAssignment").is_some());
    if tracked && !given {
        return Err(detail_missing(index));
    }
    for row in assignments(line) {
        check_bin(books, row.bin, location, &format!("inventory.items[{index}].inventoryDetail"))?;
    }
    Ok(())
}

/// Whether units of the item are told apart by lot or serial number.
fn is_tracked(item: &Record) -> bool {
    ["isLotItem", "isSerialItem"].iter().any(|name| item.fields.get(*name) == Some(&json!(true)))
}

fn check_bin(books: &Books, bin: u64, location: u64, path: &str) -> Result<(), Refusal> {
    let known = books.get(&Group::Bin, bin);
    if known.is_some_and(|known| integer(known.fields.get("location")) == location) {
        return Ok(());
    }
    Err(Refusal::content(format!("Invalid bin number reference key {bin} for location {location}."), path))
}

fn detail_missing(index: usize) -> Refusal {
    let detail = format!("Please configure the inventory detail in line {} of the item list.", index + 1);
    Refusal::rule(detail).at(Place::Body(format!("inventory.items[{index}].inventoryDetail")))
}
