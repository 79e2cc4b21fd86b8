//! Making a transaction from another one.
//!
//! The body holds only what should differ from what NetSuite fills in. Above all: a line of the source that the
//! body does not mention is taken with all that remains of it.

pub(crate) mod amounts;
pub(crate) mod quantities;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use self::quantities::{is_bill, is_credit, left};
use super::books::{Approval, Books, Fields, Line, Record, integer};
use super::errors::{Place, Refusal};
use super::number::{member, number};
use super::records::changes::{Changes, WriteOptions, read_changes};
use super::records::sublist::price;
use super::records::types::{Group, field, transaction};
use super::records::write::{bring_in, local_day, nothing_to_fulfill, store};

/// What can be made from what.
const TRANSFORMS: &[(&str, &[&str])] = &[
    ("salesOrder", &["itemFulfillment", "invoice", "cashSale", "returnAuthorization"]),
    ("invoice", &["returnAuthorization", "creditMemo"]),
    ("cashSale", &["returnAuthorization", "cashRefund"]),
    ("returnAuthorization", &["itemReceipt", "creditMemo", "cashRefund"]),
];

/// Body properties that go from the source to the target, where the target has them.
const CARRIED: [&str; 13] = [
    "entity",
    "subsidiary",
    "department",
    "class",
    "currency",
    "exchangeRate",
    "location",
    "otherRefNum",
    "email",
    "memo",
    "terms",
    "shippingAddress",
    "billingAddress",
];

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
    transform_with(books, (source, id, target), body, options, now, |_| {})
}

/// As [`transform`], with a last change to the target before it is saved.
///
/// # Errors
/// As [`transform`].
pub(crate) fn transform_with(
    books: &mut Books,
    (source, id, target): (&str, &str, &str),
    body: &Value,
    options: &WriteOptions,
    now: DateTime<Utc>,
    finish: impl FnOnce(&mut Record),
) -> Result<u64, Refusal> {
    let mut made = unpriced(books, (source, id, target), options.staff, now)?;
    let Changes { fields, sublists } = read_changes(books, &made.kind, body, options)?;
    let mut rest = Changes { fields, sublists: Vec::new() };
    for given in sublists {
        match given.sublist.name {
            "item" => choose_lines(&mut made, &given.lines)?,
            _ => rest.sublists.push(given),
        }
    }
    let body_location = rest.fields.get("location").filter(|location| !location.is_null()).cloned();
    let counts_goods = counts_goods(target);
    let lines = made.lines.entry("item").or_default();
    lines.retain(|line| line.fields.get("itemReceive") == Some(&Value::Bool(true)));
    for line in lines.iter_mut() {
        if let Some(location) = &body_location {
            line.fields.entry("location").or_insert_with(|| location.clone());
        }
        line.fields.insert("lineUniqueKey".to_owned(), json!(books.next_unique_key()));
        if !counts_goods {
            line.fields.remove("itemReceive");
            line.fields.remove("quantityRemaining");
        }
    }
    if lines.iter().all(|line| member(&line.fields, "quantity") <= Decimal::ZERO) {
        return Err(nothing_to_fulfill());
    }
    fill(books, &mut made);
    bring_in(books, &mut made, rest, options)?;
    if made.is("itemFulfillment") {
        let day = local_day(books, now);
        let reached = made.text("shipStatus").unwrap_or_default();
        for (letter, name) in [("A", "pickedDate"), ("B", "packedDate"), ("C", "shippedDate")] {
            if letter <= reached.as_str() {
                made.fields.entry(name).or_insert_with(|| json!(day));
            }
        }
    }
    finish(&mut made);
    store(books, made, now)
}

/// The target as NetSuite fills it in, not saved: every line that could be taken, with what remains of it.
///
/// # Errors
/// 404 for an unknown source, 400 when nothing can be made from it.
pub(crate) fn prefilled(
    books: &Books,
    path: (&str, &str, &str),
    now: DateTime<Utc>,
) -> Result<Record, Refusal> {
    let mut form = unpriced(books, path, false, now)?;
    fill(books, &mut form);
    Ok(form)
}

/// Whether the target moves goods and knows no prices.
fn counts_goods(target: &str) -> bool {
    matches!(target, "itemFulfillment" | "itemReceipt")
}

/// Whether two types take from the same quantity of a source's line.
fn alike(one: &str, other: &str) -> bool {
    one == other || (is_bill(one) && is_bill(other)) || (is_credit(one) && is_credit(other))
}

fn fill(books: &Books, made: &mut Record) {
    if counts_goods(&made.kind.name) {
        return;
    }
    if let Some(source) = books.get(&Group::Transaction, made.source()).cloned() {
        amounts::fill(books, &source, made);
    }
}

fn unpriced(
    books: &Books,
    (source, id, target): (&str, &str, &str),
    staff: bool,
    now: DateTime<Utc>,
) -> Result<Record, Refusal> {
    let kind = books.record_type(source)?;
    if !TRANSFORMS.iter().any(|(from, to)| *from == source && to.contains(&target)) {
        let detail = format!("The record {source} cannot be transformed to {target}.");
        return Err(Refusal::request(detail).at(Place::Url(target.to_owned())));
    }
    if id.is_empty() || !id.bytes().all(|digit| digit.is_ascii_digit()) {
        let detail =
            format!("Invalid record ID '{id}': the source of a transformation is named by its internal ID.");
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail);
        return Err(refusal.at(Place::Url(id.to_owned())));
    }
    let source = books.find(&kind, id)?;
    let advance = in_advance(books, target, staff);
    check_state(source, target, advance)?;
    let open = source.lines_of("item").iter().filter_map(|line| {
        let left = left(books, source, line, (target, advance, 0));
        (left > Decimal::ZERO).then_some((line, left))
    });
    let lines: Vec<Line> = open
        .enumerate()
        .map(|(position, (line, left))| target_line(books, source, (target, left), line, position))
        .collect();
    if lines.is_empty() {
        return Err(nothing_to_fulfill());
    }
    let mut made = Record::new(books.record_type(target)?, now);
    carry_body(books, source, &mut made);
    let letter = books.settings.default_ship_status.to_string();
    let mut filled = vec![
        ("createdFrom", json!({"id": source.id.to_string()})),
        ("tranDate", json!(local_day(books, now))),
    ];
    if counts_goods(target) {
        let code = transaction(&source.kind.name).map_or("", |known| known.code);
        filled.extend([("orderId", json!(source.id)), ("orderType", json!(code))]);
    }
    if target == "itemFulfillment" {
        filled.extend([("shipStatus", json!({"id": letter})), ("status", json!({"id": letter}))]);
    }
    if target == "returnAuthorization" && books.settings.new_returns_need_approval {
        made.approval = Approval::Pending;
    }
    made.fields.extend(filled.into_iter().map(|(name, value)| (name.to_owned(), value)));
    made.lines.insert("item", lines);
    Ok(made)
}

/// Whether quantities count before goods moved.
pub(crate) fn in_advance(books: &Books, target: &str, staff: bool) -> bool {
    let by_preference = match is_bill(target) {
        true => books.settings.bill_before_fulfillment,
        false => books.settings.refund_before_receipt,
    };
    staff || by_preference
}

fn check_state(source: &Record, target: &str, in_advance: bool) -> Result<(), Refusal> {
    if source.voided {
        return Err(Refusal::rule("This transaction is voided."));
    }
    let letter = source.text("status").unwrap_or_default();
    let ready = match (source.kind.name.as_str(), target) {
        ("salesOrder", "itemFulfillment") => matches!(letter.as_str(), "B" | "D" | "E"),
        ("salesOrder", "returnAuthorization") => !matches!(letter.as_str(), "A" | "C") && has_begun(source),
        // Without goods on their way, services wait too.
        ("salesOrder", _) => !matches!(letter.as_str(), "A" | "C") && (in_advance || letter != "B"),
        ("returnAuthorization", _) if letter == "A" => {
            return Err(Refusal::rule(
                "This return authorization is pending approval. Approve it before items are received or credited.",
            ));
        }
        ("returnAuthorization", _) => letter != "C",
        _ => true,
    };
    if ready { Ok(()) } else { Err(nothing_to_fulfill()) }
}

/// Whether anything of the order was shipped or billed.
fn has_begun(order: &Record) -> bool {
    let moved = |line: &Line, name: &str| !member(&line.fields, name).is_zero();
    let mut lines = order.lines_of("item").iter();
    lines.any(|line| moved(line, "quantityFulfilled") || moved(line, "quantityBilled"))
}

fn carry_body(books: &Books, source: &Record, made: &mut Record) {
    let fulfillment = made.is("itemFulfillment");
    for (name, value) in &source.fields {
        let carried = match fulfillment {
            true => {
                matches!(name.as_str(), "entity" | "subsidiary" | "shipMethod" | "shippingAddress" | "memo")
            }
            false => {
                name.starts_with("custbody_")
                    || (CARRIED.contains(&name.as_str())
                        && field(&made.kind, None, name, &books.settings).is_some())
            }
        };
        if carried {
            made.fields.insert(name.clone(), value.clone());
        }
    }
}

fn target_line(
    books: &Books,
    source: &Record,
    (target, left): (&str, Decimal),
    line: &Line,
    position: usize,
) -> Line {
    let priced = !counts_goods(target);
    let mut fields: Fields = line
        .fields
        .iter()
        .filter(|(name, _)| {
            name.starts_with("custcol_")
                || matches!(name.as_str(), "item" | "itemType" | "location" | "description" | "units")
                || (priced && matches!(name.as_str(), "rate" | "price" | "taxCode" | "taxRate1"))
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let item = integer(line.fields.get("item"));
    let left = number(left.normalize());
    let filled = [
        ("line", json!(position * 3 + 1)),
        ("orderLine", json!(line.number())),
        ("orderDoc", json!({"id": source.id.to_string()})),
        ("itemReceive", json!(true)),
        ("quantity", left.clone()),
        ("quantityRemaining", left),
    ];
    fields.extend(filled.map(|(name, value)| (name.to_owned(), value)));
    if !priced {
        let name = books.display_name(&Group::Item, item).unwrap_or_default();
        fields.insert("itemName".to_owned(), json!(name));
    }
    if let Some(location) = source.fields.get("location") {
        fields.entry("location").or_insert_with(|| location.clone());
    }
    Line { fields, ..Line::default() }
}

/// Lays the body's lines over the prefilled ones, by `orderLine`.
fn choose_lines(made: &mut Record, given: &[Fields]) -> Result<(), Refusal> {
    let (verb, done) = match made.kind.name.as_str() {
        "itemFulfillment" => ("fulfill", "remaining"),
        "itemReceipt" => ("receive", "receivable"),
        "returnAuthorization" => ("return", "returnable"),
        "creditMemo" | "cashRefund" => ("credit", "creditable"),
        _ => ("bill", "billable"),
    };
    let lines = made.lines.entry("item").or_default();
    let positions: BTreeMap<u64, usize> = lines
        .iter()
        .enumerate()
        .map(|(position, line)| (integer(line.fields.get("orderLine")), position))
        .collect();
    for (index, chosen) in given.iter().enumerate() {
        let order_line = integer(chosen.get("orderLine"));
        let quantity = member(chosen, "quantity");
        let none = chosen.get("quantity").is_some_and(|given| !given.is_null()) && quantity <= Decimal::ZERO;
        let left_out = none || chosen.get("itemReceive") == Some(&Value::Bool(false));
        let line = positions.get(&order_line).and_then(|position| lines.get_mut(*position));
        let Some(line) = line else {
            // Lines of which nothing can be taken may still be named, as long as they are turned off.
            if left_out {
                continue;
            }
            let detail = format!("Order line {order_line} has nothing left to {verb}.");
            return Err(Refusal::content(detail, format!("item.items[{index}].orderLine")));
        };
        let left = member(&line.fields, "quantityRemaining");
        if !left_out && quantity > left {
            let detail = format!("The quantity to {verb} ({quantity}) exceeds the quantity {done} ({left}).");
            return Err(Refusal::rule(detail).at(Place::Body(format!("item.items[{index}].quantity"))));
        }
        let columns = chosen.iter().filter(|(name, value)| *name != "line" && !value.is_null());
        line.fields.extend(columns.map(|(name, value)| (name.clone(), value.clone())));
        if left_out {
            line.fields.insert("itemReceive".to_owned(), json!(false));
        } else if chosen.contains_key("rate") {
            price(&mut line.fields, chosen.contains_key("amount"));
        }
    }
    Ok(())
}
