//! What a file of sales orders may look like, and what is said of one that may not.

use std::io::Write;

use amz_sandbox::Sandbox;
use serde_json::json;

use super::*;

fn order(id: u32) -> Value {
    json!({"id": id.to_string(), "tranId": format!("SO{id}"), "item": {"items": [{"line": 1, "item": {"id": "301"}}]}})
}

fn refusal(text: &str) -> String {
    format!("{:#}", parse(text).unwrap_err())
}

#[test]
fn an_array_json_lines_a_collection_and_a_single_order_are_read() {
    let orders = vec![order(1), order(2)];
    let lines = format!("{}\n\n  {}\r\n", orders[0], orders[1]);
    let collection = json!({"links": [], "count": 2, "hasMore": false, "items": orders});
    for text in [
        Value::from(orders.clone()).to_string(),
        serde_json::to_string_pretty(&orders).unwrap(),
        lines.clone(),
        format!("\u{feff}{lines}"),
        collection.to_string(),
        serde_json::to_string_pretty(&collection).unwrap(),
        format!("{}\n{}\n", json!({"items": [orders[0]]}), json!({"items": [orders[1]]})),
    ] {
        assert_eq!(parse(&text).unwrap(), orders, "{text}");
    }
    for text in [orders[0].to_string(), serde_json::to_string_pretty(&orders[0]).unwrap()] {
        assert_eq!(parse(&text).unwrap(), orders[..1], "{text}");
    }
}

#[test]
fn the_built_in_orders_are_read() {
    assert_eq!(parse(BUILT_IN).unwrap().len(), 10);
}

#[test]
fn an_order_without_its_lines_is_refused_with_its_position_and_what_is_missing() {
    let whole = order(1);
    for (broken, expected) in [
        (json!({"tranId": "SO7"}), "order 2 (SO7) has no item.items"),
        (json!({"id": 7, "links": []}), "order 2 (id 7) has no item.items"),
        (json!({"tranId": "SO7", "item": {"links": []}}), "order 2 (SO7) has an item without items"),
        (json!({"tranId": "SO7", "item": []}), "order 2 (SO7) has an item without items"),
        (json!({"item": {"items": {}}}), "order 2 has an item.items that is not a JSON array"),
        (json!("SO7"), "order 2 is not a JSON object"),
    ] {
        for text in [json!([whole, broken]).to_string(), json!({"items": [whole, broken]}).to_string()] {
            let refusal = refusal(&text);
            assert!(refusal.contains(expected), "{refusal}");
        }
    }
    assert!(
        refusal(r#"{"links": [], "id": "1"}"#).contains("expandSubResources"),
        "a list's member says how"
    );
    assert!(refusal(r#"{"items": 1}"#).contains("order 1 has no item.items"));
}

#[test]
fn two_orders_with_the_same_id_are_refused_however_it_is_written() {
    let mut numeric = order(1);
    numeric["id"] = json!(1);
    for again in [order(1), numeric] {
        let refusal = refusal(&json!([order(1), order(2), again]).to_string());
        assert!(refusal.contains("orders 1 and 3 have the same id 1"), "{refusal}");
    }
    let nameless = json!({"item": {"items": []}});
    assert_eq!(parse(&json!([nameless, nameless]).to_string()).unwrap().len(), 2, "no id is not the same id");
}

#[test]
fn what_is_not_json_is_named_by_its_line() {
    assert!(refusal("{\"a\": 1}\n{\"tranId\": ").contains("line 2 is not a sales order in JSON"));
    assert!(refusal("{").contains("neither a JSON array"));
    assert!(refusal("tranId;amount\nSO1;2").contains("neither a JSON array"));
    for empty in ["[]", r#"{"items": []}"#] {
        assert!(refusal(empty).contains("no sales order"), "{empty}");
    }
    assert!(parse("").is_err());
}

#[test]
fn repeats_keep_no_identity() {
    let mut first = order(1);
    first["item"]["items"][0]["lineUniqueKey"] = json!(11);
    let many = repeat(&[first, order(2)], 3);
    assert_eq!(many[2], json!({"tranId": "SO1003", "item": {"items": [{"line": 1, "item": {"id": "301"}}]}}));
}

#[tokio::test]
async fn an_order_that_takes_the_place_of_another_is_refused() {
    let running = Sandbox::start(Default::default()).await.unwrap();
    let load_all = |orders: Value| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "{orders}").unwrap();
        load(&running.sandbox.netsuite, Some(file.path()), None)
    };
    let mut without_id = order(1);
    without_id.as_object_mut().unwrap().remove("id");
    let given = load_all(json!([without_id])).unwrap()[0];
    let mut next = order(2);
    next["id"] = json!(given + 1);
    let refusal = format!("{:#}", load_all(json!([without_id, next])).unwrap_err());
    assert!(refusal.contains("order 2 (SO2) took the place of order 1"), "{refusal}");
    running.shutdown().await;
}
