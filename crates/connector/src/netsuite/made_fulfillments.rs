//! The item fulfilments of a sales order, whoever made them.
//!
//! A query finds them, the record service reads them: which table of the query service holds tracking numbers differs
//! between accounts, while the record always has its package lines. An order has few fulfilments.

use amz_domain::{ExternalId, SalesOrderId};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::netsuite::MadeFulfillment;

use super::item_fulfillment::{ItemFulfillmentRecord, item_fulfillment};
use super::reading::{FieldProblem, Node};
use super::record_service::{Record, RecordKey};
use super::suiteql::column;
use super::{FieldNames, NetSuite};

const OPERATION: &str = "itemFulfillment.ofOrder";

/// All of them, by internal id.
pub(super) async fn of_order(
    netsuite: &NetSuite,
    order: &SalesOrderId,
) -> Result<Vec<MadeFulfillment>, PortError> {
    let mut made = Vec::new();
    for id in ids(netsuite, order).await? {
        let record = netsuite.records().get::<ItemFulfillmentRecord>(RecordKey::Internal(&id)).await?;
        let Some(record) = record else {
            let message = format!("item fulfilment {id} of sales order {order} was not there any more");
            return Err(PortError::new(OPERATION, Failure::Unavailable, "fulfillment_gone", message));
        };
        let read = made_fulfillment(&Node::document(&record), &netsuite.settings().fields);
        made.push(read.map_err(|problem| problem.into_port_error(ItemFulfillmentRecord::OPERATIONS.get))?);
    }
    Ok(made)
}

async fn ids(netsuite: &NetSuite, order: &SalesOrderId) -> Result<Vec<String>, PortError> {
    let mut ids: Vec<String> = Vec::new();
    loop {
        let (selection, parameters) = made_from(order, ids.last());
        let query =
            netsuite.page_of(OPERATION, "SELECT DISTINCT t.id AS id", &selection, &parameters, "t.id");
        let page = netsuite.rest().query(query).await?;
        if page.rows.is_empty() {
            // goods that nobody saw leave would be shipped again
            netsuite.confirm_no_rows(OPERATION, &selection, parameters).await?;
            return Ok(ids);
        }
        for row in &page.rows {
            ids.push(column(row, "id", OPERATION)?.to_owned());
        }
        if !page.more {
            return Ok(ids);
        }
    }
}

fn made_from(order: &SalesOrderId, after: Option<&String>) -> (String, Vec<String>) {
    let mut selection = "FROM transactionline l JOIN transaction t ON t.id = l.transaction \
                         WHERE l.createdfrom = ? AND t.type = 'ItemShip'"
        .to_owned();
    let mut parameters = vec![order.as_str().to_owned()];
    if let Some(after) = after {
        selection.push_str(" AND t.id > ?");
        parameters.push(after.clone());
    }
    (selection, parameters)
}

fn made_fulfillment(record: &Node<'_>, fields: &FieldNames) -> Result<MadeFulfillment, FieldProblem> {
    let read = item_fulfillment(record, fields)?;
    Ok(MadeFulfillment {
        external_id: record.field("externalId").text()?.and_then(|text| ExternalId::of_subject(&text)),
        id: read.id,
        tracking_numbers: read.tracking_numbers,
        lines: read.lines,
    })
}

#[cfg(test)]
mod tests {
    use amz_domain::{LineNumber, Quantity};
    use serde_json::json;

    use super::*;

    #[test]
    fn fulfilments_are_found_by_what_their_lines_were_made_from() {
        let (selection, parameters) = made_from(&"42".into(), Some(&"900".to_owned()));
        assert!(selection.ends_with("WHERE l.createdfrom = ? AND t.type = 'ItemShip' AND t.id > ?"));
        assert_eq!(parameters, ["42", "900"]);
    }

    #[test]
    fn external_ids_of_other_systems_are_none_of_ours() {
        let made = |external_id: &str| {
            let record = json!({
                "id": "900", "externalId": external_id,
                "item": {"items": [{"orderLine": 1, "itemReceive": true, "quantity": 2}]},
                "package": {"items": [{"packageTrackingNumber": "1Z999"}]},
            });
            made_fulfillment(&Node::document(&record), &FieldNames::default()).unwrap()
        };
        let ours = made("amz-if-P-1");
        assert_eq!(ours.external_id.as_ref().map(ExternalId::as_str), Some("amz-if-P-1"));
        assert_eq!(ours.tracking_numbers, ["1Z999".into()]);
        assert_eq!((ours.lines[0].order_line, ours.lines[0].quantity), (LineNumber(1), Quantity(2)));
        assert_eq!(made("shop-900").external_id, None);
        assert_eq!(made("").external_id, None);
    }
}
