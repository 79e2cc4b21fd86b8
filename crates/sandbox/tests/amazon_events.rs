//! The webhook sender of the pretend Amazon, against a small receiver.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::sync::{Arc, Mutex};

use amazon_support::{Merchant, merchant_with, order};
use amz_sandbox::amazon::{
    AmazonSettings, ItemCondition, MilestoneCode, SenderAuthentication, Subscription, WebhookSettings,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// Accepts events; refuses as many first attempts as told.
#[derive(Clone, Default)]
struct Receiver {
    accepted: Arc<Mutex<Vec<Value>>>,
    authorizations: Arc<Mutex<Vec<String>>>,
    token_requests: Arc<Mutex<Vec<String>>>,
    refusals: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let router = Router::new()
            .route("/events", post(receive))
            .route("/token", post(token))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    fn types(&self) -> Vec<String> {
        let accepted = self.accepted.lock().unwrap();
        accepted.iter().map(|event| event["eventDescriptor"].as_str().unwrap().to_owned()).collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> StatusCode {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    receiver.authorizations.lock().unwrap().push(authorization.to_owned());
    if let Some(status) = receiver.refusals.lock().unwrap().pop() {
        return StatusCode::from_u16(status).unwrap();
    }
    receiver.accepted.lock().unwrap().push(event);
    StatusCode::NO_CONTENT
}

async fn token(State(receiver): State<Receiver>, form: String) -> Json<Value> {
    let mut requests = receiver.token_requests.lock().unwrap();
    requests.push(form);
    Json(json!({ "access_token": format!("t{}", requests.len()), "token_type": "bearer", "expires_in": 900 }))
}

fn subscription(url: &str, authentication: SenderAuthentication) -> Subscription {
    Subscription { id: "sub-1".into(), url: format!("{url}/events"), event_types: Vec::new(), authentication }
}

async fn scene(webhooks: WebhookSettings) -> (Merchant, Receiver, String) {
    let webhooks = WebhookSettings { first_wait_ms: 1, longest_wait_ms: 4, ..webhooks };
    let merchant = merchant_with(AmazonSettings { webhooks, ..Default::default() }).await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    (merchant, receiver, url)
}

async fn ship_an_order(merchant: &Merchant, alias_id: &str) -> (String, String) {
    let created = merchant.created(&order(alias_id)).await;
    let order = created["id"].as_str().unwrap();
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    merchant.amazon().ship(order, package, "ups", &format!("1Z-{alias_id}")).unwrap();
    (order.to_owned(), package.to_owned())
}

#[tokio::test]
async fn events_have_the_documented_body_and_no_data() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    merchant.amazon().subscribe(subscription(&url, SenderAuthentication::None));
    let (order, package) = ship_an_order(&merchant, "A").await;
    merchant.amazon().events_settled().await;
    let events = receiver.accepted.lock().unwrap().clone();
    let mut event = events[1].clone();
    for field in ["idempotencyKey", "eventId"] {
        assert!(event[field].is_string() && event[field] != events[0][field]);
        event[field] = json!("x");
    }
    let expected = json!({
        "idempotencyKey": "x",
        "eventDescriptor": "PACKAGE_DELIVERY_IN_TRANSIT",
        "resources": [format!(
            "businessProduct/bp-00000000-0000-4000-8000-000000000001/order/{order}/delivery/{package}"
        )],
        "eventId": "x",
        "apiVersion": "2024-11-01",
        "subscriptionId": "sub-1",
        "eventTime": "2026-03-02T09:00:00.000Z",
        "data": {},
    });
    assert_eq!(event, expected);
}

#[tokio::test]
async fn filled_events_carry_the_order() {
    let (merchant, _, _) = scene(WebhookSettings { filled: true, ..Default::default() }).await;
    ship_an_order(&merchant, "A").await;
    let events = merchant.amazon().events();
    let data = &events[1].body["data"]["order"];
    assert_eq!(data["packageInformation"]["details"][0]["state"], "IN_TRANSIT");
    assert_eq!(data["aliases"][0]["aliasId"], "A");
    assert!(events[0].body["data"]["order"]["customer"].is_array());
}

#[tokio::test]
async fn an_event_is_sent_until_it_is_accepted_and_does_not_hold_up_others() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    *receiver.refusals.lock().unwrap() = vec![503, 500, 404];
    merchant.amazon().subscribe(subscription(&url, SenderAuthentication::None));
    ship_an_order(&merchant, "A").await;
    merchant.amazon().events_settled().await;
    let mut types = receiver.types();
    types.sort();
    assert_eq!(types, ["ORDER_CONFIRMED", "PACKAGE_DELIVERY_IN_TRANSIT"]);
    let refused =
        merchant.amazon().deliveries().iter().filter(|delivery| delivery.status != Some(204)).count();
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn attempts_are_bounded() {
    let (merchant, receiver, url) = scene(WebhookSettings { attempts: 3, ..Default::default() }).await;
    *receiver.refusals.lock().unwrap() = vec![500; 100];
    merchant.amazon().subscribe(subscription(&url, SenderAuthentication::None));
    merchant.created(&order("A")).await;
    merchant.amazon().events_settled().await;
    let attempts: Vec<_> = merchant.amazon().deliveries().iter().map(|delivery| delivery.attempt).collect();
    assert_eq!(attempts, [1, 2, 3]);
    assert!(receiver.types().is_empty());
}

#[tokio::test]
async fn events_follow_a_receiver_to_its_new_address() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    merchant.amazon().subscribe(subscription("http://127.0.0.1:1", SenderAuthentication::None));
    merchant.created(&order("A")).await;
    merchant.amazon().subscribe(subscription(&url, SenderAuthentication::None));
    merchant.amazon().events_settled().await;
    assert_eq!(receiver.types(), ["ORDER_CONFIRMED"]);
}

#[tokio::test]
async fn the_sender_signs_in_with_client_credentials_and_anew_after_401() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    let authentication = SenderAuthentication::OAuth {
        token_url: format!("{url}/token"),
        client_id: "amazon".into(),
        client_secret: "secret".into(),
        body_parameters: vec![("scope".into(), "events".into())],
    };
    merchant.amazon().subscribe(subscription(&url, authentication));
    merchant.created(&order("A")).await;
    merchant.amazon().events_settled().await;
    merchant.created(&order("B")).await;
    merchant.amazon().events_settled().await;
    receiver.refusals.lock().unwrap().push(401);
    merchant.created(&order("C")).await;
    merchant.amazon().events_settled().await;
    let form = "grant_type=client_credentials&client_id=amazon&client_secret=secret&scope=events";
    assert_eq!(*receiver.token_requests.lock().unwrap(), [form, form]);
    assert_eq!(
        *receiver.authorizations.lock().unwrap(),
        ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]
    );
}

#[tokio::test]
async fn the_sender_can_use_basic_and_serve_only_the_types_asked_for() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    let authentication = SenderAuthentication::Basic { username: "amazon".into(), password: "secret".into() };
    let wanted = vec!["PACKAGE_DELIVERY_IN_TRANSIT".to_owned()];
    merchant
        .amazon()
        .subscribe(Subscription { event_types: wanted.clone(), ..subscription(&url, authentication) });
    ship_an_order(&merchant, "A").await;
    merchant.amazon().events_settled().await;
    assert_eq!(receiver.types(), wanted);
    assert_eq!(*receiver.authorizations.lock().unwrap(), ["Basic YW1hem9uOnNlY3JldA=="]);
}

#[tokio::test]
async fn held_events_are_released_in_any_order_and_as_often_as_wanted() {
    let (merchant, receiver, url) = scene(WebhookSettings::default()).await;
    let amazon = merchant.amazon();
    amazon.subscribe(subscription(&url, SenderAuthentication::None));
    amazon.hold_events();
    let (order, package) = ship_an_order(&merchant, "A").await;
    amazon.milestone("1Z-A", MilestoneCode::InTransit, None, None).unwrap();
    amazon.deliver(&order, &package).unwrap();
    assert_eq!(amazon.pending_events().len(), 5);
    amazon.release_events_in_order(&[4, 1, 4]);
    amazon.events_settled().await;
    let in_transit = "PACKAGE_DELIVERY_IN_TRANSIT";
    assert_eq!(receiver.types(), ["PACKAGE_DELIVERED", in_transit, "PACKAGE_DELIVERED"]);
    let accepted = receiver.accepted.lock().unwrap().clone();
    assert_eq!(accepted[0], accepted[2]);
    let taken = amazon.take_pending_events();
    let types: Vec<_> = taken.iter().map(|event| event.event_type.as_str()).collect();
    let milestone = "PACKAGE_TRACKER_MILESTONE_CHANGED";
    assert_eq!(types, ["ORDER_CONFIRMED", milestone, milestone]);
    amazon.release_events();
    amazon.events_settled().await;
    assert_eq!(receiver.types().len(), 3);
}

#[tokio::test]
async fn duplicates_and_shuffles_lose_nothing() {
    let webhooks = WebhookSettings { duplicate_permille: 500, reorder_window: 8, ..Default::default() };
    let (merchant, receiver, url) = scene(webhooks).await;
    merchant.amazon().subscribe(subscription(&url, SenderAuthentication::None));
    merchant.amazon().hold_events();
    for n in 0..10 {
        ship_an_order(&merchant, &n.to_string()).await;
    }
    merchant.amazon().release_events();
    merchant.amazon().events_settled().await;
    let ids = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["eventId"].as_str().unwrap().to_owned()).collect()
    };
    let made: Vec<_> = merchant.amazon().events().into_iter().map(|event| event.event_id).collect();
    let mut received = ids(&receiver.accepted.lock().unwrap());
    assert!(received.len() > made.len());
    assert!(!received.is_sorted());
    received.sort();
    received.dedup();
    assert_eq!(received, made);
}

#[tokio::test]
async fn filled_events_of_refunds_and_returns_carry_only_the_one_they_are_about() {
    let (merchant, _, _) = scene(WebhookSettings { filled: true, ..Default::default() }).await;
    let created = merchant.created(&order("A")).await;
    let (id, line) = (created["id"].as_str().unwrap(), &created["lineItems"][0]["id"]);
    let amazon = merchant.amazon();
    let unit = json!({ "line_id": line, "quantity": 1 });
    let refund = || serde_json::from_value(json!({ "lines": [unit] })).unwrap();
    amazon.request_refund(id, refund()).unwrap();
    let second = amazon.request_refund(id, refund()).unwrap();
    let returned =
        amazon.start_return(id, serde_json::from_value(json!({ "lines": [unit] })).unwrap()).unwrap();
    amazon
        .grade_units(id, &returned, &serde_json::from_value(unit.clone()).unwrap(), ItemCondition::Damaged)
        .unwrap();
    let total = json!({ "totalAmount": { "amount": 5, "currencyCode": "USD" } });
    let report = json!({ "id": second, "state": "SUCCESS", "refundTotal": total });
    merchant.update(&created["id"], json!({ "refunds": { "details": [report] } })).await;
    let events = amazon.events();
    let data = |position: usize| &events[position].body["data"]["order"];
    assert_eq!(data(2)["refunds"]["details"].as_array().unwrap().len(), 1);
    assert_eq!(data(2)["refunds"]["details"][0]["id"], json!(second));
    assert_eq!(data(3)["returns"]["details"][0]["id"], json!(returned));
    assert_eq!(events[4].event_type, "RETURN_ITEM_GRADED");
    assert_eq!(events[4].body["data"], json!({}));
    // Amazon's page shows a list of single details here
    assert_eq!(data(5)["refunds"][0]["details"]["state"], "SUCCESS");
}
