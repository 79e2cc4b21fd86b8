//! Which document follows from which.
//!
//! A transaction names the one it was made from on its lines (`transactionline.createdfrom`). A customer refund
//! is made from nothing; that it pays out a credit memo shows in `NextTransactionLineLink`, whose columns
//! `previousdoc` and `nextdoc` are known from the field, not from Oracle's pages. So does a credit memo that staff made
//! from nothing and applied to an invoice.
//!
//! Three queries reach everything but two rare shapes: a return that staff made from a bill, and a credit that staff
//! made from nothing, take one more each.

use std::collections::BTreeMap;

use amz_domain::document::FollowedOrder;
use amz_domain::{AmazonOrderId, DocumentHead, DocumentKey, DocumentKind, SalesOrderId};
use amz_services::failure::{Failure, PortError};

use super::record_types::{kind_of, kind_of_column};
use crate::netsuite::FieldNames;
use crate::netsuite::rest::Rest;
use crate::netsuite::settings::LARGEST_PAGE;
use crate::netsuite::suiteql::{Query, Row, column};

const BELOW: &str = "documents.ofOrder";
const ABOVE: &str = "documents.orderOf";

/// How often documents can follow from each other: bill, return, credit. Only receipts and refunds lie below.
const DEEPEST: usize = 3;

/// All documents that follow from an order.
pub(super) async fn below(rest: &Rest, order: &SalesOrderId) -> Result<Vec<DocumentHead>, PortError> {
    let mut found = BTreeMap::new();
    let mut from = vec![order.as_str().to_owned()];
    for _ in 0..DEEPEST {
        let made = heads(rest, made_from(&from)).await?;
        from = made.iter().filter(|head| has_followers(head.key.kind)).map(id_of).collect();
        found.extend(made.into_iter().map(|head| (by_number(id_of(&head)), head)));
        if from.is_empty() {
            break;
        }
    }
    let mut paid: Vec<String> = found.values().filter(|head| is_paid(head.key.kind)).map(id_of).collect();
    while !paid.is_empty() {
        let payments = heads(rest, payments_of(&paid)).await?;
        let new = payments.into_iter().filter(|head| !found.contains_key(&by_number(id_of(head))));
        let new: Vec<DocumentHead> = new.collect();
        // a credit that was made from nothing may be paid out in turn
        paid = new.iter().filter(|head| is_paid(head.key.kind)).map(id_of).collect();
        found.extend(new.into_iter().map(|head| (by_number(id_of(&head)), head)));
    }
    Ok(found.into_values().collect())
}

/// The sales order that a document follows from.
pub(super) async fn above(
    rest: &Rest,
    fields: &FieldNames,
    document: &DocumentKey,
) -> Result<Option<FollowedOrder>, PortError> {
    let mut from = vec![document.id.as_str().to_owned()];
    let mut is_payment = document.kind == DocumentKind::CustomerRefund;
    let mut is_credit = document.kind == DocumentKind::CreditMemo;
    // a refund pays out a credit, a credit takes back a return, a return a bill, a bill an order
    for _ in 0..=DEEPEST {
        let query = if is_payment { paid(&from, fields) } else { origin(&from, fields) };
        let mut rows = all(rest, query).await?;
        if rows.is_empty() && is_credit {
            // made from nothing, and applied to an invoice
            rows = all(rest, paid(&from, fields)).await?;
        }
        let orders = rows.iter().filter(|row| row.get("type").is_some_and(|code| code == "SalesOrd"));
        let orders = orders.map(followed_order).collect::<Result<Vec<_>, _>>()?;
        // one refund may pay out credits of several orders; the one that Amazon has is ours
        let order = orders.into_iter().min_by_key(|order| {
            (order.amazon_order.is_none(), by_number(order.sales_order.as_str().to_owned()))
        });
        if order.is_some() {
            return Ok(order);
        }
        let next = rows.iter().filter(|row| row.get("type").is_some_and(|code| kind_of(code).is_some()));
        from = next.map(|row| column(row, "id", ABOVE).map(str::to_owned)).collect::<Result<_, _>>()?;
        (is_payment, is_credit) = (false, is_payment);
        if from.is_empty() {
            break;
        }
    }
    Ok(None)
}

/// What payments can be applied to, and credits.
fn is_paid(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::Invoice | DocumentKind::CreditMemo)
}

/// What may have something made from it.
fn has_followers(kind: DocumentKind) -> bool {
    kind.is_bill() || kind == DocumentKind::ReturnAuthorization
}

fn id_of(head: &DocumentHead) -> String {
    head.key.id.as_str().to_owned()
}

/// Internal ids are numbers: the shorter one is the lower one.
fn by_number(id: String) -> (usize, String) {
    (id.len(), id)
}

const HEAD: &str =
    "SELECT DISTINCT t.id AS id, t.type AS type, t.status AS status, t.externalid AS externalid";

fn made_from(sources: &[String]) -> Query {
    let marks = marks(sources);
    query(
        BELOW,
        format!(
            "{HEAD} FROM transactionline l JOIN transaction t ON t.id = l.transaction \
             WHERE l.createdfrom IN ({marks}) AND t.type IN \
             ('RtnAuth', 'ItemRcpt', 'CustInvc', 'CashSale', 'CustCred', 'CashRfnd')"
        ),
        sources,
    )
}

fn payments_of(documents: &[String]) -> Query {
    let marks = marks(documents);
    query(
        BELOW,
        format!(
            "{HEAD} FROM NextTransactionLineLink k JOIN transaction t ON t.id = k.nextdoc \
             WHERE k.previousdoc IN ({marks}) AND t.type IN ('CustCred', 'CustRfnd')"
        ),
        documents,
    )
}

fn origin(documents: &[String], fields: &FieldNames) -> Query {
    let (marks, order) = (marks(documents), &fields.order_id);
    query(
        ABOVE,
        format!(
            "SELECT DISTINCT s.id AS id, s.type AS type, s.{order} AS amazon_order \
             FROM transactionline l JOIN transaction s ON s.id = l.createdfrom \
             WHERE l.transaction IN ({marks})"
        ),
        documents,
    )
}

fn paid(payments: &[String], fields: &FieldNames) -> Query {
    let (marks, order) = (marks(payments), &fields.order_id);
    query(
        ABOVE,
        format!(
            "SELECT DISTINCT s.id AS id, s.type AS type, s.{order} AS amazon_order \
             FROM NextTransactionLineLink k JOIN transaction s ON s.id = k.previousdoc \
             WHERE k.nextdoc IN ({marks}) AND s.type IN ('CustInvc', 'CustCred')"
        ),
        payments,
    )
}

fn marks(ids: &[String]) -> String {
    vec!["?"; ids.len()].join(", ")
}

fn query(operation: &'static str, text: String, parameters: &[String]) -> Query {
    Query { operation, text, parameters: parameters.to_vec(), limit: LARGEST_PAGE }
}

async fn heads(rest: &Rest, query: Query) -> Result<Vec<DocumentHead>, PortError> {
    all(rest, query).await?.iter().map(head).collect()
}

/// All rows. A part must not be taken for the whole, and no order has a thousand documents.
async fn all(rest: &Rest, query: Query) -> Result<Vec<Row>, PortError> {
    let operation = query.operation;
    let page = rest.query(query).await?;
    if page.more {
        let message = "more documents hang together than one page of rows holds";
        return Err(PortError::new(operation, Failure::Unreadable, "too_many_documents", message));
    }
    Ok(page.rows)
}

fn head(row: &Row) -> Result<DocumentHead, PortError> {
    let status = row.get("status").map(String::as_str).unwrap_or_default();
    Ok(DocumentHead {
        key: DocumentKey::new(kind_of_column(row, BELOW)?, column(row, "id", BELOW)?),
        external_id: row.get("externalid").cloned(),
        // some places write the type in front: `CustCred:A`
        status: status.rsplit(':').next().unwrap_or(status).to_owned(),
    })
}

fn followed_order(row: &Row) -> Result<FollowedOrder, PortError> {
    let amazon_order = row.get("amazon_order").map(|order| order.trim()).filter(|order| !order.is_empty());
    Ok(FollowedOrder {
        sales_order: column(row, "id", ABOVE)?.into(),
        amazon_order: amazon_order.map(AmazonOrderId::from),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parameters_and_never_part_of_the_text() {
        let ids = ["7".to_owned(), "8".to_owned()];
        let fields = FieldNames::default();
        for query in [made_from(&ids), payments_of(&ids), origin(&ids, &fields), paid(&ids, &fields)] {
            assert_eq!(query.parameters, ids);
            assert!(query.text.contains("IN (?, ?)"), "{}", query.text);
        }
    }

    #[test]
    fn ids_are_ordered_as_numbers() {
        let mut ids = ["1000", "99", "101"].map(|id| by_number(id.to_owned()));
        ids.sort();
        assert_eq!(ids.map(|(_, id)| id), ["99", "101", "1000"]);
    }

    #[test]
    fn a_row_says_kind_status_and_external_id() {
        let row = |columns: &[(&str, &str)]| -> Row {
            columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let credit = row(&[("id", "900"), ("type", "CustCred"), ("status", "CustCred:A")]);
        let expected = DocumentHead {
            key: DocumentKey::new(DocumentKind::CreditMemo, "900"),
            external_id: None,
            status: "A".to_owned(),
        };
        assert_eq!(head(&credit).unwrap(), expected);
        let receipt = row(&[("id", "9"), ("type", "ItemRcpt"), ("externalid", "amz-ir-1")]);
        assert_eq!(head(&receipt).unwrap().external_id.as_deref(), Some("amz-ir-1"));
        assert!(head(&row(&[("id", "9"), ("type", "VendBill")])).is_err());
        let order = row(&[("id", "42"), ("type", "SalesOrd"), ("amazon_order", " ")]);
        assert_eq!(followed_order(&order).unwrap().amazon_order, None);
    }
}
