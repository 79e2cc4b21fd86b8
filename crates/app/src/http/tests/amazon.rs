//! Events of Amazon.

use std::io::{Read, Write};
use std::sync::atomic::Ordering;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;

use super::*;

const EVENTS: &str = "/v1/main/amazon/events";

fn event() -> String {
    json!({
        "idempotencyKey": "idem-1", "eventDescriptor": "ITEM_DELIVERED", "eventId": "e-1",
        "resources": ["businessProduct/bp-1/order/322-A/delivery/D-1"], "data": {}
    })
    .to_string()
}

fn authorized(request: RequestBuilder) -> RequestBuilder {
    request.basic_auth("amazon", Some(PASSWORD))
}

#[tokio::test]
async fn event_is_stored_once_and_its_repeat_is_answered_alike() {
    let house = House::build().await;
    let first = authorized(house.post(EVENTS)).body(event()).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(json(first).await, json!({"outcome": "stored"}));
    assert!(house.was_woken().await);
    let repeat = authorized(house.post(EVENTS)).body(event()).send().await.unwrap();
    assert_eq!(repeat.status(), StatusCode::OK);
    assert_eq!(json(repeat).await, json!({"outcome": "duplicate"}));
    assert!(!house.was_woken().await);
    let [notice] = house.stored_notices().try_into().unwrap();
    assert_eq!((notice.key.as_str(), notice.kind.as_str()), ("idem-1", "PACKAGE_DELIVERED"));
    assert_eq!(notice.body, event());
    assert_eq!(notice.received_at.timestamp(), 1_000_000);
}

#[tokio::test]
async fn known_key_with_another_body_is_a_conflict_and_changes_nothing() {
    let house = House::build().await;
    authorized(house.post(EVENTS)).body(event()).send().await.unwrap();
    let other = event().replace("322-A", "322-B");
    let answer = authorized(house.post(EVENTS)).body(other).send().await.unwrap();
    assert_problem(answer, 409, "key_reused").await;
    assert_eq!(house.stored_notices().len(), 1);
}

#[tokio::test]
async fn store_failure_asks_to_come_again() {
    let house = House::build().await;
    house.inbox.broken.store(true, Ordering::SeqCst);
    let answer = authorized(house.post(EVENTS)).body(event()).send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "5");
    let problem = assert_problem(answer, 503, "store_unavailable").await;
    assert!(!problem.to_string().contains("disk full"));
    assert!(!house.was_woken().await);
    house.inbox.broken.store(false, Ordering::SeqCst);
    let again = authorized(house.post(EVENTS)).body(event()).send().await.unwrap();
    assert_eq!(json(again).await, json!({"outcome": "stored"}));
}

#[tokio::test]
async fn bad_input_gets_its_code_and_stores_nothing() {
    let house = House::build().await;
    for (body, status, code) in [
        (String::new(), 400, "body_not_json"),
        ("{\"a\":".to_owned(), 400, "body_not_json"),
        ("[]".to_owned(), 400, "body_not_object"),
        ("{}".to_owned(), 422, "event_type_missing"),
        (r#"{"eventDescriptor": 7}"#.to_owned(), 422, "event_type_unreadable"),
        (r#"{"eventDescriptor": "PACKAGE_DELIVERED"}"#.to_owned(), 422, "resources_missing"),
        (event().replace("/order/", "/teleport/"), 422, "resource_unreadable"),
        (event().replace("bp-1", "bp-2"), 403, "foreign_business_product"),
        (" ".repeat(MAX_BODY_BYTES + 1), 413, "body_too_large"),
        (" ".repeat(MAX_BODY_BYTES * 3), 413, "body_too_large"),
    ] {
        let answer = authorized(house.post(EVENTS)).body(body).send().await.unwrap();
        assert_problem(answer, status, code).await;
    }
    assert_eq!(house.stored_notices(), []);
    assert!(!house.was_woken().await);
}

#[tokio::test]
async fn body_of_unannounced_length_is_limited_too() {
    let house = House::build().await;
    let long = " ".repeat(MAX_BODY_BYTES + 1);
    let request = format!(
        "POST /v1/silent/amazon/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    let address = house.address.trim_start_matches("http://").to_owned();
    let exchange = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = exchange.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"body_too_large\""), "{answer}");
    assert_eq!(house.stored_notices(), []);
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_a_challenge_before_the_body_is_judged() {
    let house = House::build().await;
    let answer = house.post(EVENTS).body("nonsense").send().await.unwrap();
    assert_eq!(answer.headers()["www-authenticate"], "Bearer, Basic realm=\"events\"");
    assert_problem(answer, 401, "credentials_missing").await;
    let wrong = house.post(EVENTS).basic_auth("amazon", Some("wrong-hunter2")).body(event());
    assert_problem(wrong.send().await.unwrap(), 401, "credentials_refused").await;
    let invented = house.post(EVENTS).bearer_auth("amz1.9999999999.hunter2").body(event());
    assert_problem(invented.send().await.unwrap(), 401, "credentials_refused").await;
    let twice = authorized(authorized(house.post(EVENTS))).body(event());
    assert_problem(twice.send().await.unwrap(), 401, "credentials_refused").await;
    assert_eq!(house.stored_notices(), []);
}

#[tokio::test]
async fn only_where_it_is_allowed_may_credentials_be_left_out() {
    let house = House::build().await;
    let answer = house.post("/v1/silent/amazon/events").body(event()).send().await.unwrap();
    assert_eq!(json(answer).await, json!({"outcome": "stored"}));
    let twice = house
        .post("/v1/silent/amazon/events")
        .header("authorization", "Basic a")
        .header("authorization", "Basic b")
        .body(event());
    assert_problem(twice.send().await.unwrap(), 401, "credentials_refused").await;
}

#[tokio::test]
async fn unknown_connection_is_not_found_whatever_is_presented() {
    let house = House::build().await;
    for path in ["/v1/nobody/amazon/events", "/v1/nobody/netsuite/events", "/v1/%ff/amazon/events"] {
        let answer = authorized(house.post(path)).body(event()).send().await.unwrap();
        assert_problem(answer, 404, "unknown_connection").await;
    }
}

#[tokio::test]
async fn unknown_event_types_and_envelopes_are_kept() {
    let house = House::build().await;
    let unknown = r#"{"eventDescriptor":"ORDER_TELEPORTED","eventId":"e-9"}"#;
    let envelope = json!({
        "id": "bridge-1", "detail-type": "RETURN_STARTED", "detail": {},
        "resources": ["businessProduct/bp-1/order/322-A/return/R-1"]
    });
    for body in [unknown.to_owned(), envelope.to_string()] {
        let answer = authorized(house.post(EVENTS)).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let kinds: Vec<String> = house.stored_notices().into_iter().map(|notice| notice.kind).collect();
    assert_eq!(kinds, ["ORDER_TELEPORTED", "RETURN_STARTED"]);
}
