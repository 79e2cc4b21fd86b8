//! F-22: invented data.

use amz_sandbox::Vendor;
use serde_json::{Value, json};

use crate::orders::{order, text};
use crate::stage::Stage;

fn calls_to_amazon(stage: &Stage) -> usize {
    stage.wire().iter().filter(|call| call.vendor == Vendor::Amazon).count()
}

/// The order without one part of its address.
fn without(part: &str) -> Value {
    let mut order = order("SO-1");
    order["shippingAddress"].as_object_mut().unwrap().remove(part);
    order
}

#[tokio::test]
async fn f22_address_without_city_is_parked() {
    let stage = Stage::new().await;
    let id = stage.enter_one(without("city"));
    stage.settle().await;

    assert_eq!(calls_to_amazon(&stage), 0, "Amazon is not even asked for a token");
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].key, Stage::lane(id));
    assert_eq!(parked[0].subject, "order");
    assert_eq!(parked[0].reason.code, "address_incomplete");
    assert!(parked[0].reason.cause.contains("city"), "{}", parked[0].reason.cause);
    assert!(!parked[0].reason.hint.is_empty());
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_sync_state"), "parked");
    let message = text(&order, "custbody_amz_sync_message");
    assert!(message.contains("address_incomplete") && message.contains("city"), "{message}");
    assert_eq!(text(&order, "custbody_amz_order_id"), "");
    assert_eq!(order["shippingAddress"].get("city").and_then(Value::as_str).unwrap_or_default(), "");

    let mut address = crate::orders::order("SO-1")["shippingAddress"].clone();
    address["city"] = "Springfield".into();
    stage.advance(std::time::Duration::from_secs(60));
    stage.netsuite().edit_sales_order(id, &json!({"shippingAddress": address})).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let amazon = stage.amazon_order(id);
    assert_eq!(amazon.input["recipient"]["deliveryAddress"]["locality"], json!("Springfield"));
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_sync_state"), "sent");
    assert_eq!(text(&order, "custbody_amz_sync_message"), "", "the reason is gone");
}

#[tokio::test]
async fn f22_no_part_of_an_address_is_ever_made_up() {
    for part in ["addressee", "addr1", "city", "state", "zip", "country"] {
        let stage = Stage::new().await;
        let id = stage.enter_one(without(part));
        stage.settle().await;
        assert_eq!(stage.parked_codes(id).await, ["address_incomplete"], "without {part}");
        assert_eq!(calls_to_amazon(&stage), 0, "without {part}");
    }
}

#[tokio::test]
async fn f22_an_order_without_email_is_parked() {
    let stage = Stage::new().await;
    let mut order = order("SO-1");
    order.as_object_mut().unwrap().remove("email");
    let id = stage.enter_one(order);
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["contact_incomplete"]);
    assert_eq!(calls_to_amazon(&stage), 0);
}
