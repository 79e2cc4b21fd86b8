//! Refunds of the pretend Amazon: asked for, reported, and told from outside.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, alias, merchant, number, order, refusal};
use amz_sandbox::amazon::{
    AmazonSettings, Content, DoubledPayment, Habits, Money, MoveError, NewRefund, RefundState,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order of two units of 19.90 each, and a refund that Amazon asks for one of them.
async fn requested(merchant: &Merchant) -> (Value, String) {
    let created = merchant.created(&order("A")).await;
    let refund =
        merchant.amazon().request_refund(created["id"].as_str().unwrap(), one_unit(&created)).unwrap();
    (created, refund)
}

fn one_unit(order: &Value) -> NewRefund {
    let line_id = order["lineItems"][0]["id"].as_str().unwrap().to_owned();
    let lines = vec![Content { line_id, quantity: Decimal::ONE }];
    NewRefund { lines, reason: Some("ITEM_MISSING".into()), estimate: None }
}

fn money(amount: &str) -> Value {
    json!({ "amount": number(amount), "currencyCode": "USD" })
}

fn payment(id: &str, amount: &str) -> Value {
    json!({ "id": id, "amount": money(amount), "paymentMethod": { "displayString": "Credit memo" }, "state": "SUCCESS" })
}

fn report(refund: &str, state: &str, total: &str, payments: &[Value]) -> Value {
    json!({
        "id": refund,
        "state": state,
        "refundTotal": { "totalAmount": money(total) },
        "paymentDetails": payments,
    })
}

fn external(alias_id: &str, line: &Value) -> Value {
    json!({
        "aliases": [alias("EXTERNAL_REFUND_ID", alias_id)],
        "state": "SUCCESS",
        "refundTotal": { "totalAmount": money("5") },
        "paymentDetails": [payment("memo-1", "5")],
        "refundFor": { "orderLineItems": [
            { "lineItemId": { "lineItemId": line["id"] }, "amount": { "value": 1 } },
        ] },
        "refundRequestReason": "DAMAGED_DEFECTIVE_ITEM",
    })
}

fn with(mut refund: Value, field: &str, value: Value) -> Value {
    refund[field] = value;
    refund
}

fn refunds(details: &[Value]) -> Value {
    json!({ "refunds": { "details": details } })
}

async fn refused(merchant: &Merchant, order_id: &Value, details: &[Value]) -> String {
    let before = merchant.shown(order_id).await;
    let answer = merchant.update(order_id, refunds(details)).await;
    let (class, code) = refusal(&answer);
    assert_eq!(class, "ValidationError", "{answer}");
    assert_eq!(merchant.shown(order_id).await, before, "a refusal changes nothing");
    code.to_owned()
}

#[tokio::test]
async fn a_refund_that_amazon_asks_for_shows_an_estimate() {
    let merchant = merchant().await;
    let (created, refund) = requested(&merchant).await;
    let mut shown = merchant.shown(&created["id"]).await["refunds"]["details"][0].clone();
    for field in ["createdAt", "updatedAt"] {
        assert_eq!(shown[field].take(), "2026-03-02T09:00:00.000Z");
    }
    let expected = json!({
        "id": refund,
        "aliases": [],
        "createdAt": null,
        "updatedAt": null,
        "state": "PENDING",
        "refundTotal": { "totalAmount": { "amount": number("19.90"), "currencyCode": "USD" } },
        "refundFor": { "orderLineItems": [{
            "lineItem": { "id": created["lineItems"][0]["id"], "amount": { "value": 2 } },
            "amount": { "value": 1, "unit": "ONE" },
        }] },
        "paymentDetails": [],
        "refundRequestReason": "ITEM_MISSING",
        "refundStatusReason": null,
    });
    assert_eq!(shown, expected);
    assert_eq!(merchant.event_types(), ["REFUND_REQUESTED"]);
}

#[tokio::test]
async fn estimates_come_in_any_currency_or_none() {
    let merchant = merchant().await;
    let (created, _) = requested(&merchant).await;
    let id = created["id"].as_str().unwrap();
    let amount: Decimal = "7.5".parse().unwrap();
    for currency_code in [Some("CAD".to_owned()), None] {
        let estimate = Some(Money { amount, currency_code });
        merchant.amazon().request_refund(id, NewRefund { estimate, ..one_unit(&created) }).unwrap();
    }
    let shown = merchant.shown(&created["id"]).await;
    let total = |position: usize| &shown["refunds"]["details"][position]["refundTotal"]["totalAmount"];
    assert_eq!(total(1), &json!({ "amount": number("7.5"), "currencyCode": "CAD" }));
    assert_eq!(total(2), &json!({ "amount": number("7.5"), "currencyCode": null }));
    assert_eq!(shown["refunds"]["summary"]["refundTotal"]["totalAmount"], money("19.90"));
    let mut too_many = one_unit(&created);
    too_many.lines[0].quantity = Decimal::from(3);
    assert_eq!(merchant.amazon().request_refund(id, too_many), Err(MoveError::Contents));
    let unknown = merchant.amazon().request_refund("none", one_unit(&created));
    assert_eq!(unknown, Err(MoveError::UnknownOrder("none".into())));
}

#[tokio::test]
async fn totals_are_cumulative_and_payments_are_added() {
    let merchant = merchant().await;
    let (created, refund) = requested(&merchant).await;
    let first = report(&refund, "PARTIAL", "5", &[payment("memo-1", "5")]);
    merchant.updated(&created["id"], refunds(&[first])).await;
    let second = report(&refund, "SUCCESS", "8.00", &[payment("memo-2", "3")]);
    let shown = merchant.updated(&created["id"], refunds(&[second])).await;
    let shown = &shown["refunds"]["details"][0];
    assert_eq!(shown["refundTotal"]["totalAmount"]["amount"].to_string(), "8.00");
    let paid: Vec<_> = shown["paymentDetails"].as_array().unwrap().iter().map(|paid| &paid["id"]).collect();
    assert_eq!((paid, &shown["state"]), (vec![&json!("memo-1"), &json!("memo-2")], &json!("SUCCESS")));
    assert_eq!(merchant.amazon().doubled_payments(), []);
    assert_eq!(merchant.event_types(), ["REFUND_REQUESTED", "REFUND_COMPLETED"]);
}

#[tokio::test]
async fn a_payment_that_is_reported_again_counts_again() {
    let merchant = merchant().await;
    let (created, refund) = requested(&merchant).await;
    let same = report(&refund, "SUCCESS", "5", &[payment("memo-1", "5")]);
    merchant.updated(&created["id"], refunds(std::slice::from_ref(&same))).await;
    let shown = merchant.updated(&created["id"], refunds(&[same])).await;
    let details = &shown["refunds"]["details"][0];
    assert_eq!(details["paymentDetails"].as_array().unwrap().len(), 2);
    assert_eq!(details["refundTotal"]["totalAmount"], money("5"));
    let doubled = DoubledPayment {
        order_id: created["id"].as_str().unwrap().into(),
        refund_id: refund.clone(),
        payment_id: "memo-1".into(),
    };
    assert_eq!(merchant.amazon().doubled_payments(), [doubled]);
    assert_eq!(merchant.event_types(), ["REFUND_REQUESTED", "REFUND_COMPLETED"]);
    let without_payments = report(&refund, "SUCCESS", "5", &[]);
    merchant.updated(&created["id"], refunds(&[without_payments])).await;
    assert_eq!(merchant.amazon().doubled_payments().len(), 1);
    let twice = report(&refund, "SUCCESS", "9", &[payment("memo-2", "2"), payment("memo-2", "2")]);
    assert_eq!(refused(&merchant, &created["id"], &[twice]).await, "DuplicatePaymentId");
}

#[tokio::test]
async fn states_move_only_as_documented() {
    let merchant = merchant().await;
    let (created, _) = requested(&merchant).await;
    let order_id = created["id"].as_str().unwrap();
    let words = ["PENDING", "PARTIAL", "SUCCESS", "FAILURE", "REJECTED"];
    let allowed = [
        ("PENDING", vec!["PENDING", "PARTIAL", "SUCCESS", "FAILURE", "REJECTED"]),
        ("PARTIAL", vec!["PARTIAL", "SUCCESS"]),
        ("SUCCESS", vec!["SUCCESS"]),
        ("FAILURE", vec!["PARTIAL", "SUCCESS", "FAILURE"]),
        ("REJECTED", vec![]),
    ];
    for (from, next) in allowed {
        for to in words {
            let refund = merchant.amazon().request_refund(order_id, one_unit(&created)).unwrap();
            merchant.updated(&created["id"], refunds(&[report(&refund, from, "0", &[])])).await;
            let answer = merchant.update(&created["id"], refunds(&[report(&refund, to, "0", &[])])).await;
            if next.contains(&to) {
                assert_eq!(answer.get("errors"), None, "{from} to {to}");
            } else {
                assert_eq!(
                    refusal(&answer),
                    ("ValidationError", "InvalidRefundStateTransition"),
                    "{from} to {to}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_report_without_a_state_leaves_it() {
    let merchant = merchant().await;
    let (created, refund) = requested(&merchant).await;
    let rejected = json!({
        "id": refund,
        "state": "REJECTED",
        "refundStatusReason": "RETURN_WINDOW_EXPIRED",
        "refundTotal": { "totalAmount": money("0") },
    });
    merchant.updated(&created["id"], refunds(&[rejected])).await;
    let stateless = json!({ "id": refund, "refundTotal": { "totalAmount": money("0") } });
    let shown = merchant.updated(&created["id"], refunds(&[stateless])).await;
    let shown = &shown["refunds"]["details"][0];
    assert_eq!(
        (&shown["state"], &shown["refundStatusReason"]),
        (&json!("REJECTED"), &json!("RETURN_WINDOW_EXPIRED"))
    );
}

#[tokio::test]
async fn reports_that_do_not_fit_are_refused() {
    let merchant = merchant().await;
    let (created, refund) = requested(&merchant).await;
    let id = &created["id"];
    let line = &created["lineItems"][0];
    merchant.updated(id, refunds(&[report(&refund, "PARTIAL", "5", &[])])).await;
    merchant.updated(id, refunds(&[external("E1", line)])).await;
    let one = report(&refund, "PARTIAL", "6", &[]);
    let canadian = json!({ "amount": 6, "currencyCode": "CAD" });
    let total = |total: Value| with(one.clone(), "refundTotal", json!({ "totalAmount": total }));
    let items = |quantity: i64| {
        let item = json!({ "lineItemId": { "lineItemId": line["id"] }, "amount": { "value": quantity } });
        json!({ "orderLineItems": [item] })
    };
    let elsewhere =
        json!({ "orderLineItems": [{ "lineItemId": { "lineItemId": "x" }, "amount": { "value": 1 } }] });
    let cases = [
        (vec![one.clone(), one.clone()], "DuplicateRefundId"),
        (vec![with(one.clone(), "id", json!("refund-none"))], "InvalidRefundId"),
        (vec![with(one.clone(), "id", Value::Null)], "MissingRefundId"),
        (vec![with(one.clone(), "refundRequestReason", json!("OTHERS"))], "InvalidRefundRequestReasonUpdate"),
        (vec![total(canadian.clone())], "InvalidRefundTotal"),
        (vec![total(money("4.99"))], "InvalidRefundTotal"),
        (vec![total(money("-1"))], "InvalidRefundTotal"),
        (
            vec![with(one.clone(), "paymentDetails", json!([with(payment("m", "6"), "amount", canadian)]))],
            "InvalidRefundTotal",
        ),
        (vec![external("E1", line)], "DuplicateAliasId"),
        (vec![external("E2", line), external("E2", line)], "DuplicateAliasId"),
        (vec![with(one.clone(), "aliases", json!([alias("EXTERNAL_REFUND_ID", "E1")]))], "DuplicateAliasId"),
        (vec![with(one.clone(), "aliases", json!([alias("EXTERNAL_REFUND_ID", " ")]))], "InvalidAliasId"),
        (vec![with(one.clone(), "refundFor", items(2))], "InvalidRefundItemsUpdate"),
        (vec![with(external("E2", line), "refundFor", items(3))], "InvalidRefundQuantity"),
        (vec![with(external("E2", line), "refundFor", items(0))], "InvalidRefundQuantity"),
        (vec![with(external("E2", line), "refundFor", elsewhere)], "ItemDoesNotExist"),
        // the good one before the bad one is not kept either
        (vec![external("E2", line), with(one.clone(), "id", json!("refund-none"))], "InvalidRefundId"),
    ];
    for (details, code) in cases {
        assert_eq!(refused(&merchant, id, &details).await, code, "{details:?}");
    }
    let of_the_order =
        merchant.update(id, refunds(&[with(one, "aliases", json!([alias("OMS_ORDER_ID", "A")]))])).await;
    assert_eq!(refusal(&of_the_order), ("ConflictError", "AliasValueAlreadyExists"));
    let without_total = merchant.update(id, refunds(&[json!({ "id": refund })])).await;
    assert_eq!(refusal(&without_total).0, "ValidationError");
}

#[tokio::test]
async fn a_refund_from_outside_gets_an_id_and_is_reported_under_it_from_then_on() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let line = &created["lineItems"][0];
    let shown = merchant.updated(&created["id"], refunds(&[external("E1", line)])).await;
    let told = &shown["refunds"]["details"][0];
    let refund = told["id"].as_str().unwrap();
    assert_eq!(told["aliases"], json!([alias("EXTERNAL_REFUND_ID", "E1")]));
    assert_eq!(told["refundRequestReason"], "DAMAGED_DEFECTIVE_ITEM");
    assert_eq!(told["refundFor"]["orderLineItems"][0]["lineItem"]["id"], line["id"]);
    assert_eq!(merchant.event_types(), ["REFUND_COMPLETED"]);
    let mut more = report(refund, "SUCCESS", "9", &[payment("memo-2", "4")]);
    more["aliases"] = json!([alias("EXTERNAL_REFUND_ID", "E1b"), alias("DISPLAY", "Memo 1")]);
    more["refundRequestReason"] = json!("OTHERS");
    let shown = merchant.updated(&created["id"], refunds(&[more])).await;
    let told = &shown["refunds"]["details"];
    assert_eq!(told.as_array().unwrap().len(), 1);
    assert_eq!(told[0]["aliases"], json!([alias("EXTERNAL_REFUND_ID", "E1b"), alias("DISPLAY", "Memo 1")]));
    assert_eq!(told[0]["refundRequestReason"], "OTHERS");
    let kept = &merchant.amazon().orders()[0].refunds[0];
    assert!(kept.external && kept.reported);
    assert_eq!((kept.state, kept.payments.len()), (RefundState::Success, 2));
}

#[tokio::test]
async fn the_older_key_of_the_quantity_is_read_too() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let line = &created["lineItems"][0];
    let quantities = [json!({ "amount": 2 }), json!({ "value": 2 })];
    for (alias_id, quantity) in ["E1", "E2"].into_iter().zip(quantities) {
        let item = json!({ "lineItemId": { "lineItemId": line["id"] }, "refundedQuantity": quantity });
        let told = with(external(alias_id, line), "refundFor", json!({ "orderLineItems": [item] }));
        merchant.updated(&created["id"], refunds(&[told])).await;
    }
    let order = &merchant.amazon().orders()[0];
    assert!(order.refunds.iter().all(|refund| refund.contents[0].quantity == Decimal::TWO));
}

#[tokio::test]
async fn completed_refunds_are_announced_only_if_that_is_the_habit() {
    let habits = Habits { refund_completed: false, ..Habits::default() };
    let settings = AmazonSettings { habits, ..AmazonSettings::default() };
    let merchant = amazon_support::merchant_with(settings).await;
    let (created, refund) = requested(&merchant).await;
    merchant.updated(&created["id"], refunds(&[report(&refund, "SUCCESS", "5", &[])])).await;
    assert_eq!(merchant.event_types(), ["REFUND_REQUESTED"]);
}
