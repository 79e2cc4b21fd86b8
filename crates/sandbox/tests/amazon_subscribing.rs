//! Event subscriptions and auth profiles that a merchant makes over the API.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::sync::{Arc, Mutex};

use amazon_support::{Merchant, merchant, order, refusal};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(String, Value)>>>);

impl Receiver {
    async fn start(&self) -> String {
        let token = async |headers: HeaderMap, form: String| {
            let secret = form.split('&').find_map(|part| part.strip_prefix("client_secret=")).unwrap();
            let zone = headers.get("x-zone").map_or("", |zone| zone.to_str().unwrap());
            Json(json!({ "access_token": format!("{secret}{zone}"), "expires_in": 900 }))
        };
        let receive = async |State(Self(kept)): State<Self>, headers: HeaderMap, Json(event): Json<Value>| {
            let presented = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
            kept.lock().unwrap().push((presented.to_owned(), event));
            StatusCode::NO_CONTENT
        };
        let router = Router::new().route("/events", post(receive)).route("/token", post(token));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = router.with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    fn seen(&self) -> Vec<(String, String)> {
        let kept = self.0.lock().unwrap();
        let seen = kept.iter().map(|(presented, event)| {
            (event["eventDescriptor"].as_str().unwrap().to_owned(), presented.clone())
        });
        seen.collect()
    }
}

async fn subscribe(merchant: &Merchant, event_type: &str, destination: Value) -> Value {
    let query = "mutation($input: CreateEventSubscriptionInput!) {
        createEventSubscription(input: $input) { subscriptionId } }";
    let input = json!({ "eventType": event_type, "destination": destination });
    merchant.query(query, json!({ "input": input })).await
}

async fn profile(merchant: &Merchant, input: Value) -> Value {
    let query =
        "mutation($input: CreateAuthProfileInput!) { createAuthProfile(input: $input) { authProfileId } }";
    merchant.query(query, json!({ "input": input })).await
}

async fn remove(merchant: &Merchant, field: &str, argument: &str, id: &str) -> Value {
    let query = format!("mutation($id: ID!) {{ {field}({argument}: $id) {{ {argument} }} }}");
    merchant.query(&query, json!({ "id": id })).await
}

fn id_of(answer: &Value, field: &str, member: &str) -> String {
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"][field][member].as_str().unwrap().to_owned()
}

fn oauth(url: &str, secret: &str) -> Value {
    json!({ "oAuthConfig": {
        "clientParameters": { "clientId": "amazon", "clientSecret": secret },
        "authEndpoint": format!("{url}/token"),
        "httpMethod": "POST",
        "httpParameters": { "headerParameters": [{ "key": "x-zone", "value": "-eu" }] },
    } })
}

#[tokio::test]
async fn events_of_the_one_type_arrive_with_the_credentials_of_the_profile() {
    let merchant = merchant().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let made =
        profile(&merchant, json!({ "authProfileAliasId": "main", "authConfig": oauth(&url, "one") })).await;
    assert_eq!(id_of(&made, "createAuthProfile", "authProfileId"), "main");
    let webhook =
        json!({ "webhook": { "url": format!("{url}/events"), "method": "POST", "authProfileId": "main" } });
    let made = subscribe(&merchant, "ORDER_CONFIRMED", webhook).await;
    let id = id_of(&made, "createEventSubscription", "subscriptionId");
    let basic = json!({ "basicAuthConfig": { "username": "amazon", "password": "secret" } });
    let inline =
        json!({ "webhook": { "url": format!("{url}/events"), "httpMethod": "POST", "authConfig": basic } });
    subscribe(&merchant, "PACKAGE_DELIVERY_IN_TRANSIT", inline).await;
    let created = merchant.created(&order("A")).await;
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    let order_id = created["id"].as_str().unwrap();
    merchant.amazon().ship(order_id, package, "ups", "1Z-A").unwrap();
    merchant.amazon().deliver(order_id, package).unwrap();
    merchant.amazon().events_settled().await;
    let of = |event: &str, presented: &str| (event.to_owned(), presented.to_owned());
    let expected = [
        of("ORDER_CONFIRMED", "Bearer one-eu"),
        of("PACKAGE_DELIVERY_IN_TRANSIT", "Basic YW1hem9uOnNlY3JldA=="),
    ];
    assert_eq!(receiver.seen(), expected);
    assert_eq!(receiver.0.lock().unwrap()[0].1["subscriptionId"], json!(id));
    let gone = remove(&merchant, "deleteEventSubscription", "subscriptionId", &id).await;
    assert_eq!(id_of(&gone, "deleteEventSubscription", "subscriptionId"), id);
    merchant.created(&order("B")).await;
    merchant.amazon().events_settled().await;
    assert_eq!(receiver.seen().len(), 2);
}

#[tokio::test]
async fn a_changed_profile_serves_the_subscriptions_that_use_it() {
    let merchant = merchant().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let basic = |password: &str| json!({ "basicAuthConfig": { "username": "u", "password": password } });
    let made = profile(&merchant, json!({ "authConfig": basic("old") })).await;
    let id = id_of(&made, "createAuthProfile", "authProfileId");
    let webhook =
        json!({ "webhook": { "url": format!("{url}/events"), "method": "POST", "authProfileId": id } });
    let subscription = subscribe(&merchant, "ORDER_CONFIRMED", webhook).await;
    let query =
        "mutation($input: UpdateAuthProfileInput!) { updateAuthProfile(input: $input) { authProfileId } }";
    let update = async |id: &str| {
        merchant.query(query, json!({ "input": { "authProfileId": id, "authConfig": basic("new") } })).await
    };
    assert_eq!(id_of(&update(&id).await, "updateAuthProfile", "authProfileId"), id);
    merchant.created(&order("A")).await;
    merchant.amazon().events_settled().await;
    assert_eq!(receiver.seen()[0].1, "Basic dTpuZXc=");
    assert_eq!(refusal(&update("unknown").await).0, "AccessDeniedError");
    let in_use = remove(&merchant, "deleteAuthProfile", "authProfileId", &id).await;
    assert_eq!(refusal(&in_use).0, "ValidationError");
    let subscription = id_of(&subscription, "createEventSubscription", "subscriptionId");
    remove(&merchant, "deleteEventSubscription", "subscriptionId", &subscription).await;
    let gone = remove(&merchant, "deleteAuthProfile", "authProfileId", &id).await;
    assert_eq!(id_of(&gone, "deleteAuthProfile", "authProfileId"), id);
    assert!(merchant.amazon().auth_profiles().is_empty());
}

#[tokio::test]
async fn what_cannot_be_subscribed_is_refused_with_its_class_and_code() {
    let merchant = merchant().await;
    let webhook = |url: &str| json!({ "webhook": { "url": url, "method": "POST" } });
    let bridge = |name: &str, region: &str| json!({ "eventBridge": { "region": region, "partnerEventSource": { "account": "1", "name": name } } });
    let good = "https://receiver.example/events";
    id_of(
        &subscribe(&merchant, "REFUND_REQUESTED", webhook(good)).await,
        "createEventSubscription",
        "subscriptionId",
    );
    id_of(
        &subscribe(&merchant, "REFUND_REQUESTED", bridge("ours", "us-east-1")).await,
        "createEventSubscription",
        "subscriptionId",
    );
    let unknown_profile = json!({ "webhook": { "url": good, "method": "POST", "authProfileId": "none" } });
    let cases = [
        ("REFUND_REQUESTED", webhook(good), ("ValidationError", "SubscriptionAlreadyExists")),
        ("RETURN_STARTED", bridge("ours", "us-west-2"), ("ValidationError", "DestinationNameAlreadyExists")),
        ("RETURN_STARTED", bridge("other", "nowhere"), ("ValidationError", "ValidationError")),
        ("RETURN_STARTED", webhook("http://receiver.example/events"), ("ValidationError", "ValidationError")),
        ("RETURN_STARTED", json!({}), ("ValidationError", "ValidationError")),
        ("RETURN_STARTED ", webhook(good), ("AccessDeniedError", "")),
        ("SOMETHING_ELSE", webhook(good), ("AccessDeniedError", "")),
        ("RETURN_STARTED", unknown_profile, ("AccessDeniedError", "")),
    ];
    for (event_type, destination, expected) in cases {
        let answer = subscribe(&merchant, event_type, destination.clone()).await;
        assert_eq!(refusal(&answer), expected, "{event_type} {destination}");
    }
    let unsafe_token = json!({ "authConfig": oauth("http://receiver.example", "s") });
    assert_eq!(refusal(&profile(&merchant, unsafe_token).await).0, "ValidationError");
    let long = json!({ "authProfileAliasId": "x".repeat(51), "authConfig": oauth("https://r.example", "s") });
    assert_eq!(refusal(&profile(&merchant, long).await).0, "ValidationError");
    for (field, argument) in
        [("deleteEventSubscription", "subscriptionId"), ("deleteAuthProfile", "authProfileId")]
    {
        assert_eq!(refusal(&remove(&merchant, field, argument, "unknown").await).0, "AccessDeniedError");
        assert_eq!(refusal(&remove(&merchant, field, argument, &"x".repeat(51)).await).0, "ValidationError");
    }
}

#[tokio::test]
async fn subscriptions_are_listed_page_by_page_and_shown_one_by_one() {
    let merchant = merchant().await;
    let mut ids = Vec::new();
    for event_type in ["ORDER_CONFIRMED", "PACKAGE_DELIVERED", "REFUND_REQUESTED"] {
        let webhook = json!({ "webhook": { "url": "https://receiver.example/events", "method": "POST" } });
        let made = subscribe(&merchant, event_type, webhook).await;
        ids.push(id_of(&made, "createEventSubscription", "subscriptionId"));
    }
    let query = "query($first: Int, $after: String) { eventSubscriptions(first: $first, after: $after) {
        edges { node { id } } totalCount pageInfo { hasNextPage endCursor } } }";
    let page = merchant.query(query, json!({ "first": 2 })).await["data"]["eventSubscriptions"].clone();
    assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
    let after = &page["pageInfo"]["endCursor"];
    let rest =
        merchant.query(query, json!({ "first": 2, "after": after })).await["data"]["eventSubscriptions"]
            .clone();
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    let edges = [&page["edges"][0], &page["edges"][1], &rest["edges"][0]];
    assert_eq!(edges.map(|edge| edge["node"]["id"].as_str().unwrap().to_owned()).to_vec(), ids);
    let query = "query($id: ID!) { eventSubscription(subscriptionId: $id) { subscriptionId targetId
        eventSubscriptionDetails { eventType destination { ... on EventBridgeData { arn } ... on WebhookData { url } } } } }";
    let shown = merchant.query(query, json!({ "id": ids[1] })).await;
    let details = &shown["data"]["eventSubscription"]["eventSubscriptionDetails"];
    assert_eq!(details["eventType"], "PACKAGE_DELIVERED");
    assert_eq!(details["destination"]["url"], "https://receiver.example/events");
    let none = merchant.query(query, json!({ "id": "unknown" })).await;
    assert_eq!(refusal(&none).0, "AccessDeniedError");
}
