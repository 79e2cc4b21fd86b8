//! `updateOrder` with `refunds`: reports what was refunded.
//!
//! Source: Amazon pages `order-objects-refunddetailsinput`, `update-refund-details`, `add-an-external-refund`. The
//! total is all that was refunded under one refund so far; the payments are only those of this report. A refund
//! made outside Amazon is sent with an alias and without an id.

use amz_domain::{AmazonOrderId, RefundState};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::AmazonRefunds;
use amz_services::ports::amazon::{RefundPayment, RefundReport, ReportedRefund};
use async_trait::async_trait;

use super::call::Request;
use super::inputs::{AliasInput, MoneyInput, OrderLineItemAmountInput};
use super::update_order::{UpdateOrderInput, confirmed, write};
use super::{BuyWithPrime, schema, unreadable};

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "updateOrder.refunds";

#[derive(cynic::InputObject, Debug)]
pub(super) struct RefundsInput {
    details: Vec<RefundDetailsInput>,
}

#[derive(cynic::InputObject, Debug)]
struct RefundDetailsInput {
    #[cynic(skip_serializing_if = "Option::is_none")]
    id: Option<cynic::Id>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<AliasInput>>,
    refund_total: RefundTotalInput,
    #[cynic(skip_serializing_if = "Option::is_none")]
    payment_details: Option<Vec<PaymentDetailsInput>>,
    state: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    refund_for: Option<RefundForInput>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    refund_request_reason: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    refund_status_reason: Option<String>,
}

#[derive(cynic::InputObject, Debug)]
struct RefundTotalInput {
    total_amount: MoneyInput,
}

#[derive(cynic::InputObject, Debug)]
struct RefundForInput {
    order_line_items: Vec<OrderLineItemAmountInput>,
}

#[derive(cynic::InputObject, Debug)]
struct PaymentDetailsInput {
    id: cynic::Id,
    amount: MoneyInput,
    payment_method: PaymentMethodInput,
}

#[derive(cynic::InputObject, Debug)]
struct PaymentMethodInput {
    display_string: String,
}

#[async_trait]
impl AmazonRefunds for BuyWithPrime {
    async fn report(&self, order: &AmazonOrderId, report: &RefundReport) -> Result<(), PortError> {
        let confirmed = self.0.run(&request(order, report)?, confirmed).await?;
        confirmed.ok_or_else(|| unreadable(OPERATION))
    }
}

fn request(order: &AmazonOrderId, report: &RefundReport) -> Result<Request, PortError> {
    let RefundReport { refund, state, total, payments, status_reason } = report;
    if let RefundState::Unknown(word) = state {
        let message = format!("{word} is not a state that can be reported");
        return Err(PortError::new(OPERATION, Failure::Refused, "unknown_refund_state", message));
    }
    let mut details = RefundDetailsInput {
        id: None,
        aliases: None,
        refund_total: RefundTotalInput { total_amount: (*total).into() },
        payment_details: (!payments.is_empty()).then(|| payments.iter().map(payment).collect()),
        state: state.as_str().to_owned(),
        refund_for: None,
        refund_request_reason: None,
        refund_status_reason: status_reason.clone(),
    };
    match refund {
        ReportedRefund::Known(id) => details.id = Some(cynic::Id::new(id.as_str())),
        ReportedRefund::External { alias, lines, reason } => {
            details.aliases = Some(vec![AliasInput::of_refund(alias)]);
            let order_line_items: Vec<_> = lines.iter().map(Into::into).collect();
            details.refund_for =
                (!order_line_items.is_empty()).then_some(RefundForInput { order_line_items });
            details.refund_request_reason = Some(reason.clone());
        }
    }
    let refunds = Some(RefundsInput { details: vec![details] });
    write(OPERATION, order, UpdateOrderInput { refunds, ..UpdateOrderInput::default() })
}

fn payment(payment: &RefundPayment) -> PaymentDetailsInput {
    PaymentDetailsInput {
        id: cynic::Id::new(payment.id.as_str()),
        amount: payment.amount.into(),
        payment_method: PaymentMethodInput { display_string: payment.method.clone() },
    }
}

#[cfg(test)]
mod tests {
    use amz_domain::{Currency, Money, PackageContent, Quantity};
    use serde_json::json;

    use super::*;

    fn dollars(amount: &str) -> Money {
        Money::new(amount.parse().unwrap(), Currency::USD)
    }

    fn report(refund: ReportedRefund) -> RefundReport {
        RefundReport {
            refund,
            state: RefundState::Success,
            total: dollars("8.10"),
            payments: vec![RefundPayment {
                id: "creditMemo-900".to_owned(),
                amount: dollars("3.10"),
                method: "NetSuite credit memo 900".to_owned(),
            }],
            status_reason: None,
        }
    }

    fn details(report: &RefundReport) -> serde_json::Value {
        let request = request(&"322-1".into(), report).unwrap();
        let input = request.body["variables"]["input"].clone();
        assert_eq!(input.as_object().unwrap().len(), 1, "nothing else of the order is touched");
        input["refunds"]["details"][0].clone()
    }

    #[test]
    fn a_refund_that_amazon_has_is_named_by_its_id_alone() {
        let details = details(&report(ReportedRefund::Known("refund-1".into())));
        assert_eq!(
            details,
            json!({
                "id": "refund-1",
                "refundTotal": {"totalAmount": {"amount": details["refundTotal"]["totalAmount"]["amount"], "currencyCode": "USD"}},
                "paymentDetails": [{
                    "id": "creditMemo-900",
                    "amount": {"amount": details["paymentDetails"][0]["amount"]["amount"], "currencyCode": "USD"},
                    "paymentMethod": {"displayString": "NetSuite credit memo 900"},
                }],
                "state": "SUCCESS",
            })
        );
        assert_eq!(details["refundTotal"]["totalAmount"]["amount"].to_string(), "8.10");
        assert_eq!(details["paymentDetails"][0]["amount"]["amount"].to_string(), "3.10");
    }

    #[test]
    fn a_refund_made_outside_amazon_has_an_alias_lines_and_a_reason_and_no_id() {
        let details = details(&report(ReportedRefund::External {
            alias: "1234567:900".into(),
            lines: vec![PackageContent { line: "line-a".into(), quantity: Quantity(2) }],
            reason: "OTHERS".to_owned(),
        }));
        assert_eq!(details.get("id"), None);
        assert_eq!(details["aliases"], json!([{"aliasId": "1234567:900", "aliasType": "OMS_REFUND_ID"}]));
        let line = json!({"lineItemId": {"lineItemId": "line-a"}, "amount": {"value": 2}});
        assert_eq!(details["refundFor"], json!({"orderLineItems": [line]}));
        assert_eq!(details["refundRequestReason"], "OTHERS");
    }

    #[test]
    fn a_rejection_says_why_and_names_no_payment() {
        let rejection = RefundReport {
            state: RefundState::Rejected,
            total: dollars("0"),
            payments: Vec::new(),
            status_reason: Some("RETURN_WINDOW_EXPIRED".to_owned()),
            ..report(ReportedRefund::Known("refund-1".into()))
        };
        let details = details(&rejection);
        assert_eq!(details.get("paymentDetails"), None);
        assert_eq!(details["refundStatusReason"], "RETURN_WINDOW_EXPIRED");
        assert_eq!(details["state"], "REJECTED");
    }

    #[test]
    fn a_state_that_we_do_not_know_is_never_sent() {
        let report = RefundReport { state: "BEAMED".into(), ..report(ReportedRefund::Known("r".into())) };
        assert_eq!(request(&"322-1".into(), &report).err().unwrap().failure, Failure::Refused);
    }
}
