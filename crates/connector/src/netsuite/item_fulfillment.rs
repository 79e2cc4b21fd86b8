//! Item fulfilments.
//!
//! Source: NetSuite REST API Browser, record `itemFulfillment`; NetSuite help, sections 159795518068 and
//! 159795520083 (transforming a sales order).

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    DeliveryMarks, ExternalId, ItemFulfillment, ItemFulfillmentId, LineNumber, Quantity, TrackingNumber,
    decimal,
};
use amz_services::failure::PortError;
use amz_services::ports::ItemFulfillments;
use amz_services::ports::netsuite::{ItemFulfillmentPatch, NewItemFulfillment, TrackingChange};
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::reading::{FieldProblem, Node};
use super::record_service::{Operations, Record, RecordKey, record_operations};
use super::sales_order::SalesOrderRecord;
use super::{FieldNames, NetSuite, NetSuiteSettings};

/// The record type `itemFulfillment`.
#[derive(Debug, Clone, Copy)]
pub struct ItemFulfillmentRecord;

impl Record for ItemFulfillmentRecord {
    const PATH: &'static str = "itemFulfillment";
    const OPERATIONS: Operations = record_operations!("itemFulfillment");
}

#[async_trait]
impl ItemFulfillments for NetSuite {
    async fn create(&self, fulfillment: &NewItemFulfillment) -> Result<ItemFulfillmentId, PortError> {
        let body = transform_body(fulfillment, self.settings());
        let order = fulfillment.sales_order.as_str();
        let records = self.records();
        let id = records.transform::<SalesOrderRecord, ItemFulfillmentRecord>(order, body).await?;
        Ok(ItemFulfillmentId::new(id))
    }

    async fn find(&self, external_id: &ExternalId) -> Result<Option<ItemFulfillment>, PortError> {
        let key = RecordKey::External(external_id);
        let Some(document) = self.records().get::<ItemFulfillmentRecord>(key).await? else { return Ok(None) };
        item_fulfillment(&Node::document(&document), &self.settings().fields)
            .map(Some)
            .map_err(|problem| problem.into_port_error(ItemFulfillmentRecord::OPERATIONS.get))
    }

    async fn patch(
        &self,
        fulfillment: &ItemFulfillmentId,
        patch: &ItemFulfillmentPatch,
    ) -> Result<(), PortError> {
        let mut body = marks_body(&patch.marks, &self.settings().fields);
        let mut replace = Vec::new();
        if let Some(change) = &patch.tracking {
            body.insert("package".to_owned(), changed_package(change, self.settings()));
            // package lines have no key: without this a repeat would add a second one
            replace.push("package");
        }
        if body.is_empty() {
            return Ok(());
        }
        let key = RecordKey::Internal(fulfillment.as_str());
        self.records().patch::<ItemFulfillmentRecord>(key, Value::Object(body), &replace).await
    }
}

fn transform_body(new: &NewItemFulfillment, settings: &NetSuiteSettings) -> Value {
    let fields = &settings.fields;
    let mut body = marks_body(&new.marks, fields);
    body.insert("externalId".to_owned(), new.external_id.as_str().into());
    body.insert("shipStatus".to_owned(), json!({"id": "C"}));
    body.insert("tranDate".to_owned(), new.date.format("%Y-%m-%d").to_string().into());
    body.insert(fields.order_id.clone(), new.amazon_order.as_str().into());
    body.insert(fields.package_id.clone(), new.package.as_str().into());
    let shipped = new.lines.iter().map(|line| {
        let mut columns = json!({
            "orderLine": line.order_line.0,
            "itemReceive": true,
            "quantity": line.quantity.0,
        });
        if let Some(location) = &new.location {
            columns["location"] = json!({"id": location.as_str()});
        }
        columns
    });
    // a line that is not mentioned would be fulfilled in full
    let left_out = new.left_out.iter().map(|line| json!({"orderLine": line.0, "itemReceive": false}));
    body.insert("item".to_owned(), json!({"items": shipped.chain(left_out).collect::<Vec<_>>()}));
    if let Some(number) = &new.tracking_number {
        let description = format!("Amazon package {}", new.package);
        body.insert("package".to_owned(), package(number, Some(description), settings));
    }
    Value::Object(body)
}

fn changed_package(change: &TrackingChange, settings: &NetSuiteSettings) -> Value {
    let replaced = change.replaces.as_ref().map(|number| format!("replaces tracking number {number}"));
    package(&change.number, replaced, settings)
}

fn package(number: &TrackingNumber, description: Option<String>, settings: &NetSuiteSettings) -> Value {
    let mut line = Map::new();
    line.insert("packageTrackingNumber".to_owned(), number.as_str().into());
    if let Some(description) = description {
        line.insert("packageDescr".to_owned(), description.into());
    }
    if let Ok(weight) = decimal::json_number(settings.package_weight) {
        line.insert("packageWeight".to_owned(), Value::Number(weight));
    }
    json!({"items": [line]})
}

/// What is not known is left out, so that it never empties something known.
fn marks_body(marks: &DeliveryMarks, fields: &FieldNames) -> Map<String, Value> {
    let DeliveryMarks {
        state,
        milestone,
        milestone_at,
        milestone_place,
        failed_attempts,
        delivered_at,
        carrier,
        tracking_url,
    } = marks;
    let instant = |at: &DateTime<Utc>| Value::from(at.to_rfc3339_opts(SecondsFormat::Secs, true));
    let known = [
        (&fields.delivery_state, state.as_ref().map(|state| state.as_str().into())),
        (&fields.milestone, milestone.as_ref().map(|code| code.as_str().into())),
        (&fields.milestone_at, milestone_at.as_ref().map(instant)),
        (&fields.milestone_place, milestone_place.as_deref().map(Value::from)),
        (&fields.delivery_attempts, failed_attempts.map(Value::from)),
        (&fields.delivered_at, delivered_at.as_ref().map(instant)),
        (&fields.carrier, carrier.as_ref().map(|carrier| carrier.as_str().into())),
        (&fields.tracking_url, tracking_url.as_deref().map(Value::from)),
    ];
    known.into_iter().filter_map(|(name, value)| Some((name.clone(), value?))).collect()
}

/// Reads the record, whoever made it.
pub(super) fn item_fulfillment(
    record: &Node<'_>,
    fields: &FieldNames,
) -> Result<ItemFulfillment, FieldProblem> {
    let id = record.field("id");
    let mut lines = Vec::new();
    for line in record.field("item").lines()? {
        lines.extend(fulfilled_line(&line)?);
    }
    Ok(ItemFulfillment {
        id: id.require(id.id()?, "an internal id")?.into(),
        sales_order: record.field("createdFrom").id()?.map(Into::into),
        lines,
        tracking_numbers: tracking_numbers(record)?,
        delivery: marks(record, fields)?,
    })
}

/// A fulfilled line; `None` for one that was left out and for members of a kit, which the kit stands for.
fn fulfilled_line(line: &Node<'_>) -> Result<Option<FulfilledLine>, FieldProblem> {
    let taken = line.field("itemReceive");
    if !taken.is_absent() && !taken.ticked()? || !line.field("kitMemberOf").is_absent() {
        return Ok(None);
    }
    let (order_line, quantity) = (line.field("orderLine"), line.field("quantity"));
    let units = Quantity::try_from(quantity.decimal()?.unwrap_or_default())
        .map_err(|_| quantity.problem("a whole number of units"))?;
    if units.is_zero() {
        return Ok(None);
    }
    let order_line = order_line.require(order_line.whole()?, "the order's line number")?;
    Ok(Some(FulfilledLine { order_line: LineNumber(order_line), quantity: units }))
}

/// Which list holds the packages depends on the carrier of the ship method.
fn tracking_numbers(record: &Node<'_>) -> Result<Vec<TrackingNumber>, FieldProblem> {
    const LISTS: [(&str, &str); 4] = [
        ("package", "packageTrackingNumber"),
        ("packageUps", "packageTrackingNumberUps"),
        ("packageFedEx", "packageTrackingNumberFedEx"),
        ("packageUsps", "packageTrackingNumberUsps"),
    ];
    let mut numbers = Vec::new();
    for (list, name) in LISTS {
        let list = record.field(list);
        if list.is_absent() {
            continue;
        }
        for line in list.lines()? {
            numbers.extend(line.field(name).text()?.map(TrackingNumber::from));
        }
    }
    Ok(numbers)
}

fn marks(record: &Node<'_>, fields: &FieldNames) -> Result<DeliveryMarks, FieldProblem> {
    Ok(DeliveryMarks {
        state: record.field(&fields.delivery_state).text()?.map(Into::into),
        milestone: record.field(&fields.milestone).text()?.map(Into::into),
        milestone_at: record.field(&fields.milestone_at).instant()?,
        milestone_place: record.field(&fields.milestone_place).text()?,
        failed_attempts: record.field(&fields.delivery_attempts).whole()?,
        delivered_at: record.field(&fields.delivered_at).instant()?,
        carrier: record.field(&fields.carrier).text()?.map(Into::into),
        tracking_url: record.field(&fields.tracking_url).text()?,
    })
}

#[cfg(test)]
#[path = "item_fulfillment_tests.rs"]
mod tests;
