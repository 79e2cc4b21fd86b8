//! What the fault script does to a client of the pretend Amazon.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, merchant, order, refusal};
use amz_sandbox::{CallSelector, Fault, Faults};
use serde_json::{Value, json};

async fn create_raw(merchant: &Merchant) -> reqwest::Result<reqwest::Response> {
    let query = "mutation($input: CreateOrderInput!) { createOrder(input: $input) { order { id } } }";
    merchant.request(&json!({ "query": query, "variables": { "input": order("A") } })).send().await
}

async fn create_under(fault: Fault) -> (Merchant, reqwest::Result<reqwest::Response>) {
    let merchant = merchant().await;
    merchant.script("createOrder", CallSelector::Nth(1), fault);
    let answer = create_raw(&merchant).await;
    (merchant, answer)
}

#[tokio::test]
async fn a_lost_answer_is_a_transport_error_after_the_order_exists() {
    let (merchant, answer) = create_under(Fault::LostAnswer).await;
    let error = answer.unwrap_err();
    assert!(error.is_request() && !error.is_connect(), "{error:?}");
    assert_eq!(merchant.amazon().orders_with_alias("OMS_ORDER_ID", "A"), 1);
    let call = merchant.running.sandbox.calls.all().pop().unwrap();
    assert_eq!((call.status, call.fault), (None, Some(Fault::LostAnswer)));
    let repeated = create_raw(&merchant).await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(refusal(&repeated), ("ConflictError", "AliasValueAlreadyExists"));
    assert_eq!(merchant.amazon().orders().len(), 1);
}

#[tokio::test]
async fn a_dropped_call_is_a_transport_error_and_nothing_happened() {
    let (merchant, answer) = create_under(Fault::DropBefore).await;
    assert!(answer.unwrap_err().is_request());
    assert!(merchant.amazon().orders().is_empty());
    assert_eq!(create_raw(&merchant).await.unwrap().status(), 200);
}

#[tokio::test]
async fn cut_connections_are_never_taken_for_answers() {
    let merchant = merchant().await;
    merchant.script("order", CallSelector::Every(2), Fault::LostAnswer);
    let body = json!({ "query": "{ order(orderIdentifier: { orderId: \"1\" }) { id } }" });
    for call in 1..=40 {
        let answer = merchant.request(&body).send().await;
        assert_eq!(answer.is_ok(), call % 2 == 1, "call {call}: {answer:?}");
    }
}

#[tokio::test]
async fn too_many_requests_may_name_a_wait() {
    let (merchant, answer) = create_under(Fault::TooManyRequests { retry_after_s: Some(7) }).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert!(merchant.amazon().orders().is_empty());
    let (_, answer) = create_under(Fault::TooManyRequests { retry_after_s: None }).await;
    assert_eq!(answer.unwrap().headers().get("retry-after"), None);
}

#[tokio::test]
async fn server_errors_come_before_or_after_the_commit() {
    let (merchant, answer) = create_under(Fault::ServerError).await;
    assert_eq!((answer.unwrap().status().as_u16(), merchant.amazon().orders().len()), (500, 0));
    let (merchant, answer) = create_under(Fault::ServerErrorAfterCommit).await;
    assert_eq!((answer.unwrap().status().as_u16(), merchant.amazon().orders().len()), (500, 1));
}

#[tokio::test]
async fn a_throttle_can_hide_in_http_200() {
    let (merchant, answer) = create_under(Fault::GraphQlThrottle).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(refusal(&answer.json().await.unwrap()).0, "ThrottlingError");
    assert!(merchant.amazon().orders().is_empty());
}

#[tokio::test]
async fn malformed_json_comes_after_the_commit() {
    let (merchant, answer) = create_under(Fault::MalformedJson).await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(!text.is_empty() && serde_json::from_str::<Value>(&text).is_err(), "{text}");
    assert_eq!(merchant.amazon().orders().len(), 1);
}

#[tokio::test]
async fn a_slow_answer_is_complete() {
    let (_, answer) = create_under(Fault::Slow { millis: 5 }).await;
    assert!(answer.unwrap().json::<Value>().await.unwrap()["data"]["createOrder"]["order"]["id"].is_string());
}

#[tokio::test]
async fn a_revoked_token_stays_revoked_until_a_new_one_is_fetched() {
    let (mut merchant, answer) = create_under(Fault::RevokedToken).await;
    assert_eq!(refusal(&answer.unwrap().json().await.unwrap()).0, "AccessDeniedError");
    let again: Value = create_raw(&merchant).await.unwrap().json().await.unwrap();
    assert_eq!(refusal(&again).0, "AccessDeniedError");
    merchant.sign_in().await;
    let accepted: Value = create_raw(&merchant).await.unwrap().json().await.unwrap();
    assert_eq!(accepted.get("errors"), None);
}

/// One attempt; true once Amazon says that the order exists.
async fn attempt(merchant: &mut Merchant, alias_id: &str) -> bool {
    let query = "mutation($input: CreateOrderInput!) { createOrder(input: $input) { order { id } } }";
    let body = json!({ "query": query, "variables": { "input": order(alias_id) } });
    let Ok(answer) = merchant.request(&body).send().await else { return false };
    let Ok(answer) = answer.json::<Value>().await else { return false };
    match refusal(&answer).0 {
        "" => answer["data"]["createOrder"]["order"]["id"].is_string(),
        "AccessDeniedError" => {
            merchant.running.sandbox.faults.clear();
            merchant.sign_in().await;
            merchant.running.sandbox.faults.add_all(Faults::heavy(alias_id.len() as u64));
            false
        }
        class => class == "ConflictError",
    }
}

#[tokio::test]
async fn a_client_that_repeats_itself_gets_each_order_once_on_a_terrible_day() {
    let mut merchant = merchant().await;
    merchant.running.sandbox.faults.add_all(Faults::heavy(42));
    for n in 0..60 {
        let alias_id = format!("order-{n}");
        let mut attempts = 1;
        while !attempt(&mut merchant, &alias_id).await {
            attempts += 1;
            assert!(attempts < 50, "{alias_id} never came through");
        }
        assert_eq!(merchant.amazon().orders_with_alias("OMS_ORDER_ID", &alias_id), 1);
    }
    let faulty = merchant.running.sandbox.calls.all().iter().filter(|call| call.fault.is_some()).count();
    assert!(faulty > 5, "only {faulty} faults");
}

#[tokio::test]
async fn a_cancellation_whose_answer_is_lost_is_there_and_not_asked_for_twice() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let query = "mutation($order: OrderIdentifierInput!, $input: CancelOrderInput) {
        cancelOrder(orderIdentifier: $order, input: $input) { cancellation { id } }
    }";
    let input = json!({ "aliases": [amazon_support::alias("OMS_CANCEL_ID", "C")] });
    let variables = json!({ "order": { "orderId": created["id"] }, "input": input });
    let body = json!({ "query": query, "variables": variables });
    merchant.script("cancelOrder", CallSelector::Nth(1), Fault::ServerError);
    merchant.script("cancelOrder", CallSelector::Nth(2), Fault::GraphQlThrottle);
    merchant.script("cancelOrder", CallSelector::Nth(3), Fault::LostAnswer);
    assert_eq!(merchant.request(&body).send().await.unwrap().status(), 500);
    let throttled = merchant.request(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(refusal(&throttled).0, "ThrottlingError");
    let cancellations = || merchant.amazon().orders()[0].cancellations.len();
    assert_eq!(cancellations(), 0);
    assert!(merchant.request(&body).send().await.is_err());
    assert_eq!(cancellations(), 1);
    let repeated = merchant.request(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(refusal(&repeated), ("ConflictError", "AliasValueAlreadyExists"));
    assert_eq!(cancellations(), 1);
    assert_eq!(merchant.running.sandbox.calls.all().pop().unwrap().operation, "cancelOrder");
}

#[tokio::test]
async fn a_refund_report_whose_answer_is_lost_has_arrived() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let new = serde_json::from_value(json!({ "lines": [] })).unwrap();
    let refund = merchant.amazon().request_refund(created["id"].as_str().unwrap(), new).unwrap();
    let money = json!({ "amount": 5, "currencyCode": "USD" });
    let report = json!({
        "id": refund,
        "state": "SUCCESS",
        "refundTotal": { "totalAmount": money },
        "paymentDetails": [{ "id": "memo-1", "amount": money, "paymentMethod": { "displayString": "memo" } }],
    });
    let query = "mutation($order: OrderIdentifierInput!, $input: UpdateOrderInput!) {
        updateOrder(orderIdentifier: $order, input: $input) { order { id } }
    }";
    let input = json!({ "refunds": { "details": [report] } });
    let variables = json!({ "order": { "orderId": created["id"] }, "input": input });
    let body = json!({ "query": query, "variables": variables });
    merchant.script("updateOrder", CallSelector::First(1), Fault::ServerErrorAfterCommit);
    assert_eq!(merchant.request(&body).send().await.unwrap().status(), 500);
    assert_eq!(merchant.amazon().doubled_payments(), []);
    // whoever sends it once more without looking pays twice in Amazon's books
    assert_eq!(merchant.request(&body).send().await.unwrap().status(), 200);
    assert_eq!(merchant.amazon().doubled_payments().len(), 1);
}
