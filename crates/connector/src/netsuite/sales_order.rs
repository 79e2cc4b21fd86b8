//! Sales orders.
//!
//! Source: NetSuite REST API Browser, record `salesOrder`.

use std::collections::BTreeMap;

use amz_domain::sales_order::{OrderFields, ShipTo};
use amz_domain::{
    ItemId, ItemKind, LineNumber, LineUniqueKey, LocationId, SalesOrder, SalesOrderId, SalesOrderLine,
    SalesOrderStatus,
};
use amz_services::failure::PortError;
use amz_services::ports::SalesOrders;
use amz_services::ports::netsuite::SalesOrderPatch;
use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::currency::currency;
use super::reading::{FieldProblem, Node};
use super::record_service::{Operations, Record, RecordKey, record_operations};
use super::{FieldNames, NetSuite, NetSuiteSettings};

/// The record type `salesOrder`.
#[derive(Debug, Clone, Copy)]
pub struct SalesOrderRecord;

impl Record for SalesOrderRecord {
    const PATH: &'static str = "salesOrder";
    const OPERATIONS: Operations = record_operations!("salesOrder");
}

#[async_trait]
impl SalesOrders for NetSuite {
    async fn read(&self, order: &SalesOrderId) -> Result<Option<SalesOrder>, PortError> {
        let key = RecordKey::Internal(order.as_str());
        let Some(document) = self.records().get::<SalesOrderRecord>(key).await? else { return Ok(None) };
        sales_order(order, &Node::document(&document), self.settings())
            .map(Some)
            .map_err(|problem| problem.into_port_error(SalesOrderRecord::OPERATIONS.get))
    }

    async fn patch(&self, order: &SalesOrderId, patch: &SalesOrderPatch) -> Result<(), PortError> {
        let body = patch_body(patch, &self.settings().fields);
        if body.is_empty() {
            return Ok(());
        }
        if self.restlet_uses().order_marks {
            return self.mark_order(order, body).await;
        }
        let key = RecordKey::Internal(order.as_str());
        self.records().patch::<SalesOrderRecord>(key, Value::Object(body), &[]).await
    }
}

fn sales_order(
    id: &SalesOrderId,
    order: &Node<'_>,
    settings: &NetSuiteSettings,
) -> Result<SalesOrder, FieldProblem> {
    let amount = |name: &str| order.field(name).decimal().map(Option::unwrap_or_default);
    let (created, total) = (order.field("createdDate"), order.field("total"));
    let lines = order.field("item").lines()?;
    Ok(SalesOrder {
        id: id.clone(),
        number: order.field("tranId").text()?.unwrap_or_else(|| id.as_str().to_owned()),
        status: status(order)?,
        customer: order.field("entity").id()?.map(Into::into),
        created_at: created.require(created.instant()?, "a date-time")?,
        location: order.field("location").id()?.map(Into::into),
        sales_channel: order.field("salesChannel").id()?.map(Into::into),
        ship_method: order.field("shipMethod").id()?.map(Into::into),
        currency: currency(&order.field("currency"), settings)?,
        email: order.field("email").text()?,
        customer_name: order.field("entity").reference_name(),
        ship_to: ship_to(&order.field("shippingAddress"))?,
        tax_total: amount("taxTotal")?,
        shipping_cost: amount("shippingCost")?,
        handling_cost: amount("handlingCost")?,
        discount_total: amount("discountTotal")?.abs(),
        total: total.require(total.decimal()?, "a decimal number")?,
        lines: lines.iter().map(|line| order_line(line, &settings.fields)).collect::<Result<_, _>>()?,
        marks: marks(order, &settings.fields)?,
        shop_names: shop_names(order, &settings.shop_name_fields)?,
    })
}

/// What the shop calls the order, without repeats.
fn shop_names(order: &Node<'_>, fields: &[String]) -> Result<Vec<String>, FieldProblem> {
    let mut names = Vec::new();
    for field in fields {
        let name = order.field(field).text()?.map(|name| name.trim().to_owned());
        names.extend(name.filter(|name| !name.is_empty() && !names.contains(name)));
    }
    Ok(names)
}

fn status(order: &Node<'_>) -> Result<SalesOrderStatus, FieldProblem> {
    let status = order.field("status");
    let letter = match status.id()? {
        Some(letter) => Some(letter),
        None => order.field("orderStatus").id()?,
    };
    let letter = status.require(letter, "a status letter")?;
    // some places write the type in front: `SalesOrd:B`
    let letter = letter.strip_prefix("SalesOrd:").unwrap_or(&letter);
    Ok(SalesOrderStatus::from(letter))
}

fn ship_to(address: &Node<'_>) -> Result<ShipTo, FieldProblem> {
    let text = |name: &str| address.field(name).text();
    Ok(ShipTo {
        addressee: text("addressee")?,
        attention: text("attention")?,
        line_one: text("addr1")?,
        line_two: text("addr2")?,
        line_three: text("addr3")?,
        city: text("city")?,
        state: address.field("state").id()?,
        postal_code: text("zip")?,
        country: address.field("country").id()?,
        phone: text("addrPhone")?,
    })
}

fn order_line(line: &Node<'_>, fields: &FieldNames) -> Result<SalesOrderLine, FieldProblem> {
    let number = line.field("line");
    let number = number.require(number.whole()?, "a line number")?;
    let unique_key = line.field("lineUniqueKey").id()?;
    let item = line.field("item");
    let kind = ItemKind::from(line.field("itemType").id()?.unwrap_or_default());
    let item_id = match item.id()? {
        // ends of groups and the like have none; goods must
        None if !kind.is_goods() => String::new(),
        id => item.require(id, "an item")?,
    };
    let amount = |name: &str| line.field(name).decimal();
    Ok(SalesOrderLine {
        line: LineNumber(number),
        unique_key: LineUniqueKey::new(unique_key.unwrap_or_else(|| number.to_string())),
        item: ItemId::new(item_id),
        item_name: item.reference_name(),
        rate: line.field("rate").price(&kind)?,
        kind,
        description: line.field("description").text()?,
        quantity: amount("quantity")?.unwrap_or_default(),
        quantity_fulfilled: amount("quantityFulfilled")?.unwrap_or_default(),
        amount: amount("amount")?.unwrap_or_default(),
        tax: amount("tax1Amt")?,
        location: line.field("location").id()?.map(LocationId::from),
        is_closed: line.field("isClosed").ticked()?,
        amazon_flag: line.field(&fields.line_fulfill).ticked()?,
        amazon_line: line.field(&fields.line_id).text()?.map(Into::into),
        offer: line.field(&fields.line_offer_id).text()?.map(Into::into),
        preview: line.field(&fields.line_preview_id).text()?.map(Into::into),
    })
}

fn marks(order: &Node<'_>, fields: &FieldNames) -> Result<OrderFields, FieldProblem> {
    Ok(OrderFields {
        amazon_order: order.field(&fields.order_id).text()?.map(Into::into),
        channel: order.field(&fields.channel).text()?.map(Into::into),
        sync_state: order.field(&fields.sync_state).text()?.map(Into::into),
        sync_message: order.field(&fields.sync_message).text()?,
        cancel_state: order.field(&fields.cancel_state).text()?.map(Into::into),
        cancel_reason: order.field(&fields.cancel_reason).text()?,
        hold: order.field(&fields.hold).ticked()?,
        shopper_identity: order.field(&fields.shopper_identity).text()?,
    })
}

fn patch_body(patch: &SalesOrderPatch, fields: &FieldNames) -> Map<String, Value> {
    let SalesOrderPatch {
        amazon_order,
        channel,
        sync_state,
        sync_message,
        amazon_lines,
        close,
        reduce,
        release,
        cancel_state,
    } = patch;
    let mut body = Map::new();
    let texts = [
        (&fields.order_id, amazon_order.as_ref().map(|order| order.as_str())),
        (&fields.channel, channel.as_ref().map(|channel| channel.as_str())),
        (&fields.sync_state, sync_state.as_ref().map(|state| state.as_str())),
        (&fields.sync_message, sync_message.as_deref()),
        (&fields.cancel_state, cancel_state.as_ref().map(|state| state.as_str())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            // `null` is how a field is emptied
            body.insert(name.clone(), if text.is_empty() { Value::Null } else { text.into() });
        }
    }
    let mut lines = BTreeMap::<LineNumber, Map<String, Value>>::new();
    for (line, amazon_line) in amazon_lines {
        lines.entry(*line).or_default().insert(fields.line_id.clone(), amazon_line.as_str().into());
    }
    for line in close {
        lines.entry(*line).or_default().insert("isClosed".to_owned(), true.into());
    }
    for (line, units) in reduce {
        lines.entry(*line).or_default().insert("quantity".to_owned(), units.0.into());
    }
    for line in release {
        lines.entry(*line).or_default().insert(fields.line_fulfill.clone(), false.into());
    }
    if !lines.is_empty() {
        let lines = lines.into_iter().map(|(line, mut columns)| {
            // the key; a line without it would be added
            columns.insert("line".to_owned(), line.0.into());
            Value::Object(columns)
        });
        body.insert("item".to_owned(), json!({"items": lines.collect::<Vec<_>>()}));
    }
    body
}

#[cfg(test)]
#[path = "sales_order_tests.rs"]
mod tests;
