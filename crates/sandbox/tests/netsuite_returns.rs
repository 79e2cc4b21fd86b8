//! Return authorizations and item receipts.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::time::Duration;

use amz_sandbox::netsuite::StaffLine;
use netsuite_client::{Client, lines, order};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const AUTHORIZE: &str = "/record/v1/salesOrder/1001/!transform/returnAuthorization";

/// An order of which two of the first line and both of the second are shipped.
async fn with_shipped_order() -> Client {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1001)]).unwrap();
    let body = json!({"shipStatus": "C", "item": {"items": [{"orderLine": 1, "quantity": 2}]}});
    client.post("/record/v1/salesOrder/1001/!transform/itemFulfillment", &body).await.id();
    client
}

async fn authorize(client: &Client) -> u64 {
    let body = json!({
        "externalId": "amz-ra-1", "orderStatus": "B", "custbody_amz_return_id": "r1",
        "item": {"items": [
            {"orderLine": 1, "quantity": 2, "custcol_amz_return_reason": "DEFECTIVE"},
            {"orderLine": 2, "itemReceive": false}, {"orderLine": 5, "quantity": 0}
        ]}
    });
    client.post(AUTHORIZE, &body).await.id()
}

fn receive(id: u64) -> String {
    format!("/record/v1/returnAuthorization/{id}/!transform/itemReceipt")
}

fn state(client: &Client, id: u64) -> String {
    client.netsuite().record("returnAuthorization", id).unwrap()["status"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_return_names_the_lines_that_come_back() {
    let client = with_shipped_order().await;
    let id = authorize(&client).await;
    let made = client.get("/record/v1/returnAuthorization/eid:amz-ra-1?expandSubResources=true").await.json();
    assert_eq!(made["id"], json!(id.to_string()));
    assert_eq!(made["status"], json!({"id": "B", "refName": "Pending Receipt"}));
    assert_eq!(made["custbody_amz_return_id"], "r1");
    assert_eq!(lines(&made).len(), 1);
    let line = &lines(&made)[0];
    assert_eq!(
        (&line["orderLine"], &line["quantity"], &line["quantityReceived"]),
        (&json!(1), &json!(2), &json!(0))
    );
    assert_eq!(line["custcol_amz_return_reason"], "DEFECTIVE");
    let again = client.post(AUTHORIZE, &json!({"externalId": "amz-ra-1"})).await;
    assert_eq!(again.error().0, "DUP_RCRD", "one name space for all transactions");
}

#[tokio::test]
async fn only_what_was_shipped_comes_back() {
    let client = with_shipped_order().await;
    let three = json!({"item": {"items": [{"orderLine": 1, "quantity": 3}]}});
    assert_eq!(client.post(AUTHORIZE, &three).await.error().0, "USER_ERROR");
    authorize(&client).await;
    let one = json!({"item": {"items": [{"orderLine": 1, "quantity": 1}]}});
    assert_eq!(
        client.post(AUTHORIZE, &one).await.error().0,
        "INVALID_CONTENT",
        "nothing of the line is left"
    );
    client.netsuite().load_sales_orders(vec![order(1002)]).unwrap();
    let unshipped = "/record/v1/salesOrder/1002/!transform/returnAuthorization";
    assert_eq!(client.post(unshipped, &json!({})).await.error().0, "VALID_LINE_ITEM_REQD");
}

#[tokio::test]
async fn goods_are_received_against_an_approved_return_only() {
    let client = with_shipped_order().await;
    let id =
        client.netsuite().authorize_return(("salesOrder", 1001), &[StaffLine::new(1, 2)], false).unwrap();
    assert_eq!(state(&client, id), "A");
    let reply = client.post(&receive(id), &json!({})).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (StatusCode::BAD_REQUEST, "USER_ERROR"));
    assert!(reply.error().1.contains("pending approval"));
    client.patch(&format!("/record/v1/returnAuthorization/{id}"), &json!({"orderStatus": "B"})).await;
    let too_many = json!({"item": {"items": [{"orderLine": 1, "quantity": 3}]}});
    assert_eq!(client.post(&receive(id), &too_many).await.error().0, "USER_ERROR");
    let one = json!({"externalId": "amz-ir-1", "location": {"id": "7"}, "item": {"items": [{"orderLine": 1, "quantity": 1}]}});
    let receipt = client.post(&receive(id), &one).await.id();
    assert_eq!(state(&client, id), "E");
    let receipt = client.netsuite().record("itemReceipt", receipt).unwrap();
    assert_eq!(
        (&receipt["createdFrom"]["id"], &lines(&receipt)[0]["quantity"]),
        (&json!(id.to_string()), &json!(1))
    );
    assert!(receipt.get("total").is_none(), "receipts have no prices");
    client.post(&receive(id), &json!({})).await.id();
    assert_eq!(state(&client, id), "F");
    assert_eq!(client.post(&receive(id), &json!({})).await.error().0, "VALID_LINE_ITEM_REQD");
    let direct = client.post("/record/v1/itemReceipt", &json!({})).await;
    assert_eq!(direct.error().0, "USER_ERROR");
}

#[tokio::test]
async fn lines_of_a_return_close_one_by_one() {
    let client = with_shipped_order().await;
    let id = client.netsuite().authorize_return(("salesOrder", 1001), &[], true).unwrap();
    let path = format!("/record/v1/returnAuthorization/{id}");
    let numbers =
        netsuite_client::line_numbers(&client.netsuite().record("returnAuthorization", id).unwrap());
    assert_eq!(numbers.len(), 3, "two kinds of goods and the service");
    client.netsuite().receive(id, &[StaffLine::new(numbers[0], 1)]).unwrap();
    let below = json!({"item": {"items": [{"line": numbers[0], "quantity": 0}]}});
    assert_eq!(client.patch(&path, &below).await.error().0, "USER_ERROR", "one came back already");
    let close = |line: u64| json!({"item": {"items": [{"line": line, "isClosed": true}]}});
    client.patch(&path, &close(numbers[1])).await;
    client.patch(&path, &close(numbers[2])).await;
    assert_eq!(state(&client, id), "E");
    client.netsuite().close_lines("returnAuthorization", id, &[]).unwrap();
    assert_eq!(state(&client, id), "H");
    let again = client.netsuite().authorize_return(("salesOrder", 1001), &[StaffLine::new(1, 1)], true);
    assert!(again.is_ok(), "what a closed line did not bring back can be returned anew");
}

#[tokio::test]
async fn a_cancelled_return_gives_its_quantities_back() {
    let client = with_shipped_order().await;
    let id = authorize(&client).await;
    client.netsuite().cancel_return(id).unwrap();
    assert_eq!(state(&client, id), "C");
    let other =
        client.netsuite().authorize_return(("salesOrder", 1001), &[StaffLine::new(1, 2)], true).unwrap();
    client.netsuite().receive(other, &[]).unwrap();
    assert!(client.netsuite().cancel_return(other).is_err());
    let order = "/record/v1/salesOrder/1001";
    assert_eq!(
        client.send(Method::DELETE, order, None).await.error().0,
        "USER_ERROR",
        "others follow from it"
    );
}

#[tokio::test]
async fn a_receipt_moves_the_change_time_of_its_return_but_not_of_the_order() {
    let client = with_shipped_order().await;
    let id = authorize(&client).await;
    let modified =
        |kind: &str, id: u64| client.netsuite().record(kind, id).unwrap()["lastModifiedDate"].clone();
    client.clock().advance(Duration::from_secs(60));
    let receipt = client.netsuite().receive(id, &[]).unwrap();
    assert_eq!(modified("returnAuthorization", id), "2026-03-02T09:01:00Z");
    assert_eq!(modified("salesOrder", 1001), "2026-03-02T09:00:00Z");
    client.send(Method::DELETE, &format!("/record/v1/itemReceipt/{receipt}"), None).await;
    assert_eq!(state(&client, id), "B");
    let made: Value = client.netsuite().record("returnAuthorization", id).unwrap();
    assert_eq!(
        (&made["createdDate"], &made["lastModifiedDate"]),
        (&json!("2026-03-02T09:00:00Z"), &json!("2026-03-02T09:01:00Z"))
    );
}

#[tokio::test]
async fn names_are_checked_per_type() {
    let client = with_shipped_order().await;
    let strict = [("x-netsuite-propertynamevalidation", "error")];
    for (body, path) in [
        (json!({"shipStatus": "C"}), "shipStatus"),
        (json!({"item": {"items": [{"orderLine": 1, "restock": true}]}}), "item.items[0].restock"),
        (json!({"status": "B"}), "status"),
    ] {
        let reply = client.send_with(Method::POST, AUTHORIZE, Some(&body), &strict).await;
        assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], path, "{}", reply.text);
    }
    let alone = json!({"entity": {"id": "701"}, "item": {"items": [{"item": {"id": "301"}, "quantity": 1}]}});
    let id = client.post("/record/v1/returnAuthorization", &alone).await.id();
    assert_eq!(state(&client, id), "A");
}
