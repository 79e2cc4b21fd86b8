//! The RESTlet: logging in, formats, and what its actions change.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault, FaultRule, LookAlike, Vendor};
use netsuite_client::{Client, Reply, order, reply};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/app/site/hosting/restlet.nl?script=customscript_amz_rt_event_entry&deploy=customdeploy_amz_rt_event_entry";

async fn ask(client: &Client, body: &Value) -> Reply {
    let url = format!("{}{PATH}", client.running.restlet_url());
    let authorization = client.sign("POST", &url);
    client.deliver(Method::POST, &url, Some(body), &authorization, &[]).await
}

async fn raw(client: &Client, method: Method, path: &str, media: Option<&str>, body: &'static str) -> Reply {
    let url = format!("{}{path}", client.running.restlet_url());
    let mut request = client.http.request(method.clone(), &url).body(body);
    request = request.header("authorization", client.sign(method.as_str(), &url));
    if let Some(media) = media {
        request = request.header("content-type", media);
    }
    reply(request.send().await.unwrap()).await
}

fn failure(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.json()["error"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_query_is_signed_and_a_refused_login_is_worded_as_restlets_do() {
    let client = Client::start().await;
    assert_eq!(ask(&client, &json!({"action": "ping"})).await.json(), json!({"ok": true, "version": 1}));
    let url = format!("{}{PATH}", client.running.restlet_url());
    let unsigned = client.sign("POST", url.split('?').next().unwrap());
    let refused = client.deliver(Method::POST, &url, Some(&json!({"action": "ping"})), &unsigned, &[]).await;
    assert_eq!(failure(&refused), (401, "INVALID_LOGIN_ATTEMPT".into()));
    assert_eq!(client.netsuite().login_audit_trail().last().unwrap().detail, "InvalidSignature");
    assert_eq!(client.running.sandbox.calls.count(Vendor::NetSuite, "restlet.ping"), 2);
}

#[tokio::test]
async fn the_content_type_decides_the_format_and_addresses_must_fit() {
    let client = Client::start().await;
    let ping = r#"{"action": "ping"}"#;
    let text = raw(&client, Method::POST, PATH, Some("text/plain"), ping).await;
    assert_eq!(text.status, StatusCode::BAD_REQUEST, "a script is given text as it is");
    assert!(text.text.starts_with("error code: AMZ_UNKNOWN_ACTION\nerror message: "), "{}", text.text);
    for media in [None, Some("Application/JSON"), Some("application/x-www-form-urlencoded")] {
        assert_eq!(raw(&client, Method::POST, PATH, media, ping).await.status.as_u16(), 415, "{media:?}");
    }
    let json = Some("application/json");
    assert_eq!(raw(&client, Method::POST, PATH, json, "{").await.status.as_u16(), 400);
    assert_eq!(raw(&client, Method::GET, PATH, None, "").await.status.as_u16(), 405);
    assert_eq!(raw(&client, Method::GET, PATH, json, ping).await.status.as_u16(), 400);
    let numbers = "/app/site/hosting/restlet.nl?script=1001&deploy=1";
    assert_eq!(raw(&client, Method::POST, numbers, json, ping).await.status, StatusCode::OK);
    let other = "/app/site/hosting/restlet.nl?script=customscript_other&deploy=1";
    assert_eq!(
        failure(&raw(&client, Method::POST, other, json, ping).await),
        (404, "SSS_INVALID_SCRIPTLET_ID".into())
    );
    client.netsuite().deploy_restlet(false);
    assert_eq!(failure(&ask(&client, &json!({"action": "ping"})).await).0, 404);
}

#[tokio::test]
async fn an_order_and_its_lines_are_marked_in_one_save() {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    let mark = json!({
        "action": "markOrder",
        "salesOrder": "1",
        "body": {"custbody_amz_sync_state": "sent", "custbody_amz_hold": true, "memo": "seen", "nothing": "x"},
        "lines": [
            {"line": 1, "fields": {"custcol_amz_line_id": "11-aa"}, "quantity": "2"},
            {"line": 2, "isClosed": true},
        ],
    });
    assert_eq!(ask(&client, &mark).await.json(), json!({"ok": true, "id": "1"}));
    let kept = client.netsuite().sales_order(1).unwrap();
    assert_eq!((&kept["custbody_amz_sync_state"], &kept["memo"]), (&json!("sent"), &json!("seen")));
    let line = |at: usize| kept["item"]["items"][at].clone();
    assert_eq!((&line(0)["custcol_amz_line_id"], &line(0)["quantity"]), (&json!("11-aa"), &json!(2)));
    assert_eq!(line(1)["isClosed"], true);
    let unknown =
        json!({"action": "markOrder", "salesOrder": 1, "body": {"memo": "y"}, "lines": [{"line": 9}]});
    assert_eq!(failure(&ask(&client, &unknown).await), (400, "AMZ_LINE_NOT_FOUND".into()));
    assert_eq!(client.netsuite().sales_order(1).unwrap()["memo"], "seen", "nothing was changed");
    let absent = json!({"action": "markOrder", "salesOrder": 77, "lines": []});
    assert_eq!(failure(&ask(&client, &absent).await).1, "RCRD_DSNT_EXIST");
    let bad = json!({"action": "markOrder", "salesOrder": "eid:1"});
    assert_eq!(failure(&ask(&client, &bad).await).1, "AMZ_BAD_REQUEST");
}

#[tokio::test]
async fn received_units_that_are_not_restocked_do_not_raise_what_is_on_hand() {
    let client = Client::start().await;
    let netsuite = client.netsuite();
    netsuite.load_sales_orders(vec![order(1)]).unwrap();
    netsuite.set_on_hand(301, 7, 10).unwrap();
    netsuite.set_on_hand(302, 7, 10).unwrap();
    netsuite
        .transform_as_staff(("salesOrder", 1), "itemFulfillment", &json!({"shipStatus": {"id": "C"}}))
        .unwrap();
    let authorization = netsuite.authorize_return(("salesOrder", 1), &[], true).unwrap();
    let on_hand = |item| netsuite.stock_level(item, 7).unwrap().on_hand.unwrap();
    assert_eq!((on_hand(301), on_hand(302)), (7.into(), 8.into()));
    let lines = netsuite.record("returnAuthorization", authorization).unwrap();
    let line = |at: usize| lines["item"]["items"][at]["line"].clone();
    let receive = json!({
        "action": "receive",
        "returnAuthorization": authorization,
        "externalId": "amz-ir-1",
        "date": "2026-03-02",
        "body": {"custbody_amz_return_id": "ret-1"},
        "lines": [
            {"orderLine": line(0), "quantity": "2", "restock": false},
            {"orderLine": line(1), "quantity": "1", "restock": true},
        ],
    });
    let made: u64 = ask(&client, &receive).await.json()["id"].as_str().unwrap().parse().unwrap();
    assert_eq!((on_hand(301), on_hand(302)), (7.into(), 9.into()));
    assert_eq!(netsuite.lines_kept_out_of_stock(made), [line(0).as_u64().unwrap()]);
    let receipt = netsuite.record("itemReceipt", made).unwrap();
    assert_eq!(
        (&receipt["externalId"], &receipt["custbody_amz_return_id"]),
        (&json!("amz-ir-1"), &json!("ret-1"))
    );
    let mut again = receive.clone();
    again["lines"][0]["quantity"] = json!(1);
    let again = ask(&client, &again).await;
    assert_eq!(failure(&again), (400, "DUP_RCRD".into()));
    let mut missing = receive.clone();
    missing["lines"][0].as_object_mut().unwrap().remove("restock");
    assert_eq!(failure(&ask(&client, &missing).await).1, "AMZ_BAD_REQUEST");
    netsuite.take_permission("TRAN_RTNAUTHRECEIVE");
    assert_eq!(failure(&ask(&client, &receive).await).1, "INSUFFICIENT_PERMISSION");
}

#[tokio::test]
async fn the_tax_of_lines_is_set_where_taxes_stand_on_lines() {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    let bill = client.netsuite().bill(1, BillKind::CashSale, &[]);
    assert!(bill.is_ok(), "staff bill before goods left");
    let bill = bill.unwrap();
    let line = client.netsuite().record("cashSale", bill).unwrap()["item"]["items"][0]["line"].clone();
    let tax = json!({"action": "setLineTax", "recordType": "cashsale", "id": bill, "lines": [{"line": line, "tax": "1.45"}]});
    assert_eq!(ask(&client, &tax).await.json()["id"], json!(bill.to_string()));
    let kept = client.netsuite().record("cashSale", bill).unwrap();
    assert_eq!(kept["item"]["items"][0]["tax1Amt"].to_string(), "1.45");
    let none = json!({"action": "setLineTax", "recordType": "itemReceipt", "id": bill, "lines": []});
    assert_eq!(failure(&ask(&client, &none).await).1, "AMZ_BAD_REQUEST");
}

#[tokio::test]
async fn faults_and_missing_slots_are_worded_as_restlets_do() {
    let client = Client::start().await;
    client.netsuite().set_slots(0);
    let ping = json!({"action": "ping"});
    assert_eq!(failure(&ask(&client, &ping).await), (400, "SSS_REQUEST_LIMIT_EXCEEDED".into()));
    client.netsuite().set_slots(1);
    let faults = [
        (Fault::ServerError, (500, "UNEXPECTED_ERROR")),
        (Fault::TooManyRequests { retry_after_s: None }, (400, "SSS_REQUEST_LIMIT_EXCEEDED")),
        (Fault::LoginRefused, (401, "INVALID_LOGIN_ATTEMPT")),
        (Fault::ThrottleLookAlike(LookAlike::ConcurrencyWithBadRequest), (400, "CONCURRENCY_LIMIT_EXCEEDED")),
    ];
    for (fault, (status, code)) in faults {
        client.running.sandbox.faults.add(FaultRule {
            vendor: Vendor::NetSuite,
            operation: Some("restlet.ping".into()),
            calls: CallSelector::Nth(1),
            fault,
        });
        assert_eq!(failure(&ask(&client, &ping).await), (status, code.into()));
        client.running.sandbox.faults.clear();
    }
}
