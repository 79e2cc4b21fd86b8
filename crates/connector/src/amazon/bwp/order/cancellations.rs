//! Attempts to cancel an order.
//!
//! Source: Amazon page `order-objects-cancellationdetails`. That `refundDetails` is a plain list of refunds is
//! inferred.

use amz_domain::Cancellation;
use serde::Deserialize;

use super::{Alias, alias_of, filled, instant, schema};
use crate::amazon::bwp::answer::Unreadable;
use crate::amazon::bwp::inputs::CANCELLATION_ALIAS_TYPE;
use crate::amazon::bwp::scalars::InstantText;

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Cancellations {
    pub(super) details: Option<Vec<Option<CancellationDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CancellationDetails {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
    state: Option<String>,
    reason: Option<String>,
    requested_by: Option<String>,
    created_at: Option<InstantText>,
    refund_details: Option<Vec<Option<RefundReference>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "RefundDetails", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RefundReference {
    id: Option<cynic::Id>,
}

/// One cancellation.
pub(super) fn cancellation(cancellation: CancellationDetails) -> Result<Cancellation, Unreadable> {
    let refunds = cancellation.refund_details.unwrap_or_default().into_iter().flatten();
    Ok(Cancellation {
        id: cancellation.id.ok_or(Unreadable("cancellations.details.id"))?.into_inner().into(),
        alias: alias_of(cancellation.aliases, CANCELLATION_ALIAS_TYPE).map(Into::into),
        state: cancellation.state.ok_or(Unreadable("cancellations.details.state"))?.into(),
        reason: filled(cancellation.reason),
        requested_by: filled(cancellation.requested_by),
        refunds: refunds.filter_map(|refund| Some(refund.id?.into_inner().into())).collect(),
        created_at: instant(cancellation.created_at),
    })
}
