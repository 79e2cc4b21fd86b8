//! The control interface of the pretend NetSuite.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::Vendor;
use netsuite_client::{Client, Reply, order, reply};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn control(client: &Client, method: Method, path: &str, body: Option<Value>) -> Reply {
    let mut request = client.http.request(method, format!("{}/netsuite{path}", client.running.control_url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    reply(request.send().await.unwrap()).await
}

#[tokio::test]
async fn orders_are_loaded_edited_and_read() {
    let client = Client::start().await;
    let loaded = control(&client, Method::POST, "/sales-orders", Some(json!([order(1), order(2)]))).await;
    assert_eq!(loaded.json(), json!({"ids": [1, 2]}));
    let patch = json!({"item": {"items": [{"line": 1, "isClosed": true}]}});
    assert_eq!(control(&client, Method::PATCH, "/sales-orders/2", Some(patch)).await.status, StatusCode::OK);
    let order = control(&client, Method::GET, "/sales-orders/2", None).await.json();
    assert_eq!(order["item"]["items"][0]["isClosed"], true);
    let all = control(&client, Method::GET, "/sales-orders", None).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(control(&client, Method::GET, "/sales-orders/9", None).await.status, StatusCode::NOT_FOUND);
    let bad = control(&client, Method::PATCH, "/sales-orders/2", Some(json!({"nothing": 1}))).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn records_fulfilments_trail_and_slots_are_in_reach() {
    let client = Client::start().await;
    control(&client, Method::POST, "/sales-orders", Some(json!([order(1)]))).await;
    let made = client.post("/record/v1/salesOrder/1/!transform/itemFulfillment", &json!({})).await.id();
    let list = control(&client, Method::GET, "/sales-orders/1/fulfillments", None).await.json();
    assert_eq!(list["items"][0]["id"], json!(made.to_string()));
    let one = control(&client, Method::GET, &format!("/records/itemFulfillment/{made}"), None).await;
    assert_eq!(one.status, StatusCode::OK);
    control(&client, Method::DELETE, &format!("/records/itemFulfillment/{made}"), None).await;
    assert!(client.netsuite().fulfillments_of(1).is_empty());
    let item = control(&client, Method::PUT, "/items", Some(json!({"itemId": "CUP"}))).await.json();
    assert_eq!(
        client.netsuite().record("inventoryItem", item["id"].as_u64().unwrap()).unwrap()["itemId"],
        "CUP"
    );
    let place =
        control(&client, Method::PUT, "/records/location", Some(json!({"id": 8, "name": "Damaged"}))).await;
    assert_eq!(place.json()["id"], 8);
    let trail = control(&client, Method::GET, "/login-audit-trail", None).await.json();
    assert_eq!((&trail["items"][0]["method"], &trail["items"][0]["success"]), (&json!("tba"), &json!(true)));
    control(&client, Method::PUT, "/slots", Some(json!({"slots": 9}))).await;
    assert_eq!(client.netsuite().slots(), 9);
    let revoked = control(&client, Method::POST, "/tokens/revoke", None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn staffs_doings_after_a_sale_are_in_reach() {
    let client = Client::start().await;
    control(&client, Method::POST, "/sales-orders", Some(json!([order(1)]))).await;
    let bill = "/records/salesOrder/1/transform/cashSale";
    let bill =
        control(&client, Method::POST, bill, Some(json!({"memo": "till 4"}))).await.json()["id"].clone();
    let path = format!("/records/cashSale/{bill}");
    let seen = control(&client, Method::PATCH, &path, Some(json!({"memo": "till 5"}))).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert_eq!(control(&client, Method::GET, &path, None).await.json()["memo"], "till 5");
    control(&client, Method::PUT, "/periods/2026/3", Some(json!({"closed": true}))).await;
    let void = format!("{path}/void");
    assert_eq!(control(&client, Method::POST, &void, None).await.status, StatusCode::BAD_REQUEST);
    control(&client, Method::PUT, "/periods/2026/3", Some(json!({"closed": false}))).await;
    assert_eq!(control(&client, Method::POST, &void, None).await.status, StatusCode::OK);
    let sales = control(&client, Method::GET, "/transactions/cashSale", None).await.json();
    assert_eq!(sales["items"][0]["status"]["id"], "V");
    let all = control(&client, Method::GET, "/sales-orders/1/documents", None).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    let month = control(&client, Method::PUT, "/periods/2026/13", Some(json!({}))).await;
    assert_eq!(month.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn calls_are_listed_under_the_names_of_their_operations() {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    let form = [("accept", "application/vnd.oracle.resource+json; type=create-form")];
    let transform = "/record/v1/salesOrder/1/!transform/itemFulfillment";
    client.send_with(Method::POST, transform, Some(&json!({})), &form).await;
    client.post(transform, &json!({})).await;
    client.get("/record/v1/salesOrder/1/item").await;
    client.get("/record/v1/salesOrder").await;
    client.patch("/record/v1/salesOrder/1", &json!({})).await;
    client.query("SELECT id FROM transaction", &[]).await;
    client.send(Method::PUT, "/record/v1/customer/eid:a", Some(&json!({}))).await;
    client.post("/record/v1/customer", &json!({})).await;
    client.get("/system/v1/serverTime").await;
    let operations: Vec<String> =
        client.running.sandbox.calls.all().into_iter().map(|call| call.operation).collect();
    let expected = [
        "salesOrder.preview.itemFulfillment",
        "salesOrder.transform.itemFulfillment",
        "salesOrder.get",
        "salesOrder.list",
        "salesOrder.patch",
        "suiteql",
        "customer.upsert",
        "customer.create",
        "serverTime",
    ];
    assert_eq!(operations, expected);
    assert_eq!(client.running.sandbox.calls.count(Vendor::NetSuite, "suiteql"), 1);
}
