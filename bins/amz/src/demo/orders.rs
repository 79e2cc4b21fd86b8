//! The sales orders of a rehearsal.

use std::collections::BTreeMap;
use std::path::Path;

use amz_sandbox::netsuite::NetSuite;
use anyhow::{Context, bail};
use serde_json::Value;

/// The orders that come with the program.
const BUILT_IN: &str = include_str!("../../../../fixtures/demo/sales-orders.json");

/// Loads the orders of a file, else the built-in ones, made up to `count`, into the pretend NetSuite.
///
/// Returns their internal ids. See [`parse`] for the forms that a file may have.
pub(crate) fn load(
    netsuite: &NetSuite,
    file: Option<&Path>,
    count: Option<usize>,
) -> anyhow::Result<Vec<u64>> {
    let orders = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{} cannot be read", path.display()))?;
            parse(&text).with_context(|| format!("{} cannot be loaded", path.display()))?
        }
        None => parse(BUILT_IN)?,
    };
    let orders = match count {
        Some(count) => repeat(&orders, count),
        None => orders,
    };
    let mut positions: BTreeMap<u64, usize> = BTreeMap::new();
    let mut ids = Vec::with_capacity(orders.len());
    for (position, order) in (1..).zip(orders) {
        let name = name(position, &order);
        let loaded = netsuite
            .load_sales_orders(vec![order])
            .with_context(|| format!("{name} could not be loaded into the pretend NetSuite"))?;
        for id in loaded {
            // an order without an id may have been given the one that a later order brings along
            if let Some(earlier) = positions.insert(id, position) {
                bail!("{name} took the place of order {earlier}: give all orders an id, or none");
            }
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Sales orders in NetSuite's REST shape, with their lines: a JSON array, JSON lines, a single order, or a
/// collection (`{"items": […]}`) of expanded orders.
fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    // some exports begin with a byte order mark
    let documents = documents(text.trim_start_matches('\u{feff}'))?;
    let orders: Vec<Value> = documents.into_iter().flat_map(members).collect();
    if orders.is_empty() {
        bail!("there is no sales order in it");
    }
    let mut positions: BTreeMap<String, usize> = BTreeMap::new();
    for (position, order) in (1..).zip(&orders) {
        check(position, order)?;
        if let Some(id) = id(order)
            && let Some(earlier) = positions.insert(id.clone(), position)
        {
            bail!("orders {earlier} and {position} have the same id {id}");
        }
    }
    Ok(orders)
}

/// The JSON documents of a file: one, or one a line.
fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    let lines = || text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    if lines().count() > 1 && lines().all(|(_, line)| line.trim_start().starts_with('{')) {
        let read = |(index, line): (usize, &str)| {
            serde_json::from_str(line)
                .with_context(|| format!("line {} is not a sales order in JSON", index + 1))
        };
        return lines().map(read).collect();
    }
    let document = serde_json::from_str(text)
        .context("it is neither a JSON array of sales orders, nor JSON lines, nor one sales order")?;
    Ok(match document {
        Value::Array(documents) => documents,
        document => vec![document],
    })
}

/// The orders in a document: itself, or the members of a collection.
fn members(mut document: Value) -> Vec<Value> {
    let is_collection = document.get("item").is_none();
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(orders)) if is_collection => orders,
        Some(other) => {
            document["items"] = other;
            vec![document]
        }
        None => vec![document],
    }
}

/// Refuses what would only look like an order without lines.
fn check(position: usize, order: &Value) -> anyhow::Result<()> {
    let name = name(position, order);
    if !order.is_object() {
        bail!("{name} is not a JSON object");
    }
    let Some(sublist) = order.get("item") else {
        bail!(
            "{name} has no item.items (its lines); a list of orders shows links only: export each order with \
             expandSubResources=true"
        );
    };
    match sublist.get("items") {
        Some(Value::Array(_)) => Ok(()),
        Some(_) => bail!("{name} has an item.items that is not a JSON array of lines"),
        None => bail!(
            "{name} has an item without items (its lines); export each order with expandSubResources=true"
        ),
    }
}

/// How messages name an order: its position, counted from 1, and its number or id.
fn name(position: usize, order: &Value) -> String {
    let number = order.get("tranId").and_then(Value::as_str).map(str::to_owned);
    match number.or_else(|| id(order).map(|id| format!("id {id}"))) {
        Some(known) => format!("order {position} ({known})"),
        None => format!("order {position}"),
    }
}

/// The internal id, which exports give as text or as a number.
fn id(order: &Value) -> Option<String> {
    match order.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The orders over and over until there are `count`; a repeated one loses what must be its own.
fn repeat(orders: &[Value], count: usize) -> Vec<Value> {
    let numbered = orders.iter().cycle().take(count).enumerate();
    numbered
        .map(|(position, order)| {
            let mut order = order.clone();
            if let Some(fields) = order.as_object_mut().filter(|_| position >= orders.len()) {
                fields.retain(|name, _| {
                    !matches!(name.as_str(), "id" | "externalId" | "links" | "transactionNumber")
                });
                fields.insert("tranId".to_owned(), Value::from(format!("SO{}", 1001 + position)));
                let lines = fields
                    .get_mut("item")
                    .and_then(|item| item.get_mut("items"))
                    .and_then(Value::as_array_mut);
                for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
                    line.remove("lineUniqueKey");
                }
            }
            order
        })
        .collect()
}

#[cfg(test)]
#[path = "orders_tests.rs"]
mod tests;
