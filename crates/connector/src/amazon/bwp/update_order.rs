//! `updateOrder`: releases an order, or changes its totals. Returns and refunds go through the same mutation, see
//! [`super::external_returns`] and [`super::refund_report`].
//!
//! Source: Amazon pages `order-mutations-updateorder`, `order-objects-updateorderinput`. What is left out stays
//! as it is, so repeating the same change leaves the same order.

use amz_domain::AmazonOrderId;
use amz_services::failure::PortError;
use amz_services::ports::amazon::AmazonOrderChange;
use cynic::MutationBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::external_returns::ReturnsInput;
use super::inputs::{OrderExecutionStateInput, OrderIdentifierInput, TaxInput, TotalPriceInput};
use super::refund_report::RefundsInput;
use super::schema;

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "updateOrder";

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    order_identifier: OrderIdentifierInput,
    input: UpdateOrderInput,
}

#[derive(cynic::InputObject, Debug, Default)]
pub(super) struct UpdateOrderInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(super) desired_execution_state: Option<OrderExecutionStateInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(super) refunds: Option<RefundsInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(super) returns: Option<ReturnsInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(super) taxes: Option<TaxInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(super) total_price: Option<TotalPriceInput>,
}

/// The mutation and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UpdateOrder {
    #[arguments(orderIdentifier: $order_identifier, input: $input)]
    update_order: Option<UpdateOrderResponse>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct UpdateOrderResponse {
    #[allow(dead_code, reason = "selected because GraphQL has no empty selection")]
    order: Option<Order>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Order {
    #[allow(dead_code, reason = "selected because GraphQL has no empty selection")]
    id: Option<cynic::Id>,
}

/// The request that changes an order.
///
/// # Errors
/// When the change asks for something that cannot be said to Amazon.
pub(super) fn request(order: &AmazonOrderId, change: &AmazonOrderChange) -> Result<Request, PortError> {
    let execution = change.execution.as_ref();
    let input = UpdateOrderInput {
        desired_execution_state: execution
            .map(|state| OrderExecutionStateInput::of(OPERATION, state))
            .transpose()?,
        taxes: change.tax.map(Into::into),
        total_price: change.total.map(Into::into),
        ..UpdateOrderInput::default()
    };
    write(OPERATION, order, input)
}

/// The mutation with any input, under the name of the operation that it serves.
pub(super) fn write(
    operation: &'static str,
    order: &AmazonOrderId,
    input: UpdateOrderInput,
) -> Result<Request, PortError> {
    Request::write(operation, &UpdateOrder::build(Variables { order_identifier: order.into(), input }))
}

/// Checks that Amazon confirms the change. Amazon's pages disagree on what is inside the answer, so only its
/// presence counts.
pub(super) fn confirmed(data: UpdateOrder) -> Result<Option<()>, Unreadable> {
    data.update_order.map(|_| Some(())).ok_or(Unreadable("updateOrder"))
}

#[cfg(test)]
mod tests {
    use amz_domain::{Currency, ExecutionState, Money};

    use super::*;

    #[test]
    fn only_what_changes_is_sent() {
        let released = AmazonOrderChange { execution: Some(ExecutionState::Started), ..Default::default() };
        let total = Money::new("41.70".parse().unwrap(), Currency::USD);
        let priced = AmazonOrderChange { total: Some(total), tax: Some(total), ..Default::default() };
        let input = |change: &AmazonOrderChange| {
            request(&"322-ABC1-AAAAAA".into(), change).unwrap().body["variables"]["input"].clone()
        };
        assert_eq!(input(&released).to_string(), r#"{"desiredExecutionState":"STARTED"}"#);
        let input = input(&priced);
        assert_eq!(input.as_object().unwrap().len(), 2);
        assert_eq!(input["taxes"]["summary"]["collectableTaxAmount"]["amount"].to_string(), "41.70");
        assert_eq!(input["totalPrice"]["value"]["amount"].to_string(), "41.70");
    }

    #[test]
    fn the_query_is_what_amazon_documents() {
        let request = request(&"322-ABC1-AAAAAA".into(), &AmazonOrderChange::default()).unwrap();
        assert_eq!(
            request.body["variables"]["orderIdentifier"].to_string(),
            r#"{"orderId":"322-ABC1-AAAAAA"}"#
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn a_state_that_we_do_not_know_is_never_sent() {
        let change = AmazonOrderChange { execution: Some("PAUSED".into()), ..Default::default() };
        assert!(request(&"322-ABC1-AAAAAA".into(), &change).is_err());
    }

    #[test]
    fn any_confirmation_counts_and_none_does_not() {
        let confirm = |json: &str| confirmed(serde_json::from_str(json).unwrap());
        assert_eq!(confirm(r#"{"updateOrder":{"order":{"id":"322"}}}"#), Ok(Some(())));
        assert_eq!(confirm(r#"{"updateOrder":{"id":"322"}}"#), Ok(Some(())));
        assert_eq!(confirm(r#"{"updateOrder":null}"#), Err(Unreadable("updateOrder")));
    }
}
