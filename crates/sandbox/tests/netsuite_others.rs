//! Orders and fulfilments that staff and other connectors left, and how they are found.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::time::Duration;

use amz_sandbox::netsuite::{CustomField, CustomFieldKind, NetSuiteSettings, Parcel, Shipment, ShippedUnits};
use netsuite_client::{Client, order, reply};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Three orders, a minute apart: the second one was sent to Amazon by another connector.
async fn account() -> Client {
    let settings = NetSuiteSettings { timezone: chrono_tz::UTC, ..NetSuiteSettings::default() };
    let client = Client::with(settings).await;
    let netsuite = client.netsuite();
    netsuite.declare_field(CustomField::new("custbody_other_amazon_id", CustomFieldKind::Text));
    for id in 1..=3 {
        let mut one = order(id);
        if id == 2 {
            one["custbody_other_amazon_id"] = json!("322-AAAA-BBBBBB");
            one["otherRefNum"] = json!("WEB-1002");
        }
        netsuite.load_sales_orders(vec![one]).unwrap();
        client.clock().advance(Duration::from_secs(60));
    }
    client
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn orders_are_found_by_dates_keys_and_the_fields_of_others() {
    let client = account().await;
    let at = "TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')";
    let range = |column: &str| {
        format!(
            "SELECT id FROM transaction WHERE type = 'SalesOrd' AND {column} >= {at} AND {column} < {at} ORDER BY id"
        )
    };
    let minute = ["2026-03-02 09:01:00", "2026-03-02 09:02:00"];
    assert_eq!(ids(&client.query(&range("createddate"), &minute).await), ["2"]);
    client.netsuite().edit_sales_order(1, &json!({"memo": "seen"})).unwrap();
    let last = ["2026-03-02 09:02:30", "2026-03-02 10:00:00"];
    assert_eq!(ids(&client.query(&range("lastmodifieddate"), &last).await), ["1"]);
    let keyset = "SELECT id FROM transaction WHERE type = 'SalesOrd' AND id > ? ORDER BY id";
    assert_eq!(ids(&client.query(keyset, &["1"]).await), ["2", "3"]);
    for (column, value) in [
        ("otherrefnum", "WEB-1002"),
        ("externalid", "shop-2"),
        ("tranid", "SO2"),
        ("custbody_other_amazon_id", "322-AAAA-BBBBBB"),
    ] {
        let q = format!("SELECT id FROM transaction WHERE {column} = ?");
        assert_eq!(ids(&client.query(&q, &[value]).await), ["2"], "{column}");
    }
    let sent = "SELECT id, custbody_other_amazon_id AS other FROM transaction \
                WHERE custbody_other_amazon_id IS NOT NULL AND type = 'SalesOrd' AND id > 0 ORDER BY id";
    assert_eq!(client.query(sent, &[]).await[0]["other"], "322-AAAA-BBBBBB");
}

#[tokio::test]
async fn a_fulfilment_of_another_connector_is_found_through_its_order_and_shows_its_parcels() {
    let client = account().await;
    let shipment = Shipment {
        external_id: Some("other-if-1".into()),
        lines: vec![ShippedUnits { line: 1, quantity: 2.into() }],
        parcels: vec![Parcel::new("1Z999"), Parcel::new("1Z998")],
        ..Shipment::default()
    };
    let made = client.netsuite().ship(2, &shipment).unwrap().to_string();
    let by_lines = "SELECT DISTINCT t.id, t.externalid FROM transaction t \
                    INNER JOIN transactionline l ON l.transaction = t.id \
                    WHERE l.createdfrom = ? AND t.type = 'ItemShip'";
    let by_links = "SELECT DISTINCT t.id, t.externalid FROM NextTransactionLineLink k \
                    INNER JOIN transaction t ON t.id = k.nextdoc WHERE k.previousdoc = ? AND t.type = 'ItemShip'";
    for q in [by_lines, by_links] {
        let rows = client.query(q, &["2"]).await;
        assert_eq!(rows.len(), 1);
        assert_eq!((&rows[0]["id"], &rows[0]["externalid"]), (&json!(made), &json!("other-if-1")));
    }
    let shown =
        client.get(&format!("/record/v1/itemFulfillment/{made}?expandSubResources=true")).await.json();
    let numbers: Vec<&Value> = shown["package"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parcel| &parcel["packageTrackingNumber"])
        .collect();
    assert_eq!(numbers, ["1Z999", "1Z998"]);
    assert_eq!(shown["shipStatus"]["id"], "C");
    assert_eq!(client.netsuite().sales_order(2).unwrap()["status"]["id"], "E");
    let parts = client.get(&format!("/record/v1/itemFulfillment/{made}/package")).await.json();
    assert_eq!(parts["count"], 2);
}

#[tokio::test]
async fn other_connectors_use_the_record_service_and_the_control_interface() {
    let client = account().await;
    let body = json!({
        "entity": {"id": "701"},
        "externalId": "other-so-9",
        "otherRefNum": "WEB-9",
        "custbody_other_amazon_id": "322-CCCC-DDDDDD",
        "item": {"items": [{"item": {"id": "301"}, "quantity": 1}]},
    });
    let id = client.post("/record/v1/salesOrder", &body).await.id();
    let control = async |method: Method, path: String, body: Value| {
        let url = format!("{}/netsuite{path}", client.running.control_url());
        reply(client.http.request(method, url).json(&body).send().await.unwrap()).await
    };
    let shipment = json!({
        "external_id": "other-if-9",
        "lines": [{"line": 1, "quantity": 1}],
        "parcels": [{"tracking_number": "9400", "description": "USPS"}],
    });
    let made = control(Method::POST, format!("/sales-orders/{id}/ship"), shipment).await.json();
    let shown = client.get(&format!("/record/v1/itemFulfillment/{}/package", made["id"])).await.json();
    assert_eq!(shown["totalResults"], 1);
    let kind = json!({"kind": "boolean"});
    let put = control(Method::PUT, "/custom-fields/custbody_other_sent".into(), kind).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    let q = "SELECT custbody_other_sent FROM transaction WHERE id = 0";
    assert_eq!(client.query_page(q, &[], "").await.status, StatusCode::OK);
    control(Method::DELETE, "/custom-fields/custbody_other_sent".into(), json!({})).await;
    let gone = client.query_page(q, &[], "").await;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST);
    assert!(gone.error().1.contains("Unknown identifier"), "{}", gone.text);
}
