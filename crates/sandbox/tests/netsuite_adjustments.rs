//! Inventory adjustments, bin transfers and fields of items over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::{CustomField, CustomFieldKind, NetSuiteSettings};
use netsuite_client::Client;
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const PATH: &str = "/record/v1/inventoryAdjustment";

fn on_hand(client: &Client, item: u64) -> i64 {
    i64::try_from(client.netsuite().stock_level(item, 7).unwrap().on_hand.unwrap()).unwrap()
}

fn adjustment(external_id: &str, lines: &[(u64, i64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(item, by)| json!({"item": {"id": item.to_string()}, "adjustQtyBy": by, "memo": "12 - 2"}))
        .collect();
    json!({"externalId": external_id, "account": {"id": "58"}, "adjLocation": {"id": "7"}, "tranDate": "2026-03-02",
        "memo": "Amazon at 09:00", "custbody_amz_origin": "amazon", "inventory": {"items": lines}})
}

async fn refused(client: &Client, body: &Value) -> String {
    let reply = client.post(PATH, body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
    let (code, detail) = reply.error();
    format!("{code}: {detail}")
}

#[tokio::test]
async fn an_adjustment_moves_what_is_on_hand_and_is_found_again() {
    let client = Client::start().await;
    let items = client.netsuite().seed_items(2, 7, 10).unwrap();
    let made = client.post(PATH, &adjustment("amz-ia-1-1", &[(items[0], 2), (items[1], -4)])).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    assert!(made.location.ends_with(&format!("/inventoryAdjustment/{}", made.id())));
    assert_eq!((on_hand(&client, items[0]), on_hand(&client, items[1])), (12, 6));
    let read = client.get(&format!("{PATH}/eid:amz-ia-1-1?expandSubResources=true")).await.json();
    assert_eq!(read["id"], json!(made.id().to_string()));
    assert_eq!((&read["memo"], &read["custbody_amz_origin"]), (&json!("Amazon at 09:00"), &json!("amazon")));
    assert_eq!(read["postingPeriod"]["refName"], "Mar 2026");
    let line = &read["inventory"]["items"][1];
    assert_eq!(
        (&line["adjustQtyBy"], &line["quantityOnHand"], &line["newQuantity"]),
        (&json!(-4), &json!(10), &json!(6))
    );
    assert_eq!((&line["location"]["id"], &line["memo"]), (&json!("7"), &json!("12 - 2")));
    let q = "SELECT t.id, t.type, tl.item, tl.quantity FROM transaction t JOIN transactionline tl ON tl.transaction = t.id \
        WHERE t.externalid = ? AND tl.mainline = 'F' ORDER BY tl.id";
    let rows = client.query(q, &["amz-ia-1-1"]).await;
    assert_eq!((&rows[1]["type"], &rows[1]["quantity"]), (&json!("InvAdjst"), &json!("-4")));
    assert_eq!(client.netsuite().inventory_adjustments().len(), 1);
}

#[tokio::test]
async fn an_external_id_is_taken_once_among_all_transactions() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, 7, 10).unwrap()[0];
    let order = json!({"externalId": "amz-x", "location": {"id": "7"},
        "item": {"items": [{"item": {"id": item.to_string()}, "quantity": 1}]}});
    client.netsuite().load_sales_orders(vec![order]).unwrap();
    assert!(refused(&client, &adjustment("amz-x", &[(item, 1)])).await.starts_with("DUP_RCRD"));
    client.post(PATH, &adjustment("amz-ia-1", &[(item, 1)])).await.id();
    assert!(refused(&client, &adjustment("amz-ia-1", &[(item, 1)])).await.contains("already exists"));
    assert_eq!(on_hand(&client, item), 11, "a refused adjustment moves nothing");
}

#[tokio::test]
async fn what_cannot_be_adjusted_is_refused() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, 7, 10).unwrap()[0];
    let put = |item: Value| client.netsuite().put_item(&item).unwrap();
    let kit = put(
        json!({"itemId": "KIT", "itemType": "Kit", "member": {"items": [{"item": {"id": item.to_string()}, "quantity": 1}]}}),
    );
    let service = put(json!({"itemId": "WORK", "itemType": "Service"}));
    let lot = put(json!({"itemId": "LOT", "isLotItem": true}));
    let serial = put(json!({"itemId": "SERIAL", "isSerialItem": true}));
    let gone = put(json!({"itemId": "GONE", "isInactive": true}));
    for (item, by, why) in [
        (item, 0, "Adjust Qty. By"),
        (kit, 1, "kits cannot be adjusted"),
        (service, 1, "not an inventory item"),
        (lot, 1, "configure the inventory detail in line 1"),
        (serial, 1, "configure the inventory detail in line 1"),
        (gone, 1, "is inactive"),
        (9999, 1, "Invalid reference key"),
    ] {
        let detail = refused(&client, &adjustment("amz-ia-1", &[(item, by)])).await;
        assert!(detail.contains(why), "{detail}");
    }
    let mut bare = adjustment("amz-ia-1", &[(item, 1)]);
    bare.as_object_mut().unwrap().remove("account");
    assert!(refused(&client, &bare).await.contains("Account"));
    let mut nowhere = adjustment("amz-ia-1", &[(item, 1)]);
    nowhere.as_object_mut().unwrap().remove("adjLocation");
    assert!(refused(&client, &nowhere).await.contains("Location"));
    nowhere["inventory"]["items"][0]["location"] = json!({"id": "7"});
    assert_eq!(client.post(PATH, &nowhere).await.status, StatusCode::NO_CONTENT);
    assert!(refused(&client, &adjustment("amz-ia-2", &[])).await.contains("at least one line"));
    let many = vec![(item, 1); 1001];
    assert!(refused(&client, &adjustment("amz-ia-2", &many)).await.contains("at most 1000 lines"));
    client.netsuite().close_period(2026, 2).unwrap();
    let mut late = adjustment("amz-ia-2", &[(item, 1)]);
    late["tranDate"] = json!("2026-02-20");
    assert!(refused(&client, &late).await.contains("closed accounting period"));
    let detailed =
        json!({"inventoryAssignment": {"items": [{"receiptInventoryNumber": "L1", "quantity": 1}]}});
    let mut with_lot = adjustment("amz-ia-2", &[(lot, 1)]);
    with_lot["inventory"]["items"][0]["inventoryDetail"] = detailed;
    assert_eq!(client.post(PATH, &with_lot).await.status, StatusCode::NO_CONTENT);
    assert_eq!((on_hand(&client, item), on_hand(&client, lot)), (11, 1));
}

#[tokio::test]
async fn a_thousand_lines_are_taken() {
    let client = Client::start().await;
    let items = client.netsuite().seed_items(1000, 7, 1).unwrap();
    let lines: Vec<(u64, i64)> = items.iter().map(|item| (*item, 2)).collect();
    let made = client.post(PATH, &adjustment("amz-ia-1", &lines)).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    assert_eq!(on_hand(&client, items[999]), 3);
}

#[tokio::test]
async fn with_several_subsidiaries_the_documents_name_theirs() {
    let client = Client::with(NetSuiteSettings { one_world: true, ..NetSuiteSettings::default() }).await;
    let item = client.netsuite().seed_items(1, 7, 10).unwrap()[0];
    let mut body = adjustment("amz-ia-1", &[(item, 1)]);
    assert!(refused(&client, &body).await.contains("Subsidiary"));
    body["subsidiary"] = json!({"id": "3"});
    assert_eq!(client.post(PATH, &body).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn stock_below_zero_is_refused_where_the_account_says_so() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, 7, 3).unwrap()[0];
    client.netsuite().refuse_negative_stock(true);
    let detail = refused(&client, &adjustment("amz-ia-1", &[(item, -2), (item, -2)])).await;
    assert!(detail.contains("line 2 below zero"), "{detail}");
    client.netsuite().refuse_negative_stock(false);
    client.post(PATH, &adjustment("amz-ia-1", &[(item, -2), (item, -2)])).await.id();
    assert_eq!(on_hand(&client, item), -1);
}

#[tokio::test]
async fn changes_and_deletions_of_adjustments_follow_through() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, 7, 3).unwrap()[0];
    let made = client.post(PATH, &adjustment("amz-ia-1", &[(item, 2)])).await.id();
    let path = format!("{PATH}/{made}");
    let changed = client.patch(&path, &json!({"memo": "looked at", "custbody_amz_origin": "netsuite"})).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text);
    assert_eq!(on_hand(&client, item), 5, "a memo moves nothing");
    let read = client.get(&path).await.json();
    assert_eq!((&read["memo"], &read["custbody_amz_origin"]), (&json!("looked at"), &json!("netsuite")));
    let lines = json!({"inventory": {"items": [{"line": 1, "adjustQtyBy": 4}]}});
    client.patch(&path, &lines).await;
    assert_eq!(on_hand(&client, item), 7);
    client.netsuite().delete_record("inventoryAdjustment", made).unwrap();
    assert_eq!(on_hand(&client, item), 3);
}

#[tokio::test]
async fn a_bin_transfer_moves_units_between_bins_and_never_more_than_there_are() {
    let client = Client::start().await;
    let item = client.netsuite().seed_items(1, 7, 0).unwrap()[0];
    let (good, bad) =
        (client.netsuite().put_bin(7, "GOOD").unwrap(), client.netsuite().put_bin(7, "BAD").unwrap());
    let elsewhere = client.netsuite().put_bin(8, "FAR").unwrap();
    client.netsuite().set_in_bin(item, good, 6).unwrap();
    let transfer = |external_id: &str, from: u64, to: u64, units: i64| {
        let row = json!({"binNumber": {"id": from.to_string()}, "toBinNumber": {"id": to.to_string()}, "quantity": units});
        json!({"externalId": external_id, "location": {"id": "7"}, "memo": "Amazon", "inventory": {"items": [
            {"item": {"id": item.to_string()}, "quantity": units, "inventoryDetail": {"inventoryAssignment": {"items": [row]}}}]}})
    };
    let path = "/record/v1/binTransfer";
    let made = client.post(path, &transfer("amz-ia-2-1", good, bad, 4)).await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text);
    let bins = client.netsuite().stock_level(item, 7).unwrap().bins;
    assert_eq!(bins, [(good, Decimal::from(2)), (bad, Decimal::from(4))]);
    assert_eq!(on_hand(&client, item), 6);
    for (from, to, units, why) in [
        (good, bad, 3, "1 units are missing"),
        (good, good, 1, "from one bin to another"),
        (good, elsewhere, 1, "Invalid bin number"),
        (good, bad, -1, "is not the line's"),
    ] {
        let reply = client.post(path, &transfer("amz-ia-2-2", from, to, units)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let negative = units < 0;
        assert!(negative || reply.error().1.contains(why), "{}", reply.text);
    }
    let without = json!({"location": {"id": "7"}, "inventory": {"items": [{"item": {"id": item.to_string()}, "quantity": 1}]}});
    assert!(client.post(path, &without).await.error().1.contains("inventory detail"));
    let q = "SELECT b.binnumber AS name, i.quantityonhand AS held FROM inventorybalance i JOIN bin b ON b.id = i.binnumber \
        WHERE i.item = ? AND i.location = ? ORDER BY b.id";
    let rows = client.query(q, &[&item.to_string(), "7"]).await;
    assert_eq!((rows.len(), &rows[1]["name"], &rows[1]["held"]), (2, &json!("BAD"), &json!("4")));
    let in_bin = "SUM(CASE WHEN b.binnumber = ? THEN b.quantityonhand ELSE 0 END)";
    let sums = format!(
        "SELECT b.item AS item, {in_bin} AS good, {in_bin} AS bad FROM inventorybalance b \
         WHERE b.location = ? AND b.binnumber IN (?, ?) AND b.item IN (?) GROUP BY b.item"
    );
    let (good_id, bad_id) = (good.to_string(), bad.to_string());
    let bound = [&*good_id, &*bad_id, "7", &*good_id, &*bad_id, &*item.to_string()];
    let rows = client.query(&sums, &bound).await;
    assert_eq!((rows.len(), &rows[0]["good"], &rows[0]["bad"]), (1, &json!("2"), &json!("4")));
    let typed = client.query("SELECT type FROM transaction WHERE externalid = 'amz-ia-2-1'", &[]).await;
    assert_eq!(typed[0]["type"], "BinTrnfr");
    let order = client.netsuite().sell(item, 7, 1, true).unwrap();
    let ship = format!("/record/v1/salesOrder/{order}/!transform/itemFulfillment");
    client.post(&ship, &json!({"shipStatus": "C"})).await.id();
    let bins = client.netsuite().stock_level(item, 7).unwrap().bins;
    assert_eq!(bins, [(good, Decimal::from(1)), (bad, Decimal::from(4))], "sales leave the first bin");
}

#[tokio::test]
async fn fields_of_items_are_written_under_the_name_of_their_kind() {
    let client = Client::start().await;
    let netsuite = client.netsuite();
    netsuite.declare_field(CustomField::new("custitem_amz_shown", CustomFieldKind::Number));
    netsuite.declare_field(CustomField::new("custitem_amz_shown_at", CustomFieldKind::DateTime));
    let body = json!({"custitem_amz_shown": 7, "custitem_amz_shown_at": "2026-03-02T09:00:00Z"});
    for (kind, code) in [("inventoryItem", "InvtPart"), ("assemblyItem", "Assembly"), ("kitItem", "Kit")] {
        let id = netsuite.put_item(&json!({"itemId": code, "itemType": code})).unwrap();
        let path = format!("/record/v1/{kind}/{id}");
        let written = client.patch(&path, &body).await;
        assert_eq!(written.status, StatusCode::NO_CONTENT, "{}", written.text);
        let read = client.get(&path).await.json();
        assert_eq!(
            (&read["custitem_amz_shown"], &read["custitem_amz_shown_at"]),
            (&json!(7), &json!("2026-03-02T09:00:00Z"))
        );
    }
    let first = client.query("SELECT id FROM item WHERE itemid = 'Kit'", &[]).await[0]["id"].clone();
    let wrong = client.patch(&format!("/record/v1/inventoryItem/{}", first.as_str().unwrap()), &body).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let rows =
        client.query("SELECT custitem_amz_shown AS n FROM item WHERE custitem_amz_shown = 7", &[]).await;
    assert_eq!(rows.len(), 3);
}
