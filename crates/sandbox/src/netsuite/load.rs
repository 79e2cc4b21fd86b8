//! Takes in records from outside: a merchant's export, or what a test makes up.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Map, Value, json};

use super::books::{Approval, Books, Line, Record, integer, plain};
use super::errors::Refusal;
use super::number::{member, number, total};
use super::records::changes::{WriteOptions, read_changes};
use super::records::sublist::{next_line_number, price};
use super::records::types::{Group, ITEM_TYPES};
use super::records::write::{bring_in, local_day, note_item_type, store};
use super::stock::declare_item_fields;
use super::transform::transform;

const LENIENT: WriteOptions =
    WriteOptions { strict_names: false, replace: Vec::new(), replace_selected_fields: false, staff: true };

/// Takes in one sales order and returns its id.
pub(super) fn sales_order(books: &mut Books, order: &Value, now: DateTime<Utc>) -> Result<u64, Refusal> {
    let mut order = order.clone();
    let Some(members) = order.as_object_mut() else {
        return Err(Refusal::request("A sales order must be a JSON object."));
    };
    // What it was made from is not here.
    members.remove("createdFrom");
    if members.get("item").is_some_and(Value::is_array) {
        let lines = members.remove("item");
        members.insert("item".to_owned(), json!({"items": lines}));
    }
    let billed_by = members.remove("billedBy").as_ref().and_then(plain);
    if billed_by.is_some() {
        for line in members.get_mut("item").and_then(members_of).into_iter().flatten() {
            line.as_object_mut().map(|line| line.remove("quantityBilled"));
        }
    }
    members.entry("entity").or_insert_with(|| json!({"refName": "Sandbox Customer"}));
    provide_references(books, members, now)?;
    let id = integer(members.get("id"));
    let instant = |name: &str| members.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
    let created: DateTime<Utc> = instant("createdDate").unwrap_or(now);
    let modified: DateTime<Utc> = instant("lastModifiedDate").unwrap_or(now);
    let letter = ["status", "orderStatus"].iter().find_map(|name| members.get(*name).and_then(plain));
    for name in ["status", "orderStatus", "createdDate", "lastModifiedDate"] {
        members.remove(name);
    }

    let kind = books.record_type("salesOrder")?;
    let changes = read_changes(books, &kind, &order, &LENIENT)?;
    let mut record = Record::new(kind, created);
    record.fields = changes.fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
    record.external_id = record.fields.get("externalId").and_then(plain);
    record.id = id;
    record.created = created.trunc_subsecs(0);
    record.approval = match letter.as_deref() {
        Some("A") => Approval::Pending,
        Some("C") => Approval::Cancelled,
        _ => Approval::Approved,
    };
    let mut lines: Vec<Line> = Vec::new();
    for given in changes.sublists.into_iter().flat_map(|sublist| sublist.lines) {
        let fields = given.into_iter().filter(|(_, value)| !value.is_null()).collect();
        // What is billed here is not billed elsewhere.
        let letter =
            if billed_by.is_some() && letter.as_deref() == Some("G") { Some("F") } else { letter.as_deref() };
        let line = completed_line(books, fields, &lines, letter);
        lines.push(line);
    }
    record.lines.insert("item", lines);
    complete_body(books, &mut record);
    let id = store(books, record, now)?;
    if let Some(target) = billed_by {
        let options = WriteOptions { strict_names: true, ..LENIENT };
        transform(books, ("salesOrder", &id.to_string(), &target), &json!({}), &options, now)?;
    }
    if let Some(saved) = books.edit(&Group::Transaction, id) {
        saved.modified = modified.trunc_subsecs(0);
    }
    Ok(id)
}

fn completed_line(
    books: &mut Books,
    mut fields: Map<String, Value>,
    before: &[Line],
    letter: Option<&str>,
) -> Line {
    fields.entry("line").or_insert_with(|| json!(next_line_number(before)));
    match integer(fields.get("lineUniqueKey")) {
        0 => {
            let key = books.next_unique_key();
            fields.insert("lineUniqueKey".to_owned(), json!(key));
        }
        key => books.claim_unique_key(key),
    }
    fields.entry("quantity").or_insert_with(|| json!(1));
    let priced = fields.contains_key("amount");
    price(&mut fields, priced);
    let item = books.get(&Group::Item, integer(fields.get("item")));
    fields.insert("itemType".to_owned(), json!({"id": item.map_or("InvtPart", |item| item.kind.code)}));
    // An export of an order that is done may leave out what was shipped and billed.
    let quantity = fields.get("quantity").cloned().unwrap_or_default();
    if matches!(letter, Some("F" | "G")) {
        fields.entry("quantityFulfilled").or_insert_with(|| quantity.clone());
    }
    if letter == Some("G") {
        fields.entry("quantityBilled").or_insert(quantity);
    }
    if letter == Some("H") {
        fields.insert("isClosed".to_owned(), json!(true));
    }
    let fulfilled_before = member(&fields, "quantityFulfilled");
    let billed_before = member(&fields, "quantityBilled");
    Line { fields, fulfilled_before, billed_before, kept_out: false }
}

fn complete_body(books: &Books, order: &mut Record) {
    let day = local_day(books, order.created);
    order.fields.entry("tranDate").or_insert_with(|| json!(day));
    let sum = |column: &str| total(order.lines_of("item").iter().map(|line| member(&line.fields, column)));
    let (subtotal, tax) = (sum("amount"), sum("tax1Amt"));
    let fields = &mut order.fields;
    fields.entry("subtotal").or_insert_with(|| number(subtotal));
    fields.entry("taxTotal").or_insert_with(|| number(tax));
    let discount = member(fields, "discountTotal").abs();
    let all =
        total(["subtotal", "taxTotal", "shippingCost", "handlingCost"].map(|name| member(fields, name)));
    fields.entry("total").or_insert_with(|| number(all.saturating_sub(discount)));
}

/// Creates what the order refers to and remembers the names of list entries.
fn provide_references(
    books: &mut Books,
    order: &mut Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    for (name, value) in &*order {
        remember_name(books, name, value);
    }
    provide(books, order, ("entity", &Group::Entity), None, now)?;
    provide(books, order, ("location", &Group::Location), None, now)?;
    provide(books, order, ("discountItem", &Group::Item), Some("Discount"), now)?;
    let lines = order.get_mut("item").and_then(|item| item.get_mut("items")).and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        for (name, value) in &*line {
            remember_name(books, name, value);
        }
        let code = line.get("itemType").and_then(plain);
        provide(books, line, ("item", &Group::Item), code.as_deref(), now)?;
        provide(books, line, ("location", &Group::Location), None, now)?;
        provide(books, line, ("inventorylocation", &Group::Location), None, now)?;
    }
    Ok(())
}

fn members_of(sublist: &mut Value) -> Option<&mut Vec<Value>> {
    sublist.get_mut("items").and_then(Value::as_array_mut)
}

fn remember_name(books: &mut Books, field: &str, value: &Value) {
    if let (Some(id), Some(name)) =
        (value.get("id").and_then(plain), value.get("refName").and_then(Value::as_str))
    {
        books.names.insert((field.to_owned(), id), name.to_owned());
    }
}

/// Makes sure that the record a reference names exists, and that the reference carries its id.
fn provide(
    books: &mut Books,
    owner: &mut Map<String, Value>,
    (field, group): (&str, &Group),
    item_type: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let Some(reference) = owner.get(field).filter(|reference| !reference.is_null()) else { return Ok(()) };
    let id = integer(Some(reference));
    let shown = reference.get("refName").and_then(Value::as_str).map(str::to_owned);
    let external_id = reference.get("externalId").and_then(Value::as_str).map(str::to_owned);
    let known = books
        .get(group, id)
        .or_else(|| external_id.as_ref().and_then(|external_id| books.by_external_id(group, external_id)))
        .or_else(|| shown.as_ref().filter(|_| id == 0).and_then(|name| named(books, group, name)));
    let id = match known {
        Some(record) => record.id,
        None if id == 0 && shown.is_none() && external_id.is_none() => {
            let detail = format!("The reference {field} names nothing.");
            return Err(Refusal::content(detail, field));
        }
        None => {
            let name = shown.or_else(|| external_id.clone()).unwrap_or_else(|| format!("{field} {id}"));
            let (record_type, body) = match group {
                Group::Entity => ("customer", json!({"entityId": name})),
                Group::Location => ("location", json!({"name": name})),
                _ => (item_path(item_type.unwrap_or("InvtPart")), json!({"itemId": name})),
            };
            let mut body = body;
            if let Some(members) = body.as_object_mut() {
                members.insert("id".to_owned(), json!(id));
                members.insert("externalId".to_owned(), json!(external_id));
            }
            record(books, record_type, &body, now)?
        }
    };
    owner.insert(field.to_owned(), json!({"id": id.to_string()}));
    Ok(())
}

fn named<'a>(books: &'a Books, group: &Group, name: &str) -> Option<&'a Record> {
    if *group == Group::Item {
        // Items are many, and nearly all are known by their item id.
        let known = books.items_by("itemid", name).into_iter().next();
        let known = known.or_else(|| {
            let others = books.items_by("displayname", name).into_iter();
            others.filter(|id| books.display_name(group, *id).as_deref() == Some(name)).min()
        });
        return books.get(group, known?);
    }
    books.all(group).find(|record| books.display_name(group, record.id).as_deref() == Some(name))
}

fn item_path(code: &str) -> &'static str {
    ITEM_TYPES.iter().find(|(_, known)| *known == code).map_or("inventoryItem", |(path, _)| path)
}

/// Creates an item, or changes the one with this id or name.
pub(super) fn item(books: &mut Books, item: &Value, now: DateTime<Utc>) -> Result<u64, Refusal> {
    let mut item = item.clone();
    let code = item.get("itemType").and_then(plain).unwrap_or_else(|| "InvtPart".to_owned());
    let known = item.get("itemId").and_then(Value::as_str).and_then(|name| named(books, &Group::Item, name));
    let known = known.map(|record| record.id);
    if let (Some(id), Some(members)) = (known, item.as_object_mut()) {
        members.entry("id").or_insert_with(|| json!(id));
    }
    let flagged = |name: &str| item.get(name) == Some(&Value::Bool(true));
    let path = match (code.as_str(), flagged("isLotItem"), flagged("isSerialItem")) {
        ("InvtPart", true, _) => "lotNumberedInventoryItem",
        ("InvtPart", _, true) => "serializedInventoryItem",
        ("Assembly", true, _) => "lotNumberedAssemblyItem",
        ("Assembly", _, true) => "serializedAssemblyItem",
        _ => item_path(&code),
    };
    record(books, path, &item, now)
}

/// Creates a record, or changes the one with this id.
pub(super) fn record(
    books: &mut Books,
    record_type: &str,
    body: &Value,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    let kind = books.record_type(record_type)?;
    if kind.group == Group::Transaction {
        return Err(Refusal::request("Transactions are made by loading sales orders or over REST."));
    }
    if kind.group == Group::Item {
        declare_item_fields(books, body);
    }
    let id = integer(body.get("id"));
    let mut body = body.clone();
    for line in body.get_mut("member").and_then(members_of).into_iter().flatten() {
        if let Some(line) = line.as_object_mut() {
            provide(books, line, ("item", &Group::Item), None, now)?;
        }
    }
    // A kit's members are given as a whole.
    let options = WriteOptions { replace: vec!["member".to_owned()], ..LENIENT };
    let changes = read_changes(books, &kind, &body, &options)?;
    let mut record = books.get(&kind.group, id).cloned().unwrap_or_else(|| Record::new(kind.clone(), now));
    record.kind = kind;
    record.id = id;
    bring_in(books, &mut record, changes, &options)?;
    if record.kind.group == Group::Item {
        note_item_type(&mut record);
    }
    store(books, record, now)
}
