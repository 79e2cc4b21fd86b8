//! The record service over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::NetSuiteSettings;
use netsuite_client::{Client, line_numbers, lines, order};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn with_order() -> Client {
    let client = Client::start().await;
    assert_eq!(client.netsuite().load_sales_orders(vec![order(1001)]).unwrap(), [1001]);
    client
}

#[tokio::test]
async fn an_expanded_order_shows_lines_references_and_exact_amounts() {
    let client = with_order().await;
    let reply = client.get("/record/v1/salesOrder/1001?expandSubResources=true").await;
    assert_eq!(reply.status, StatusCode::OK);
    let order = reply.json();
    assert_eq!(order["id"], "1001");
    assert_eq!(order["externalId"], "shop-1001");
    assert_eq!(order["status"], json!({"id": "B", "refName": "Pending Fulfillment"}));
    assert_eq!(order["entity"]["refName"], "House Customer");
    assert_eq!(order["shipMethod"]["refName"], "Standard");
    assert_eq!(order["shippingAddress"]["country"], json!({"id": "US", "refName": "United States"}));
    assert_eq!(order["createdDate"], "2026-03-02T09:00:00Z");
    // 01:00 in Los Angeles.
    assert_eq!(order["tranDate"], "2026-03-02");
    assert!(
        reply.text.contains("\"rate\":19.90") && reply.text.contains("\"amount\":59.70"),
        "{}",
        reply.text
    );
    assert_eq!(order["subtotal"].to_string(), "63.90");
    assert_eq!(line_numbers(&order), [1, 2, 5]);
    let keys: Vec<u64> = lines(&order).iter().map(|line| line["lineUniqueKey"].as_u64().unwrap()).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    let href = lines(&order)[0]["item"]["links"][0]["href"].as_str().unwrap().to_owned();
    assert_eq!(href, client.url("/record/v1/inventoryItem/301"));
    assert_eq!(client.get("/record/v1/inventoryItem/301").await.json()["itemId"], "MUG-RED");
    assert_eq!(client.get("/record/v1/serviceSaleItem/303").await.json()["itemType"]["id"], "Service");
}

#[tokio::test]
async fn without_expansion_sublists_and_subrecords_are_links() {
    let client = with_order().await;
    let order = client.get("/record/v1/salesOrder/eid:shop-1001").await.json();
    assert!(order["item"].get("items").is_none() && order["shippingAddress"].get("city").is_none());
    let address = order["shippingAddress"]["links"][0]["href"].as_str().unwrap();
    assert_eq!(address, client.url("/record/v1/salesOrder/1001/shippingAddress"));
    assert_eq!(client.get("/record/v1/salesOrder/1001/shippingAddress").await.json()["city"], "Austin");
    let list = client.get("/record/v1/salesOrder/1001/item").await.json();
    assert_eq!(list["totalResults"], 3);
    assert!(list["items"][2]["links"][0]["href"].as_str().unwrap().ends_with("/item/5"));
    assert_eq!(client.get("/record/v1/salesOrder/1001/item/2").await.json()["item"]["refName"], "MUG-BLUE");
    assert_eq!(client.get("/record/v1/salesOrder/1001/item/3").await.status, StatusCode::NOT_FOUND);
    let few = client.get("/record/v1/salesOrder/1001?fields=tranId").await.json();
    assert_eq!(few["tranId"], "SO1001");
    assert!(few.get("entity").is_none());
}

#[tokio::test]
async fn patch_merges_lines_by_number_and_leaves_the_rest() {
    let client = with_order().await;
    client.clock().advance(std::time::Duration::from_secs(60));
    let patch = json!({
        "custbody_amz_order_id": "S01-1",
        "memo": null,
        "item": {"items": [{"line": 2, "custcol_amz_line_id": "L2"}, {"line": 1, "quantity": 4}]}
    });
    let reply = client.patch("/record/v1/salesOrder/1001", &patch).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(reply.location, client.url("/record/v1/salesOrder/1001"));
    let order = client.netsuite().sales_order(1001).unwrap();
    assert_eq!(order["custbody_amz_order_id"], "S01-1");
    assert_eq!(order["lastModifiedDate"], "2026-03-02T09:01:00Z");
    assert_eq!(line_numbers(&order), [1, 2, 5]);
    assert_eq!(lines(&order)[1]["custcol_amz_line_id"], "L2");
    assert_eq!(lines(&order)[1]["quantity"], json!(2));
    assert_eq!(lines(&order)[0]["amount"].to_string(), "79.60");
    assert_eq!(order["total"].to_string(), "83.80");
}

#[tokio::test]
async fn a_line_without_number_is_added_and_replace_removes_what_is_not_mentioned() {
    let client = with_order().await;
    let added = json!({"item": {"items": [{"item": {"id": "302"}, "quantity": 1, "rate": 2.5}]}});
    assert_eq!(client.patch("/record/v1/salesOrder/1001", &added).await.status, StatusCode::NO_CONTENT);
    assert_eq!(line_numbers(&client.netsuite().sales_order(1001).unwrap()), [1, 2, 5, 6]);
    let kept = json!({"item": {"items": [{"line": 2}, {"line": 6}]}});
    client.patch("/record/v1/salesOrder/1001?replace=item", &kept).await;
    let order = client.netsuite().sales_order(1001).unwrap();
    assert_eq!(line_numbers(&order), [2, 6]);
    assert_eq!(order["total"].to_string(), "2.70");
    let none = client.patch("/record/v1/salesOrder/1001?replace=item", &json!({"item": {"items": []}})).await;
    assert_eq!(none.error().0, "USER_ERROR");
}

#[tokio::test]
async fn unknown_names_pass_in_silence_unless_validation_is_asked_for() {
    let client = with_order().await;
    let misspelt =
        json!({"custbody_amz_oder_id": "x", "item": {"items": [{"line": 1, "custcol_amz_line": "x"}]}});
    assert_eq!(client.patch("/record/v1/salesOrder/1001", &misspelt).await.status, StatusCode::NO_CONTENT);
    let strict = [("x-netsuite-propertynamevalidation", "error")];
    let reply = client.send_with(Method::PATCH, "/record/v1/salesOrder/1001", Some(&misspelt), &strict).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (StatusCode::BAD_REQUEST, "INVALID_CONTENT"));
    assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], "custbody_amz_oder_id");
    let in_line = json!({"item": {"items": [{"line": 1}, {"line": 2, "custcol_amz_line": "x"}]}});
    let reply = client.send_with(Method::PATCH, "/record/v1/salesOrder/1001", Some(&in_line), &strict).await;
    assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], "item.items[1].custcol_amz_line");
    let derived = json!({"status": "H"});
    let reply = client.send_with(Method::PATCH, "/record/v1/salesOrder/1001", Some(&derived), &strict).await;
    assert_eq!(reply.error().0, "INVALID_CONTENT");
}

#[tokio::test]
async fn bad_values_and_references_are_refused_with_their_path() {
    let client = with_order().await;
    let cases = [
        (json!({"tranDate": "3/2/2026"}), "tranDate"),
        (json!({"custbody_amz_hold": "yes"}), "custbody_amz_hold"),
        (json!({"custbody_amz_delivery_attempts": 1.5}), "custbody_amz_delivery_attempts"),
        (json!({"custbody_amz_milestone_at": "yesterday"}), "custbody_amz_milestone_at"),
        (json!({"entity": {"id": "99"}}), "entity"),
        (json!({"item": {"items": [{"line": 1, "item": {"id": "999"}}]}}), "item.items[0].item"),
        (json!({"orderStatus": "F"}), "orderStatus"),
    ];
    for (patch, path) in cases {
        let reply = client.patch("/record/v1/salesOrder/1001", &patch).await;
        assert_eq!(reply.error().0, "INVALID_CONTENT", "{patch}");
        assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], path);
    }
}

#[tokio::test]
async fn a_created_record_is_known_by_its_location_alone() {
    let client = with_order().await;
    let body = json!({
        "entity": {"id": "701"}, "externalId": "amz-so-1", "orderStatus": {"id": "A"},
        "item": {"items": [{"item": {"id": "301"}, "quantity": 1, "rate": "12345678901234567.89"}]}
    });
    let reply = client.post("/record/v1/salesOrder", &body).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::NO_CONTENT, ""));
    let id = reply.id();
    let order = client.netsuite().sales_order(id).unwrap();
    assert_eq!(order["status"]["id"], "A");
    assert_eq!(order["total"].to_string(), "12345678901234567.89");
    client.patch("/record/v1/salesOrder/eid:amz-so-1", &json!({"orderStatus": "B"})).await;
    assert_eq!(client.netsuite().sales_order(id).unwrap()["orderStatus"]["id"], "B");
    let incomplete = client.post("/record/v1/salesOrder", &json!({"entity": {"id": "701"}})).await;
    assert_eq!(incomplete.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn external_ids_are_one_name_space_for_all_transactions() {
    let client = with_order().await;
    let line = json!({"items": [{"orderLine": 1}]});
    let body = json!({"externalId": "shop-1001", "item": line});
    let reply = client.post("/record/v1/salesOrder/1001/!transform/itemFulfillment", &body).await;
    let (code, detail) = reply.error();
    assert_eq!((reply.status, code.as_str()), (StatusCode::BAD_REQUEST, "DUP_RCRD"));
    assert!(detail.contains("This record already exists"), "{detail}");
    assert!(client.netsuite().fulfillments_of(1001).is_empty());
    // The same words name another record among items.
    client.netsuite().put_item(&json!({"itemId": "CUP", "externalId": "shop-1001"})).unwrap();
    let other = client.get("/record/v1/itemFulfillment/eid:shop-1001").await;
    assert_eq!((other.status, other.error().0.as_str()), (StatusCode::NOT_FOUND, "NONEXISTENT_ID"));
}

#[tokio::test]
async fn put_creates_once_and_then_updates() {
    let client = with_order().await;
    let body = json!({"companyName": "Field Ltd", "email": "a@example.com"});
    let path = "/record/v1/customer/eid:buyer-1";
    let first = client.send(Method::PUT, path, Some(&body)).await;
    let second = client.send(Method::PUT, path, Some(&json!({"email": "b@example.com"}))).await;
    assert_eq!(first.id(), second.id());
    let customer = client.get(path).await.json();
    assert_eq!(
        (&customer["companyName"], &customer["email"]),
        (&json!("Field Ltd"), &json!("b@example.com"))
    );
    let by_internal_id = format!("/record/v1/customer/{}", first.id());
    assert_eq!(client.send(Method::PUT, &by_internal_id, Some(&body)).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn custom_records_collections_and_deletion_work() {
    let client = with_order().await;
    let path = "/record/v1/customrecord_amz_outbox";
    let body = json!({"name": "n", "externalId": "e-1", "custrecord_amz_outbox_state": "waiting"});
    let id = client.post(path, &body).await.id();
    let kept = client.get(&format!("{path}/{id}")).await.json();
    assert_eq!(kept["custrecord_amz_outbox_state"], "waiting");
    let found = client.get(&format!("{path}?q=externalId%20IS%20%22e-1%22")).await.json();
    assert_eq!((&found["count"], &found["items"][0]["id"]), (&json!(1), &json!(id.to_string())));
    assert_eq!(
        client.send(Method::DELETE, &format!("{path}/{id}"), None).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(client.get(path).await.json()["totalResults"], 0);
    assert_eq!(client.get("/record/v1/customrecord_other").await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.get("/record/v1/salesOrder").await.json()["items"][0]["id"], "1001");
}

#[tokio::test]
async fn wrong_methods_media_types_and_bodies_are_told_apart() {
    let client = with_order().await;
    let status = async |method, path: &str| client.send(method, path, None).await.status;
    assert_eq!(status(Method::DELETE, "/record/v1/salesOrder").await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(status(Method::GET, "/query/v1/suiteql").await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(status(Method::GET, "/nowhere").await, StatusCode::NOT_FOUND);
    let url = client.url("/record/v1/customer");
    let send = async |media: &str, body: &str| {
        let request = client.http.post(&url).header("authorization", client.sign("POST", &url));
        let request = request.header("content-type", media).body(body.to_owned());
        netsuite_client::reply(request.send().await.unwrap()).await
    };
    assert_eq!(send("text/plain", "{}").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(send("application/json", "{").await.error().0, "INVALID_REQUEST");
    assert_eq!(send("application/json", "[]").await.error().0, "INVALID_REQUEST");
    let time = client.get("/system/v1/serverTime").await.json();
    assert_eq!(time, json!({"serverTime": "2026-03-02T09:00:00.000Z"}));
}

#[tokio::test]
async fn the_duplicate_code_is_the_one_configured() {
    let client =
        Client::with(NetSuiteSettings { duplicate_code: "USER_ERROR".into(), ..NetSuiteSettings::default() })
            .await;
    let body = json!({"companyName": "A", "externalId": "a"});
    client.post("/record/v1/customer", &body).await;
    assert_eq!(client.post("/record/v1/customer", &body).await.error().0, "USER_ERROR");
}

#[tokio::test]
async fn staff_may_cancel_bill_and_hold_an_order() {
    let client = with_order().await;
    let netsuite = client.netsuite();
    client.clock().advance(std::time::Duration::from_secs(5));
    netsuite.edit_sales_order(1001, &json!({"custbody_amz_hold": true})).unwrap();
    let order = netsuite.sales_order(1001).unwrap();
    assert_eq!(
        (&order["custbody_amz_hold"], &order["lastModifiedDate"]),
        (&json!(true), &json!("2026-03-02T09:00:05Z"))
    );
    netsuite.edit_sales_order(1001, &json!({"status": "C"})).unwrap();
    assert_eq!(netsuite.sales_order(1001).unwrap()["status"]["id"], "C");
    assert!(netsuite.edit_sales_order(1001, &json!({"custbody_nothing": 1})).is_err());
    assert!(netsuite.edit_sales_order(5, &json!({})).is_err());
}

#[tokio::test]
async fn an_export_keeps_its_own_totals_and_state() {
    let client = Client::start().await;
    let mut export = order(2002);
    export["total"] = json!("70.15".parse::<serde_json::Number>().unwrap());
    export["status"] = json!({"id": "G", "refName": "Billed"});
    export["links"] = json!([]);
    export["createdFrom"] = json!({"id": "1"});
    export["somethingNew"] = json!({"a": 1});
    export["createdDate"] = json!("2025-12-31T23:59:59Z");
    let mut closed = order(2003);
    closed["status"] = json!({"id": "H"});
    let nameless: Value = json!({"item": [{"item": {"refName": "MUG-RED"}, "rate": 1}]});
    let ids = client.netsuite().load_sales_orders(vec![export, closed, nameless]).unwrap();
    let loaded: Vec<Value> = ids.iter().map(|id| client.netsuite().sales_order(*id).unwrap()).collect();
    assert_eq!(loaded[0]["total"].to_string(), "70.15");
    assert_eq!(loaded[0]["status"]["id"], "G");
    assert_eq!(loaded[0]["createdDate"], "2025-12-31T23:59:59Z");
    assert_eq!(loaded[1]["status"]["id"], "H");
    assert_eq!(loaded[2]["status"]["id"], "B");
    assert_eq!(lines(&loaded[2])[0]["item"]["id"], "301", "an item is found by its name");
    assert!(client.netsuite().load_sales_orders(vec![json!([])]).is_err());
    let mut discounted = order(2004);
    discounted["discountTotal"] = json!("-3.90");
    client.netsuite().load_sales_orders(vec![discounted]).unwrap();
    assert_eq!(client.netsuite().sales_order(2004).unwrap()["total"].to_string(), "60.00");
}
