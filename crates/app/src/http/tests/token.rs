//! The token endpoint.

use std::sync::atomic::Ordering;

use reqwest::{Response, StatusCode};
use serde_json::json;

use super::*;

const EVENT: &str = r#"{"eventDescriptor":"ORDER_TELEPORTED","eventId":"e-1"}"#;

async fn ask(house: &House, form: &[(&str, &str)]) -> Response {
    house.post("/v1/main/oauth2/token").form(form).send().await.unwrap()
}

async fn token(house: &House) -> String {
    let answer = ask(
        house,
        &[("grant_type", "client_credentials"), ("client_id", "client"), ("client_secret", CLIENT_SECRET)],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let granted = json(answer).await;
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["expires_in"], 900);
    granted["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn token_opens_the_events_address_until_it_expires() {
    let house = House::build().await;
    let token = token(&house).await;
    let send = || house.post("/v1/main/amazon/events").bearer_auth(&token).body(EVENT).send();
    assert_eq!(json(send().await.unwrap()).await, json!({"outcome": "stored"}));
    house.seconds.fetch_add(899, Ordering::SeqCst);
    assert_eq!(send().await.unwrap().status(), StatusCode::OK);
    house.seconds.fetch_add(1, Ordering::SeqCst);
    assert_problem(send().await.unwrap(), 401, "token_expired").await;
}

#[tokio::test]
async fn token_of_one_connection_does_not_open_another() {
    let house = House::build().await;
    let token = token(&house).await;
    let answer = house.post("/v1/other/amazon/events").bearer_auth(&token).body(EVENT).send().await.unwrap();
    assert_problem(answer, 401, "credentials_refused").await;
}

#[tokio::test]
async fn client_may_authenticate_by_basic() {
    let house = House::build().await;
    let answer = house
        .post("/v1/main/oauth2/token")
        .basic_auth("client", Some(CLIENT_SECRET))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn refusals_speak_oauth_and_never_repeat_a_secret() {
    let house = House::build().await;
    let grant = ("grant_type", "client_credentials");
    let client = [("client_id", "client"), ("client_secret", CLIENT_SECRET)];
    for (form, status, error) in [
        (vec![grant], 401, "invalid_client"),
        (vec![grant, ("client_id", "client"), ("client_secret", "wrong-hunter2")], 401, "invalid_client"),
        (vec![grant, ("client_id", "hunter2"), ("client_secret", CLIENT_SECRET)], 401, "invalid_client"),
        (client.to_vec(), 400, "invalid_request"),
        ([client.as_slice(), &[grant, grant]].concat(), 400, "invalid_request"),
        ([client.as_slice(), &[("grant_type", "password")]].concat(), 400, "unsupported_grant_type"),
    ] {
        let answer = ask(&house, &form).await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401);
        let text = answer.text().await.unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["error"], error);
    }
}

#[tokio::test]
async fn unknown_connection_and_oversize_bodies_get_problem_documents() {
    let house = House::build().await;
    let answer = house.post("/v1/nobody/oauth2/token").body("grant_type=x").send().await.unwrap();
    assert_problem(answer, 404, "unknown_connection").await;
    let long = "a".repeat(MAX_BODY_BYTES + 1);
    let answer = house.post("/v1/main/oauth2/token").body(long).send().await.unwrap();
    assert_problem(answer, 413, "body_too_large").await;
}
