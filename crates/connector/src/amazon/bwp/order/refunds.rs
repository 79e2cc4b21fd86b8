//! Refunds that Amazon asks for, or was told of.
//!
//! Source: Amazon pages `order-objects-refunddetailsinput`, `refund-interface`.

use amz_domain::refunds::RefundTotal;
use amz_domain::{AmazonRefund, Currency, Money, PackageContent};
use serde::Deserialize;

use super::{Alias, LineItemReference, alias_of, filled, instant, schema};
use crate::amazon::bwp::answer::Unreadable;
use crate::amazon::bwp::inputs::REFUND_ALIAS_TYPE;
use crate::amazon::bwp::scalars::{Exact, InstantText};

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Refunds {
    pub(super) details: Option<Vec<Option<RefundDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RefundDetails {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
    state: Option<String>,
    created_at: Option<InstantText>,
    #[serde(rename = "refundTotal")]
    refund_total: Option<Total>,
    refund_for: Option<RefundFor>,
    refund_request_reason: Option<String>,
    payment_details: Option<Vec<Option<Payment>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "RefundTotal", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Total {
    total_amount: Option<Price>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Money", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Price {
    amount: Option<Exact>,
    currency_code: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RefundFor {
    order_line_items: Option<Vec<Option<RefundedLine>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "OrderLineItemAmount", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RefundedLine {
    line_item: Option<LineItemReference>,
    #[serde(alias = "refundedQuantity")]
    amount: Option<RefundedQuantity>,
}

// versions before 2024-11-01 call the list's member `refundedQuantity` and the number in it `amount`
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Amount", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RefundedQuantity {
    #[serde(alias = "amount")]
    value: Option<Exact>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "PaymentDetails", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Payment {
    id: Option<cynic::Id>,
}

/// One refund.
pub(super) fn refund(refund: RefundDetails) -> Result<AmazonRefund, Unreadable> {
    let payments = refund.payment_details.unwrap_or_default().into_iter().flatten();
    Ok(AmazonRefund {
        id: refund.id.ok_or(Unreadable("refunds.details.id"))?.into_inner().into(),
        alias: alias_of(refund.aliases, REFUND_ALIAS_TYPE).map(Into::into),
        state: refund.state.ok_or(Unreadable("refunds.details.state"))?.into(),
        total: total(refund.refund_total.and_then(|total| total.total_amount)),
        lines: lines(refund.refund_for)?,
        request_reason: filled(refund.refund_request_reason),
        payments: payments.filter_map(|payment| Some(payment.id?.into_inner())).collect(),
        created_at: instant(refund.created_at),
    })
}

fn total(price: Option<Price>) -> RefundTotal {
    let Some(Price { amount: Some(Exact(amount)), currency_code }) = price else {
        return RefundTotal::Absent;
    };
    match currency_code.and_then(|code| Currency::try_from(code).ok()) {
        Some(currency) => RefundTotal::Amount(Money::new(amount, currency)),
        None => RefundTotal::WithoutCurrency(amount),
    }
}

/// The units of a refund. When Amazon does not say how many of one line, it does not say what the refund is for.
fn lines(list: Option<RefundFor>) -> Result<Vec<PackageContent>, Unreadable> {
    let mut lines = Vec::new();
    for entry in list.and_then(|list| list.order_line_items).unwrap_or_default().into_iter().flatten() {
        let line = entry.line_item.and_then(|line| line.id);
        let units = entry.amount.and_then(|quantity| quantity.value);
        let (Some(line), Some(units)) = (line, units) else { return Ok(Vec::new()) };
        let quantity = units.0.try_into().map_err(|_| Unreadable("refundFor.orderLineItems.amount"))?;
        lines.push(PackageContent { line: line.into_inner().into(), quantity });
    }
    Ok(lines)
}
