//! The control interface over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, merchant, order};
use amz_sandbox::amazon::PackageState;
use reqwest::Method;
use serde_json::{Value, json};

async fn control(merchant: &Merchant, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = merchant.http.request(method, format!("{}/{path}", merchant.running.control_url()));
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn calls_faults_and_clock_are_reached_over_http() {
    let merchant = merchant().await;
    let rule =
        json!({ "vendor": "amazon", "operation": "order", "calls": { "nth": 1 }, "fault": "server_error" });
    let (_, rules) = control(&merchant, Method::POST, "faults", Some(rule)).await;
    assert_eq!(rules.as_array().unwrap().len(), 1);
    let body = json!({ "query": "{ order(orderIdentifier: { orderId: \"1\" }) { id } }" });
    assert_eq!(merchant.request(&body).send().await.unwrap().status(), 500);
    let (_, calls) = control(&merchant, Method::GET, "calls", None).await;
    assert_eq!((&calls[1]["operation"], &calls[1]["fault"]), (&json!("order"), &json!("server_error")));
    assert_eq!(control(&merchant, Method::DELETE, "calls", None).await.0, 204);
    assert!(merchant.running.sandbox.calls.all().is_empty());
    let (_, rules) = control(&merchant, Method::POST, "faults/heavy", Some(json!({ "seed": 3 }))).await;
    assert!(rules.as_array().unwrap().len() > 10);
    assert_eq!(control(&merchant, Method::DELETE, "faults", None).await.0, 204);
    assert!(merchant.running.sandbox.faults.rules().is_empty());
    assert_eq!(control(&merchant, Method::POST, "faults", Some(json!({ "vendor": "x" }))).await.0, 422);
    let (_, time) = control(&merchant, Method::POST, "clock/advance", Some(json!({ "seconds": 60 }))).await;
    assert_eq!(time, json!({ "now": "2026-03-02T09:01:00Z" }));
}

#[tokio::test]
async fn packages_are_moved_over_http() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let id = created["id"].as_str().unwrap();
    let (_, orders) = control(&merchant, Method::GET, "amazon/orders", None).await;
    let package = orders[0]["packages"][0]["id"].as_str().unwrap();
    let line = &orders[0]["lines"][0]["id"];
    let part = json!([{ "line_id": line, "quantity": 1 }]);
    let at = |package: &str, step: &str| format!("amazon/orders/{id}/packages/{package}/{step}");
    let post = async |path: String, body: Value| control(&merchant, Method::POST, &path, Some(body)).await;

    let (status, split) = post(at(package, "split"), json!({ "parts": [part, part] })).await;
    assert_eq!(status, 200, "{split}");
    let [first, second] = [0, 1].map(|n| split["packages"][n].as_str().unwrap().to_owned());
    let ups = json!({ "carrier": "ups", "tracking_number": "1Z1" });
    assert_eq!(post(at(&first, "ship"), ups.clone()).await.0, 200);
    assert_eq!(post(at(&first, "ship"), ups).await.0, 409);
    assert_eq!(post(at(&second, "ship"), json!({})).await.0, 200);
    let late = json!({ "carrier": "usps", "tracking_number": "9400" });
    assert_eq!(post(at(&second, "tracking-number"), late).await.0, 200);
    let place = json!({ "locality": "Memphis", "region": "TN", "country": "US" });
    let milestone = json!({ "code": "IN_TRANSIT", "place": place, "occurred_at": "2026-03-02T10:00:00Z" });
    assert_eq!(post(at(&second, "milestone"), milestone).await.0, 200);
    assert_eq!(control(&merchant, Method::POST, &at(&first, "deliver"), None).await.0, 200);
    assert_eq!(post(at(&second, "cancel"), json!({ "reason": "UNDELIVERABLE" })).await.0, 200);
    assert_eq!(post(at("none", "cancel"), json!({ "reason": "UNDELIVERABLE" })).await.0, 404);

    let states: Vec<_> =
        merchant.amazon().order(id).unwrap().packages.iter().map(|found| found.state).collect();
    assert_eq!(states, [PackageState::Delivered, PackageState::Cancelled]);
}

#[tokio::test]
async fn subscriptions_and_events_are_reached_over_http() {
    let merchant = merchant().await;
    let subscription = json!({
        "id": "sub-9",
        "url": "http://127.0.0.1:1/events",
        "authentication": { "oauth": {
            "token_url": "http://127.0.0.1:1/token", "client_id": "a", "client_secret": "b",
        } },
    });
    assert_eq!(control(&merchant, Method::POST, "amazon/events/hold", None).await.0, 204);
    assert_eq!(control(&merchant, Method::POST, "amazon/subscription", Some(subscription)).await.0, 204);
    merchant.created(&order("A")).await;
    let (_, pending) = control(&merchant, Method::GET, "amazon/events/pending", None).await;
    assert_eq!(pending[0]["event_type"], "ORDER_CONFIRMED");
    assert_eq!(control(&merchant, Method::DELETE, "amazon/subscription/sub-9", None).await.0, 204);
    assert_eq!(control(&merchant, Method::POST, "amazon/events/release", Some(json!({}))).await.0, 204);
    assert!(merchant.amazon().pending_events().is_empty());
    assert_eq!(control(&merchant, Method::POST, "amazon/tokens/revoke", None).await.0, 204);
    let answer = merchant.look_up(json!({ "orderId": "1" })).await;
    assert_eq!(amazon_support::refusal(&answer).0, "AccessDeniedError");
}

#[tokio::test]
async fn cancellations_are_decided_over_http() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let id = created["id"].as_str().unwrap();
    let post = async |path: String, body: Value| control(&merchant, Method::POST, &path, Some(body)).await;
    let (status, mut habits) = control(&merchant, Method::GET, "amazon/habits", None).await;
    assert_eq!((status, &habits["cancellation_delay_s"]), (200, &json!(60)));
    habits["cancellation_delay_s"] = Value::Null;
    assert_eq!(control(&merchant, Method::PUT, "amazon/habits", Some(habits)).await.0, 204);
    assert_eq!(merchant.amazon().habits().cancellation_delay_s, None);

    let at = format!("amazon/orders/{id}/cancellations");
    let (_, first) = post(at.clone(), json!({ "reason": "ORDERED_BY_MISTAKE" })).await;
    let (_, second) = post(at.clone(), json!({ "requested_by": "BWP_CUSTOMER_SERVICE_AGENT" })).await;
    let [first, second] = [&first, &second].map(|made| made["cancellation"].as_str().unwrap());
    let decide = async |which: &str, how: &str| {
        control(&merchant, Method::POST, &format!("{at}/{which}/{how}"), None).await
    };
    assert_eq!(decide(first, "reject").await.0, 200);
    assert_eq!(decide(first, "settle").await.0, 409);
    assert_eq!(decide(second, "settle").await, (200, json!({ "state": "SUCCESS" })));
    assert_eq!(decide("none", "settle").await.0, 404);
    assert_eq!(post(at.clone(), json!({})).await.0, 409);
    assert_eq!(post("amazon/orders/none/cancellations".into(), json!({})).await.0, 404);
    let (_, shown) = control(&merchant, Method::GET, &format!("amazon/orders/{id}"), None).await;
    let states = [0, 1].map(|n| shown["cancellations"][n]["state"].clone());
    assert_eq!(states, [json!("REJECTED"), json!("SUCCESS")]);
    assert_eq!(shown["cancellations"][0]["requested_by"], "SHOPPER");
}

#[tokio::test]
async fn refunds_and_returns_are_played_over_http() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let (id, line) = (created["id"].as_str().unwrap(), &created["lineItems"][0]["id"]);
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    let post = async |path: &str, body: Value| {
        control(&merchant, Method::POST, &format!("amazon/orders/{id}/{path}"), Some(body)).await
    };
    let unit = json!({ "line_id": line, "quantity": 1 });
    let cancel = json!({ "reason": "UNFULFILLABLE", "units": [unit] });
    let (status, cancelled) = post(&format!("packages/{package}/cancel"), cancel).await;
    assert_eq!(status, 200, "{cancelled}");
    assert_eq!(cancelled["package"], json!(merchant.amazon().order(id).unwrap().packages[0].id));

    let refund =
        json!({ "lines": [unit], "reason": "OTHERS", "estimate": { "amount": 4.5, "currency_code": null } });
    let (_, refund) = post("refunds", refund).await;
    assert_eq!(refund["refund"], json!(merchant.amazon().order(id).unwrap().refunds[1].id));
    assert_eq!(post("refunds", json!({ "lines": [{ "line_id": "x", "quantity": 1 }] })).await.0, 409);

    let reason = json!({ "code": "TOO_SMALL", "description": "Too small" });
    let start = json!({ "lines": [{ "line_id": line, "quantity": 1, "reason": reason }] });
    let (status, started) = post("returns", start).await;
    assert_eq!(status, 200, "{started}");
    let returned = started["return"].as_str().unwrap();
    let step = format!("returns/{returned}/packages/{}/move", started["packages"][0].as_str().unwrap());
    assert_eq!(post(&step, json!({ "state": "DELIVERED" })).await.0, 409);
    assert_eq!(post(&step, json!({ "state": "IN_TRANSIT" })).await.0, 200);
    assert_eq!(post(&step, json!({ "state": "FAILED", "reason": "SHIPMENT_LOST" })).await.0, 200);
    let grade = json!({ "line_id": line, "quantity": 1, "condition": "SELLABLE" });
    assert_eq!(post(&format!("returns/{returned}/grade"), grade.clone()).await.0, 200);
    assert_eq!(post(&format!("returns/{returned}/grade"), grade.clone()).await.0, 409);
    assert_eq!(post("returns/none/grade", grade).await.0, 404);
    let complete = format!("amazon/orders/{id}/returns/{returned}/complete");
    assert_eq!(control(&merchant, Method::POST, &complete, None).await.0, 200);
    let (_, shown) = control(&merchant, Method::GET, &format!("amazon/orders/{id}"), None).await;
    let shown = &shown["returns"][0];
    assert_eq!(
        (&shown["state"], &shown["packages"][0]["reason"]),
        (&json!("COMPLETED"), &json!("SHIPMENT_LOST"))
    );
    let doubled = control(&merchant, Method::GET, "amazon/doubled-payments", None).await;
    assert_eq!(doubled, (200, json!([])));
}
