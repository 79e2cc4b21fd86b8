//! Orders that a shopper places in the shop.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, alias, merchant, order};
use amz_sandbox::amazon::{CheckoutLine, CheckoutOrder, PackageState};
use serde_json::json;

fn shop_order() -> CheckoutOrder {
    let line = CheckoutLine::new("SKU-1", 2).alias("EXTERNAL_ITEM_ID", "gid-77");
    CheckoutOrder::of(vec![line, CheckoutLine::new("SKU-2", 1)])
        .alias("EXTERNAL_ID", "5551001")
        .alias("EXTERNAL_DISPLAY_ID", "#1001")
        .link("EXTERNAL_ORDER_MANAGEMENT", "https://shop.example/orders/5551001")
        .link("BWP_STOREFRONT", "https://bwp.example/orders/1")
}

fn place(merchant: &Merchant) -> String {
    merchant.amazon().place_checkout_order(&shop_order()).unwrap()
}

#[tokio::test]
async fn a_shoppers_order_is_found_by_id_and_by_the_names_of_the_shop() {
    let merchant = merchant().await;
    let id = place(&merchant);
    let found = merchant.look_up(json!({ "alias": alias("EXTERNAL_DISPLAY_ID", "#1001") })).await;
    let found = &found["data"]["order"];
    assert_eq!(found["id"], json!(id));
    assert_eq!(found["metadata"]["executionState"], "STARTED");
    assert_eq!(found["aliases"][0], alias("EXTERNAL_ID", "5551001"));
    assert_eq!(found["orderLinks"][0]["url"], "https://shop.example/orders/5551001");
    let line = &found["lineItems"][0];
    assert_eq!((&line["product"]["sku"]["value"], &line["amount"]["value"]), (&json!("SKU-1"), &json!(2)));
    assert_eq!(line["aliases"][0], alias("EXTERNAL_ITEM_ID", "gid-77"));
    assert_eq!(line["deliveryOffer"]["details"]["deliveryTerms"]["isPrimeEligible"], true);
    assert_eq!(found["packageInformation"]["summary"]["state"], "PENDING");
    let by_id = merchant.look_up(json!({ "orderId": id })).await;
    assert_eq!(by_id["data"]["order"]["id"], json!(id));
}

#[tokio::test]
async fn it_confirms_with_the_documented_data_even_where_other_events_are_thin() {
    let merchant = merchant().await;
    let id = place(&merchant);
    let thin = CheckoutOrder { thin_event: true, ..CheckoutOrder::of(vec![CheckoutLine::new("SKU-1", 1)]) };
    merchant.amazon().place_checkout_order(&thin).unwrap();
    let events = merchant.amazon().events();
    assert_eq!(events[0].event_type, "ORDER_CONFIRMED");
    let data = &events[0].body["data"]["order"];
    assert_eq!(data["id"], json!(id));
    assert_eq!(data["metadata"][0]["executionState"], "STARTED");
    assert_eq!(data["customer"][0]["contact"]["email"], "sam@shopper.example");
    assert!(data["customer"][0]["bwpCustomerId"].is_string());
    let line = &data["lineItems"][0];
    assert_eq!(line["aliases"], alias("EXTERNAL_ITEM_ID", "gid-77"));
    assert_eq!(line["amount"], json!({ "unit": "ONE", "value": "2" }));
    assert_eq!(line["product"]["amazonSku"]["value"], "SKU-1");
    assert_eq!(events[1].body["data"], json!({}));
}

#[tokio::test]
async fn it_ships_cancels_and_takes_names_like_any_order() {
    let merchant = merchant().await;
    let id = place(&merchant);
    let amazon = merchant.amazon();
    let package = amazon.order(&id).unwrap().packages[0].id.clone();
    amazon.ship(&id, &package, "ups", "1Z-SHOP").unwrap();
    amazon.deliver(&id, &package).unwrap();
    assert_eq!(amazon.order(&id).unwrap().packages[0].state, PackageState::Delivered);
    let again = amazon.place_checkout_order(&shop_order()).unwrap_err();
    assert!(again.to_string().contains("alias"), "{again}");
    let mut ours = order("A");
    ours["aliases"] = json!([alias("EXTERNAL_ID", "5551001")]);
    let refused = merchant.create(&ours).await;
    assert_eq!(amazon_support::refusal(&refused), ("ConflictError", "AliasValueAlreadyExists"));
}

#[tokio::test]
async fn the_control_interface_places_one_too() {
    let merchant = merchant().await;
    let body = json!({
        "aliases": [{ "alias_type": "EXTERNAL_ID", "alias_id": "77" }],
        "order_links": [{ "destination_type": "EXTERNAL_ORDER_TRACKING", "url": "https://shop.example/77" }],
        "lines": [{ "sku": "SKU-9", "quantity": 3, "price": 4 }],
    });
    let url = format!("{}/amazon/orders", merchant.running.control_url());
    let placed = merchant.http.post(&url).json(&body).send().await.unwrap();
    let placed: serde_json::Value = placed.json().await.unwrap();
    let order = merchant.amazon().order(placed["order"].as_str().unwrap()).unwrap();
    assert!(order.has_alias("EXTERNAL_ID", "77"));
    assert_eq!(order.document()["totalPrice"]["value"]["amount"].to_string(), "12");
    let empty = merchant.http.post(&url).json(&json!({})).send().await.unwrap();
    assert_eq!(empty.status().as_u16(), 409);
}
