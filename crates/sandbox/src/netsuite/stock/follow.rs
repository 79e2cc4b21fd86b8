//! What documents do to stock.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Movement, Spot};
use crate::netsuite::books::{Approval, Books, Line, Record, integer};
use crate::netsuite::errors::Refusal;
use crate::netsuite::kits::parts;
use crate::netsuite::number::{decimal, member};
use crate::netsuite::records::types::{Group, is_stocked_kind};
use crate::netsuite::records::write::nothing_to_fulfill;
use crate::netsuite::status::{line_is_closed, line_is_goods};

/// Kits in kits are taken apart this deep.
const DEEPEST_KIT: u8 = 4;

/// Brings stock in line with a saved transaction.
pub(crate) fn follow(books: &mut Books, id: u64, now: DateTime<Utc>) {
    let Some(record) = books.get(&Group::Transaction, id) else { return };
    if record.is("salesOrder") {
        let wanted = demands(books, record);
        books.stock.set_demand(id, wanted, now);
    } else {
        let movements = movements(books, record);
        books.stock.set_movements(id, movements, now);
    }
}

/// Takes back what a transaction that is gone did to stock.
pub(crate) fn forget(books: &mut Books, id: u64, now: DateTime<Utc>) {
    books.stock.set_demand(id, BTreeMap::new(), now);
    books.stock.set_movements(id, Vec::new(), now);
}

/// Works out the demand of every order anew, for example when the members of a kit are others now.
pub(crate) fn recompute_demand(books: &mut Books, now: DateTime<Utc>) {
    let orders: Vec<u64> = books.transactions("salesOrder").map(|order| order.id).collect();
    for order in orders {
        follow(books, order, now);
    }
}

fn demands(books: &Books, order: &Record) -> BTreeMap<Spot, Decimal> {
    let mut wanted = BTreeMap::new();
    if order.approval != Approval::Approved {
        return wanted;
    }
    for line in
        order.lines_of("item").iter().filter(|line| !line_is_closed(line) && line_is_goods(books, line))
    {
        let open = member(&line.fields, "quantity").saturating_sub(member(&line.fields, "quantityFulfilled"));
        let location = location(order, line);
        if open > Decimal::ZERO && location != 0 {
            demand_of(books, (integer(line.fields.get("item")), location), open, DEEPEST_KIT, &mut wanted);
        }
    }
    wanted
}

fn demand_of(
    books: &Books,
    (item, location): Spot,
    units: Decimal,
    depth: u8,
    wanted: &mut BTreeMap<Spot, Decimal>,
) {
    let code = books.get(&Group::Item, item).map_or("", |item| item.kind.code);
    if is_stocked_kind(code) {
        let sum = wanted.entry((item, location)).or_default();
        *sum = sum.saturating_add(units);
    } else if code == "Kit" && depth > 0 {
        for (part, each) in parts(books, item) {
            demand_of(books, (part, location), units.saturating_mul(each), depth - 1, wanted);
        }
    }
}

/// The line's location, else the body's; zero when there is none.
fn location(record: &Record, line: &Line) -> u64 {
    match integer(line.fields.get("location")) {
        0 => integer(record.fields.get("location")),
        location => location,
    }
}

fn movements(books: &Books, record: &Record) -> Vec<Movement> {
    if record.voided {
        return Vec::new();
    }
    match record.kind.name.as_str() {
        // Picked and packed units are still in the house.
        "itemFulfillment" if record.text("shipStatus").as_deref() == Some("C") => {
            goods_moved(books, record, Decimal::NEGATIVE_ONE)
        }
        "itemReceipt" => goods_moved(books, record, Decimal::ONE),
        "inventoryAdjustment" => adjusted(record),
        "binTransfer" => transferred(record),
        _ => Vec::new(),
    }
}

fn goods_moved(books: &Books, record: &Record, sign: Decimal) -> Vec<Movement> {
    let source = books.get(&Group::Transaction, record.source());
    let all = record.lines_of("item");
    // The members of a kit go where it goes.
    let is_kept_out = |line: &Line| {
        let kit = integer(line.fields.get("kitMemberOf"));
        line.kept_out || (kit != 0 && all.iter().any(|other| other.kept_out && other.number() == kit))
    };
    let moved = all.iter().filter(|line| !is_kept_out(line)).filter_map(|line| {
        let item = integer(line.fields.get("item"));
        let stocked = books.get(&Group::Item, item).is_some_and(|item| is_stocked_kind(item.kind.code));
        let location = match location(record, line) {
            0 => source.map_or(0, |source| integer(source.fields.get("location"))),
            location => location,
        };
        let units = member(&line.fields, "quantity").saturating_mul(sign);
        let bins = assignments(line).into_iter();
        let bins = bins.map(|given| (given.bin, given.units.abs().saturating_mul(sign))).collect();
        (stocked && location != 0 && !units.is_zero()).then_some(Movement {
            spot: (item, location),
            units,
            bins,
            stocks: false,
        })
    });
    moved.collect()
}

fn adjusted(record: &Record) -> Vec<Movement> {
    let lines = record.lines_of("inventory").iter();
    let moved = lines.map(|line| {
        let spot = (integer(line.fields.get("item")), integer(line.fields.get("location")));
        let bins = assignments(line).into_iter().map(|given| (given.bin, given.units)).collect();
        Movement { spot, units: member(&line.fields, "adjustQtyBy"), bins, stocks: true }
    });
    moved.collect()
}

fn transferred(record: &Record) -> Vec<Movement> {
    let location = integer(record.fields.get("location"));
    let lines = record.lines_of("inventory").iter();
    let moved = lines.map(|line| {
        let given = assignments(line);
        let bins = given.iter().flat_map(|given| [(given.bin, -given.units), (given.to_bin, given.units)]);
        let spot = (integer(line.fields.get("item")), location);
        Movement { spot, units: Decimal::ZERO, bins: bins.collect(), stocks: true }
    });
    moved.collect()
}

/// One row of a line's inventory detail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment {
    /// Bin the units are in; zero when none is named.
    pub(super) bin: u64,
    /// Bin they go to; zero when none is named.
    pub(super) to_bin: u64,
    /// Units.
    pub(super) units: Decimal,
}

/// The inventory detail of a line, as far as it names bins.
pub(super) fn assignments(line: &Line) -> Vec<Assignment> {
    let rows = line.fields.get("inventoryDetail").and_then(|detail| detail.get("inventoryAssignment"));
    let rows = rows.and_then(|rows| rows.get("items")).and_then(Value::as_array);
    let read = rows.into_iter().flatten().map(|row| Assignment {
        bin: integer(row.get("binNumber")),
        to_bin: integer(row.get("toBinNumber")),
        units: row.get("quantity").and_then(decimal).unwrap_or_default(),
    });
    read.filter(|row| row.bin != 0).collect()
}

/// Refuses a fulfilment of units that are not committed to its order, where the account ships by commitment.
///
/// # Errors
/// 400 when there is nothing to fulfil, or less than is asked for.
pub(crate) fn check_commitment(books: &Books, fulfillment: &Record) -> Result<(), Refusal> {
    if !books.settings.enforce_commitment {
        return Ok(());
    }
    let order = fulfillment.source();
    let mut wanted: BTreeMap<Spot, Decimal> = BTreeMap::new();
    for movement in goods_moved(books, fulfillment, Decimal::ONE) {
        let sum = wanted.entry(movement.spot).or_default();
        *sum = sum.saturating_add(movement.units);
    }
    let mut any = wanted.is_empty();
    let mut short = None;
    for (spot, units) in wanted {
        if !books.stock.is_stocked(spot) {
            any = true;
            continue;
        }
        // What this fulfilment has shipped already is no longer in the house.
        let own = -books.stock.moved_by(fulfillment.id, spot, None);
        let committed = books.stock.committed_to(order, spot).saturating_add(own);
        any |= committed > Decimal::ZERO;
        if units > committed {
            short.get_or_insert((spot, units, committed));
        }
    }
    match short {
        None => Ok(()),
        Some(_) if !any => Err(nothing_to_fulfill()),
        Some(((item, _), units, committed)) => {
            let name = books.display_name(&Group::Item, item).unwrap_or_default();
            Err(Refusal::rule(format!(
                "The quantity to fulfill ({units}) of item {name} exceeds the quantity committed ({committed})."
            )))
        }
    }
}
