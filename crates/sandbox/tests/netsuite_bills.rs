//! Orders becoming invoices and cash sales.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::{BillKind, NetSuiteSettings, StaffLine};
use netsuite_client::{Client, lines, order};
use reqwest::StatusCode;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const SHIP: &str = "/record/v1/salesOrder/1001/!transform/itemFulfillment";
const INVOICE: &str = "/record/v1/salesOrder/1001/!transform/invoice";

/// An order over 3 × 19.90, 2 × 0.10 and a service for 4, with tax on the first line, freight and a discount.
fn rich_order() -> Value {
    let mut order = order(1001);
    let extra = r#"{"tax": 4.93, "shipping": 6.00, "discount": -6.39, "rate": 1.25}"#;
    let extra: Value = serde_json::from_str(extra).unwrap();
    order["item"]["items"][0]["tax1Amt"] = extra["tax"].clone();
    order["item"]["items"][0]["custcol_amz_line_id"] = json!("L1");
    order["shippingCost"] = extra["shipping"].clone();
    order["discountTotal"] = extra["discount"].clone();
    order["exchangeRate"] = extra["rate"].clone();
    order["custbody_amz_order_id"] = json!("amzn1.order");
    order
}

async fn with_rich_order() -> Client {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![rich_order()]).unwrap();
    client
}

async fn ship(client: &Client, quantity: u64) {
    let body = json!({"shipStatus": "C", "item": {"items": [
        {"orderLine": 1, "quantity": quantity}, {"orderLine": 2, "itemReceive": false}
    ]}});
    client.post(SHIP, &body).await.id();
}

fn state(client: &Client) -> Value {
    client.netsuite().sales_order(1001).unwrap()["status"]["id"].clone()
}

/// The digits of a number.
fn digits(value: &Value) -> String {
    value.to_string()
}

#[tokio::test]
async fn bills_wait_for_goods_and_take_a_share_of_tax_and_discount() {
    let client = with_rich_order().await;
    assert_eq!(client.post(INVOICE, &json!({})).await.error().0, "VALID_LINE_ITEM_REQD", "nothing left yet");
    ship(&client, 1).await;
    assert_eq!(state(&client), "E");
    let first = client
        .post(INVOICE, &json!({"externalId": "inv-1", "item": {"items": [{"orderLine": 5, "quantity": 0}]}}))
        .await;
    let first =
        client.get(&format!("/record/v1/invoice/{}?expandSubResources=true", first.id())).await.json();
    assert_eq!(lines(&first).len(), 1, "only what was shipped");
    let line = &lines(&first)[0];
    assert_eq!((digits(&line["quantity"]), digits(&line["amount"])), ("1".into(), "19.90".into()));
    assert_eq!(digits(&line["tax1Amt"]), "1.64");
    assert_eq!((&line["orderLine"], &line["custcol_amz_line_id"]), (&json!(1), &json!("L1")));
    assert_eq!(digits(&first["shippingCost"]), "6.00", "freight goes on the first bill");
    assert_eq!(digits(&first["discountTotal"]), "-1.99");
    assert_eq!(digits(&first["total"]), "25.55");
    assert_eq!(digits(&first["amountRemaining"]), "25.55");
    assert_eq!(
        (&first["status"]["id"], &first["custbody_amz_order_id"]),
        (&json!("A"), &json!("amzn1.order"))
    );
    assert_eq!(
        (digits(&first["exchangeRate"]), &first["createdFrom"]["id"]),
        ("1.25".into(), &json!("1001"))
    );
    assert_eq!(state(&client), "D", "all that was shipped is billed");
    client.post(SHIP, &json!({"shipStatus": "C"})).await.id();
    assert_eq!(state(&client), "F");
    client.post(INVOICE, &json!({})).await.id();
    assert_eq!(state(&client), "G");
    let bills = client.netsuite().documents("invoice");
    let sum = |name: &str| {
        let values = bills.iter().filter_map(|bill| bill.get(name));
        values.map(|value| value.to_string().parse::<Decimal>().unwrap()).sum::<Decimal>()
    };
    assert_eq!(sum("discountTotal").to_string(), "-6.39", "shares add up to the whole");
    assert_eq!(sum("taxTotal").to_string(), "4.93");
    assert_eq!(sum("shippingCost").to_string(), "6.00");
    assert_eq!(sum("total").to_string(), client.netsuite().sales_order(1001).unwrap()["total"].to_string());
    let order = client.netsuite().sales_order(1001).unwrap();
    assert_eq!(digits(&lines(&order)[0]["quantityBilled"]), "3");
}

#[tokio::test]
async fn no_more_is_billed_than_was_shipped_unless_staff_do_it() {
    let client = with_rich_order().await;
    ship(&client, 1).await;
    let too_much = json!({"item": {"items": [{"orderLine": 1, "quantity": 2}]}});
    let reply = client.post(INVOICE, &too_much).await;
    assert_eq!((reply.status, reply.error().0.as_str()), (StatusCode::BAD_REQUEST, "USER_ERROR"));
    let unknown = json!({"item": {"items": [{"orderLine": 9, "quantity": 2}]}});
    assert_eq!(client.post(INVOICE, &unknown).await.error().0, "INVALID_CONTENT");
    let id = client.netsuite().bill(1001, BillKind::CashSale, &[StaffLine::new(1, 2)]).unwrap();
    let bill = client.netsuite().record("cashSale", id).unwrap();
    assert_eq!((lines(&bill).len(), &lines(&bill)[0]["quantity"]), (1, &json!(2)));
    assert!(client.netsuite().bill(1001, BillKind::Invoice, &[StaffLine::new(1, 2)]).is_err());
    client.netsuite().void("cashSale", id).unwrap();
    client.netsuite().bill(1001, BillKind::Invoice, &[StaffLine::new(1, 2)]).unwrap();
    let voided = client.netsuite().record("cashSale", id).unwrap();
    assert_eq!((&voided["status"]["id"], digits(&voided["total"])), (&json!("V"), "0".into()));
}

#[tokio::test]
async fn an_account_may_bill_in_advance() {
    let settings = NetSuiteSettings { bill_before_fulfillment: true, ..NetSuiteSettings::default() };
    let client = Client::with(settings).await;
    client.netsuite().load_sales_orders(vec![rich_order()]).unwrap();
    client.post("/record/v1/salesOrder/1001/!transform/cashSale", &json!({})).await.id();
    assert_eq!(state(&client), "B", "still to be shipped");
    client.post(SHIP, &json!({"shipStatus": "C"})).await.id();
    assert_eq!(state(&client), "G");
}

#[tokio::test]
async fn orders_are_loaded_as_billed() {
    let client = Client::start().await;
    for (id, by, letter) in [(1, "invoice", "G"), (2, "cashSale", "B")] {
        let mut billed = order(id);
        billed["status"] = json!({"id": letter});
        billed["billedBy"] = json!(by);
        client.netsuite().load_sales_orders(vec![billed]).unwrap();
    }
    assert_eq!((client.netsuite().count("invoice"), client.netsuite().count("cashSale")), (1, 1));
    assert_eq!(client.netsuite().sales_order(1).unwrap()["status"]["id"], "G");
    assert_eq!(client.netsuite().sales_order(2).unwrap()["status"]["id"], "B");
    let paid = client.netsuite().documents("invoice")[0].clone();
    client.netsuite().pay_invoice(paid["id"].as_str().unwrap().parse().unwrap()).unwrap();
    assert_eq!(client.netsuite().documents("invoice")[0]["status"]["id"], "B");
}

#[tokio::test]
async fn lines_of_an_order_shrink_and_close_down_to_what_left() {
    let client = with_rich_order().await;
    ship(&client, 1).await;
    let path = "/record/v1/salesOrder/1001";
    let patch = |columns: Value| json!({"item": {"items": [columns]}});
    assert_eq!(client.patch(path, &patch(json!({"line": 1, "quantity": 0}))).await.error().0, "USER_ERROR");
    let shrunk =
        client.patch(path, &patch(json!({"line": 1, "quantity": 1, "custcol_amz_fulfill": false}))).await;
    assert_eq!(shrunk.status, StatusCode::NO_CONTENT, "{}", shrunk.text);
    let order = client.netsuite().sales_order(1001).unwrap();
    let figures = [&lines(&order)[0]["amount"], &lines(&order)[0]["tax1Amt"], &order["taxTotal"]];
    assert_eq!(figures.map(digits), ["19.90", "1.64", "1.64"], "the tax follows the amount");
    client.netsuite().close_lines("salesOrder", 1001, &[2, 5]).unwrap();
    assert_eq!(state(&client), "F", "the rest is closed, what left is to be billed");
    client.post(INVOICE, &json!({})).await.id();
    assert_eq!(state(&client), "G");
}

#[tokio::test]
async fn staff_ask_for_a_cancellation_by_a_field() {
    let client = with_rich_order().await;
    client.clock().advance(std::time::Duration::from_secs(60));
    client.netsuite().set_cancel_state(1001, "requested", Some("customer")).unwrap();
    let q = "SELECT custbody_amz_cancel_state AS state, custbody_amz_cancel_reason AS reason, \
             TO_CHAR(lastmodifieddate, 'MI') AS minute FROM transaction WHERE id = ?";
    let rows = client.query(q, &["1001"]).await;
    assert_eq!(rows, [json!({"links": [], "state": "requested", "reason": "customer", "minute": "01"})]);
    client.netsuite().close_lines("salesOrder", 1001, &[]).unwrap();
    assert_eq!(state(&client), "H");
}
