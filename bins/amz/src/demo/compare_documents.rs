//! Do both sides agree about returns and refunds?

use std::collections::BTreeMap;

use amz_domain::{
    AmazonOrder, AmazonReturn, CancelState, Document, DocumentKind, Origin, PackageState, RefundState,
    ReturnState, SalesOrder, SalesOrderId,
};
use amz_services::connection::Connection;
use anyhow::Context;
use rust_decimal::Decimal;

/// Everything that follows from a sales order in NetSuite.
pub(super) async fn read(connection: &Connection, id: &SalesOrderId) -> anyhow::Result<Vec<Document>> {
    let heads = connection.documents.of_order(id).await.context("the order's documents cannot be listed")?;
    let mut documents = Vec::with_capacity(heads.len());
    for head in heads {
        let read = connection.documents.read(&head.key).await;
        documents.extend(read.with_context(|| format!("{} cannot be read", head.key))?);
    }
    Ok(documents)
}

/// Every return and refund stands on both sides, with the same units and amounts.
pub(super) fn compare(
    account: &str,
    order: &SalesOrder,
    amazon: &AmazonOrder,
    documents: &[Document],
    differences: &mut Vec<String>,
) {
    compare_cancellation(order, amazon, differences);
    for returned in &amazon.returns {
        compare_return(account, returned, documents, differences);
    }
    compare_refunds(amazon, documents, differences);
}

fn compare_cancellation(order: &SalesOrder, amazon: &AmazonOrder, differences: &mut Vec<String>) {
    match &order.marks.cancel_state {
        Some(CancelState::Accepted)
            if amazon.packages.iter().any(|package| package.state != PackageState::Cancelled) =>
        {
            differences.push("the sales order says cancelled, Amazon does not".to_owned());
        }
        Some(CancelState::Requested) => differences.push("a cancellation was never answered".to_owned()),
        _ => {}
    }
}

fn compare_return(
    account: &str,
    returned: &AmazonReturn,
    documents: &[Document],
    differences: &mut Vec<String>,
) {
    let told_by_us = returned.alias.as_ref().and_then(|alias| alias.authorization(account));
    let authorization = documents.iter().find(|document| {
        document.key.kind == DocumentKind::ReturnAuthorization
            && document.marks.amazon_return.as_ref() == Some(&returned.id)
            && told_by_us.as_ref().is_none_or(|id| document.key.id == *id)
    });
    let Some(authorization) = authorization else {
        return differences.push(format!("return {} has no return authorization", returned.id));
    };
    let units: Decimal = returned.lines.iter().map(|line| line.quantity.to_decimal()).sum();
    let authorized: Decimal = authorization.lines.iter().map(|line| line.quantity).sum();
    if units != authorized {
        differences
            .push(format!("return {} is of {units} units, its authorization of {authorized}", returned.id));
    }
    let graded: Decimal = returned.lines.iter().map(|line| line.graded_units().to_decimal()).sum();
    let received: Decimal = authorization.lines.iter().map(|line| line.quantity_received).sum();
    if told_by_us.is_none() && returned.state == ReturnState::Completed && graded != received {
        differences.push(format!(
            "Amazon graded {graded} units of return {}, {received} were received",
            returned.id
        ));
    }
}

/// Every refund is paid, and what Amazon was told is what the documents say.
fn compare_refunds(amazon: &AmazonOrder, documents: &[Document], differences: &mut Vec<String>) {
    let mut paid: BTreeMap<&str, Decimal> = BTreeMap::new();
    for document in documents.iter().filter(|document| document.key.kind.is_credit() && !document.is_voided) {
        match &document.marks.amazon_refund {
            Some(refund) => *paid.entry(refund.as_str()).or_default() += document.total,
            None => differences.push(format!("Amazon was not told of {}", document.key)),
        }
        if document.marks.origin.as_ref().is_none_or(|origin| matches!(origin, Origin::Unknown(_))) {
            differences.push(format!("{} does not say who began it", document.key));
        }
    }
    for refund in &amazon.refunds {
        if refund.state != RefundState::Success {
            differences.push(format!("refund {} is {}", refund.id, refund.state));
            continue;
        }
        let told = refund.total.money().map(|money| money.amount).unwrap_or_default();
        let paid = paid.get(refund.id.as_str()).copied().unwrap_or_default();
        if told != paid {
            differences.push(format!("refund {} was told as {told}, its documents say {paid}", refund.id));
        }
    }
}
