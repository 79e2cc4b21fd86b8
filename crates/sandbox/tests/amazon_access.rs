//! Tokens, headers and the GraphQL engine of the pretend Amazon.

mod amazon_support;

use std::time::Duration;

use amazon_support::{merchant, merchant_with, order, refusal};
use amz_sandbox::Vendor;
use amz_sandbox::amazon::AmazonSettings;
use serde_json::{Value, json};

#[tokio::test]
async fn wrong_credentials_get_401_invalid_client() {
    let merchant = merchant().await;
    let form = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
    let answer = merchant.request_token(&form).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({ "error": "invalid_client" }));
}

#[tokio::test]
async fn credentials_may_come_in_a_basic_header() {
    let merchant = merchant().await;
    let answer: Value = merchant
        .http
        .post(format!("{}/token", merchant.running.amazon_url()))
        .basic_auth("sandbox-amazon-client", Some("sandbox-amazon-secret"))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(900)));
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes_of_sandbox_time() {
    let mut merchant = merchant().await;
    merchant.running.sandbox.clock.advance(Duration::from_secs(899));
    assert_eq!(refusal(&merchant.look_up(json!({ "orderId": "none" })).await).0, "ResourceNotFoundError");
    merchant.running.sandbox.clock.advance(Duration::from_secs(1));
    let answer = merchant.look_up(json!({ "orderId": "none" })).await;
    assert_eq!(refusal(&answer), ("AccessDeniedError", ""));
    assert_eq!(answer["errors"][0]["extensions"]["classification"]["errorCode"], 403);
    merchant.sign_in().await;
    assert_eq!(refusal(&merchant.look_up(json!({ "orderId": "none" })).await).0, "ResourceNotFoundError");
}

#[tokio::test]
async fn the_status_of_a_refused_token_can_be_set() {
    let merchant = merchant_with(AmazonSettings { refused_token_status: 401, ..Default::default() }).await;
    merchant.amazon().revoke_all_tokens();
    let answer = merchant.request(&json!({ "query": "{ __typename }" })).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_foreign_target_and_a_wrong_version_are_refused() {
    let merchant = merchant().await;
    let body = json!({ "query": "{ __typename }" });
    let url = format!("{}/graphql", merchant.running.amazon_url());
    let ask = async |target: &str, version: &str| -> Value {
        let request = merchant.http.post(&url).bearer_auth(&merchant.token).json(&body);
        let request = request.header("x-api-target-id", target).header("x-api-version", version);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    };
    let own = "bp-00000000-0000-4000-8000-000000000001";
    assert_eq!(refusal(&ask("bp-other", "2024-11-01").await).0, "AccessDeniedError");
    assert_eq!(refusal(&ask(own, "2020-01-01").await).0, "ValidationError");
    assert_eq!(ask(own, "2024-11-01").await["data"]["__typename"], "Query");
}

#[tokio::test]
async fn bad_queries_fail_inside_http_200() {
    let merchant = merchant().await;
    for query in [
        "{ order(orderIdentifier: { orderId: \"1\" }) { nonsense } }",
        "{ order { id } }",
        "{ order(orderIdentifier: { number: \"1\" }) { id } }",
        "{ order(",
    ] {
        let answer = merchant.query(query, json!({})).await;
        assert_eq!(refusal(&answer).0, "ValidationError", "{query}: {answer}");
        assert_eq!(answer["data"], Value::Null);
    }
}

#[tokio::test]
async fn variables_are_checked_against_the_input_types() {
    let merchant = merchant().await;
    let mut unknown_field = order("A");
    unknown_field["nonsense"] = json!(1);
    let mut unknown_word = order("A");
    unknown_word["desiredExecutionState"] = json!("RUNNING");
    let mut missing = order("A");
    missing["lineItems"][0].as_object_mut().unwrap().remove("selectedDeliveryOffer");
    let mut no_customer = order("A");
    no_customer.as_object_mut().unwrap().remove("customer");
    for input in [unknown_field, unknown_word, missing, no_customer] {
        let answer = merchant.create(&input).await;
        assert_eq!(refusal(&answer).0, "ValidationError", "{answer}");
    }
    assert!(merchant.amazon().orders().is_empty());
}

#[tokio::test]
async fn calls_are_recorded_without_credentials() {
    let merchant = merchant().await;
    merchant.created(&order("A")).await;
    let calls = merchant.running.sandbox.calls.all();
    let seen: Vec<_> = calls.iter().map(|call| (call.number, call.operation.as_str(), call.status)).collect();
    assert_eq!(seen, [(1, "token", Some(200)), (2, "createOrder", Some(200))]);
    assert_eq!(calls[1].path, "/amazon/graphql");
    assert_eq!(calls[1].authorization_scheme.as_deref(), Some("Bearer"));
    assert!(calls[1].request_body.contains("OMS_ORDER_ID"));
    let text = format!("{calls:?}");
    assert!(!text.contains("sandbox-amazon-secret") && !text.contains(&merchant.token));
    assert_eq!(merchant.running.sandbox.calls.count(Vendor::Amazon, "createOrder"), 1);
}
