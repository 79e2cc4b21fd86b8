//! `updateOrder` with `returns`: tells Amazon of returns that were made outside it.
//!
//! Source: Amazon pages `order-objects-returndetailsinput`, `add-an-external-return`, `update-return-details`.
//! Whether `returnIdentifier` is there decides between a new return and a known one; an alias alone always means
//! a new one. That `COMPLETED` is accepted is inferred: the pages show the other two states only.

use amz_domain::{AmazonOrderId, ReturnId, ReturnState};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::AmazonReturns;
use amz_services::ports::amazon::NewExternalReturn;
use async_trait::async_trait;

use super::call::Request;
use super::inputs::{AliasInput, OrderLineItemAmountInput};
use super::update_order::{UpdateOrderInput, confirmed, write};
use super::{BuyWithPrime, schema, unreadable};

/// Name of the operations in audit, logs and errors.
pub(super) const OPERATION: &str = "updateOrder.returns";

#[derive(cynic::InputObject, Debug)]
pub(super) struct ReturnsInput {
    details: Vec<ReturnDetailsInput>,
}

#[derive(cynic::InputObject, Debug)]
struct ReturnDetailsInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<AliasInput>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    return_identifier: Option<ReturnIdentifierInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    return_line_items: Option<Vec<ReturnLineItemInput>>,
    state: String,
}

#[derive(cynic::InputObject, Debug)]
struct ReturnIdentifierInput {
    id: cynic::Id,
}

#[derive(cynic::InputObject, Debug)]
struct ReturnLineItemInput {
    return_for: ReturnForInput,
}

#[derive(cynic::InputObject, Debug)]
struct ReturnForInput {
    order_line_item_amounts: Vec<OrderLineItemAmountInput>,
}

#[async_trait]
impl AmazonReturns for BuyWithPrime {
    async fn tell(&self, order: &AmazonOrderId, new: &NewExternalReturn) -> Result<(), PortError> {
        let confirmed = self.0.run(&new_return(order, new)?, confirmed).await?;
        confirmed.ok_or_else(|| unreadable(OPERATION))
    }

    async fn conclude(
        &self,
        order: &AmazonOrderId,
        return_id: &ReturnId,
        state: &ReturnState,
    ) -> Result<(), PortError> {
        let confirmed = self.0.run(&concluded_return(order, return_id, state)?, confirmed).await?;
        confirmed.ok_or_else(|| unreadable(OPERATION))
    }
}

fn new_return(order: &AmazonOrderId, new: &NewExternalReturn) -> Result<Request, PortError> {
    let item = |content| ReturnLineItemInput {
        return_for: ReturnForInput { order_line_item_amounts: vec![content] },
    };
    let details = ReturnDetailsInput {
        aliases: Some(vec![AliasInput::of_return(&new.alias)]),
        return_identifier: None,
        return_line_items: Some(new.lines.iter().map(|line| item(line.into())).collect()),
        state: ReturnState::Created.as_str().to_owned(),
    };
    request(order, details)
}

fn concluded_return(
    order: &AmazonOrderId,
    return_id: &ReturnId,
    state: &ReturnState,
) -> Result<Request, PortError> {
    if !matches!(state, ReturnState::Cancelled | ReturnState::Completed) {
        let message = format!("{state} is not a state that ends a return");
        return Err(PortError::new(OPERATION, Failure::Refused, "not_a_final_return_state", message));
    }
    let details = ReturnDetailsInput {
        aliases: None,
        return_identifier: Some(ReturnIdentifierInput { id: cynic::Id::new(return_id.as_str()) }),
        return_line_items: None,
        state: state.as_str().to_owned(),
    };
    request(order, details)
}

fn request(order: &AmazonOrderId, details: ReturnDetailsInput) -> Result<Request, PortError> {
    let returns = Some(ReturnsInput { details: vec![details] });
    write(OPERATION, order, UpdateOrderInput { returns, ..UpdateOrderInput::default() })
}

#[cfg(test)]
mod tests {
    use amz_domain::{PackageContent, Quantity};
    use serde_json::json;

    use super::*;

    fn details(request: &Request) -> serde_json::Value {
        let input = request.body["variables"]["input"].clone();
        assert_eq!(input.as_object().unwrap().len(), 1, "nothing else of the order is touched");
        input["returns"]["details"].clone()
    }

    #[test]
    fn a_new_return_has_an_alias_and_no_identifier() {
        let new = NewExternalReturn {
            alias: "1234567:900".into(),
            lines: vec![
                PackageContent { line: "line-a".into(), quantity: Quantity(2) },
                PackageContent { line: "line-b".into(), quantity: Quantity(1) },
            ],
        };
        let item = |line: &str, units: u32| {
            json!({"returnFor": {"orderLineItemAmounts": [
                {"lineItemId": {"lineItemId": line}, "amount": {"value": units}}
            ]}})
        };
        assert_eq!(
            details(&new_return(&"322-1".into(), &new).unwrap()),
            json!([{
                "aliases": [{"aliasId": "1234567:900", "aliasType": "OMS_RETURN_ID"}],
                "returnLineItems": [item("line-a", 2), item("line-b", 1)],
                "state": "CREATED",
            }])
        );
    }

    #[test]
    fn a_known_return_is_named_by_its_identifier_and_by_nothing_that_would_make_a_new_one() {
        for (state, word) in [(ReturnState::Cancelled, "CANCELLED"), (ReturnState::Completed, "COMPLETED")] {
            assert_eq!(
                details(&concluded_return(&"322-1".into(), &"ret-1".into(), &state).unwrap()),
                json!([{"returnIdentifier": {"id": "ret-1"}, "state": word}])
            );
        }
    }

    #[test]
    fn a_state_that_ends_nothing_is_never_sent() {
        for state in [ReturnState::Draft, ReturnState::Created, "BEAMED".into()] {
            let error = concluded_return(&"322-1".into(), &"ret-1".into(), &state).err().unwrap();
            assert_eq!(error.failure, Failure::Refused);
        }
    }
}
