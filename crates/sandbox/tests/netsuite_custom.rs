//! Custom records, custom fields and permissions, as an integration meets them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod netsuite_client;

use amz_sandbox::netsuite::{CustomField, CustomFieldKind, CustomRecordType};
use netsuite_client::{Client, Reply, order};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const AUDIT: &str = "/record/v1/customrecord_amz_audit_log";
const CONFIG: &str = "/record/v1/customrecord_amz_config";

fn refused(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.error().0)
}

#[tokio::test]
async fn entries_are_written_by_external_id_in_a_name_space_of_their_own() {
    let client = Client::start().await;
    let entry = json!({
        "custrecord_amz_config_key": "stock.buffer",
        "custrecord_amz_config_value": "3",
        "custrecord_amz_config_version": 7,
        "custrecord_amz_config_changed_at": "2026-03-02T09:00:00Z",
    });
    let path = format!("{CONFIG}/eid:main-stock-buffer");
    let id = client.send(Method::PUT, &path, Some(&entry)).await.id();
    let again =
        client.send(Method::PUT, &path, Some(&json!({"custrecord_amz_config_value": "4"}))).await.id();
    assert_eq!(id, again);
    let other = client.post(AUDIT, &json!({"externalId": "main-stock-buffer"})).await;
    assert_eq!(other.status, StatusCode::NO_CONTENT, "another type, another name space");
    let kept = client.get(&path).await.json();
    assert_eq!(
        (&kept["custrecord_amz_config_value"], &kept["custrecord_amz_config_version"]),
        (&json!("4"), &json!(7))
    );
    let taken = client.post(CONFIG, &json!({"externalId": "main-stock-buffer"})).await;
    assert_eq!(taken.status, StatusCode::BAD_REQUEST);
    client.patch(&format!("{CONFIG}/{id}"), &json!({"custrecord_amz_config_value": "5"})).await;
    client
        .netsuite()
        .edit_document("customrecord_amz_config", id, &json!({"custrecord_amz_config_key": "x"}))
        .unwrap();
    let kept = client.netsuite().records("customrecord_amz_config");
    assert_eq!((kept.len(), &kept[0]["custrecord_amz_config_key"]), (1, &json!("x")));
    assert_eq!(kept[0]["custrecord_amz_config_value"], "5");
    let gone = client.send(Method::DELETE, &path, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(refused(&client.get(&path).await), (404, "NONEXISTENT_ID".into()));
}

#[tokio::test]
async fn values_have_to_fit_and_unknown_names_are_ignored_unless_asked() {
    let client = Client::start().await;
    for bad in [
        json!({"custrecord_amz_audit_status": "ok"}),
        json!({"custrecord_amz_audit_status": 1.5}),
        json!({"custrecord_amz_audit_at": "yesterday"}),
        json!({"custrecord_amz_audit_code": {"id": "1"}}),
    ] {
        assert_eq!(refused(&client.post(AUDIT, &bad).await), (400, "INVALID_CONTENT".into()), "{bad}");
    }
    let foreign = json!({"custrecord_amz_config_key": "a field of another type"});
    let id = client.post(AUDIT, &foreign).await.id();
    let kept = client.get(&format!("{AUDIT}/{id}")).await.json();
    assert_eq!(kept.get("custrecord_amz_config_key"), None);
    let strict = [("x-netsuite-propertynamevalidation", "error")];
    let strict = client.send_with(Method::POST, AUDIT, Some(&foreign), &strict).await;
    assert_eq!(refused(&strict), (400, "INVALID_CONTENT".into()));
    assert_eq!(refused(&client.post("/record/v1/customrecord_amz_none", &json!({})).await).0, 404);
}

#[tokio::test]
async fn entries_are_queried_by_id_and_by_their_fields() {
    let client = Client::start().await;
    for number in 1..=3 {
        let entry = json!({
            "externalId": format!("a-{number}"),
            "custrecord_amz_audit_operation": if number == 2 { "suiteql" } else { "salesOrder.get" },
            "custrecord_amz_audit_status": 200 + number,
            "custrecord_amz_audit_at": format!("2026-03-02T09:00:0{number}Z"),
        });
        client.post(AUDIT, &entry).await.id();
    }
    let q = "SELECT id, externalid, custrecord_amz_audit_status AS status, \
             TO_CHAR(custrecord_amz_audit_at, 'YYYY-MM-DD HH24:MI:SS') AS at FROM customrecord_amz_audit_log \
             WHERE custrecord_amz_audit_operation = ? AND id > ? ORDER BY id";
    let rows = client.query(q, &["salesOrder.get", "1"]).await;
    // Shown in the user's zone, like all of SuiteQL's dates.
    assert_eq!(
        rows,
        [json!({"links": [], "id": "3", "externalid": "a-3", "status": "203", "at": "2026-03-02 01:00:03"})]
    );
    for (q, detail) in [
        ("SELECT custrecord_amz_audit_none FROM customrecord_amz_audit_log", "Unknown identifier"),
        ("SELECT custrecord_amz_config_key FROM customrecord_amz_audit_log", "Unknown identifier"),
        ("SELECT id FROM customrecord_amz_none", "was not found"),
    ] {
        let reply = client.query_page(q, &[], "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert!(reply.error().1.contains(detail), "{}", reply.text);
    }
    client.netsuite().drop_record_type("customrecord_amz_audit_log");
    assert_eq!(client.get(&format!("{AUDIT}/1")).await.status, StatusCode::NOT_FOUND);
    client.netsuite().declare_record_type(CustomRecordType {
        script_id: "customrecord_amz_audit_log".into(),
        fields: vec![CustomField::new("custrecord_amz_audit_at", CustomFieldKind::DateTime)],
    });
    let q = "SELECT custrecord_amz_audit_status FROM customrecord_amz_audit_log";
    assert_eq!(client.query_page(q, &[], "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_catalogue_tells_custom_fields_and_their_kinds() {
    let client = Client::start().await;
    let path = "/record/v1/metadata-catalog/salesOrder";
    let schema = [("accept", "application/schema+json")];
    let described = client.send_with(Method::GET, path, None, &schema).await.json();
    let of = |name: &str| described["properties"][name].clone();
    assert_eq!(
        (&of("custbody_amz_hold")["type"], &of("custbody_amz_hold")["x-ns-custom-field"]),
        (&json!("boolean"), &json!(true))
    );
    assert_eq!(of("custbody_amz_milestone_at")["format"], "date-time");
    assert_eq!(of("custbody_amz_none"), Value::Null);
    let line = &described["properties"]["item"]["properties"]["items"]["items"]["properties"];
    assert_eq!(line["custcol_amz_fulfill"]["type"], "boolean");
    let names =
        client.get("/record/v1/metadata-catalog?select=salesOrder,customrecord_amz_outbox").await.json();
    assert_eq!(names["items"].as_array().unwrap().len(), 2);
    let other = client.send_with(Method::GET, "/record/v1/metadata-catalog/nothing", None, &schema).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_missing_permission_is_named_by_what_needs_it() {
    let client = Client::start().await;
    client.netsuite().load_sales_orders(vec![order(1)]).unwrap();
    let query = |q: &str| ("/query/v1/suiteql", Some(json!({"q": q})));
    let get = |path: &'static str| (path, None);
    let transform = ("/record/v1/salesOrder/1/!transform/itemFulfillment", Some(json!({})));
    let cases: [(&str, (&str, Option<Value>)); 9] = [
        ("TRAN_SALESORD", get("/record/v1/salesOrder/1")),
        ("TRAN_SALESORDFULFILL", transform),
        ("LIST_LOCATION", get("/record/v1/location/7")),
        ("LIST_LOCATION", query("SELECT id FROM location")),
        ("TRAN_FIND", query("SELECT id FROM transaction")),
        ("REPO_ANALYTICS", query("SELECT id FROM item")),
        ("LIST_CUSTRECORDENTRY", get(AUDIT)),
        ("customrecord_amz_audit_log", get(AUDIT)),
        ("ADMI_RESTWEBSERVICES", get("/record/v1/customer")),
    ];
    for (permission, (path, body)) in &cases {
        let method = || if body.is_some() { Method::POST } else { Method::GET };
        let ask = async || client.send_with(method(), path, body.as_ref(), &[("prefer", "transient")]).await;
        client.netsuite().take_permission(permission);
        let reply = ask().await;
        assert_eq!(refused(&reply), (403, "INSUFFICIENT_PERMISSION".into()), "{permission}");
        assert!(reply.error().1.contains(permission), "{}", reply.text);
        assert_eq!(client.get("/system/v1/serverTime").await.status, StatusCode::OK);
        client.netsuite().give_permission(permission);
        assert!(ask().await.status.is_success(), "{permission}");
    }
    client.netsuite().take_permission("ADMI_LOGIN_OAUTH");
    assert_eq!(client.get("/system/v1/serverTime").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn accounts_and_subsidiaries_can_be_looked_up() {
    let client = Client::start().await;
    let account =
        json!({"id": 58, "acctNumber": "5010", "acctName": "Adjustments", "acctType": {"id": "COGS"}});
    client.netsuite().put_record("account", &account).unwrap();
    client.netsuite().put_record("subsidiary", &json!({"id": 1, "name": "Parent"})).unwrap();
    let rows = client.query("SELECT id, acctnumber, isinactive FROM account WHERE id = ?", &["58"]).await;
    assert_eq!(rows, [json!({"links": [], "id": "58", "acctnumber": "5010", "isinactive": "F"})]);
    assert_eq!(client.query("SELECT id, name FROM subsidiary", &[]).await[0]["name"], "Parent");
    assert_eq!(client.get("/record/v1/account/58").await.json()["acctName"], "Adjustments");
}
