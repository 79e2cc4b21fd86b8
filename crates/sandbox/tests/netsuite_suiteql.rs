//! The query service over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::time::Duration;

use amz_sandbox::netsuite::NetSuiteSettings;
use netsuite_client::{Client, order};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Three orders a minute apart, the first one shipped in part.
async fn with_orders() -> Client {
    let client = Client::start().await;
    for id in 1001..=1003 {
        client.netsuite().load_sales_orders(vec![order(id)]).unwrap();
        client.clock().advance(Duration::from_secs(60));
    }
    let body = json!({"externalId": "amz-if-1", "shipStatus": "C", "custbody_amz_package_id": "p1", "item": {"items": [
        {"orderLine": 1, "quantity": 2}, {"orderLine": 2, "itemReceive": false}
    ]}});
    let made = client.post("/record/v1/salesOrder/1001/!transform/itemFulfillment", &body).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    client
}

fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn values_are_texts_under_lower_case_names_and_nulls_are_left_out() {
    let client = with_orders().await;
    let q = "SELECT id AS OrderId, TranId, otherrefnum, status, BUILTIN.DF(status) AS StatusText, \
             custbody_amz_hold, foreigntotal, trandate, externalid FROM transaction WHERE id = ?";
    let rows = client.query(q, &["1002"]).await;
    let expected = json!({
        "links": [], "orderid": "1002", "tranid": "SO1002", "status": "B",
        "statustext": "Sales Order : Pending Fulfillment", "custbody_amz_hold": "F",
        "foreigntotal": "63.9", "trandate": "3/2/2026", "externalid": "shop-1002"
    });
    assert_eq!(rows, [expected]);
}

#[tokio::test]
async fn changed_orders_are_found_by_keyset_in_the_users_zone() {
    let client = with_orders().await;
    let q = "SELECT t.id, TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD\"T\"HH24:MI:SS') AS modified \
             FROM transaction t WHERE t.type = 'SalesOrd' AND (t.lastmodifieddate > TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') \
             OR (t.lastmodifieddate = TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') AND t.id > ?)) \
             ORDER BY t.lastmodifieddate, t.id";
    // 09:01 in London is 01:01 in Los Angeles, where the integration user lives.
    let rows = client.query(q, &["2026-03-02 01:01:00", "2026-03-02 01:01:00", "1001"]).await;
    assert_eq!(column(&rows, "id"), ["1002", "1003", "1001"]);
    assert_eq!(column(&rows, "modified")[0], "2026-03-02T01:01:00");
    let rows = client.query(q, &["2026-03-02 01:01:00", "2026-03-02 01:01:00", "1002"]).await;
    assert_eq!(column(&rows, "id"), ["1003", "1001"], "the order moved when its fulfilment was saved");
}

#[tokio::test]
async fn the_zone_is_a_setting() {
    let settings = NetSuiteSettings { timezone: chrono_tz::UTC, ..NetSuiteSettings::default() };
    let client = Client::with(settings).await;
    client.netsuite().load_sales_orders(vec![order(1001)]).unwrap();
    let rows =
        client.query("SELECT TO_CHAR(createddate, 'YYYY-MM-DD HH24:MI:SS') AS c FROM transaction", &[]).await;
    assert_eq!(rows[0]["c"], "2026-03-02 09:00:00");
}

#[tokio::test]
async fn fulfilments_are_found_through_the_lines_that_name_their_order() {
    let client = with_orders().await;
    let q = "SELECT DISTINCT t.id, t.externalid, t.custbody_amz_package_id AS package FROM transactionline tl \
             INNER JOIN transaction t ON t.id = tl.transaction WHERE tl.createdfrom = ? AND t.type = 'ItemShip'";
    let rows = client.query(q, &["1001"]).await;
    assert_eq!(
        (rows.len(), &rows[0]["externalid"], &rows[0]["package"]),
        (1, &json!("amz-if-1"), &json!("p1"))
    );
    assert!(client.query(q, &["1002"]).await.is_empty());
    let by_external_id = client.query("SELECT id FROM transaction WHERE externalid = ?", &["amz-if-1"]).await;
    assert_eq!(by_external_id[0]["id"], rows[0]["id"]);
    let unknown = client.query_page("SELECT createdfrom FROM transaction", &[], "").await;
    assert!(unknown.error().1.contains("Unknown identifier 'createdfrom'"), "{}", unknown.text);
}

#[tokio::test]
async fn lines_carry_negative_quantities_and_join_items() {
    let client = with_orders().await;
    let q = "SELECT tl.id, i.itemid, tl.quantity, ABS(tl.quantity) AS q, tl.quantityshiprecv AS shipped, \
             NVL(tl.custcol_amz_line_id, '-') AS amazon, l.name AS place \
             FROM transaction t JOIN transactionline tl ON tl.transaction = t.id \
             JOIN item i ON i.id = tl.item LEFT JOIN location l ON l.id = tl.location \
             WHERE t.id = ? AND tl.mainline = 'F' AND tl.taxline = 'F' AND i.itemtype IN ('InvtPart', 'Kit') \
             ORDER BY tl.linesequencenumber";
    let rows = client.query(q, &["1001"]).await;
    assert_eq!(column(&rows, "itemid"), ["MUG-RED", "MUG-BLUE"]);
    assert_eq!(column(&rows, "quantity"), ["-3", "-2"]);
    assert_eq!(column(&rows, "q"), ["3", "2"]);
    assert_eq!(column(&rows, "shipped"), ["2", "0"]);
    assert_eq!(column(&rows, "amazon"), ["-", "-"]);
    assert!(rows.iter().all(|row| row.get("place").is_none()), "order lines have no location of their own");
}

#[tokio::test]
async fn items_are_found_by_sku_whatever_their_type() {
    let client = with_orders().await;
    client
        .netsuite()
        .put_item(&json!({"itemId": "SET", "itemType": "Kit", "custitem_amz_sku": "AMZ-SET"}))
        .unwrap();
    let q = "SELECT id, itemid, itemtype FROM item WHERE UPPER(custitem_amz_sku) = ? AND NVL(isinactive, 'F') = 'F'";
    let rows = client.query(q, &["AMZ-SET"]).await;
    assert_eq!((rows.len(), &rows[0]["itemid"], &rows[0]["itemtype"]), (1, &json!("SET"), &json!("Kit")));
    let like = "SELECT itemid FROM item WHERE itemid LIKE 'MUG-%' AND itemid NOT IN ('MUG-RED') AND id BETWEEN 1 AND 9999";
    assert_eq!(column(&client.query(like, &[]).await, "itemid"), ["MUG-BLUE"]);
}

#[tokio::test]
async fn rows_are_counted_and_grouped() {
    let client = with_orders().await;
    let rows = client
        .query("SELECT COUNT(*) AS n, MAX(id) AS last FROM transaction WHERE type = 'SalesOrd'", &[])
        .await;
    assert_eq!((&rows[0]["n"], &rows[0]["last"]), (&json!("3"), &json!("1003")));
    let q = "SELECT type, status, COUNT(*) AS n FROM transaction GROUP BY type, status ORDER BY 3 DESC, type, status DESC";
    let rows = client.query(q, &[]).await;
    let shown: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {}", row["type"], row["status"], row["n"]).replace('"', ""))
        .collect();
    assert_eq!(shown, ["SalesOrd B 2", "ItemShip C 1", "SalesOrd E 1"]);
    let none = client.query("SELECT COUNT(*) AS n, MAX(id) AS last FROM transaction WHERE id = 5", &[]).await;
    assert_eq!(none, [json!({"links": [], "n": "0"})]);
}

#[tokio::test]
async fn optional_joins_keep_rows_without_a_partner() {
    let client = with_orders().await;
    let q = "SELECT t.id, f.transaction AS shipped FROM transaction t LEFT JOIN transactionline f \
             ON f.createdfrom = t.id AND f.mainline = 'T' WHERE t.type = 'SalesOrd' ORDER BY t.id";
    let rows = client.query(q, &[]).await;
    assert_eq!(column(&rows, "id"), ["1001", "1002", "1003"]);
    assert!(rows[0].get("shipped").is_some() && rows[1].get("shipped").is_none());
    let open = q.replace("ORDER BY", "AND f.transaction IS NULL ORDER BY");
    assert_eq!(column(&client.query(&open, &[]).await, "id"), ["1002", "1003"]);
}

#[tokio::test]
async fn pages_follow_limit_and_offset() {
    let client = with_orders().await;
    let q = "SELECT id FROM transaction WHERE type = 'SalesOrd' ORDER BY id";
    let page = client.query_page(q, &[], "?limit=2&offset=2").await.json();
    assert_eq!(column(page["items"].as_array().unwrap(), "id"), ["1003"]);
    let numbers = ["count", "offset", "totalResults", "hasMore"].map(|name| page[name].clone());
    assert_eq!(numbers, [json!(1), json!(2), json!(3), json!(false)]);
    let first = client.query_page(q, &[], "?limit=2&offset=0").await.json();
    assert_eq!(first["hasMore"], true);
    let next = first["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next").unwrap();
    assert!(next["href"].as_str().unwrap().ends_with("suiteql?limit=2&offset=2"));
    for paging in ["?limit=1001", "?limit=2&offset=1", "?limit=0", "?offset=x", "?offset=100000"] {
        assert_eq!(client.query_page(q, &[], paging).await.status, StatusCode::BAD_REQUEST, "{paging}");
    }
}

#[tokio::test]
async fn what_suiteql_does_not_know_is_refused() {
    let client = with_orders().await;
    let refused = [
        ("SELECT nothing FROM transaction", "Unknown identifier 'nothing'"),
        ("SELECT custbody_amz_other FROM transaction", "Unknown identifier"),
        ("SELECT x.id FROM transaction t", "Unknown identifier"),
        ("SELECT id FROM invoice", "was not found"),
        ("SELECT id FROM transaction t JOIN transactionline tl ON tl.transaction = t.id", "ambiguously"),
        ("SELECT id FROM transaction LIMIT 5", "unsupported"),
        ("WITH a AS (SELECT id FROM transaction) SELECT id FROM a", "unsupported"),
        ("SELECT id FROM transaction WHERE lastmodifieddate > '2026-03-01'", "TO_DATE"),
        ("SELECT id FROM transaction WHERE id = 'abc'", "Invalid number"),
        ("SELECT id FROM transaction WHERE id = ?", "parameter is missing"),
        ("SELECT GETDATE(id) FROM transaction", "Unknown function"),
        ("DELETE FROM transaction", "SELECT"),
        ("SELEC", "unsupported"),
    ];
    for (q, text) in refused {
        let reply = client.query_page(q, &[], "").await;
        let (code, detail) = reply.error();
        assert_eq!((reply.status, code.as_str()), (StatusCode::BAD_REQUEST, "INVALID_PARAMETER"), "{q}");
        assert!(detail.contains(text), "{q}: {detail}");
    }
    let spare = client.query_page("SELECT id FROM transaction", &["1"], "").await;
    assert_eq!(spare.status, StatusCode::BAD_REQUEST);
    let many = format!("SELECT id FROM transaction WHERE id IN ({}1)", "1,".repeat(1000));
    assert!(client.query_page(&many, &[], "").await.error().1.contains("1000"));
}

#[tokio::test]
async fn the_transient_preference_is_required() {
    let client = with_orders().await;
    let body = json!({"q": "SELECT id FROM transaction"});
    let reply = client.send(Method::POST, "/query/v1/suiteql", Some(&body)).await;
    assert_eq!(reply.json()["o:errorDetails"][0]["o:errorHeader"], "Prefer");
    let empty = client
        .send_with(Method::POST, "/query/v1/suiteql", Some(&json!({})), &[("prefer", "transient")])
        .await;
    assert_eq!(empty.json()["o:errorDetails"][0]["o:errorPath"], "q");
}

#[tokio::test]
async fn a_thousand_orders_are_queried_by_id_type_and_origin() {
    let client = Client::start().await;
    client.netsuite().load_sales_orders((1..=1000).map(order).collect()).unwrap();
    client
        .post("/record/v1/salesOrder/500/!transform/itemFulfillment", &json!({"externalId": "f500"}))
        .await
        .id();
    let changed = "SELECT id FROM transaction WHERE type = 'SalesOrd' AND lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD') ORDER BY lastmodifieddate, id";
    let page = client.query_page(changed, &["2026-03-02"], "?limit=100").await.json();
    assert_eq!((&page["totalResults"], &page["count"]), (&json!(1000), &json!(100)));
    let children = "SELECT t.externalid FROM transaction t JOIN transactionline tl ON tl.transaction = t.id \
                    WHERE t.type = 'ItemShip' AND tl.mainline = 'T' AND tl.createdfrom = ?";
    for id in 490..510 {
        let rows = client.query(children, &[&id.to_string()]).await;
        assert_eq!(rows.len(), usize::from(id == 500));
    }
}
