//! Create, update, upsert and delete.

use axum::http::StatusCode;
use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::changes::{Changes, WriteOptions, read_changes};
use super::saves::Saved;
use super::types::{Group, RecordType, transaction};
use super::{apply, document, sublist};
use crate::netsuite::books::{Approval, Books, Record, checked_external_id, integer, plain};
use crate::netsuite::errors::Refusal;
use crate::netsuite::follow::{settle, settle_without};
use crate::netsuite::kits::list_members;
use crate::netsuite::number::{member, number, total};
use crate::netsuite::periods;
use crate::netsuite::status::status_word;
use crate::netsuite::stock;
use crate::netsuite::transform::quantities::{is_member, left};

/// Creates a record and returns its id.
///
/// # Errors
/// 400 for bad content, a broken rule or a taken external id.
pub(crate) fn create(
    books: &mut Books,
    kind: RecordType,
    body: &Value,
    options: &WriteOptions,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    if matches!(kind.name.as_str(), "itemFulfillment" | "itemReceipt") {
        return Err(Refusal::rule("Item fulfillments and receipts are made by transforming another record."));
    }
    let changes = read_changes(books, &kind, body, options)?;
    let mut record = Record::new(kind, now);
    let waits = match record.kind.name.as_str() {
        "salesOrder" => books.settings.new_orders_need_approval,
        "returnAuthorization" => books.settings.new_returns_need_approval,
        _ => false,
    };
    if waits {
        record.approval = Approval::Pending;
    }
    if record.kind.group == Group::Transaction {
        record.fields.insert("tranDate".to_owned(), json!(local_day(books, now)));
    }
    if record.kind.group == Group::Item {
        note_item_type(&mut record);
    }
    bring_in(books, &mut record, changes, options)?;
    store(books, record, now)
}

/// Fills in what an item's type says.
pub(crate) fn note_item_type(item: &mut Record) {
    item.fields.insert("itemType".to_owned(), json!({"id": item.kind.code}));
    for (prefix, flag) in [("lotNumbered", "isLotItem"), ("serialized", "isSerialItem")] {
        if item.kind.name.starts_with(prefix) {
            item.fields.insert(flag.to_owned(), json!(true));
        }
    }
}

/// Changes a record and returns its id.
///
/// # Errors
/// 404 when there is no such record, 400 as for [`create`].
pub(crate) fn update(
    books: &mut Books,
    kind: &RecordType,
    id: &str,
    body: &Value,
    options: &WriteOptions,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    let mut record = books.find(kind, id)?.clone();
    if record.voided {
        return Err(Refusal::rule("A voided transaction cannot be changed."));
    }
    let changes = read_changes(books, kind, body, options)?;
    bring_in(books, &mut record, changes, options)?;
    store(books, record, now)
}

/// Updates the record with this external id, or creates it.
///
/// # Errors
/// 400 for an address other than `eid:` and as for [`create`].
pub(crate) fn upsert(
    books: &mut Books,
    kind: RecordType,
    id: &str,
    body: &Value,
    options: &WriteOptions,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    let Some(external_id) = id.strip_prefix("eid:") else {
        return Err(Refusal::request("An upsert is addressed by an external ID, not by an internal ID."));
    };
    let external_id = checked_external_id(external_id)?;
    if books.find(&kind, id).is_ok() {
        return update(books, &kind, id, body, options, now);
    }
    let mut body = body.clone();
    if let Some(members) = body.as_object_mut() {
        members.insert("externalId".to_owned(), json!(external_id));
    }
    create(books, kind, &body, options, now)
}

/// Deletes a record.
///
/// # Errors
/// 404 when there is no such record, 400 when others depend on it.
pub(crate) fn delete(
    books: &mut Books,
    kind: &RecordType,
    id: &str,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let id = books.find(kind, id)?.id;
    if kind.group == Group::Transaction {
        if books.followers_of(id).next().is_some() {
            let detail =
                "This transaction cannot be deleted because it is linked to one or more transactions.";
            return Err(Refusal::rule(detail));
        }
        if let Some(record) = books.get(&kind.group, id) {
            periods::check(books, None, record)?;
        }
    }
    if let Some(gone) = books.remove(&kind.group, id)
        && kind.group == Group::Transaction
    {
        books.saved.extend(Saved::deletion(&gone));
        settle_without(books, &gone, now);
    }
    Ok(())
}

/// Brings checked changes into a record that is not saved yet.
///
/// # Errors
/// 400 when a rule of the record type is broken.
pub(crate) fn bring_in(
    books: &mut Books,
    record: &mut Record,
    changes: Changes,
    options: &WriteOptions,
) -> Result<(), Refusal> {
    let before = sums(record);
    let is_new = record.id == 0;
    if options.replace_selected_fields {
        for name in &options.replace {
            record.fields.remove(name);
        }
    }
    for (name, value) in changes.fields {
        set(record, name, value)?;
    }
    for lines in &changes.sublists {
        let replace = options.replace.iter().any(|name| name == lines.sublist.name);
        sublist::apply(books, record, lines, replace)?;
    }
    match record.kind.name.as_str() {
        "salesOrder" => complete_order(books, record, before, is_new),
        "itemFulfillment" => check_fulfillment(books, record),
        "inventoryAdjustment" => stock::complete_adjustment(books, record),
        "binTransfer" => stock::complete_transfer(books, record),
        "customerRefund" => {
            apply::check_refund(books, record)?;
            let day = record.text("tranDate").unwrap_or_default();
            apply::complete(books, record, &day)
        }
        _ if record.kind.group == Group::Transaction => {
            document::complete(books, record, options)?;
            match record.is("creditMemo") {
                true => {
                    let day = record.text("tranDate").unwrap_or_default();
                    apply::complete(books, record, &day)
                }
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Saves a record and everything that follows from it; returns its id.
///
/// # Errors
/// 400 when the external id is taken.
pub(crate) fn store(books: &mut Books, mut record: Record, now: DateTime<Utc>) -> Result<u64, Refusal> {
    record.modified = now.trunc_subsecs(0);
    let is_new = record.id == 0;
    let group = record.kind.group.clone();
    let prefix = transaction(&record.kind.name).map_or("", |known| known.prefix);
    let before = books.get(&group, record.id);
    periods::check(books, before, &record)?;
    let followed = before.map(Record::previous).unwrap_or_default();
    let saved = Saved::of(before, &record);
    let id = books.save(record)?;
    books.saved.extend(saved.map(|saved| Saved { id, ..saved }));
    if let Some(saved) = books.edit(&group, id)
        && is_new
        && !prefix.is_empty()
    {
        saved.fields.entry("tranId").or_insert_with(|| json!(format!("{prefix}{id}")));
        saved.fields.insert("transactionNumber".to_owned(), json!(format!("{prefix}T{id}")));
    }
    if group == Group::Transaction {
        settle(books, id, &followed, now);
    } else if books.get(&group, id).is_some_and(|saved| !saved.lines_of("member").is_empty()) {
        stock::recompute_demand(books, now);
    }
    Ok(id)
}

/// The account's calendar day at an instant.
pub(crate) fn local_day(books: &Books, now: DateTime<Utc>) -> String {
    now.with_timezone(&books.settings.timezone).format("%Y-%m-%d").to_string()
}

fn set(record: &mut Record, name: String, value: Value) -> Result<(), Refusal> {
    let has_approval = record.is("salesOrder") || record.is("returnAuthorization");
    match name.as_str() {
        "orderStatus" if has_approval => {
            return approve(record, &plain(&value).unwrap_or_default(), "orderStatus");
        }
        // Reaches this point only for staff: over REST the property is read-only.
        "status" if has_approval => return approve(record, &plain(&value).unwrap_or_default(), "status"),
        "externalId" => record.external_id = plain(&value).filter(|id| !id.is_empty()),
        _ => {}
    }
    if value.is_null() {
        record.fields.remove(&name);
        return Ok(());
    }
    if let (Some(Value::Object(kept)), Value::Object(given)) = (record.fields.get_mut(&name), &value)
        && !given.contains_key("id")
    {
        // A subrecord: parts that are not mentioned stay.
        kept.extend(given.clone());
        kept.retain(|_, part| !part.is_null());
        return Ok(());
    }
    record.fields.insert(name, value);
    Ok(())
}

fn approve(record: &mut Record, letter: &str, path: &str) -> Result<(), Refusal> {
    let by_staff = path == "status";
    record.approval = match letter {
        _ if record.approval == Approval::Cancelled && !by_staff => {
            return Err(Refusal::rule("This transaction is cancelled."));
        }
        "A" => Approval::Pending,
        "B" => Approval::Approved,
        "C" if by_staff => Approval::Cancelled,
        other => {
            let detail = format!("Invalid value for the field '{path}': {other}. Only A and B can be set.");
            return Err(Refusal::content(detail, path));
        }
    };
    Ok(())
}

/// Sums that the totals of an order are made of: lines, tax, freight.
fn sums(record: &Record) -> [Decimal; 3] {
    let of = |column: &str| total(record.lines_of("item").iter().map(|line| member(&line.fields, column)));
    let freight = total(["shippingCost", "handlingCost"].map(|name| member(&record.fields, name)));
    [of("amount"), of("tax1Amt"), freight]
}

fn complete_order(
    books: &Books,
    order: &mut Record,
    before: [Decimal; 3],
    is_new: bool,
) -> Result<(), Refusal> {
    if !order.fields.contains_key("entity") {
        return Err(Refusal::content("Please enter value(s) for: Customer", "entity"));
    }
    if order.lines_of("item").is_empty() {
        return Err(Refusal::rule("You must enter at least one line item for this transaction."));
    }
    for line in order.lines.entry("item").or_default() {
        let item = books.get(&Group::Item, integer(line.fields.get("item")));
        let code = item.map_or("InvtPart", |item| item.kind.code);
        line.fields.insert("itemType".to_owned(), json!({"id": code}));
        let (quantity, picked) = (member(&line.fields, "quantity"), member(&line.fields, "quantityPicked"));
        if quantity < picked {
            let detail =
                format!("The quantity {quantity} is less than the quantity already fulfilled ({picked}).");
            return Err(Refusal::rule(detail));
        }
    }
    // Totals move by what the change moved. So an order that came with totals of its own keeps them.
    let after = sums(order);
    let [amount, tax, freight] = [0, 1, 2].map(|part: usize| after[part].saturating_sub(before[part]));
    for (name, moved) in [("subtotal", amount), ("taxTotal", tax), ("total", total([amount, tax, freight]))] {
        if is_new || !moved.is_zero() {
            let sum = member(&order.fields, name).saturating_add(moved);
            order.fields.insert(name.to_owned(), number(sum));
        }
    }
    Ok(())
}

fn check_fulfillment(books: &mut Books, fulfillment: &mut Record) -> Result<(), Refusal> {
    let letter = fulfillment.text("shipStatus").unwrap_or_default();
    let Some(word) = status_word("itemFulfillment", &letter) else {
        let detail = format!("Invalid value for the field 'shipStatus': {letter}.");
        return Err(Refusal::content(detail, "shipStatus"));
    };
    for name in ["shipStatus", "status"] {
        fulfillment.fields.insert(name.to_owned(), json!({"id": letter, "refName": word}));
    }
    let order = books.get(&Group::Transaction, fulfillment.source());
    let saved = books.get(&Group::Transaction, fulfillment.id);
    let lines = fulfillment.lines.entry("item").or_default();
    lines.retain(|line| line.fields.get("itemReceive") != Some(&Value::Bool(false)));
    for line in lines.iter().filter(|line| !is_member(line)) {
        // A line that does not grow stays, whatever became of the order's line since.
        let mut before = saved.into_iter().flat_map(|saved| saved.lines_of("item"));
        let before = before.find(|saved| saved.number() == line.number());
        let kept = before.map(|saved| member(&saved.fields, "quantity"));
        if kept.is_some_and(|kept| member(&line.fields, "quantity") <= kept) {
            continue;
        }
        let order_line = integer(line.fields.get("orderLine"));
        let ordered = order.and_then(|order| {
            let line = order.lines_of("item").iter().find(|line| line.number() == order_line)?;
            Some(left(books, order, line, ("itemFulfillment", false, fulfillment.id)))
        });
        let (quantity, open) = (member(&line.fields, "quantity"), ordered.unwrap_or_default());
        if quantity > open {
            let detail = format!(
                "The quantity to fulfill ({quantity}) exceeds the quantity remaining ({open}) on order line {order_line}."
            );
            return Err(Refusal::rule(detail));
        }
    }
    if lines.iter().all(|line| member(&line.fields, "quantity") <= Decimal::ZERO) {
        return Err(nothing_to_fulfill());
    }
    list_members(books, fulfillment);
    stock::check_commitment(books, fulfillment)
}

/// The refusal of a fulfilment that would hold no line.
pub(crate) fn nothing_to_fulfill() -> Refusal {
    let detail = "You must have at least one valid line item for this transaction.";
    Refusal::new(StatusCode::BAD_REQUEST, "VALID_LINE_ITEM_REQD", detail)
}
