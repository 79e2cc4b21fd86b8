//! Sales orders in NetSuite's own REST shape, and what test cases do with them.

use std::str::FromStr;

use amz_sandbox::amazon::{Content, Order, Package, PackageState};
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};

/// The shopper's e-mail address: it must show up nowhere on our side.
pub(crate) const EMAIL: &str = "ada.example@shopper.invalid";

/// The shopper's street: it must show up nowhere on our side.
pub(crate) const STREET: &str = "12 Orchard Lane";

/// An order of one line: two units of item 101 at 19.90.
pub(crate) fn order(number: &str) -> Value {
    order_of(number, &[(101, 2, "19.90")])
}

/// An order with lines of (item, units, price), all from Amazon's location, to an address in Oregon.
pub(crate) fn order_of(number: &str, lines: &[(u64, u32, &str)]) -> Value {
    let amount = |units: u32, price: &str| Decimal::from_str(price).unwrap() * Decimal::from(units);
    let total: Decimal = lines.iter().map(|(_, units, price)| amount(*units, price)).sum();
    let items: Vec<Value> = (1..)
        .zip(lines)
        .map(|(line, (item, units, price))| {
            json!({
                "line": line,
                "item": {"id": item.to_string(), "refName": format!("SKU-{item}")},
                "itemType": {"id": "InvtPart"},
                "description": format!("Thing {item}"),
                "quantity": units,
                "rate": exact(Decimal::from_str(price).unwrap()),
                "amount": exact(amount(*units, price)),
                "location": {"id": "7", "refName": "Amazon"},
                "isClosed": false,
            })
        })
        .collect();
    json!({
        "tranId": number,
        "entity": {"id": "501", "refName": "Ada Example"},
        "email": EMAIL,
        "orderStatus": {"id": "B"},
        "currency": {"id": "1", "refName": "USD"},
        "shipMethod": {"id": "3", "refName": "Standard"},
        "shippingAddress": {
            "addressee": "Ada Example",
            "addr1": STREET,
            "city": "Springfield",
            "state": "OR",
            "zip": "97477",
            "country": {"id": "US"},
            "addrPhone": "555-0100",
        },
        "subtotal": exact(total),
        "taxTotal": exact(Decimal::ZERO),
        "shippingCost": exact(Decimal::ZERO),
        "discountTotal": exact(Decimal::ZERO),
        "total": exact(total),
        "item": {"items": items},
    })
}

/// A JSON number with all its digits.
pub(crate) fn exact(amount: Decimal) -> Value {
    Value::Number(Number::from_str(&amount.to_string()).unwrap())
}

/// The text of a field; empty when there is nothing. Of a reference the id.
pub(crate) fn text(record: &Value, field: &str) -> String {
    match &record[field] {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A line of an order or fulfilment.
pub(crate) fn line(record: &Value, index: usize) -> &Value {
    &record["item"]["items"][index]
}

/// A decimal field of a record or line.
pub(crate) fn decimal(record: &Value, field: &str) -> Decimal {
    Decimal::from_str(&record[field].to_string()).unwrap()
}

/// The tracking numbers of a fulfilment, with the descriptions of their package lines.
pub(crate) fn package_lines(fulfillment: &Value) -> Vec<(String, String)> {
    let lines = fulfillment["package"]["items"].as_array().cloned().unwrap_or_default();
    lines.iter().map(|line| (text(line, "packageTrackingNumber"), text(line, "packageDescr"))).collect()
}

/// Lines that a fulfilment really fulfils: the order's line number and the units.
pub(crate) fn fulfilled(fulfillment: &Value) -> Vec<(u64, Decimal)> {
    let lines = fulfillment["item"]["items"].as_array().cloned().unwrap_or_default();
    lines
        .iter()
        .filter(|line| line["itemReceive"] != json!(false))
        // what a kit consists of is listed below it, and is no line of the order
        .filter(|line| line["kitMemberOf"].is_null())
        .map(|line| (line["orderLine"].as_u64().unwrap(), decimal(line, "quantity")))
        .filter(|(_, units)| !units.is_zero())
        .collect()
}

/// The order's only pending package.
pub(crate) fn pending(order: &Order) -> &Package {
    let mut pending = order.packages.iter().filter(|package| package.state == PackageState::Pending);
    let first = pending.next().expect("a pending package");
    assert!(pending.next().is_none(), "more than one pending package");
    first
}

/// So many units of an order's line, as package contents.
pub(crate) fn units(order: &Order, line: usize, units: u32) -> Content {
    Content { line_id: order.lines[line].id.clone(), quantity: Decimal::from(units) }
}
