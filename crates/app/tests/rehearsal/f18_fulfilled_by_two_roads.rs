//! F-18: an order that reaches Amazon by the shop's checkout and NetSuite by the shop's connector.

use amz_sandbox::amazon::{CheckoutLine, CheckoutOrder};
use rust_decimal::Decimal;
use serde_json::json;

use crate::orders::{fulfilled, order, pending, text};
use crate::stage::{CONNECTION, Stage};

/// The sales channel of the shop's checkout.
const CHANNEL: &str = "4";

/// Asks Amazon for every order by the name that the shop gave it.
const BY_NAME: (&str, &str) = ("CHECKOUT__ORDER_FIELDS", "otherRefNum");

/// Says besides which orders are the checkout's.
const BY_CHANNEL: (&str, &str) = ("CHECKOUT__SALES_CHANNELS", CHANNEL);

/// The shopper buys in the shop; returns Amazon's order.
fn bought(stage: &Stage, name: &str) -> String {
    let order = CheckoutOrder::of(vec![CheckoutLine::new("SKU-101", 2)]).alias("EXTERNAL_DISPLAY_ID", name);
    stage.amazon().place_checkout_order(&order).unwrap()
}

/// The shop's connector brings the order into NetSuite.
fn brought_in(stage: &Stage, name: &str, channel: Option<&str>) -> u64 {
    let mut order = order(&format!("SO-{name}"));
    order["otherRefNum"] = json!(name);
    if let Some(channel) = channel {
        order["salesChannel"] = json!({"id": channel});
    }
    stage.enter_one(order)
}

async fn approve(stage: &Stage, order: u64) {
    let lane = Stage::lane(order).lane;
    let store = &stage.settings.store;
    amz_app::operator::approve(store, &CONNECTION.into(), lane, "order".into(), stage.now()).await.unwrap();
}

#[tokio::test]
async fn f18_an_order_of_the_checkout_is_linked_by_its_name_and_never_sent() {
    let stage = Stage::with(&[BY_NAME]).await;
    let amazon = bought(&stage, "SHOP-1");
    let id = brought_in(&stage, "SHOP-1", None);
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 1, "nothing was sent");
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_order_id"), amazon);
    assert_eq!(stage.count("createOrder") + stage.count("updateOrder"), 0);

    let package = pending(&stage.amazon().order(&amazon).unwrap()).id.clone();
    stage.amazon().ship(&amazon, &package, "ups", "1ZCHECKOUT").unwrap();
    stage.settle().await;
    let made = stage.fulfillments(id);
    assert_eq!(made.len(), 1);
    assert_eq!(fulfilled(&made[0]), [(1, Decimal::TWO)]);
    assert!(stage.parked().await.is_empty(), "{:?}", stage.parked().await);
    assert_eq!(stage.count("createOrder") + stage.count("updateOrder"), 0);
}

#[tokio::test]
async fn f18_an_order_of_the_checkout_that_amazon_does_not_know_is_held_until_a_person_says_what_it_is() {
    let stage = Stage::with(&[BY_NAME, BY_CHANNEL]).await;
    let held = brought_in(&stage, "SHOP-1", Some(CHANNEL));
    let other = brought_in(&stage, "SHOP-2", None);
    stage.settle().await;
    assert_eq!(stage.parked_codes(held).await, ["checkout_order_not_found"]);
    assert_eq!((stage.amazon_orders(held), stage.amazon_orders(other)), (0, 1), "others go as ever");

    let mark = stage.mark();
    stage.retry(held).await;
    stage.settle().await;
    assert_eq!(stage.amazon_orders(held), 0, "asking again is no approval");
    assert!(!stage.calls_since(mark).contains(&"createOrder".to_owned()));

    approve(&stage, held).await;
    stage.settle().await;
    assert_eq!(stage.amazon_orders(held), 1);
    assert!(stage.parked().await.is_empty(), "{:?}", stage.parked().await);
}

#[tokio::test]
async fn f18_an_order_that_names_an_amazon_order_of_another_road_is_linked_with_it() {
    let stage = Stage::new().await;
    let amazon = bought(&stage, "SHOP-1");
    let mut named = order("SO-1");
    named["custbody_amz_order_id"] = json!(amazon);
    let id = stage.enter_one(named);
    let mut unknown = order("SO-2");
    unknown["custbody_amz_order_id"] = json!("113-7654321");
    stage.enter_one(unknown);
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 1, "nothing was sent");
    let package = pending(&stage.amazon().order(&amazon).unwrap()).id.clone();
    stage.amazon().ship(&amazon, &package, "ups", "1ZNAMED").unwrap();
    stage.settle().await;
    assert_eq!(stage.fulfillments(id).len(), 1);
    assert!(stage.parked().await.is_empty(), "{:?}", stage.parked().await);
}

#[tokio::test]
async fn f18_an_order_that_does_not_fit_the_one_at_amazon_is_held() {
    let stage = Stage::with(&[BY_NAME]).await;
    let three = CheckoutOrder::of(vec![CheckoutLine::new("SKU-101", 3)]).alias("EXTERNAL_ID", "SHOP-1");
    stage.amazon().place_checkout_order(&three).unwrap();
    let id = brought_in(&stage, "SHOP-1", None);
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["fulfilled_elsewhere_unclear"]);
    approve(&stage, id).await;
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 1, "Amazon has it already: no approval sends it");
}

#[tokio::test]
async fn orders_of_another_programme_of_amazon_are_left_alone() {
    let stage = Stage::with(&[("CHECKOUT__OTHER_PROGRAMMES", CHANNEL)]).await;
    brought_in(&stage, "FBA-1", Some(CHANNEL));
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 0);
    assert!(stage.parked().await.is_empty());
}
