//! What a saved transaction changes in itself and in those it follows from: quantities, open amounts, status.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books::{Approval, Books, Line, Record};
use super::number::{member, number, total};
use super::periods::posting_period;
use super::records::apply::open_amount;
use super::records::types::{Group, transaction};
use super::status::{line_is_closed, line_is_goods, refresh_order, status_word};
use super::stock;
use super::transform::quantities::{is_credit, taken};

/// Brings a saved transaction and all it follows from up to date. `before`: what it followed from until now.
pub(crate) fn settle(books: &mut Books, id: u64, before: &BTreeSet<u64>, now: DateTime<Utc>) {
    refresh(books, id, now);
    let Some(record) = books.get(&Group::Transaction, id) else { return };
    let previous: BTreeSet<u64> = record.previous().union(before).copied().collect();
    let moves_goods = record.is("itemFulfillment");
    refresh_previous(books, &previous, moves_goods, now);
}

/// Brings those that a transaction, now gone, followed from up to date.
pub(crate) fn settle_without(books: &mut Books, gone: &Record, now: DateTime<Utc>) {
    stock::forget(books, gone.id, now);
    refresh_previous(books, &gone.previous(), gone.is("itemFulfillment"), now);
}

fn refresh_previous(books: &mut Books, previous: &BTreeSet<u64>, by_fulfillment: bool, now: DateTime<Utc>) {
    for id in previous {
        let state = |books: &Books| {
            let record = books.get(&Group::Transaction, *id)?;
            let lines = record.lines_of("item").iter().map(|line| line.fields.clone());
            Some((record.fields.clone(), lines.collect::<Vec<_>>()))
        };
        let before = state(books);
        refresh(books, *id, now);
        let touched = match by_fulfillment {
            true => books.settings.fulfillment_touches_order,
            false => state(books) != before,
        };
        if touched && let Some(record) = books.edit(&Group::Transaction, *id) {
            record.modified = now.trunc_subsecs(0);
        }
    }
}

/// Works out anew what a transaction derives from its followers.
fn refresh(books: &mut Books, id: u64, now: DateTime<Utc>) {
    let Some(record) = books.get(&Group::Transaction, id) else { return };
    match record.kind.name.as_str() {
        "salesOrder" => refresh_order(books, id),
        "itemFulfillment" | "inventoryAdjustment" | "binTransfer" => {}
        "returnAuthorization" => refresh_return(books, id),
        _ => refresh_document(books, id),
    }
    let period = books.get(&Group::Transaction, id).and_then(|record| {
        let posting = transaction(&record.kind.name).is_some_and(|known| known.is_posting);
        posting.then(|| posting_period(record)).flatten()
    });
    stock::follow(books, id, now);
    if let (Some(period), Some(record)) = (period, books.edit(&Group::Transaction, id)) {
        record.fields.insert("postingPeriod".to_owned(), period);
    }
}

fn refresh_document(books: &mut Books, id: u64) {
    let Some(record) = books.get(&Group::Transaction, id) else { return };
    let open = open_amount(books, record, 0);
    let all = member(&record.fields, "total");
    let mut amounts = Vec::new();
    let letter = match record.kind.name.as_str() {
        "invoice" | "creditMemo" => {
            amounts.push(("amountRemaining", number(open)));
            if record.is("creditMemo") {
                amounts.push(("applied", number(all.saturating_sub(open))));
            }
            Some(if open <= Decimal::ZERO { "B" } else { "A" })
        }
        "cashSale" | "cashRefund" => Some("B"),
        "customerRefund" => Some("R"),
        _ => None,
    };
    let letter = if record.voided { Some("V") } else { letter };
    let Some(record) = books.edit(&Group::Transaction, id) else { return };
    record.fields.extend(amounts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    if let Some(letter) = letter {
        let word = status_word(&record.kind.name, letter);
        record.fields.insert("status".to_owned(), json!({"id": letter, "refName": word}));
    }
}

fn refresh_return(books: &mut Books, id: u64) {
    let Some(record) = books.get(&Group::Transaction, id) else { return };
    let approval = record.approval;
    let facts: Vec<(bool, Decimal, Decimal)> = record
        .lines_of("item")
        .iter()
        .map(|line| {
            let at = (id, line.number());
            let received = taken(books, at, |name| name == "itemReceipt", 0).quantity;
            (line_is_goods(books, line), received, taken(books, at, is_credit, 0).quantity)
        })
        .collect();
    let Some(record) = books.edit(&Group::Transaction, id) else { return };
    let lines = record.lines.entry("item").or_default();
    for (line, (_, received, billed)) in lines.iter_mut().zip(&facts) {
        line.fields.insert("quantityReceived".to_owned(), number(received.normalize()));
        line.fields.insert("quantityBilled".to_owned(), number(billed.normalize()));
        let closed = line_is_closed(line);
        line.fields.insert("isClosed".to_owned(), Value::Bool(closed));
    }
    let goods: Vec<bool> = facts.iter().map(|(goods, ..)| *goods).collect();
    let letter = return_letter(approval, lines, &goods);
    let state = json!({"id": letter, "refName": status_word("returnAuthorization", letter)});
    record.fields.insert("status".to_owned(), state.clone());
    record.fields.insert("orderStatus".to_owned(), state);
}

fn return_letter(approval: Approval, lines: &[Line], goods: &[bool]) -> &'static str {
    match approval {
        Approval::Cancelled => return "C",
        Approval::Pending => return "A",
        Approval::Approved => {}
    }
    if lines.iter().all(line_is_closed) {
        return "H";
    }
    let of = |line: &Line, name: &str| member(&line.fields, name);
    let goods: Vec<&Line> =
        lines.iter().zip(goods).filter(|(_, goods)| **goods).map(|(line, _)| line).collect();
    let sum = |name: &str| total(goods.iter().map(|line| of(line, name)));
    let (received, refunded) = (sum("quantityReceived"), sum("quantityBilled"));
    let waiting =
        goods.iter().any(|line| !line_is_closed(line) && of(line, "quantityReceived") < of(line, "quantity"));
    if waiting {
        return match () {
            () if received.is_zero() => "B",
            () if received > refunded => "E",
            () => "D",
        };
    }
    let settled = lines.iter().all(|line| {
        let due = if line_is_closed(line) { "quantityReceived" } else { "quantity" };
        of(line, "quantityBilled") >= of(line, due)
    });
    if settled { "G" } else { "F" }
}
