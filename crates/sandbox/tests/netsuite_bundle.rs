//! The accelerator's bundle inside the account, against a small receiver.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amz_sandbox::netsuite::{BundleScript, Shipment};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use netsuite_client::{Client, START, order};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "whsec_c2FuZGJveC1idW5kbGUtc2VjcmV0LTAwMDE=";

/// One request, as it came.
#[derive(Clone)]
struct Seen {
    id: String,
    body: Value,
}

#[derive(Clone, Default)]
struct Receiver {
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Answers to give before it takes anything.
    refusals: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let router = Router::new().route("/v1/main/netsuite/events", post(receive)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    /// Types and ids of all events taken so far.
    fn events(&self) -> Vec<(String, String)> {
        let seen = self.seen.lock().unwrap();
        let events = seen.iter().flat_map(|seen| seen.body["events"].as_array().unwrap().clone());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        events.map(|event| (text(&event["type"]), text(&event["data"]["id"]))).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap();
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&body);
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())));
    let body: Value = serde_json::from_slice(&body).unwrap();
    if let Some(status) = receiver.refusals.lock().unwrap().pop() {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    let count = body["events"].as_array().unwrap().len();
    receiver.seen.lock().unwrap().push(Seen { id: header("webhook-id").to_owned(), body });
    axum::Json(json!({"results": vec![json!({"outcome": "stored"}); count]})).into_response()
}

async fn scene() -> (Client, Receiver) {
    let client = Client::start().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    client.netsuite().install_bundle(&url, SECRET, "main");
    (client, receiver)
}

fn told(list: &[(&str, u64)]) -> Vec<(String, String)> {
    list.iter().map(|(event, id)| ((*event).to_owned(), id.to_string())).collect()
}

#[tokio::test]
async fn what_staff_and_other_connectors_save_is_told_and_marked() {
    let (client, receiver) = scene().await;
    let netsuite = client.netsuite();
    netsuite.edit_sales_order(1, &json!({"memo": "seen"})).unwrap();
    let shipped =
        netsuite.ship(1, &Shipment { external_id: Some("o-1".into()), ..Shipment::default() }).unwrap();
    netsuite.delete_record("itemFulfillment", shipped).unwrap();
    netsuite.load_sales_orders(vec![order(2)]).unwrap();
    netsuite.set_cancel_state(2, "requested", None).unwrap();
    netsuite.close_lines("salesOrder", 1, &[1]).unwrap();
    netsuite.put_item(&json!({"itemId": "CUP"})).unwrap();
    netsuite.bundle_settled().await;
    let expected = told(&[
        ("salesorder.edit", 1),
        ("itemfulfillment.create", shipped),
        ("itemfulfillment.delete", shipped),
        ("salesorder.create", 2),
        ("salesorder.cancel", 2),
        ("salesorder.cancel", 1),
    ]);
    assert_eq!(receiver.events(), expected);
    let first = receiver.seen.lock().unwrap()[0].body["events"][0].clone();
    assert_eq!(first["timestamp"], START.replace("00Z", "00.000Z"));
    assert_eq!(first["data"], json!({"recordType": "salesorder", "id": "1", "event": "edit"}));
    let rows = netsuite.records("customrecord_amz_outbox");
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["custrecord_amz_outbox_state"] == "sent"), "{rows:?}");
    assert_eq!(rows[0]["custrecord_amz_outbox_batch"], json!(receiver.seen.lock().unwrap()[0].id));
}

#[tokio::test]
async fn the_integrations_own_saves_are_not_told() {
    let (client, receiver) = scene().await;
    client.patch("/record/v1/salesOrder/1", &json!({"memo": "ours"})).await;
    client.post("/record/v1/salesOrder/1/!transform/itemFulfillment", &json!({})).await;
    client.netsuite().edit_sales_order(1, &json!({"memo": "theirs"})).unwrap();
    client.netsuite().bundle_settled().await;
    assert_eq!(receiver.events(), told(&[("salesorder.edit", 1)]));
    client.netsuite().remove_bundle();
    client.netsuite().edit_sales_order(1, &json!({"memo": "after"})).unwrap();
    client.netsuite().bundle_settled().await;
    assert_eq!(receiver.events().len(), 1);
}

#[tokio::test]
async fn a_batch_that_is_not_answered_for_is_sent_again_unchanged() {
    let (client, receiver) = scene().await;
    receiver.refusals.lock().unwrap().extend([503, 200]);
    client.netsuite().edit_sales_order(1, &json!({"memo": "seen"})).unwrap();
    client.netsuite().bundle_settled().await;
    let deliveries = client.netsuite().bundle_deliveries();
    let seen: Vec<_> = deliveries.iter().map(|delivery| (delivery.attempt, delivery.status)).collect();
    // 200 without a result for each event is no receipt.
    assert_eq!(seen, [(1, Some(200)), (2, Some(503)), (3, Some(200))]);
    assert!(deliveries.iter().all(|delivery| delivery.batch == deliveries[0].batch));
    assert_eq!(receiver.events().len(), 1);
}

#[tokio::test]
async fn a_batch_can_be_lost_and_another_one_late() {
    let (client, receiver) = scene().await;
    let netsuite = client.netsuite();
    netsuite.set_bundle_script(BundleScript { lose: 1, delay_s: 0 });
    netsuite.edit_sales_order(1, &json!({"memo": "lost"})).unwrap();
    netsuite.bundle_settled().await;
    assert_eq!((receiver.events().len(), netsuite.bundle_script().lose), (0, 0));
    assert_eq!(netsuite.records("customrecord_amz_outbox")[0]["custrecord_amz_outbox_state"], "sent");
    netsuite.set_bundle_script(BundleScript { lose: 0, delay_s: 90 });
    netsuite.edit_sales_order(1, &json!({"memo": "late"})).unwrap();
    netsuite.bundle_settled().await;
    assert_eq!(receiver.events().len(), 0);
    client.clock().advance(Duration::from_secs(90));
    netsuite.bundle_settled().await;
    assert_eq!(receiver.events(), told(&[("salesorder.edit", 1)]));
}

#[tokio::test]
async fn the_control_interface_installs_it_and_its_saves_are_told() {
    let client = Client::start().await;
    let receiver = Receiver::default();
    let url = receiver.start().await;
    let control = async |method: Method, path: &str, body: Value| {
        let url = format!("{}/netsuite{path}", client.running.control_url());
        client.http.request(method, url).json(&body).send().await.unwrap()
    };
    let installation = json!({"url": url, "secret": SECRET, "connection": "main"});
    assert_eq!(control(Method::PUT, "/bundle", installation).await.status(), 204);
    control(Method::POST, "/sales-orders", json!([order(7)])).await;
    control(Method::POST, "/sales-orders/7/ship", json!({})).await;
    assert_eq!(control(Method::POST, "/bundle/settle", json!({})).await.status(), 204);
    assert_eq!(
        receiver.events().iter().map(|(event, _)| event.as_str()).collect::<Vec<_>>(),
        ["salesorder.create", "itemfulfillment.create",]
    );
    let deliveries: Value = control(Method::GET, "/bundle/deliveries", json!({})).await.json().await.unwrap();
    assert!(!deliveries["items"].as_array().unwrap().is_empty());
}
