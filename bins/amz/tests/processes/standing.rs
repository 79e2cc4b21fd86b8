//! Do both sides agree? Decided from the vendors' own books, sharing nothing with the programs under test.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::vendors::{Vendors, list};

/// NetSuite's account, the first part of our order aliases.
const ACCOUNT: &str = "1234567_SB1";

/// Location that stands for Amazon's warehouses.
const AMAZON_LOCATION: &str = "7";

/// True when Amazon shall get this sales order: it has goods of Amazon's and a complete address.
pub(crate) fn is_eligible(sales_order: &Value) -> bool {
    sales_order["shippingAddress"]["city"].is_string() && amazon_lines(sales_order).next().is_some()
}

/// A sales order's internal id.
pub(crate) fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

/// A quantity, exact.
pub(crate) fn units(value: &Value) -> Decimal {
    value.to_string().trim_matches('"').parse().unwrap_or_else(|_| panic!("{value} is no quantity"))
}

/// A sales order's lines.
pub(crate) fn lines(sales_order: &Value) -> impl Iterator<Item = &Value> {
    sales_order["item"]["items"].as_array().unwrap().iter()
}

fn amazon_lines(sales_order: &Value) -> impl Iterator<Item = &Value> {
    lines(sales_order).filter(|line| line["location"]["id"] == AMAZON_LOCATION)
}

fn alias(thing: &Value, kind: &str) -> Option<String> {
    let aliases = thing["aliases"].as_array().unwrap();
    let found = aliases.iter().find(|alias| alias["alias_type"] == kind)?;
    Some(found["alias_id"].as_str().unwrap().to_owned())
}

/// Where the two sides differ; empty when they agree.
pub(crate) async fn differences(vendors: &Vendors) -> Vec<String> {
    let sales_orders = vendors.sales_orders().await;
    let amazon_orders = vendors.amazon_orders().await;
    let mut differences = Vec::new();
    let eligible = sales_orders.iter().filter(|order| is_eligible(order)).count();
    if amazon_orders.len() != eligible {
        differences.push(format!("{} Amazon orders for {eligible} sales orders", amazon_orders.len()));
    }
    for sales_order in &sales_orders {
        let name = format!("{ACCOUNT}:{}", id(sales_order));
        let ours: Vec<&Value> = amazon_orders
            .iter()
            .filter(|order| alias(order, "OMS_ORDER_ID").as_deref() == Some(&name))
            .collect();
        let wanted = usize::from(is_eligible(sales_order));
        if ours.len() != wanted {
            differences.push(format!("{name} has {} Amazon orders, not {wanted}", ours.len()));
        }
        let fulfillments = vendors.fulfillments(id(sales_order)).await;
        match ours.first() {
            Some(amazon) => {
                order(sales_order, amazon, &mut differences);
                packages(sales_order, amazon, &fulfillments, &mut differences);
            }
            None if fulfillments.is_empty() => {}
            None => differences.push(format!("{name} is fulfilled, but Amazon does not know it")),
        }
    }
    differences
}

/// The sales order names its Amazon order, and each of Amazon's lines has its line.
fn order(sales_order: &Value, amazon: &Value, differences: &mut Vec<String>) {
    let id = id(sales_order);
    if sales_order["custbody_amz_order_id"] != amazon["id"] {
        differences.push(format!("order {id} does not name Amazon order {}", amazon["id"]));
    }
    if sales_order["custbody_amz_sync_state"] != "sent" {
        differences.push(format!("order {id} says {}", sales_order["custbody_amz_sync_state"]));
    }
    let wanted: BTreeMap<String, Decimal> =
        amazon_lines(sales_order).map(|line| (line_alias(id, line), units(&line["quantity"]))).collect();
    let held: BTreeMap<String, Decimal> = list(amazon["lines"].clone())
        .iter()
        .map(|line| (alias(line, "OMS_LINE_ID").unwrap(), units(&line["quantity"])))
        .collect();
    if held != wanted {
        differences.push(format!("order {id} has {wanted:?}, Amazon has {held:?}"));
    }
}

fn line_alias(sales_order: &str, line: &Value) -> String {
    format!("{sales_order}:{}", line["lineUniqueKey"])
}

/// Every package that left has exactly one fulfilment with its units and number; nothing else is fulfilled.
fn packages(sales_order: &Value, amazon: &Value, fulfillments: &[Value], differences: &mut Vec<String>) {
    let id = id(sales_order);
    let amazon_lines = list(amazon["lines"].clone());
    let order_line = |line_id: &Value| {
        let line = amazon_lines.iter().find(|line| line["id"] == *line_id).unwrap();
        let name = alias(line, "OMS_LINE_ID").unwrap();
        let line = lines(sales_order).find(|line| line_alias(id, line) == name).unwrap();
        line["line"].as_u64().unwrap()
    };
    let mut shipped: BTreeMap<u64, Decimal> = BTreeMap::new();
    let mut left = 0;
    for package in list(amazon["packages"].clone()) {
        let name = package["id"].as_str().unwrap().to_owned();
        let found: Vec<&Value> = fulfillments
            .iter()
            .filter(|fulfillment| fulfillment["externalId"] == format!("amz-if-{name}"))
            .collect();
        let has_left = ["IN_TRANSIT", "DELIVERED"].map(Value::from).contains(&package["state"]);
        left += usize::from(has_left);
        if found.len() != usize::from(has_left) {
            differences.push(format!(
                "package {name} of order {id} is {} and has {} fulfilments",
                package["state"],
                found.len()
            ));
        }
        let Some(fulfillment) = found.first() else { continue };
        let wanted: BTreeMap<u64, Decimal> = list(package["contents"].clone())
            .iter()
            .map(|part| (order_line(&part["line_id"]), units(&part["quantity"])))
            .collect();
        let held: BTreeMap<u64, Decimal> = lines(fulfillment)
            .map(|line| (line["orderLine"].as_u64().unwrap(), units(&line["quantity"])))
            .filter(|(_, units)| !units.is_zero())
            .collect();
        if held != wanted {
            differences.push(format!("package {name} of order {id} holds {wanted:?}, fulfilled {held:?}"));
        }
        let numbers: Vec<Value> = list(fulfillment["package"]["items"].clone())
            .iter()
            .map(|parcel| parcel["packageTrackingNumber"].clone())
            .collect();
        if numbers != [package["tracker"]["tracking_number"].clone()] {
            differences.push(format!("package {name} of order {id} shows numbers {numbers:?}"));
        }
        if fulfillment["custbody_amz_delivery_state"] != package["state"] {
            differences.push(format!(
                "package {name} of order {id} is {}, NetSuite says {}",
                package["state"], fulfillment["custbody_amz_delivery_state"]
            ));
        }
        for (line, units) in wanted {
            *shipped.entry(line).or_default() += units;
        }
    }
    if fulfillments.len() != left {
        differences.push(format!("order {id} has {} fulfilments for {left} packages", fulfillments.len()));
    }
    for line in lines(sales_order) {
        let wanted = shipped.get(&line["line"].as_u64().unwrap()).copied().unwrap_or_default();
        if units(&line["quantityFulfilled"]) != wanted {
            differences.push(format!(
                "line {} of order {id} has {} units fulfilled, Amazon shipped {wanted}",
                line["line"], line["quantityFulfilled"]
            ));
        }
    }
}
