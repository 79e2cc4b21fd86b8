//! Stock per item and location, and what the query service shows of it.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::{Cue, NetSuiteSettings, StockLevel};
use netsuite_client::{Client, order};
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const AMAZON: u64 = 7;

const LEVELS: &str = "SELECT i.id, i.itemid, a.quantityonhand AS onhand, a.quantitycommitted AS committed, \
    a.quantitybackordered AS backordered, a.quantityavailable AS available FROM item i \
    LEFT JOIN aggregateItemLocation a ON a.item = i.id AND a.location = ?";

fn level(client: &Client, item: u64) -> StockLevel {
    client.netsuite().stock_level(item, AMAZON).unwrap()
}

/// On hand, committed, back-ordered and available.
fn figures(client: &Client, item: u64) -> [i64; 4] {
    let level = level(client, item);
    let whole = |units: Decimal| i64::try_from(units).unwrap();
    [level.on_hand.unwrap_or_default(), level.committed, level.back_ordered, level.available].map(whole)
}

fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn orders_demand_what_they_have_not_shipped() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, AMAZON, 5).unwrap()[0];
    let first = client.netsuite().sell(item, AMAZON, 3, true).unwrap();
    assert_eq!(figures(&client, item), [5, 3, 0, 2]);
    let second = client.netsuite().sell(item, AMAZON, 4, true).unwrap();
    assert_eq!(figures(&client, item), [5, 5, 2, 0]);
    let path = format!("/record/v1/salesOrder/{first}/!transform/itemFulfillment");
    let shipped = client.post(&path, &json!({"shipStatus": "C"})).await;
    assert_eq!(shipped.status, StatusCode::NO_CONTENT, "{}", shipped.text);
    assert_eq!(figures(&client, item), [2, 2, 2, 0]);
    client.netsuite().close_lines("salesOrder", second, &[]).unwrap();
    assert_eq!(figures(&client, item), [2, 0, 0, 2]);
    client.netsuite().delete_record("itemFulfillment", shipped.id()).unwrap();
    assert_eq!(figures(&client, item), [5, 3, 0, 2], "the order waits again");
}

#[tokio::test]
async fn picked_units_are_on_hand_and_committed_until_they_ship() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, AMAZON, 5).unwrap()[0];
    let order = client.netsuite().sell(item, AMAZON, 3, true).unwrap();
    let path = format!("/record/v1/salesOrder/{order}/!transform/itemFulfillment");
    let picked = client.post(&path, &json!({"shipStatus": "A"})).await.id();
    assert_eq!(figures(&client, item), [5, 3, 0, 2]);
    let path = format!("/record/v1/itemFulfillment/{picked}");
    client.patch(&path, &json!({"shipStatus": "C"})).await;
    assert_eq!(figures(&client, item), [2, 0, 0, 2]);
    client.patch(&path, &json!({"memo": "again"})).await;
    assert_eq!(figures(&client, item), [2, 0, 0, 2], "saving it again moves nothing");
}

#[tokio::test]
async fn a_line_demands_at_its_own_location_before_that_of_the_body() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, AMAZON, 5).unwrap()[0];
    client.netsuite().set_on_hand(item, 8, 9).unwrap();
    let order = json!({"location": {"id": "8"}, "item": {"items": [
        {"item": {"id": item.to_string()}, "quantity": 2, "location": {"id": "7"}},
        {"item": {"id": item.to_string()}, "quantity": 1},
    ]}});
    let pending = json!({"location": {"id": "7"}, "orderStatus": "A",
        "item": {"items": [{"item": {"id": item.to_string()}, "quantity": 2}]}});
    let ids = client.netsuite().load_sales_orders(vec![order, pending]).unwrap();
    assert_eq!(figures(&client, item), [5, 2, 0, 3]);
    assert_eq!(client.netsuite().stock_level(item, 8).unwrap().committed, Decimal::ONE);
    client.netsuite().edit_sales_order(ids[1], &json!({"orderStatus": "B"})).unwrap();
    assert_eq!(figures(&client, item), [5, 4, 0, 1], "an approved order demands");
}

#[tokio::test]
async fn kits_demand_and_ship_their_members() {
    let client = Client::start().await;
    let items = client.netsuite().seed_items(2, AMAZON, 10).unwrap();
    let members = json!([{"item": {"id": items[0].to_string()}, "quantity": 2},
        {"item": {"id": items[1].to_string()}, "quantity": 1}]);
    let kit = json!({"itemId": "SET", "itemType": "Kit", "member": {"items": members}});
    let kit = client.netsuite().put_item(&kit).unwrap();
    let order = client.netsuite().sell(kit, AMAZON, 3, true).unwrap();
    assert_eq!(
        (level(&client, items[0]).committed, level(&client, items[1]).committed),
        (6.into(), 3.into())
    );
    assert!(client.netsuite().stock_level(kit, AMAZON).is_none());
    let path = format!("/record/v1/salesOrder/{order}/!transform/itemFulfillment");
    client.post(&path, &json!({"shipStatus": "C"})).await.id();
    assert_eq!((figures(&client, items[0]), figures(&client, items[1])), ([4, 0, 0, 4], [7, 0, 0, 7]));
}

#[tokio::test]
async fn returned_units_are_on_hand_where_they_are_received() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, AMAZON, 5).unwrap()[0];
    let order = client.netsuite().sell(item, AMAZON, 3, true).unwrap();
    let path = format!("/record/v1/salesOrder/{order}/!transform/itemFulfillment");
    client.post(&path, &json!({"shipStatus": "C"})).await.id();
    let path = format!("/record/v1/salesOrder/{order}/!transform/returnAuthorization");
    let back = client.post(&path, &json!({"orderStatus": "B"})).await.id();
    let path = format!("/record/v1/returnAuthorization/{back}/!transform/itemReceipt");
    let body = json!({"item": {"items": [{"orderLine": 1, "quantity": 2}]}});
    client.post(&path, &body).await.id();
    assert_eq!(figures(&client, item), [4, 0, 0, 4]);
}

#[tokio::test]
async fn items_that_were_never_stocked_have_no_figures_and_ship_freely() {
    let settings = NetSuiteSettings { enforce_commitment: true, ..NetSuiteSettings::default() };
    let client = Client::with(settings).await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    let rows = client.query(&format!("{LEVELS} WHERE i.id = ?"), &["7", "301"]).await;
    assert_eq!((rows[0].get("onhand"), &rows[0]["backordered"]), (None, &json!("3")));
    let shipped =
        client.post("/record/v1/salesOrder/1/!transform/itemFulfillment", &json!({"shipStatus": "C"})).await;
    assert_eq!(shipped.status, StatusCode::NO_CONTENT, "{}", shipped.text);
    let rows = client.query(&format!("{LEVELS} WHERE i.id = ?"), &["7", "301"]).await;
    assert!(rows[0].get("onhand").is_none() && rows[0].get("available").is_none(), "{rows:?}");
}

#[tokio::test]
async fn where_only_committed_units_ship_the_rest_is_refused() {
    let client = Client::start().await;
    client.netsuite().enforce_commitment(true);
    let item = client.netsuite().seed_items(1, AMAZON, 3).unwrap()[0];
    client.netsuite().sell(item, AMAZON, 2, true).unwrap();
    let second = client.netsuite().sell(item, AMAZON, 2, true).unwrap();
    let third = client.netsuite().sell(item, AMAZON, 2, true).unwrap();
    let ship = async |order: u64, quantity: u64| {
        let path = format!("/record/v1/salesOrder/{order}/!transform/itemFulfillment");
        let lines = json!({"items": [{"orderLine": 1, "quantity": quantity}]});
        client.post(&path, &json!({"shipStatus": "C", "item": lines})).await
    };
    assert_eq!(ship(third, 2).await.error().0, "VALID_LINE_ITEM_REQD");
    let (code, detail) = ship(second, 2).await.error();
    assert!(code == "USER_ERROR" && detail.contains("quantity committed (1)"), "{detail}");
    assert_eq!(ship(second, 1).await.status, StatusCode::NO_CONTENT);
    client.netsuite().adjust_stock(item, AMAZON, 5).unwrap();
    assert_eq!(ship(third, 2).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn levels_are_paged_by_key_and_looked_up_by_sku() {
    let client = Client::start().await;
    let ids = client.netsuite().seed_items(2500, AMAZON, 4).unwrap();
    client.netsuite().put_item(&json!({"itemId": "ELSEWHERE"})).unwrap();
    let page =
        format!("{LEVELS} WHERE i.id > ? AND i.itemtype IN ('InvtPart', 'Assembly', 'Kit') ORDER BY i.id");
    let (mut after, mut seen, mut pages) = ("0".to_owned(), Vec::new(), 0);
    loop {
        let reply = client.query_page(&page, &["7", &after], "?limit=1000").await.json();
        let rows = reply["items"].as_array().unwrap();
        seen.extend(column(rows, "id"));
        pages += 1;
        assert!(reply["totalResults"].as_u64().unwrap() >= rows.len() as u64);
        if reply["hasMore"] == json!(false) {
            break;
        }
        assert_eq!(rows.len(), 1000);
        after = seen.last().unwrap().clone();
    }
    assert_eq!((pages, seen.len()), (3, 2501));
    assert_eq!(seen[..2500], ids.iter().map(u64::to_string).collect::<Vec<_>>());
    let marks = vec!["?"; 1000].join(",");
    let skus: Vec<String> = (1..=1000).map(|number| format!("SKU-{:06}", number * 3)).collect();
    let mut parameters = vec!["7"];
    parameters.extend(skus.iter().map(String::as_str));
    let rows = client.query(&format!("{LEVELS} WHERE i.custitem_amz_sku IN ({marks})"), &parameters).await;
    assert_eq!((rows.len(), &rows[0]["onhand"]), (833, &json!("4")));
    let rows = client.query(&format!("{LEVELS} WHERE i.itemid = ?"), &["7", "ELSEWHERE"]).await;
    assert!(rows.len() == 1 && rows[0].get("onhand").is_none());
    let either = format!(
        "{LEVELS} WHERE ((i.custitem_amz_sku IN (?, ?) AND i.itemtype NOT IN ('Service')) OR i.id IN (?, ?)) \
         AND i.id > ? ORDER BY i.id"
    );
    let (first, second, last) = (ids[0].to_string(), ids[1].to_string(), ids[9].to_string());
    let named = ["7", "SKU-000002", "SKU-000005", &last, &second, &first];
    let rows = client.query(&either, &named).await;
    assert_eq!(column(&rows, "itemid"), ["SKU-000002", "SKU-000005", "SKU-000010"], "each of them once");
    client.netsuite().put_item(&json!({"itemId": "SKU-000003", "custitem_amz_sku": "moved"})).unwrap();
    let of_sku = format!("{LEVELS} WHERE i.custitem_amz_sku = ?");
    assert!(client.query(&of_sku, &["7", "SKU-000003"]).await.is_empty());
    assert_eq!(client.query(&of_sku, &["7", "moved"]).await.len(), 1);
}

#[tokio::test]
async fn levels_are_read_sorted_and_summed_from_their_own_table() {
    let client = Client::start().await;
    let ids = client.netsuite().seed_items(3, AMAZON, 4).unwrap();
    client.netsuite().set_on_hand(ids[1], 8, 6).unwrap();
    client.netsuite().set_average_cost(ids[1], AMAZON, Some("2.50".parse().unwrap())).unwrap();
    client.netsuite().set_incoming(ids[1], AMAZON, 3, 2).unwrap();
    let q = "SELECT item, quantityonorder AS o, quantityintransit AS t, averagecostmli, \
        TO_CHAR(lastquantityavailablechange, 'YYYY-MM-DD') AS changed FROM aggregateItemLocation \
        WHERE location = 7 AND item > ? ORDER BY item";
    let rows = client.query(q, &[&ids[0].to_string()]).await;
    assert_eq!(column(&rows, "item"), [ids[1].to_string(), ids[2].to_string()]);
    let shown = (&rows[0]["o"], &rows[0]["t"], &rows[0]["averagecostmli"], &rows[0]["changed"]);
    assert_eq!(shown, (&json!("3"), &json!("2"), &json!("2.5"), &json!("2026-03-02")));
    let sums = "SELECT item, SUM(quantityonhand) AS n FROM aggregateItemLocation GROUP BY item ORDER BY item";
    assert_eq!(column(&client.query(sums, &[]).await, "n"), ["4", "10", "4"]);
}

#[tokio::test]
async fn kinds_flags_and_custom_fields_of_items_are_shown() {
    let client = Client::start().await;
    let put = |item: Value| client.netsuite().put_item(&item).unwrap();
    put(json!({"itemId": "LOT", "isLotItem": true, "upcCode": "4006381333931"}));
    put(json!({"itemId": "SERIAL", "isSerialItem": true, "isInactive": true}));
    put(json!({"itemId": "BUILT", "itemType": "Assembly", "custitem_shelf": "B4", "custitem_weight": 2.5}));
    put(json!({"itemId": "LABOUR", "itemType": "Service", "externalId": "labour-1"}));
    let q = "SELECT itemid, itemtype, islotitem, isserialitem, isinactive, upccode, externalid, custitem_shelf, \
        custitem_weight FROM item ORDER BY id";
    let rows = client.query(q, &[]).await;
    assert_eq!(column(&rows, "itemtype"), ["InvtPart", "InvtPart", "Assembly", "Service"]);
    assert_eq!(column(&rows, "islotitem"), ["T", "F", "F", "F"]);
    assert_eq!(column(&rows, "isserialitem"), ["F", "T", "F", "F"]);
    assert_eq!(column(&rows, "isinactive"), ["F", "T", "F", "F"]);
    assert_eq!((&rows[2]["custitem_shelf"], &rows[2]["custitem_weight"]), (&json!("B4"), &json!("2.5")));
    assert_eq!((&rows[0]["upccode"], &rows[3]["externalid"]), (&json!("4006381333931"), &json!("labour-1")));
    assert!(client.get("/record/v1/lotNumberedInventoryItem/301").await.status.is_success());
}

#[tokio::test]
async fn columns_that_an_account_does_not_show_are_unknown() {
    let settings =
        NetSuiteSettings { hidden_columns: vec!["averagecostmli".to_owned()], ..NetSuiteSettings::default() };
    let client = Client::with(settings).await;
    let refused = client.query_page("SELECT averagecostmli FROM aggregateItemLocation", &[], "").await;
    assert!(refused.error().1.contains("Unknown identifier 'averagecostmli'"));
}

#[tokio::test]
async fn open_lines_are_found_with_their_orders() {
    let client = Client::start().await;
    client.netsuite().seed_items(2, AMAZON, 10).unwrap();
    let mut sold = order(1);
    sold["salesChannel"] = json!({"id": "5", "refName": "Web"});
    client.netsuite().load_sales_orders(vec![sold, order(2), order(3)]).unwrap();
    client.netsuite().edit_sales_order(2, &json!({"orderStatus": "A"})).unwrap();
    client.netsuite().close_lines("salesOrder", 3, &[]).unwrap();
    let body = json!({"shipStatus": "C", "item": {"items": [{"orderLine": 1, "quantity": 1},
        {"orderLine": 2, "itemReceive": false}]}});
    client.post("/record/v1/salesOrder/1/!transform/itemFulfillment", &body).await.id();
    let q = "SELECT t.id, tl.item, tl.itemtype, tl.quantity, tl.quantityshiprecv AS shipped, tl.isclosed, \
        tl.custcol_amz_fulfill AS flag, t.saleschannel, NVL(tl.location, m.location) AS place \
        FROM transaction t JOIN transactionline tl ON tl.transaction = t.id \
        JOIN transactionline m ON m.transaction = t.id AND m.mainline = 'T' \
        WHERE t.type = 'SalesOrd' AND t.status IN ('B', 'D', 'E') AND tl.mainline = 'F' AND tl.taxline = 'F' \
        AND tl.isclosed = 'F' AND tl.custcol_amz_line_id IS NULL AND t.custbody_amz_order_id IS NULL \
        AND tl.itemtype <> 'Service' AND ABS(tl.quantity) > tl.quantityshiprecv ORDER BY t.id, tl.id";
    let rows = client.query(q, &[]).await;
    assert_eq!(column(&rows, "item"), ["301", "302"]);
    assert_eq!(
        (column(&rows, "quantity"), column(&rows, "shipped")),
        (vec!["-3".into(), "-2".into()], vec!["1".into(), "0".into()])
    );
    assert_eq!(
        (&rows[0]["flag"], &rows[0]["saleschannel"], &rows[0]["place"]),
        (&json!("T"), &json!("5"), &json!("7"))
    );
}

#[tokio::test]
async fn something_happens_between_two_calls() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, AMAZON, 5).unwrap()[0];
    let cue = Cue::next("suiteql").holding("aggregateitemlocation").nth(2);
    client.netsuite().before(cue, move |netsuite| {
        netsuite.sell(item, AMAZON, 2, true).unwrap();
    });
    client.netsuite().after(Cue::next("suiteql"), move |netsuite| {
        netsuite.adjust_stock(item, AMAZON, 4).unwrap();
    });
    client.query("SELECT id FROM item", &[]).await;
    let read = async || {
        let rows = client.query(LEVELS, &["7"]).await;
        (rows[0]["onhand"].clone(), rows[0]["committed"].clone())
    };
    assert_eq!(read().await, (json!("9"), json!("0")));
    assert_eq!(read().await, (json!("9"), json!("2")));
    assert_eq!(client.netsuite().sales_orders().len(), 1, "it happens once");
    let now = item;
    client.netsuite().before_next("inventoryItem.get", move |netsuite| {
        netsuite.set_on_hand(now, AMAZON, 1).unwrap();
    });
    let shown = client.get(&format!("/record/v1/inventoryItem/{item}?expandSubResources=true")).await.json();
    assert_eq!(shown["locations"]["items"][0]["quantityOnHand"], 1);
}

#[tokio::test]
async fn stock_is_in_reach_of_the_control_interface() {
    let client = Client::start().await;
    let control = async |method: Method, path: &str, body: Value| {
        let url = format!("{}/netsuite{path}", client.running.control_url());
        netsuite_client::reply(client.http.request(method, url).json(&body).send().await.unwrap()).await
    };
    let seeded =
        control(Method::POST, "/items/seed", json!({"count": 3, "location": 7, "on_hand": 10})).await;
    assert_eq!(seeded.json(), json!({"ids": [301, 302, 303]}));
    control(Method::PUT, "/stock/7/302", json!({"on_hand": 2, "average_cost": 1.5})).await;
    control(Method::POST, "/stock/7/302/adjust", json!({"by": -1})).await;
    let order = control(Method::POST, "/stock/7/302/sell", json!({"quantity": 3})).await.json();
    assert!(client.netsuite().sales_order(order["id"].as_u64().unwrap()).is_some());
    let level = control(Method::GET, "/stock/7/302", json!({})).await.json();
    let expected = json!({"item": 302, "location": 7, "on_hand": 1, "committed": 1, "back_ordered": 2, "available": 0,
        "on_order": 0, "in_transit": 0, "average_cost": 1.5, "bins": []});
    assert_eq!(level, expected);
    let all = control(Method::GET, "/stock/7", json!({})).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    let adjustments = control(Method::GET, "/transactions/inventoryAdjustment", json!({})).await.json();
    assert_eq!(adjustments["items"][0]["inventory"]["items"][0]["adjustQtyBy"], -1);
    let habits = control(Method::PUT, "/stock-habits", json!({"enforce_commitment": true})).await.json();
    assert_eq!(habits, json!({"enforce_commitment": true, "refuse_negative_stock": false}));
    assert_eq!(control(Method::GET, "/stock/7/999", json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        control(Method::PUT, "/stock/7/999", json!({"on_hand": 1})).await.status,
        StatusCode::BAD_REQUEST
    );
}
