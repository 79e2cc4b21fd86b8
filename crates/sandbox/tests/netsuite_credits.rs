//! Credit memos, cash refunds, customer refunds, and accounting periods.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::{BillKind, StaffLine};
use netsuite_client::{Client, lines, order};
use reqwest::Method;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A shipped order over 3 × 20.00 with 5.00 tax and 10 % discount, invoiced; and the invoice.
async fn invoiced() -> (Client, u64) {
    billed(BillKind::Invoice).await
}

async fn billed(kind: BillKind) -> (Client, u64) {
    let client = Client::start().await;
    let mut sold = order(1001);
    let line = r#"{"item": {"id": "301", "refName": "MUG-RED"}, "quantity": 3, "rate": 20.00, "tax1Amt": 5.00,
        "itemType": {"id": "InvtPart"}, "custcol_amz_line_id": "L1"}"#;
    sold["item"] = json!({"items": [serde_json::from_str::<Value>(line).unwrap()]});
    sold["discountTotal"] = json!(6);
    sold["shippingCost"] = json!(8);
    client.netsuite().load_sales_orders(vec![sold]).unwrap();
    client
        .post("/record/v1/salesOrder/1001/!transform/itemFulfillment", &json!({"shipStatus": "C"}))
        .await
        .id();
    let bill = client.netsuite().bill(1001, kind, &[]).unwrap();
    (client, bill)
}

fn credit_of(invoice: u64) -> String {
    format!("/record/v1/invoice/{invoice}/!transform/creditMemo")
}

async fn read(client: &Client, kind: &str, id: u64) -> Value {
    client.get(&format!("/record/v1/{kind}/{id}?expandSubResources=true")).await.json()
}

fn money(value: &Value) -> Decimal {
    dec(&value.to_string())
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_credit_takes_back_a_share_of_price_discount_and_tax() {
    let (client, invoice) = invoiced().await;
    let one = json!({"externalId": "amz-cm-1", "item": {"items": [{"orderLine": 1, "quantity": 1}]}});
    let id = client.post(&credit_of(invoice), &one).await.id();
    let credit = read(&client, "creditMemo", id).await;
    let line = &lines(&credit)[0];
    assert_eq!((money(&line["amount"]), money(&line["tax1Amt"])), (dec("18.00"), dec("1.67")));
    assert_eq!((&line["custcol_amz_line_id"], &credit["status"]["id"]), (&json!("L1"), &json!("A")));
    assert!(credit.get("shippingCost").is_none(), "freight is taken back only when asked");
    assert_eq!((money(&credit["total"]), money(&credit["amountRemaining"])), (dec("19.67"), dec("19.67")));
    let rest = client.post(&credit_of(invoice), &json!({"shippingCost": 8})).await.id();
    let rest = read(&client, "creditMemo", rest).await;
    assert_eq!((money(&rest["subtotal"]), money(&rest["taxTotal"])), (dec("36.00"), dec("3.33")));
    assert_eq!(money(&rest["total"]), dec("47.33"));
    assert_eq!(client.post(&credit_of(invoice), &json!({})).await.error().0, "VALID_LINE_ITEM_REQD");
}

#[tokio::test]
async fn amounts_in_the_body_hold_up_to_what_was_charged() {
    let (client, invoice) = invoiced().await;
    let with = |amount: &str, tax: &str| json!({"item": {"items": [{"orderLine": 1, "quantity": 1, "amount": amount, "tax1Amt": tax}]}});
    for (amount, tax, path) in [("60.5", "1", "amount"), ("18", "5.5", "tax1Amt")] {
        let reply = client.post(&credit_of(invoice), &with(amount, tax)).await;
        assert_eq!(reply.error().0, "USER_ERROR");
        assert_eq!(reply.json()["o:errorDetails"][0]["o:errorPath"], format!("item.items[0].{path}"));
    }
    let id = client.post(&credit_of(invoice), &with("7.5", "0.5")).await.id();
    let credit = read(&client, "creditMemo", id).await;
    assert_eq!((money(&credit["subtotal"]), money(&credit["total"])), (dec("7.5"), dec("8.0")));
    assert_eq!(
        client.post(&credit_of(invoice), &with("53", "0.5")).await.error().0,
        "USER_ERROR",
        "52.50 is left of the line"
    );
    let freight = json!({"shippingCost": 9, "item": {"items": [{"orderLine": 1, "quantity": 1}]}});
    assert_eq!(client.post(&credit_of(invoice), &freight).await.error().0, "USER_ERROR");
    let four = json!({"item": {"items": [{"orderLine": 1, "quantity": 4}]}});
    assert_eq!(client.post(&credit_of(invoice), &four).await.error().0, "USER_ERROR");
    let amount_alone = json!({"item": {"items": [{"orderLine": 1, "quantity": 1, "amount": 27}]}});
    let id = client.post(&credit_of(invoice), &amount_alone).await.id();
    assert_eq!(
        money(&read(&client, "creditMemo", id).await["taxTotal"]),
        dec("2.50"),
        "tax follows the amount"
    );
}

#[tokio::test]
async fn a_credit_is_applied_to_its_invoice_only_when_told() {
    let (client, invoice) = invoiced().await;
    let open = || client.netsuite().record("invoice", invoice).unwrap();
    assert_eq!(money(&open()["amountRemaining"]), dec("67.00"));
    let doc = json!({"id": invoice.to_string()});
    let applied = json!({
        "item": {"items": [{"orderLine": 1, "quantity": 1}]},
        "apply": {"items": [{"doc": doc, "apply": true}]}
    });
    let id = client.post(&credit_of(invoice), &applied).await.id();
    let credit = read(&client, "creditMemo", id).await;
    assert_eq!((&credit["status"]["id"], money(&credit["applied"])), (&json!("B"), dec("19.67")));
    assert_eq!(credit["apply"]["items"][0]["doc"]["id"], json!(invoice.to_string()));
    assert_eq!(money(&open()["amountRemaining"]), dec("47.33"));
    let take_back = json!({"apply": {"items": [{"doc": doc, "apply": false}]}});
    let path = format!("/record/v1/creditMemo/{id}");
    client.patch(&path, &take_back).await;
    assert_eq!(money(&open()["amountRemaining"]), dec("67.00"));
    client.netsuite().pay_invoice(invoice).unwrap();
    assert_eq!(open()["status"]["id"], "B");
    let again = json!({"apply": {"items": [{"doc": doc, "apply": true, "amount": 1}]}});
    assert_eq!(client.patch(&path, &again).await.error().0, "USER_ERROR", "a paid invoice takes no credit");
}

#[tokio::test]
async fn a_customer_refund_pays_out_a_credit() {
    let (client, invoice) = invoiced().await;
    let credit = client.netsuite().issue_credit_memo(("invoice", invoice), &[StaffLine::new(1, 1)]).unwrap();
    let refund = |amount: &str| {
        json!({
            "customer": {"id": "701"}, "account": {"id": "55"}, "externalId": "amz-rf-1", "custbody_amz_refund_id": "f1",
            "apply": {"items": [{"doc": {"id": credit.to_string()}, "apply": true, "amount": amount}]}
        })
    };
    let path = "/record/v1/customerRefund";
    assert_eq!(client.post(path, &refund("20")).await.error().0, "USER_ERROR", "19.67 is open");
    let mut nobody = refund("10");
    nobody["account"] = Value::Null;
    assert!(client.post(path, &nobody).await.error().1.contains("Account"));
    let id = client.post(path, &refund("10")).await.id();
    let made = client.get("/record/v1/customerRefund/eid:amz-rf-1?expandSubResources=true").await.json();
    assert_eq!(
        (&made["status"]["id"], money(&made["total"]), &made["id"]),
        (&json!("R"), dec("10"), &json!(id.to_string()))
    );
    assert_eq!(made["currency"]["refName"], "USD", "as on the credit");
    let open = || client.netsuite().record("creditMemo", credit).unwrap();
    assert_eq!((money(&open()["amountRemaining"]), &open()["status"]["id"]), (dec("9.67"), &json!("A")));
    let rest = client.netsuite().refund_customer(credit, None).unwrap();
    assert_eq!((money(&open()["amountRemaining"]), &open()["status"]["id"]), (dec("0"), &json!("B")));
    let gone = client.send(Method::DELETE, &format!("/record/v1/creditMemo/{credit}"), None).await;
    assert_eq!(gone.error().0, "USER_ERROR");
    assert!(client.netsuite().void("creditMemo", credit).is_err(), "refunds depend on it");
    client.netsuite().void("customerRefund", rest).unwrap();
    client.netsuite().void("customerRefund", id).unwrap();
    assert_eq!(money(&open()["amountRemaining"]), dec("19.67"));
    client.netsuite().void("creditMemo", credit).unwrap();
    assert_eq!((&open()["status"]["id"], money(&open()["total"])), (&json!("V"), dec("0")));
    let rows =
        client.query("SELECT voided, status FROM transaction WHERE id = ?", &[&credit.to_string()]).await;
    assert_eq!(rows, [json!({"links": [], "voided": "T", "status": "V"})]);
    assert_eq!(
        client.patch(&format!("/record/v1/creditMemo/{credit}"), &json!({"memo": "x"})).await.error().0,
        "USER_ERROR"
    );
    client.netsuite().issue_credit_memo(("invoice", invoice), &[StaffLine::new(1, 3)]).unwrap();
}

#[tokio::test]
async fn a_return_is_credited_once_goods_came_back() {
    let (client, sale) = billed(BillKind::CashSale).await;
    let id = client.netsuite().authorize_return(("cashSale", sale), &[StaffLine::new(1, 2)], true).unwrap();
    let refund = format!("/record/v1/returnAuthorization/{id}/!transform/cashRefund");
    assert_eq!(client.post(&refund, &json!({})).await.error().0, "VALID_LINE_ITEM_REQD");
    client.netsuite().receive(id, &[StaffLine::new(1, 1)]).unwrap();
    let two = json!({"item": {"items": [{"orderLine": 1, "quantity": 2}]}});
    assert_eq!(client.post(&refund, &two).await.error().0, "USER_ERROR");
    let made = client.post(&refund, &json!({"account": {"id": "55"}})).await.id();
    let made = read(&client, "cashRefund", made).await;
    assert_eq!((money(&made["subtotal"]), money(&made["taxTotal"])), (dec("18.00"), dec("1.67")));
    let state = || client.netsuite().record("returnAuthorization", id).unwrap()["status"]["id"].clone();
    assert_eq!(state(), "D");
    client.netsuite().receive(id, &[]).unwrap();
    assert_eq!(state(), "F", "all came back, half is refunded");
    client.netsuite().issue_cash_refund(("returnAuthorization", id), &[]).unwrap();
    assert_eq!(state(), "G");
    let direct = format!("/record/v1/cashSale/{sale}/!transform/cashRefund");
    let two = json!({"item": {"items": [{"orderLine": 1, "quantity": 2}]}});
    assert_eq!(
        client.post(&direct, &two).await.error().0,
        "USER_ERROR",
        "two were credited through the return"
    );
    client.post(&direct, &json!({})).await.id();
    assert_eq!(client.netsuite().count("cashRefund"), 3);
    assert_eq!(client.netsuite().documents_of(1001).len(), 8);
    let by_staff = client
        .netsuite()
        .issue_cash_refund(("cashSale", sale), &[StaffLine::new(1, 1).amount(dec("1")).tax(dec("0"))]);
    assert!(by_staff.is_err(), "everything was given back");
}

#[tokio::test]
async fn nothing_is_posted_into_a_closed_month() {
    let (client, invoice) = invoiced().await;
    client.netsuite().close_period(2026, 2).unwrap();
    let dated = |day: &str| json!({"tranDate": day, "item": {"items": [{"orderLine": 1, "quantity": 1}]}});
    let refused = client.post(&credit_of(invoice), &dated("2026-02-28")).await;
    let (code, text) = refused.error();
    assert_eq!(code, "USER_ERROR");
    assert!(text.contains("closed accounting period"), "{text}");
    let id = client.post(&credit_of(invoice), &dated("2026-03-01")).await.id();
    client.netsuite().close_period(2026, 3).unwrap();
    let path = format!("/record/v1/creditMemo/{id}");
    let memo = client.patch(&path, &json!({"memo": "later", "custbody_amz_sync_message": "seen"})).await;
    assert_eq!(memo.status.as_u16(), 204, "words change nothing in the ledger: {}", memo.text);
    assert_eq!(client.patch(&path, &json!({"tranDate": "2026-04-01"})).await.error().0, "USER_ERROR");
    assert_eq!(client.send(Method::DELETE, &path, None).await.error().0, "USER_ERROR");
    let returns = client.netsuite().authorize_return(("salesOrder", 1001), &[], true);
    assert!(returns.is_ok(), "a return authorization posts nothing");
    let q = "SELECT id, periodname, closed, TO_CHAR(startdate, 'YYYY-MM-DD') AS first, TO_CHAR(enddate, 'YYYY-MM-DD') AS last \
             FROM accountingperiod WHERE isquarter = 'F' AND isyear = 'F' AND isadjust = 'F' AND isinactive = 'F' \
             AND alllocked = 'F' AND closed = 'F' AND enddate >= TO_DATE(?, 'YYYY-MM-DD') ORDER BY startdate";
    let rows = client.query(q, &["2026-02-10"]).await;
    assert_eq!(
        (&rows[0]["periodname"], &rows[0]["first"], &rows[0]["last"]),
        (&json!("Apr 2026"), &json!("2026-04-01"), &json!("2026-04-30"))
    );
    client.netsuite().open_period(2026, 3).unwrap();
    assert_eq!(client.query(q, &["2026-02-10"]).await[0]["periodname"], "Mar 2026");
}
