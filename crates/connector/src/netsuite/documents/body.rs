//! A document as we make and change it.
//!
//! The record service has no tax fields for accounts with legacy tax and may ignore or refuse `tax1Amt` there; it is
//! sent only where the caller worked the tax out.

use amz_domain::{DocumentKind, DocumentMarks, LineNumber, decimal};
use amz_services::ports::documents::{
    Application, DocumentPatch, DocumentSource, NewDocument, NewDocumentLine,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::netsuite::FieldNames;

/// The body of a transform, or of a new record when it is made from nothing.
pub(super) fn new_body(new: &NewDocument, fields: &FieldNames) -> Map<String, Value> {
    let NewDocument {
        kind,
        source,
        external_id,
        date,
        memo,
        lines,
        left_out,
        location,
        approved,
        shipping,
        handling,
        account,
        apply_to,
        marks,
    } = new;
    let mut body = marks_body(marks, fields);
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    put("externalId", external_id.as_str().into());
    if let DocumentSource::Customer(customer) = source {
        put("customer", json!({"id": customer.as_str()}));
    }
    if let Some(date) = date {
        put("tranDate", date.format("%Y-%m-%d").to_string().into());
    }
    if let Some(memo) = memo {
        put("memo", memo.as_str().into());
    }
    if *kind == DocumentKind::ReturnAuthorization {
        put("orderStatus", json!({"id": if *approved { "B" } else { "A" }}));
    }
    if let Some(location) = location {
        put("location", json!({"id": location.as_str()}));
    }
    if let Some(shipping) = shipping {
        put("shippingCost", number(*shipping));
    }
    if let Some(handling) = handling {
        put("handlingCost", number(*handling));
    }
    if let Some(account) = account {
        put("account", json!({"id": account.as_str()}));
    }
    if let Some(apply_to) = apply_to {
        put("apply", json!({"items": [application(apply_to)]}));
    }
    let taken = lines.iter().map(|line| new_line(new, line, fields));
    let items: Vec<Value> = taken.chain(left_out.iter().map(|line| left_out_line(*kind, *line))).collect();
    if !items.is_empty() {
        put("item", json!({ "items": items }));
    }
    body
}

fn new_line(new: &NewDocument, line: &NewDocumentLine, fields: &FieldNames) -> Value {
    // the record service knows no `restock`
    let NewDocumentLine { source_line, quantity, amount, tax, reason, restock: _ } = line;
    let mut columns = Map::new();
    let mut put = |name: &str, value: Value| drop(columns.insert(name.to_owned(), value));
    put("orderLine", source_line.0.into());
    put("quantity", quantity.0.into());
    if new.kind == DocumentKind::ItemReceipt {
        put("itemReceive", true.into());
    }
    if let Some(amount) = amount {
        put("amount", number(*amount));
    }
    if let Some(tax) = tax {
        put("tax1Amt", number(*tax));
    }
    if let Some(location) = &new.location {
        put("location", json!({"id": location.as_str()}));
    }
    if let Some(reason) = reason {
        put(&fields.line_return_reason, reason.as_str().into());
    }
    Value::Object(columns)
}

/// A line that is not mentioned would be taken in full.
fn left_out_line(kind: DocumentKind, line: LineNumber) -> Value {
    match kind {
        DocumentKind::ItemReceipt => json!({"orderLine": line.0, "itemReceive": false}),
        _ => json!({"orderLine": line.0, "quantity": 0}),
    }
}

/// What a credit or refund is applied to. The second key `line` stays away: it tells parts of one document apart, and
/// bills and credits have one part.
fn application(application: &Application) -> Value {
    let mut line = json!({"doc": {"id": application.document.as_str()}, "apply": true});
    if let Some(amount) = application.amount {
        line["amount"] = number(amount);
    }
    line
}

/// The body of a change.
pub(super) fn patch_body(patch: &DocumentPatch, fields: &FieldNames) -> Map<String, Value> {
    let DocumentPatch { memo, close, marks } = patch;
    let mut body = marks_body(marks, fields);
    if let Some(memo) = memo {
        body.insert("memo".to_owned(), text(memo));
    }
    if !close.is_empty() {
        // `line` is the key; a line without it would be added
        let lines = close.iter().map(|line| json!({"line": line.0, "isClosed": true}));
        body.insert("item".to_owned(), json!({"items": lines.collect::<Vec<_>>()}));
    }
    body
}

/// Our fields on a new document.
pub(in crate::netsuite) fn marks_of(new: &NewDocument, fields: &FieldNames) -> Map<String, Value> {
    marks_body(&new.marks, fields)
}

/// What is not known is left out, so that it never empties something known.
fn marks_body(marks: &DocumentMarks, fields: &FieldNames) -> Map<String, Value> {
    let DocumentMarks { amazon_order, amazon_return, amazon_refund, origin, delivery_state, message } = marks;
    let known = [
        (&fields.order_id, amazon_order.as_ref().map(|order| order.as_str())),
        (&fields.return_id, amazon_return.as_ref().map(|id| id.as_str())),
        (&fields.refund_id, amazon_refund.as_ref().map(|id| id.as_str())),
        (&fields.origin, origin.as_ref().map(|origin| origin.as_str())),
        (&fields.delivery_state, delivery_state.as_deref()),
        (&fields.sync_message, message.as_deref()),
    ];
    known.into_iter().filter_map(|(name, known)| Some((name.clone(), text(known?)))).collect()
}

/// `null` is how a field is emptied.
fn text(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

fn number(amount: Decimal) -> Value {
    // every decimal is a JSON number
    decimal::json_number(amount).map_or(Value::Null, Value::Number)
}
