//! `aggregateItemLocation` and `inventorybalance`.

use rust_decimal::Decimal;

use super::cell::Cell;
use super::tables::Row;
use super::values::moment;
use crate::netsuite::books::Books;
use crate::netsuite::number::total;
use crate::netsuite::stock::{Level, Spot};

pub(super) const LEVEL: &[&str] = &[
    "item",
    "location",
    "quantityavailable",
    "quantityonhand",
    "quantitycommitted",
    "quantityonorder",
    "quantitybackordered",
    "quantityintransit",
    "averagecostmli",
    "lastquantityavailablechange",
];
pub(super) const BALANCE: &[&str] = &["item", "location", "binnumber", "quantityonhand", "quantityavailable"];

/// One row for each bin that holds or held units, and one for what stands in none.
pub(super) fn balances<'a>((spot, level): (Spot, &Level)) -> Vec<Row<'a>> {
    let in_bins = level.bins.keys().map(|bin| Row::Balance(spot, Some(*bin)));
    let outside = level.on_hand.filter(|_| level.bins.is_empty() || !outside_of_bins(level).is_zero());
    in_bins.chain(outside.map(|_| Row::Balance(spot, None))).collect()
}

fn outside_of_bins(level: &Level) -> Decimal {
    level.on_hand.unwrap_or_default().saturating_sub(total(level.bins.values().copied()))
}

pub(super) fn level_cell(books: &Books, spot: Spot, column: &str) -> Cell {
    let Some(level) = books.stock.level(spot) else { return Cell::Null };
    let standing = books.stock.standing(spot);
    // An item that was never stocked has no figures but those that differ from zero.
    let figure = |units: Decimal| match standing.on_hand.is_none() && units.is_zero() {
        true => Cell::Null,
        false => Cell::Number(units),
    };
    match column {
        "item" => Cell::Number(spot.0.into()),
        "location" => Cell::Number(spot.1.into()),
        "quantityonhand" => standing.on_hand.map_or(Cell::Null, Cell::Number),
        "quantityavailable" => figure(standing.available),
        "quantitycommitted" => figure(standing.committed),
        "quantitybackordered" => figure(standing.back_ordered),
        "quantityonorder" => figure(level.on_order),
        "quantityintransit" => figure(level.in_transit),
        "averagecostmli" => level.average_cost.map_or(Cell::Null, Cell::Number),
        "lastquantityavailablechange" => level.changed.map_or(Cell::Null, |changed| moment(books, changed)),
        _ => Cell::Null,
    }
}

pub(super) fn balance_cell(books: &Books, spot: Spot, bin: Option<u64>, column: &str) -> Cell {
    let Some(level) = books.stock.level(spot) else { return Cell::Null };
    let held = match bin {
        Some(bin) => level.bins.get(&bin).copied().unwrap_or_default(),
        None => outside_of_bins(level),
    };
    match column {
        "item" => Cell::Number(spot.0.into()),
        "location" => Cell::Number(spot.1.into()),
        "binnumber" => bin.map_or(Cell::Null, |bin| Cell::Number(bin.into())),
        "quantityonhand" => Cell::Number(held),
        "quantityavailable" if level.bins.is_empty() => Cell::Number(books.stock.standing(spot).available),
        "quantityavailable" => Cell::Number(held),
        _ => Cell::Null,
    }
}
