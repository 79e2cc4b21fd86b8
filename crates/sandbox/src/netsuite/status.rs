//! Status letters, and the status of a sales order.
//!
//! Of a sales order only approval can be written; the rest follows from its lines and from the
//! fulfilments made from it. Letters mean nothing without the type.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books::{Approval, Books, Line, integer};
use super::number::{member, number, total};
use super::records::types::{Group, is_goods};
use super::transform::quantities::{is_bill, is_member, taken as billed};

/// What the fulfilments of an order took from one of its lines.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    picked: Decimal,
    packed: Decimal,
    shipped: Decimal,
}

/// Words for a status letter of a type.
pub(crate) fn status_word(record_type: &str, letter: &str) -> Option<&'static str> {
    Some(match (record_type, letter) {
        ("salesOrder", "A") => "Pending Approval",
        ("salesOrder", "B") => "Pending Fulfillment",
        ("salesOrder", "C") => "Cancelled",
        ("salesOrder", "D") => "Partially Fulfilled",
        ("salesOrder", "E") => "Pending Billing/Partially Fulfilled",
        ("salesOrder", "F") => "Pending Billing",
        ("salesOrder", "G") => "Billed",
        ("salesOrder", "H") => "Closed",
        ("returnAuthorization", "A") => "Pending Approval",
        ("returnAuthorization", "B") => "Pending Receipt",
        ("returnAuthorization", "C") => "Cancelled",
        ("returnAuthorization", "D") => "Partially Received",
        ("returnAuthorization", "E") => "Pending Refund/Partially Received",
        ("returnAuthorization", "F") => "Pending Refund",
        ("returnAuthorization", "G") => "Refunded",
        ("returnAuthorization", "H") => "Closed",
        ("invoice" | "creditMemo", "A") => "Open",
        ("invoice", "B") => "Paid In Full",
        ("creditMemo", "B") => "Fully Applied",
        ("cashSale" | "cashRefund", "B") => "Not Deposited",
        ("customerRefund", "R") => "Issued",
        ("invoice" | "cashSale" | "creditMemo" | "cashRefund" | "customerRefund", "V") => "Voided",
        ("itemFulfillment", "A") => "Picked",
        ("itemFulfillment", "B") => "Packed",
        ("itemFulfillment", "C") => "Shipped",
        _ => return None,
    })
}

/// Whether the line can ever appear on a fulfilment.
pub(crate) fn line_is_goods(books: &Books, line: &Line) -> bool {
    let id = integer(line.fields.get("item"));
    books.get(&Group::Item, id).is_some_and(|item| {
        is_goods(item.kind.code) && item.fields.get("isFulfillable") != Some(&Value::Bool(false))
    })
}

/// Whether staff closed the line.
pub(crate) fn line_is_closed(line: &Line) -> bool {
    line.fields.get("isClosed") == Some(&Value::Bool(true))
}

/// Quantity of an order line that no fulfilment has taken yet.
pub(crate) fn remaining(line: &Line) -> Decimal {
    member(&line.fields, "quantity").saturating_sub(member(&line.fields, "quantityPicked")).max(Decimal::ZERO)
}

/// Works out quantities and status of an order anew from its lines and fulfilments.
pub(crate) fn refresh_order(books: &mut Books, order_id: u64) {
    let mut taken: HashMap<u64, Taken> = HashMap::new();
    for fulfillment in books.fulfillments_of(order_id) {
        let state = fulfillment.text("shipStatus").unwrap_or_default();
        for line in fulfillment.lines_of("item").iter().filter(|line| !is_member(line)) {
            let quantity = member(&line.fields, "quantity");
            let of_line = taken.entry(integer(line.fields.get("orderLine"))).or_default();
            of_line.picked = of_line.picked.saturating_add(quantity);
            if state != "A" {
                of_line.packed = of_line.packed.saturating_add(quantity);
            }
            if state == "C" {
                of_line.shipped = of_line.shipped.saturating_add(quantity);
            }
        }
    }
    let Some(order) = books.get(&Group::Transaction, order_id) else { return };
    let goods: Vec<bool> = order.lines_of("item").iter().map(|line| line_is_goods(books, line)).collect();
    let bills = order.lines_of("item").iter().map(|line| {
        let billed = billed(books, (order_id, line.number()), is_bill, 0).quantity;
        billed.saturating_add(line.billed_before)
    });
    let bills: Vec<Decimal> = bills.collect();
    let Some(order) = books.edit(&Group::Transaction, order_id) else { return };
    let approval = order.approval;
    let lines = order.lines.entry("item").or_default();
    for ((line, goods), billed) in lines.iter_mut().zip(&goods).zip(bills) {
        if *goods || !billed.is_zero() || line.fields.contains_key("quantityBilled") {
            line.fields.insert("quantityBilled".to_owned(), number(billed.normalize()));
        }
        if *goods {
            write_quantities(line, taken.get(&line.number()).copied().unwrap_or_default());
        }
        let closed = line_is_closed(line);
        line.fields.insert("isClosed".to_owned(), Value::Bool(closed));
        let open = !closed && (!*goods || remaining(line) > Decimal::ZERO);
        line.fields.insert("isOpen".to_owned(), Value::Bool(open));
    }
    let letter = letter_of(approval, lines, &goods);
    let state = json!({"id": letter, "refName": status_word("salesOrder", letter)});
    order.fields.insert("status".to_owned(), state.clone());
    order.fields.insert("orderStatus".to_owned(), state);
}

fn write_quantities(line: &mut Line, taken: Taken) {
    let before = line.fulfilled_before;
    let quantity = member(&line.fields, "quantity");
    let shipped = taken.shipped.saturating_add(before);
    let columns = [
        ("quantityPicked", taken.picked),
        ("quantityPacked", taken.packed),
        ("quantityFulfilled", taken.shipped),
    ];
    for (name, amount) in columns {
        line.fields.insert(name.to_owned(), number(amount.saturating_add(before).normalize()));
    }
    line.fields.insert("itemIsFulfilled".to_owned(), Value::Bool(shipped >= quantity));
}

fn letter_of(approval: Approval, lines: &[Line], goods: &[bool]) -> &'static str {
    match approval {
        Approval::Cancelled => return "C",
        Approval::Pending => return "A",
        Approval::Approved => {}
    }
    if !lines.is_empty() && lines.iter().all(line_is_closed) {
        return "H";
    }
    let goods: Vec<&Line> =
        lines.iter().zip(goods).filter(|(_, goods)| **goods).map(|(line, _)| line).collect();
    let sum = |name: &str| total(goods.iter().map(|line| member(&line.fields, name)));
    let (shipped, picked, billed) = (sum("quantityFulfilled"), sum("quantityPicked"), sum("quantityBilled"));
    let waiting = goods.iter().any(|line| {
        !line_is_closed(line) && member(&line.fields, "quantityFulfilled") < member(&line.fields, "quantity")
    });
    if waiting {
        return match () {
            () if picked.is_zero() => "B",
            () if shipped > billed => "E",
            () => "D",
        };
    }
    let all_billed = lines
        .iter()
        .filter(|line| !line_is_closed(line))
        .all(|line| member(&line.fields, "quantityBilled") >= member(&line.fields, "quantity"));
    if all_billed && billed >= shipped { "G" } else { "F" }
}
