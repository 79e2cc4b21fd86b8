//! What NetSuite does when much is asked at once: the peak, look-alikes of its refusal, and its own limits.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::LoginsUnderLoad;
use amz_sandbox::{CallSelector, Fault, FaultRule, LookAlike, Vendor};
use netsuite_client::{Client, Reply, reply};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TIME: &str = "/system/v1/serverTime";

fn script(client: &Client, fault: Fault) {
    client.running.sandbox.faults.add(FaultRule {
        vendor: Vendor::NetSuite,
        operation: None,
        calls: CallSelector::Always,
        fault,
    });
}

async fn control(client: &Client, method: Method, path: &str, body: Option<Value>) -> Reply {
    let mut request = client.http.request(method, format!("{}/netsuite{path}", client.running.control_url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    reply(request.send().await.unwrap()).await
}

async fn until_in_flight(client: &Client, wanted: usize) {
    while client.netsuite().in_flight() != wanted {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_peak_counts_all_requests_in_flight_and_can_be_started_anew() {
    let client = Client::start().await;
    client.netsuite().set_slots(2);
    script(&client, Fault::Slow { millis: 600_000 });
    let requests: Vec<_> = (0..4)
        .map(|_| {
            let url = client.url(TIME);
            let request = client.http.get(&url).header("authorization", client.sign("GET", &url));
            tokio::spawn(request.send())
        })
        .collect();
    until_in_flight(&client, 4).await;
    requests.iter().for_each(|request| request.abort());
    until_in_flight(&client, 0).await;
    let shown = control(&client, Method::GET, "/slots", None).await.json();
    assert_eq!((&shown["peak_in_flight"], &shown["in_flight"]), (&json!(4), &json!(0)));
    client.running.sandbox.faults.clear();
    control(&client, Method::DELETE, "/slots/peak", None).await;
    client.get(TIME).await;
    assert_eq!(client.netsuite().peak_in_flight(), 1);
}

#[tokio::test]
async fn a_login_refused_under_load_locks_nobody_out() {
    let client = Client::start().await;
    client.netsuite().refuse_logins_under_load(Some(LoginsUnderLoad { above: 0, at_most: Some(6) }));
    for _ in 0..6 {
        assert_eq!(client.get(TIME).await.error().0, "INVALID_LOGIN");
    }
    assert!(client.netsuite().login_audit_trail().is_empty());
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
    assert_eq!(client.netsuite().logins_under_load().unwrap().at_most, Some(0));
    control(&client, Method::PUT, "/slots/logins", Some(json!({"above": 1}))).await;
    assert_eq!(client.get(TIME).await.status, StatusCode::OK, "one request is not above one");
    script(&client, Fault::LoginRefused);
    for _ in 0..6 {
        assert_eq!(client.get(TIME).await.status, StatusCode::UNAUTHORIZED);
    }
    client.running.sandbox.faults.clear();
    assert_eq!(client.get(TIME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn look_alikes_of_the_refusal_differ_in_status_code_and_body() {
    let cases = [
        (LookAlike::ConcurrencyWithBadRequest, 400, "CONCURRENCY_LIMIT_EXCEEDED", true),
        (LookAlike::RequestLimitWithBadRequest, 400, "SSS_REQUEST_LIMIT_EXCEEDED", true),
        (LookAlike::UnreadableBody, 429, "CONCURRENCY_LIMIT_EXCEEDED", false),
    ];
    for (look_alike, status, code, is_json) in cases {
        let client = Client::start().await;
        script(&client, Fault::ThrottleLookAlike(look_alike));
        let reply = client.post("/record/v1/customer", &json!({"companyName": "A", "externalId": "a"})).await;
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
        assert!(reply.text.contains(code), "{}", reply.text);
        assert_eq!(serde_json::from_str::<Value>(&reply.text).is_ok(), is_json, "{}", reply.text);
        client.running.sandbox.faults.clear();
        let found = client.get("/record/v1/customer/eid:a").await;
        assert_eq!(found.status, StatusCode::NOT_FOUND, "nothing was done");
    }
}

#[tokio::test]
async fn limits_are_shown_to_administrators_only() {
    let client = Client::start().await;
    let path = "/system/v1/governanceLimits";
    let refused = client.get(path).await;
    assert_eq!(
        (refused.status, refused.error().0.as_str()),
        (StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSION")
    );
    let mut limits = json!({
        "accountConcurrencyLimit": 15,
        "accountUnallocatedConcurrencyLimit": 10,
        "integrationLimitType": "accountLimit",
    });
    control(&client, Method::PUT, "/governance-limits", Some(limits.clone())).await;
    assert_eq!(client.get(path).await.json(), limits);
    limits["integrationConcurrencyLimit"] = json!(5);
    limits["integrationLimitType"] = json!("integrationSpecific");
    control(&client, Method::PUT, "/governance-limits", Some(limits.clone())).await;
    assert_eq!(client.get(path).await.json(), limits);
    control(&client, Method::DELETE, "/governance-limits", None).await;
    assert_eq!(client.get(path).await.status, StatusCode::FORBIDDEN);
}
