//! Notices of the bundle inside NetSuite.

use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::*;

fn now(house: &House) -> DateTime<Utc> {
    DateTime::from_timestamp(house.seconds.load(Ordering::SeqCst), 0).unwrap()
}

fn signed_at(house: &House, at: DateTime<Utc>, id: &str, body: &str) -> RequestBuilder {
    house
        .post("/v1/main/netsuite/events")
        .header("webhook-id", id)
        .header("webhook-timestamp", at.timestamp())
        .header("webhook-signature", signing_secret().sign(id, at, body.as_bytes()))
        .body(body.to_owned())
}

fn signed(house: &House, id: &str, body: &Value) -> RequestBuilder {
    signed_at(house, now(house), id, &body.to_string())
}

fn edit(id: &str) -> Value {
    json!({
        "type": "salesOrder.edit", "timestamp": "2026-01-01T00:00:00Z",
        "data": {"recordType": "salesOrder", "id": id, "event": "edit"}
    })
}

#[tokio::test]
async fn signed_notice_is_stored_once() {
    let house = House::build().await;
    for outcome in ["stored", "duplicate"] {
        let answer = signed(&house, "msg_1", &edit("42")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(json(answer).await, json!({"outcome": outcome}));
    }
    assert!(house.was_woken().await);
    let [notice] = house.stored_notices().try_into().unwrap();
    assert_eq!((notice.key.as_str(), notice.kind.as_str()), ("msg_1", "salesOrder.edit"));
}

#[tokio::test]
async fn bad_event_of_a_batch_does_not_keep_out_the_others() {
    let house = House::build().await;
    let batch = json!({"events": [edit("42"), edit("../1"), edit("43")]});
    let answer = signed(&house, "msg_1", &batch).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let results = json(answer).await["results"].clone();
    assert_eq!(results[0], json!({"position": 0, "outcome": "stored"}));
    assert_eq!(results[1]["outcome"], "refused");
    assert_eq!(results[1]["problem"]["code"], "record_id_unreadable");
    assert_eq!(results[2], json!({"position": 2, "outcome": "stored"}));
    let keys: Vec<String> = house.stored_notices().into_iter().map(|notice| notice.key).collect();
    assert_eq!(keys, ["msg_1/0", "msg_1/2"]);
}

#[tokio::test]
async fn reused_key_in_a_batch_is_named_and_the_rest_is_stored() {
    let house = House::build().await;
    signed(&house, "msg_1", &json!({"events": [edit("42")]})).send().await.unwrap();
    let batch = json!({"events": [edit("44"), edit("43")]});
    let results = json(signed(&house, "msg_1", &batch).send().await.unwrap()).await["results"].clone();
    assert_eq!(results[0]["problem"]["code"], "key_reused");
    assert_eq!(results[1]["outcome"], "stored");
}

#[tokio::test]
async fn batch_without_any_sound_event_is_refused_with_the_reasons() {
    let house = House::build().await;
    let batch = json!({"events": [edit("x"), 5]});
    let answer = signed(&house, "msg_1", &batch).send().await.unwrap();
    let problem = assert_problem(answer, 422, "events_refused").await;
    assert_eq!(problem["results"][0]["problem"]["code"], "record_id_unreadable");
    assert_eq!(problem["results"][1]["problem"]["code"], "event_not_object");
    assert!(!house.was_woken().await);
}

#[tokio::test]
async fn batch_is_asked_for_again_when_the_store_fails() {
    let house = House::build().await;
    house.inbox.broken.store(true, Ordering::SeqCst);
    let batch = json!({"events": [edit("x"), edit("42")]});
    let answer = signed(&house, "msg_1", &batch).send().await.unwrap();
    assert_problem(answer, 503, "store_unavailable").await;
}

#[tokio::test]
async fn unsigned_forged_and_stale_requests_are_refused_and_store_nothing() {
    let house = House::build().await;
    let body = edit("42").to_string();
    let unsigned = house.post("/v1/main/netsuite/events").body(body.clone());
    let answer = unsigned.send().await.unwrap();
    assert!(answer.headers().contains_key("www-authenticate"));
    assert_problem(answer, 401, "signature_missing").await;
    let forged = signed(&house, "msg_1", &edit("42")).body(edit("43").to_string());
    assert_problem(forged.send().await.unwrap(), 401, "signature_refused").await;
    for (offset, code) in [(-301, "timestamp_too_old"), (301, "timestamp_in_future")] {
        let at = now(&house) + TimeDelta::seconds(offset);
        let answer = signed_at(&house, at, "msg_1", &body).send().await.unwrap();
        assert_problem(answer, 401, code).await;
    }
    let undated = house
        .post("/v1/main/netsuite/events")
        .header("webhook-id", "msg_1")
        .header("webhook-signature", "v1,AAAA")
        .body(body.clone());
    assert_problem(undated.send().await.unwrap(), 401, "timestamp_missing").await;
    let long = " ".repeat(MAX_BODY_BYTES + 1);
    let answer = signed_at(&house, now(&house), "msg_1", &long).send().await.unwrap();
    assert_problem(answer, 413, "body_too_large").await;
    assert_eq!(house.stored_notices(), []);
}

#[tokio::test]
async fn missing_members_have_their_codes() {
    let house = House::build().await;
    for (body, status, code) in [
        ("nonsense", 400, "body_not_json"),
        ("[]", 400, "body_not_object"),
        (r#"{"events":[]}"#, 422, "events_missing"),
        (r#"{"type":"x","data":{"id":"1"}}"#, 422, "record_type_missing"),
        (r#"{"type":"x","data":{"recordType":"salesOrder"}}"#, 422, "record_id_missing"),
        (r#"{"data":{"recordType":"salesOrder","id":"1"}}"#, 422, "event_type_missing"),
    ] {
        let answer = signed_at(&house, now(&house), "msg_1", body).send().await.unwrap();
        assert_problem(answer, status, code).await;
    }
    assert_eq!(house.stored_notices(), []);
}

#[tokio::test]
async fn connection_without_a_signing_secret_takes_no_notices() {
    let house = House::build().await;
    let answer = house.post("/v1/silent/netsuite/events").body(edit("42").to_string()).send().await.unwrap();
    assert_problem(answer, 404, "netsuite_events_not_configured").await;
}
