//! The query service over what follows from an order; kits.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use std::time::Duration;

use amz_sandbox::netsuite::{BillKind, StaffLine};
use netsuite_client::{Client, lines, order};
use serde_json::{Value, json};

const SHIP: &str = "/record/v1/salesOrder/1001/!transform/itemFulfillment";

struct Trail {
    client: Client,
    fulfillment: u64,
    invoice: u64,
    authorization: u64,
    receipt: u64,
    credit: u64,
    refund: u64,
}

/// An order that went all the way from its sale to the money back.
async fn trail() -> Trail {
    let client = Client::start().await;
    let mut sold = order(1001);
    sold["item"]["items"][0]["custcol_amz_line_id"] = json!("L1");
    sold["custbody_amz_order_id"] = json!("amzn1.order");
    client.netsuite().load_sales_orders(vec![sold, order(1002)]).unwrap();
    let fulfillment = client.post(SHIP, &json!({"shipStatus": "C"})).await.id();
    let netsuite = client.netsuite();
    let invoice = netsuite.bill(1001, BillKind::Invoice, &[]).unwrap();
    let authorization =
        netsuite.authorize_return(("invoice", invoice), &[StaffLine::new(1, 1)], true).unwrap();
    let receipt = netsuite.receive(authorization, &[]).unwrap();
    let credit = netsuite.issue_credit_memo(("returnAuthorization", authorization), &[]).unwrap();
    client.clock().advance(Duration::from_secs(60));
    let refund = client.netsuite().refund_customer(credit, None).unwrap();
    Trail { client, fulfillment, invoice, authorization, receipt, credit, refund }
}

fn column(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_document_is_a_transaction_row() {
    let trail = trail().await;
    let q = "SELECT id, type, recordtype, BUILTIN.DF(status) AS words, status, foreigntotal, entity, voided, \
             custbody_amz_order_id AS amazon FROM transaction WHERE id > ? ORDER BY id";
    let rows = trail.client.query(q, &["1002"]).await;
    assert_eq!(
        column(&rows, "type"),
        ["ItemShip", "CustInvc", "RtnAuth", "ItemRcpt", "CustCred", "CustRfnd"]
    );
    assert_eq!(rows[2]["recordtype"], "returnauthorization");
    assert_eq!(
        (&rows[2]["words"], &rows[4]["words"]),
        (&json!("Return Authorization : Refunded"), &json!("Credit Memo : Fully Applied"))
    );
    assert_eq!((&rows[1]["foreigntotal"], &rows[4]["foreigntotal"]), (&json!("63.9"), &json!("-19.9")));
    assert!(column(&rows, "entity").iter().all(|entity| entity == "701"));
    assert_eq!(rows[4]["amazon"], "amzn1.order", "body fields carry over");
    let feed = "SELECT id, CASE WHEN createddate = lastmodifieddate THEN 1 ELSE 0 END AS isnew FROM transaction \
                WHERE type IN (?, ?, ?) AND (externalid IS NULL OR externalid = '') ORDER BY lastmodifieddate, id";
    let rows = trail.client.query(feed, &["CustCred", "CashRfnd", "CustRfnd"]).await;
    assert_eq!(column(&rows, "id"), [trail.credit.to_string(), trail.refund.to_string()]);
    assert_eq!(column(&rows, "isnew"), ["0", "1"], "the refund moved its credit");
}

#[tokio::test]
async fn lines_tell_what_they_were_made_from_and_in_which_direction() {
    let trail = trail().await;
    let q = "SELECT tl.transaction, tl.id, tl.quantity, tl.quantityshiprecv AS moved, tl.quantitybilled AS billed, \
             tl.createdfrom, tl.itemtype, tl.isclosed, tl.custcol_amz_line_id AS amazon \
             FROM transactionline tl WHERE tl.transaction IN (?, ?, ?, ?) AND tl.mainline = 'F' AND tl.taxline = 'F' \
             AND tl.item IS NOT NULL ORDER BY tl.transaction, tl.id";
    let ids = [trail.fulfillment, trail.authorization, trail.receipt, trail.credit].map(|id| id.to_string());
    let rows = trail.client.query(q, &ids.each_ref().map(String::as_str)).await;
    assert_eq!(column(&rows, "quantity"), ["-3", "-2", "1", "1", "1"]);
    assert_eq!(
        column(&rows, "createdfrom")[2..],
        [trail.invoice, trail.authorization, trail.authorization].map(|id| id.to_string())
    );
    assert_eq!(
        (&rows[2]["moved"], &rows[2]["billed"], &rows[2]["amazon"]),
        (&json!("1"), &json!("1"), &json!("L1"))
    );
    let main = "SELECT DISTINCT t.id, t.type FROM transactionline tl JOIN transaction t ON t.id = tl.transaction \
                WHERE tl.createdfrom = ? AND tl.mainline = 'T' ORDER BY t.type DESC, t.id";
    let rows = trail.client.query(main, &["1001"]).await;
    assert_eq!(column(&rows, "type"), ["ItemShip", "CustInvc"]);
}

#[tokio::test]
async fn links_lead_forward_and_back() {
    let trail = trail().await;
    let forward = "SELECT DISTINCT nextdoc, nexttype, linktype FROM NextTransactionLineLink WHERE previousdoc = ? ORDER BY nextdoc";
    let rows = trail.client.query(forward, &["1001"]).await;
    assert_eq!(column(&rows, "linktype"), ["ShipRcpt", "OrdBill"]);
    let rows = trail.client.query(forward, &[&trail.credit.to_string()]).await;
    assert_eq!(
        rows,
        [
            json!({"links": [], "nextdoc": trail.refund.to_string(), "nexttype": "CustRfnd", "linktype": "Payment"})
        ]
    );
    let back = "SELECT previousdoc, previousline, previoustype, t.custbody_amz_order_id AS amazon, s.id AS sale \
                FROM PreviousTransactionLineLink l JOIN transaction t ON t.id = l.previousdoc \
                LEFT JOIN transaction s ON s.id = l.previousdoc AND s.type = 'SalesOrd' WHERE l.nextdoc = ?";
    let rows = trail.client.query(back, &[&trail.invoice.to_string()]).await;
    assert_eq!(column(&rows, "previousline"), ["1", "2", "5"]);
    assert_eq!((&rows[0]["previoustype"], &rows[0]["sale"]), (&json!("SalesOrd"), &json!("1001")));
    let rows = trail.client.query(back, &[&trail.credit.to_string()]).await;
    assert_eq!((rows.len(), &rows[0]["previoustype"], rows[0].get("sale")), (1, &json!("RtnAuth"), None));
    let several = "SELECT l.nextdoc FROM NextTransactionLineLink l WHERE l.previousdoc IN (?, ?) OR l.nextdoc = ? ORDER BY l.nextdoc";
    let ids = [trail.authorization, trail.credit, trail.receipt].map(|id| id.to_string());
    let rows = trail.client.query(several, &ids.each_ref().map(String::as_str)).await;
    assert_eq!(
        column(&rows, "nextdoc"),
        [trail.receipt, trail.credit, trail.refund].map(|id| id.to_string())
    );
}

#[tokio::test]
async fn cases_choose_and_count() {
    let trail = trail().await;
    let q = "SELECT CASE type WHEN 'SalesOrd' THEN 'sale' WHEN 'CustCred' THEN 'credit' END AS word, \
             COUNT(*) AS n, SUM(CASE WHEN status IN ('B', 'G') THEN 1 ELSE 0 END) AS done FROM transaction \
             WHERE type IN ('SalesOrd', 'CustCred', 'ItemRcpt') GROUP BY CASE type WHEN 'SalesOrd' THEN 'sale' WHEN 'CustCred' THEN 'credit' END \
             ORDER BY word";
    let rows = trail.client.query(q, &[]).await;
    let expected = [
        json!({"links": [], "word": "credit", "n": "1", "done": "1"}),
        json!({"links": [], "word": "sale", "n": "2", "done": "2"}),
        json!({"links": [], "n": "1", "done": "0"}),
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn kits_ship_and_come_back_as_one_line_with_their_members() {
    let client = Client::start().await;
    let kit = json!({"itemId": "SET", "itemType": "Kit", "member": {"items": [
        {"item": {"refName": "MUG-RED"}, "quantity": 2}, {"item": {"refName": "SPOON"}, "quantity": 1}
    ]}});
    let kit_id = client.netsuite().put_item(&kit).unwrap();
    client.netsuite().put_item(&kit).unwrap();
    let shown = client.get(&format!("/record/v1/kitItem/{kit_id}?expandSubResources=true")).await.json();
    assert_eq!(shown["member"]["items"].as_array().unwrap().len(), 2, "given anew, not added");
    assert_eq!(
        (&shown["member"]["items"][0]["item"]["refName"], &shown["member"]["items"][0]["quantity"]),
        (&json!("MUG-RED"), &json!(2))
    );
    let q = "SELECT m.item, m.quantity, i.itemid FROM kititemmember m JOIN item i ON i.id = m.item WHERE m.parentitem = ? ORDER BY m.linenumber";
    let rows = client.query(q, &[&kit_id.to_string()]).await;
    assert_eq!(
        (column(&rows, "itemid"), column(&rows, "quantity")),
        (vec!["MUG-RED".into(), "SPOON".into()], vec!["2".into(), "1".into()])
    );

    let mut sold = order(1001);
    sold["item"] = json!({"items": [{"item": {"id": kit_id.to_string()}, "quantity": 3, "rate": 10, "itemType": {"id": "Kit"}}]});
    client.netsuite().load_sales_orders(vec![sold]).unwrap();
    let made = client
        .post(SHIP, &json!({"shipStatus": "C", "item": {"items": [{"orderLine": 1, "quantity": 2}]}}))
        .await
        .id();
    let path = format!("/record/v1/itemFulfillment/{made}");
    let read = || client.netsuite().record("itemFulfillment", made).unwrap();
    let quantities =
        |record: &Value| lines(record).iter().map(|line| line["quantity"].to_string()).collect::<Vec<_>>();
    assert_eq!(quantities(&read()), ["2", "4", "2"]);
    let members: Vec<Value> = lines(&read()).iter().map(|line| line["kitMemberOf"].clone()).collect();
    assert_eq!(members, [Value::Null, json!(1), json!(1)]);
    client.patch(&path, &json!({"item": {"items": [{"line": 1, "quantity": 3}]}})).await;
    assert_eq!(quantities(&read()), ["3", "6", "3"]);
    let order = client.netsuite().sales_order(1001).unwrap();
    assert_eq!((&order["status"]["id"], &lines(&order)[0]["quantityFulfilled"]), (&json!("F"), &json!(3)));
    client.netsuite().bill(1001, BillKind::CashSale, &[]).unwrap();
    let back =
        client.netsuite().authorize_return(("salesOrder", 1001), &[StaffLine::new(1, 1)], true).unwrap();
    let receipt = client.netsuite().receive(back, &[]).unwrap();
    let receipt = client.netsuite().record("itemReceipt", receipt).unwrap();
    assert_eq!(quantities(&receipt), ["1", "2", "1"]);
    assert_eq!(client.netsuite().record("returnAuthorization", back).unwrap()["status"]["id"], "F");
}
