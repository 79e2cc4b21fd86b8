//! Sales orders becoming item fulfilments.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::NetSuiteSettings;
use netsuite_client::{Client, Reply, line_numbers, lines, order};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TRANSFORM: &str = "/record/v1/salesOrder/1001/!transform/itemFulfillment";

async fn with_order() -> Client {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1001)]).unwrap();
    client
}

async fn fulfill(client: &Client, lines: Value) -> Reply {
    client.post(TRANSFORM, &json!({"shipStatus": {"id": "C"}, "item": {"items": lines}})).await
}

fn state(client: &Client) -> String {
    client.netsuite().sales_order(1001).unwrap()["status"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_transform_ships_the_lines_it_names() {
    let client = with_order().await;
    let body = json!({
        "externalId": "amz-if-1",
        "shipStatus": {"id": "C"},
        "custbody_amz_package_id": "1",
        "item": {"items": [{"orderLine": 1, "quantity": 2}, {"orderLine": 2, "itemReceive": false}]},
        "package": {"items": [{"packageTrackingNumber": "1Z", "packageWeight": 0.5}]}
    });
    let reply = client.post(TRANSFORM, &body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
    let id = reply.id();
    let made = client.get(&format!("/record/v1/itemFulfillment/{id}?expandSubResources=true")).await.json();
    assert_eq!(made["externalId"], "amz-if-1");
    assert_eq!(made["shipStatus"], json!({"id": "C", "refName": "Shipped"}));
    assert_eq!(made["createdFrom"]["refName"], "Sales Order #SO1001");
    assert_eq!(made["shippedDate"], "2026-03-02");
    assert_eq!(made["package"]["items"][0]["packageTrackingNumber"], "1Z");
    assert_eq!(made["custbody_amz_package_id"], "1");
    assert_eq!(lines(&made).len(), 1);
    let line = &lines(&made)[0];
    assert_eq!((&line["orderLine"], &line["quantity"]), (&json!(1), &json!(2)));
    assert_eq!(line["location"]["id"], "7");
    assert_eq!(line["custcol_amz_fulfill"], json!(true));
    let order = client.netsuite().sales_order(1001).unwrap();
    assert_eq!(order["status"]["id"], "E");
    assert_eq!(lines(&order)[0]["quantityFulfilled"], json!(2));
    assert_eq!(lines(&order)[1]["quantityFulfilled"], json!(0));
}

#[tokio::test]
async fn lines_that_are_not_mentioned_are_fulfilled_in_full() {
    let client = with_order().await;
    let made = fulfill(&client, json!([{"orderLine": 1, "quantity": 1}])).await;
    let made = client.netsuite().record("itemFulfillment", made.id()).unwrap();
    let quantities: Vec<String> = lines(&made).iter().map(|line| line["quantity"].to_string()).collect();
    assert_eq!(quantities, ["1", "2"], "the second line came along unasked");
    assert!(lines(&made).iter().all(|line| line["item"]["id"] != "303"), "a service is never shipped");
}

#[tokio::test]
async fn more_than_what_remains_is_refused() {
    let client = with_order().await;
    fulfill(&client, json!([{"orderLine": 1, "quantity": 2}, {"orderLine": 2, "itemReceive": false}]))
        .await
        .id();
    let reply = fulfill(&client, json!([{"orderLine": 1, "quantity": 2}])).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (StatusCode::BAD_REQUEST, "USER_ERROR"));
    let reply = fulfill(&client, json!([{"orderLine": 9}])).await;
    assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], "item.items[0].orderLine");
    assert_eq!(client.netsuite().fulfillments_of(1001).len(), 1);
}

#[tokio::test]
async fn nothing_to_ship_is_its_own_error() {
    let client = with_order().await;
    let none = json!([{"orderLine": 1, "itemReceive": false}, {"orderLine": 2, "quantity": 0}, {"orderLine": 5, "itemReceive": false}]);
    let (code, detail) = fulfill(&client, none).await.error();
    assert_eq!(code, "VALID_LINE_ITEM_REQD");
    assert!(detail.contains("You must have at least one valid line item"), "{detail}");
    fulfill(&client, json!([])).await.id();
    assert_eq!(fulfill(&client, json!([])).await.error().0, "VALID_LINE_ITEM_REQD");
    let mut waiting = order(1002);
    waiting["orderStatus"] = json!({"id": "A"});
    client.netsuite().load_sales_orders(vec![waiting]).unwrap();
    let path = "/record/v1/salesOrder/1002/!transform/itemFulfillment";
    assert_eq!(client.post(path, &json!({})).await.error().0, "VALID_LINE_ITEM_REQD", "not approved");
}

#[tokio::test]
async fn the_source_is_named_by_internal_id() {
    let client = with_order().await;
    let by_external_id = "/record/v1/salesOrder/eid:shop-1001/!transform/itemFulfillment";
    let reply = client.post(by_external_id, &json!({})).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (StatusCode::BAD_REQUEST, "INVALID_PARAMETER"));
    let unknown = client.post("/record/v1/salesOrder/77/!transform/itemFulfillment", &json!({})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let other = client.post("/record/v1/salesOrder/1001/!transform/creditMemo", &json!({})).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    let direct = client.post("/record/v1/itemFulfillment", &json!({})).await;
    assert_eq!(direct.error().0, "USER_ERROR");
}

#[tokio::test]
async fn a_form_shows_what_would_be_shipped_and_saves_nothing() {
    let client = with_order().await;
    fulfill(&client, json!([{"orderLine": 1, "quantity": 2}, {"orderLine": 2}])).await.id();
    let accept = [("accept", "application/vnd.oracle.resource+json; type=create-form")];
    let reply = client.send_with(Method::POST, TRANSFORM, Some(&json!({})), &accept).await;
    assert_eq!(reply.status, StatusCode::OK);
    let form = reply.json();
    assert_eq!(lines(&form).len(), 1);
    assert_eq!((&lines(&form)[0]["orderLine"], &lines(&form)[0]["quantity"]), (&json!(1), &json!(1)));
    assert_eq!(client.netsuite().fulfillments_of(1001).len(), 1);
}

#[tokio::test]
async fn status_letters_follow_lines_and_fulfilments() {
    let client = with_order().await;
    let netsuite = client.netsuite();
    assert_eq!(state(&client), "B");
    let picked = client
        .post(TRANSFORM, &json!({"item": {"items": [{"orderLine": 2, "itemReceive": false}]}}))
        .await
        .id();
    assert_eq!(netsuite.record("itemFulfillment", picked).unwrap()["shipStatus"]["id"], "A");
    assert_eq!(state(&client), "D", "picked, not shipped");
    client.patch(&format!("/record/v1/itemFulfillment/{picked}"), &json!({"shipStatus": "C"})).await;
    assert_eq!(state(&client), "E", "shipped in part, not billed");
    fulfill(&client, json!([])).await.id();
    assert_eq!(state(&client), "F");
    let billed = [1, 2, 5].map(|line| json!({"line": line, "quantityBilled": if line == 1 { 3 } else { 2 }}));
    netsuite.edit_sales_order(1001, &json!({"item": {"items": billed}})).unwrap();
    assert_eq!(state(&client), "G");
    client.send(Method::DELETE, &format!("/record/v1/itemFulfillment/{picked}"), None).await;
    assert_eq!(state(&client), "D", "a deleted fulfilment gives its quantities back");
}

#[tokio::test]
async fn closed_lines_cannot_be_shipped_and_close_the_order_together() {
    let client = with_order().await;
    let close = |line: u64| json!({"item": {"items": [{"line": line, "isClosed": true}]}});
    client.patch("/record/v1/salesOrder/1001", &close(2)).await;
    assert_eq!(state(&client), "B");
    let reply = fulfill(&client, json!([{"orderLine": 2, "quantity": 1}])).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    client.patch("/record/v1/salesOrder/1001", &close(1)).await;
    client.patch("/record/v1/salesOrder/1001", &close(5)).await;
    assert_eq!(state(&client), "H");
    assert_eq!(fulfill(&client, json!([])).await.error().0, "VALID_LINE_ITEM_REQD");
}

#[tokio::test]
async fn the_rest_of_a_half_shipped_line_can_be_closed() {
    let client = with_order().await;
    fulfill(&client, json!([{"orderLine": 1, "quantity": 1}, {"orderLine": 2, "itemReceive": false}]))
        .await
        .id();
    let shrink = json!({"item": {"items": [{"line": 1, "quantity": 0}]}});
    assert_eq!(client.patch("/record/v1/salesOrder/1001", &shrink).await.error().0, "USER_ERROR");
    let close = json!({"item": {"items": [{"line": 1, "isClosed": true}, {"line": 2, "isClosed": true}]}});
    client.patch("/record/v1/salesOrder/1001", &close).await;
    assert_eq!(state(&client), "F", "what was shipped is still to be billed");
    let id = client.netsuite().fulfillments_of(1001)[0]["id"].as_str().unwrap().to_owned();
    let delivered = json!({"custbody_amz_delivery_state": "DELIVERED"});
    let reply = client.patch(&format!("/record/v1/itemFulfillment/{id}"), &delivered).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text);
}

#[tokio::test]
async fn packages_append_on_patch_and_are_replaced_when_asked() {
    let client = with_order().await;
    let id = fulfill(&client, json!([])).await.id();
    let path = format!("/record/v1/itemFulfillment/{id}");
    let package =
        |number: &str| json!({"package": {"items": [{"packageTrackingNumber": number, "packageWeight": 1}]}});
    client.patch(&path, &package("1Z1")).await;
    client.patch(&path, &package("1Z2")).await;
    let count = || client.netsuite().record("itemFulfillment", id).unwrap()["package"]["count"].clone();
    assert_eq!(count(), json!(2));
    client.patch(&format!("{path}?replace=package"), &package("1Z3")).await;
    assert_eq!(count(), json!(1));
    let fields = json!({"custbody_amz_milestone": "OUT_FOR_DELIVERY", "custbody_amz_milestone_at": "2026-03-02T10:00:00+01:00"});
    client.patch(&path, &fields).await;
    let made = client.netsuite().record("itemFulfillment", id).unwrap();
    assert_eq!(made["custbody_amz_milestone_at"], "2026-03-02T09:00:00Z");
    let weightless = json!({"package": {"items": [{"packageTrackingNumber": "1Z4"}]}});
    let reply = client.patch(&path, &weightless).await;
    assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], "package.items[0].packageWeight");
}

#[tokio::test]
async fn a_fulfilment_takes_no_new_lines_and_no_more_than_remains() {
    let client = with_order().await;
    let id =
        fulfill(&client, json!([{"orderLine": 1, "quantity": 1}, {"orderLine": 2, "itemReceive": false}]))
            .await
            .id();
    let path = format!("/record/v1/itemFulfillment/{id}");
    let line = line_numbers(&client.netsuite().record("itemFulfillment", id).unwrap())[0];
    let quantity = |quantity: u64| json!({"item": {"items": [{"line": line, "quantity": quantity}]}});
    assert_eq!(client.patch(&path, &quantity(3)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.patch(&path, &quantity(4)).await.error().0, "USER_ERROR");
    let added = json!({"item": {"items": [{"orderLine": 2, "quantity": 1}]}});
    assert_eq!(client.patch(&path, &added).await.error().0, "USER_ERROR");
    assert_eq!(client.send(Method::DELETE, "/record/v1/salesOrder/1001", None).await.error().0, "USER_ERROR");
}

#[tokio::test]
async fn settings_decide_what_accounts_differ_in() {
    let settings = NetSuiteSettings {
        package_weight_required: false,
        fulfillment_touches_order: false,
        default_ship_status: 'C',
        ..NetSuiteSettings::default()
    };
    let client = Client::with(settings).await;
    client.netsuite().load_sales_orders(vec![order(1001)]).unwrap();
    client.clock().advance(std::time::Duration::from_secs(60));
    let body = json!({"package": {"items": [{"packageTrackingNumber": "1Z"}]}});
    let id = client.post(TRANSFORM, &body).await.id();
    assert_eq!(client.netsuite().record("itemFulfillment", id).unwrap()["status"]["id"], "C");
    assert_eq!(client.netsuite().sales_order(1001).unwrap()["lastModifiedDate"], "2026-03-02T09:00:00Z");
}
