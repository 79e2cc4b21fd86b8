//! What the RESTlet does, action by action.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Failure;
use crate::netsuite::books::{Books, integer, plain};
use crate::netsuite::number::{decimal, number};
use crate::netsuite::permissions;
use crate::netsuite::records::changes::WriteOptions;
use crate::netsuite::records::types::{RecordType, Sublist};
use crate::netsuite::records::write::update;
use crate::netsuite::transform::transform_with;

/// Records whose lines can have a tax of their own.
const TAXED: [&str; 6] =
    ["salesOrder", "returnAuthorization", "invoice", "cashSale", "creditMemo", "cashRefund"];

/// Carries out what a request asks for.
pub(super) fn carry_out(books: &mut Books, request: &Value, now: DateTime<Utc>) -> Result<Value, Failure> {
    let id = match request.get("action").and_then(Value::as_str) {
        Some("ping") => return Ok(json!({"ok": true, "version": 1})),
        Some("markOrder") => mark_order(books, request, now),
        Some("receive") => receive(books, request, now),
        Some("setLineTax") => set_line_tax(books, request, now),
        _ => {
            let message = "action must be ping, markOrder, receive or setLineTax";
            return Err(Failure::thrown("AMZ_UNKNOWN_ACTION", message));
        }
    }?;
    Ok(json!({"ok": true, "id": id.to_string()}))
}

fn bad(message: String) -> Failure {
    Failure::thrown("AMZ_BAD_REQUEST", message)
}

/// A member that must be there.
fn required<'r>(request: &'r Value, name: &str) -> Result<&'r Value, Failure> {
    let given = request.get(name).filter(|value| !value.is_null() && **value != json!(""));
    given.ok_or_else(|| bad(format!("{name} is missing")))
}

fn internal_id(request: &Value, name: &str) -> Result<u64, Failure> {
    let given = plain(required(request, name)?).unwrap_or_default();
    let is_id = !given.is_empty() && given.bytes().all(|digit| digit.is_ascii_digit());
    given.parse().ok().filter(|_| is_id).ok_or_else(|| bad(format!("{name} is no internal id")))
}

fn amount(request: &Value, name: &str) -> Result<Value, Failure> {
    let given =
        decimal(required(request, name)?).ok_or_else(|| bad(format!("{name} is no decimal number")))?;
    Ok(number(given))
}

fn lines(request: &Value) -> Result<&[Value], Failure> {
    required(request, "lines")?
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| bad("lines is no list".to_owned()))
}

/// Scripts know fields by lower-case ids, whatever the record service calls them. Ids that nothing has are passed over,
/// as `setValue` passes them over.
fn named(kind: &RecordType, sublist: Option<&Sublist>, fields: Option<&Value>) -> Map<String, Value> {
    let known = sublist.map_or(kind.fields, |list| list.fields);
    let name_of = |id: &str| {
        let field = known.iter().copied().flatten().find(|field| field.name.eq_ignore_ascii_case(id));
        field.map_or_else(|| id.to_owned(), |field| field.name.to_owned())
    };
    let given = fields.and_then(Value::as_object).into_iter().flatten();
    given.map(|(id, value)| (name_of(id), value.clone())).collect()
}

fn save(
    books: &mut Books,
    kind: &RecordType,
    id: u64,
    patch: Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<u64, Failure> {
    permissions::check_type(&books.settings, &kind.name)?;
    let options = WriteOptions::default();
    Ok(update(books, kind, &id.to_string(), &Value::Object(patch), &options, now)?)
}

/// Refuses numbers that no line of the record has.
fn check_lines(books: &Books, kind: &RecordType, id: u64, numbers: &[u64]) -> Result<(), Failure> {
    let record = books.find(kind, &id.to_string()).map_err(|_| absent())?;
    let has = |number: &u64| record.lines_of("item").iter().any(|line| line.number() == *number);
    match numbers.iter().find(|number| !has(number)) {
        Some(number) => Err(Failure::thrown("AMZ_LINE_NOT_FOUND", format!("no line {number}"))),
        None => Ok(()),
    }
}

fn absent() -> Failure {
    Failure::thrown("RCRD_DSNT_EXIST", "That record does not exist.")
}

/// Fields and lines of an order in one save.
fn mark_order(books: &mut Books, request: &Value, now: DateTime<Utc>) -> Result<u64, Failure> {
    let id = internal_id(request, "salesOrder")?;
    let kind = books.record_type("salesOrder")?;
    let mut patch = named(&kind, None, request.get("body"));
    let mut items = Vec::new();
    let mut numbers = Vec::new();
    for given in request.get("lines").and_then(Value::as_array).into_iter().flatten() {
        let line = internal_id(given, "line")?;
        let sublist = kind.sublists.iter().find(|list| list.name == "item");
        let mut item = named(&kind, sublist, given.get("fields"));
        item.insert("line".to_owned(), json!(line));
        if given.get("quantity").is_some() {
            item.insert("quantity".to_owned(), amount(given, "quantity")?);
        }
        if let Some(closed) = given.get("isClosed") {
            item.insert("isClosed".to_owned(), json!(*closed == json!(true)));
        }
        numbers.push(line);
        items.push(Value::Object(item));
    }
    check_lines(books, &kind, id, &numbers)?;
    if !items.is_empty() {
        patch.insert("item".to_owned(), json!({"items": items}));
    }
    save(books, &kind, id, patch, now)
}

/// The item receipt of a return, with lines that do or do not go back into stock.
fn receive(books: &mut Books, request: &Value, now: DateTime<Utc>) -> Result<u64, Failure> {
    let source = internal_id(request, "returnAuthorization")?;
    permissions::check_transform(&books.settings, "returnAuthorization", "itemReceipt")?;
    let kind = books.record_type("itemReceipt")?;
    let authorizations = books.record_type("returnAuthorization")?;
    let authorization = books.find(&authorizations, &source.to_string()).map_err(|_| absent())?;
    let all: Vec<u64> = authorization.lines_of("item").iter().map(|line| line.number()).collect();
    let mut body = named(&kind, None, request.get("body"));
    body.insert("externalId".to_owned(), required(request, "externalId")?.clone());
    let date = required(request, "date")?;
    let is_day = date.as_str().is_some_and(|text| text.parse::<chrono::NaiveDate>().is_ok());
    body.insert(
        "tranDate".to_owned(),
        is_day.then(|| date.clone()).ok_or_else(|| bad("date is no date".to_owned()))?,
    );
    if request.get("location").is_some_and(|location| !location.is_null()) {
        body.insert("location".to_owned(), json!({"id": internal_id(request, "location")?.to_string()}));
    }
    let mut restocks = BTreeMap::new();
    let mut items = Vec::new();
    for given in lines(request)? {
        let line = internal_id(given, "orderLine")?;
        if !all.contains(&line) {
            return Err(Failure::thrown("AMZ_LINE_NOT_FOUND", format!("no line {line}")));
        }
        let restock = given.get("restock").and_then(Value::as_bool);
        restocks.insert(line, restock.ok_or_else(|| bad("restock must be true or false".to_owned()))?);
        let mut item =
            json!({"orderLine": line, "itemReceive": true, "quantity": amount(given, "quantity")?});
        let at = if given.get("location").is_some_and(|at| !at.is_null()) { given } else { request };
        if at.get("location").is_some_and(|at| !at.is_null()) {
            item["location"] = json!({"id": internal_id(at, "location")?.to_string()});
        }
        items.push(item);
    }
    let others = all.iter().filter(|line| !restocks.contains_key(line));
    items.extend(others.map(|line| json!({"orderLine": line, "itemReceive": false})));
    body.insert("item".to_owned(), json!({"items": items}));
    let path = ("returnAuthorization", source.to_string());
    let made = transform_with(
        books,
        (path.0, &path.1, "itemReceipt"),
        &Value::Object(body),
        &WriteOptions::default(),
        now,
        |receipt| {
            for line in receipt.lines.entry("item").or_default() {
                line.kept_out = restocks.get(&integer(line.fields.get("orderLine"))) == Some(&false);
            }
        },
    )?;
    Ok(made)
}

/// The tax of lines, where the account has taxes per line.
fn set_line_tax(books: &mut Books, request: &Value, now: DateTime<Utc>) -> Result<u64, Failure> {
    let given = required(request, "recordType")?.as_str().unwrap_or_default();
    let known = TAXED.into_iter().find(|name| name.eq_ignore_ascii_case(given));
    let kind =
        books.record_type(known.ok_or_else(|| bad(format!("recordType {given} has no tax on lines")))?)?;
    let id = internal_id(request, "id")?;
    let mut items = Vec::new();
    let mut numbers = Vec::new();
    for given in lines(request)? {
        let line = internal_id(given, "line")?;
        numbers.push(line);
        items.push(json!({"line": line, "tax1Amt": amount(given, "tax")?}));
    }
    check_lines(books, &kind, id, &numbers)?;
    let patch = Map::from_iter([("item".to_owned(), json!({"items": items}))]);
    save(books, &kind, id, patch, now)
}
