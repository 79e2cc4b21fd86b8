//! `cancelOrder`: asks Amazon to cancel a whole order.
//!
//! Source: Amazon pages `order-mutations-cancelorder`, `order-objects-cancelorderinput`. The answer only says that
//! Amazon tries; what became of it stands on the order.

use amz_domain::{AmazonOrderId, CancellationReason};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::AmazonCancellations;
use amz_services::ports::amazon::NewCancellation;
use async_trait::async_trait;
use cynic::MutationBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::inputs::{AliasInput, OrderIdentifierInput};
use super::{BuyWithPrime, schema, unreadable};

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "cancelOrder";

#[derive(cynic::QueryVariables, Debug)]
struct Variables {
    order_identifier: OrderIdentifierInput,
    input: CancelOrderInput,
}

#[derive(cynic::InputObject, Debug)]
struct CancelOrderInput {
    aliases: Vec<AliasInput>,
    reason: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    additional_comments: Option<String>,
}

/// The mutation and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CancelOrder {
    #[arguments(orderIdentifier: $order_identifier, input: $input)]
    cancel_order: Option<CancelOrderResponse>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CancelOrderResponse {
    #[allow(dead_code, reason = "selected because GraphQL has no empty selection")]
    cancellation: Option<CancellationDetails>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CancellationDetails {
    #[allow(dead_code, reason = "selected because GraphQL has no empty selection")]
    id: Option<cynic::Id>,
}

#[async_trait]
impl AmazonCancellations for BuyWithPrime {
    async fn request(&self, order: &AmazonOrderId, cancellation: &NewCancellation) -> Result<(), PortError> {
        let confirmed = self.0.run(&request(order, cancellation)?, confirmed).await?;
        confirmed.ok_or_else(|| unreadable(OPERATION))
    }
}

fn request(order: &AmazonOrderId, cancellation: &NewCancellation) -> Result<Request, PortError> {
    let NewCancellation { alias, reason, comment } = cancellation;
    if let CancellationReason::Unknown(word) = reason {
        let message = format!("{word} is not a reason that Amazon takes");
        return Err(PortError::new(OPERATION, Failure::Refused, "unknown_cancellation_reason", message));
    }
    let input = CancelOrderInput {
        aliases: vec![AliasInput::of_cancellation(alias)],
        reason: reason.as_str().to_owned(),
        additional_comments: comment.clone(),
    };
    Request::write(OPERATION, &CancelOrder::build(Variables { order_identifier: order.into(), input }))
}

/// Checks that Amazon took the request.
fn confirmed(data: CancelOrder) -> Result<Option<()>, Unreadable> {
    data.cancel_order.map(|_| Some(())).ok_or(Unreadable("cancelOrder"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cancellation(reason: CancellationReason) -> NewCancellation {
        NewCancellation { alias: "1234567:42".into(), reason, comment: None }
    }

    #[test]
    fn the_mutation_is_what_amazon_documents() {
        let request = request(&"322-1".into(), &cancellation(CancellationReason::OutOfStock)).unwrap();
        assert_eq!(
            request.body["variables"],
            json!({
                "orderIdentifier": {"orderId": "322-1"},
                "input": {
                    "aliases": [{"aliasId": "1234567:42", "aliasType": "OMS_CANCEL_ID"}],
                    "reason": "OUT_OF_STOCK",
                },
            })
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn a_reason_that_amazon_does_not_know_is_never_sent() {
        let error = request(&"322-1".into(), &cancellation("BORED".into())).err().unwrap();
        assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "unknown_cancellation_reason"));
    }

    #[test]
    fn any_confirmation_counts_and_none_does_not() {
        let confirm = |json: &str| confirmed(serde_json::from_str(json).unwrap());
        assert_eq!(confirm(r#"{"cancelOrder":{"cancellation":{"id":"c","state":"PENDING"}}}"#), Ok(Some(())));
        assert_eq!(confirm(r#"{"cancelOrder":null}"#), Err(Unreadable("cancelOrder")));
    }
}
