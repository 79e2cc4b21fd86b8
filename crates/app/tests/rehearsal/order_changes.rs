//! What staff change or hold back on an order, before and after Amazon has it.

use std::time::Duration;

use amz_sandbox::amazon::{ExecutionState, MoveError};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::orders::{decimal, exact, order, order_of, pending, text};
use crate::stage::Stage;

#[tokio::test]
async fn a_price_change_is_told_to_amazon() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 2, "19.90"), (102, 1, "5.00")]));
    stage.settle().await;
    assert_eq!(total(&stage, id), Decimal::new(4480, 2));
    // down, up again, and down once more: the same change a second time is told a second time
    for (told, (rate, cents)) in (1..).zip([("18.90", 4280), ("19.90", 4480), ("18.90", 4280)]) {
        let rate = exact(rate.parse().unwrap());
        edit(&stage, id, json!({"item": {"items": [{"line": 1, "rate": rate}]}}));
        stage.settle().await;
        assert_eq!(stage.parked().await, []);
        assert_eq!((stage.count("createOrder"), stage.count("updateOrder")), (1, told));
        assert_eq!(total(&stage, id), Decimal::new(cents, 2));
    }
}

#[tokio::test]
async fn a_change_that_amazon_need_not_know_costs_one_read() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    edit(&stage, id, json!({"memo": "the shopper rang"}));
    let mark = stage.mark();
    assert_eq!(stage.feed().await, 1);
    stage.work().await;
    assert_eq!(stage.calls_since(mark), ["salesOrder.changed", "salesOrder.get"]);
}

#[tokio::test]
async fn a_quantity_change_is_parked_until_it_is_undone() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 2, "19.90"), (102, 1, "5.00")]));
    stage.settle().await;
    edit(&stage, id, json!({"item": {"items": [{"line": 1, "quantity": 3}]}}));
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["quantity_changed_after_sending"]);
    let told = stage.sales_order(id);
    assert_eq!(text(&told, "custbody_amz_sync_state"), "parked");
    assert!(text(&told, "custbody_amz_sync_message").contains("from 2 to 3"));
    assert_eq!(stage.count("updateOrder"), 0);

    // the parcel that leaves meanwhile is booked all the same
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-ANYWAY").unwrap();
    stage.settle().await;
    assert_eq!(stage.fulfillments(id).len(), 1);

    edit(&stage, id, json!({"item": {"items": [{"line": 1, "quantity": 2}]}}));
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, Vec::<String>::new());
    let told = stage.sales_order(id);
    assert_eq!(text(&told, "custbody_amz_sync_state"), "sent");
    assert_eq!(text(&told, "custbody_amz_sync_message"), "");
}

#[tokio::test]
async fn an_address_change_after_sending_is_parked_until_it_is_undone() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let address = order("SO-1")["shippingAddress"].clone();
    let mut elsewhere = address.clone();
    elsewhere["addr1"] = "99 Elsewhere Street".into();
    edit(&stage, id, json!({"shippingAddress": elsewhere}));
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["address_changed_after_sending"]);
    edit(&stage, id, json!({"shippingAddress": address}));
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_held_order_is_reserved_and_released_by_staff() {
    let stage = Stage::with(&[("POLICY__ON_HOLD", "reserve")]).await;
    let mut held = order("SO-1");
    held["custbody_amz_hold"] = json!(true);
    let id = stage.enter_one(held);
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    assert_eq!(amazon.execution, ExecutionState::NotStarted);
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_sync_state"), "reserved");
    let package = pending(&amazon).id.clone();
    let refused = stage.amazon().ship(&amazon.id, &package, "ups", "1Z-EARLY");
    assert_eq!(refused, Err(MoveError::OnHold(amazon.id.clone())));

    edit(&stage, id, json!({"custbody_amz_hold": false}));
    stage.settle().await;
    assert_eq!(stage.amazon_order(id).execution, ExecutionState::Started);
    assert_eq!(stage.count("updateOrder"), 1);
    assert_sent(&stage, id);
}

#[tokio::test]
async fn an_order_in_its_hold_window_goes_when_the_window_ends() {
    for (on_hold, calls_meanwhile) in [("wait", 0), ("reserve", 1)] {
        let stage = Stage::with(&[("POLICY__HOLD", "30m"), ("POLICY__ON_HOLD", on_hold)]).await;
        let id = stage.enter_one(order("SO-1"));
        let began = stage.now();
        stage.feed().await;
        stage.work().await;
        stage.advance(Duration::from_secs(29 * 60));
        stage.work().await;
        assert_eq!(stage.count("createOrder"), calls_meanwhile, "{on_hold}");
        assert_eq!(stage.count("updateOrder"), 0, "{on_hold}");
        stage.settle().await;
        assert!(stage.now() - began >= TimeDelta::minutes(30), "{on_hold}");
        assert_eq!(stage.amazon_order(id).execution, ExecutionState::Started, "{on_hold}");
        assert_eq!(stage.count("createOrder"), 1, "{on_hold}");
        assert_sent(&stage, id);
    }
}

#[tokio::test]
async fn an_order_that_staff_hold_back_is_not_sent_until_they_let_it_go() {
    let stage = Stage::new().await;
    let mut held = order("SO-1");
    held["custbody_amz_hold"] = json!(true);
    let id = stage.enter_one(held);
    stage.settle().await;
    assert_eq!((stage.amazon_orders(id), stage.parked().await), (0, Vec::new()));
    edit(&stage, id, json!({"custbody_amz_hold": false}));
    stage.settle().await;
    assert_sent(&stage, id);
}

/// The order's total as Amazon has it.
fn total(stage: &Stage, id: u64) -> Decimal {
    decimal(&stage.amazon_order(id).input["totalPrice"]["value"], "amount")
}

/// Staff change an order, a while after it was last changed.
pub(crate) fn edit(stage: &Stage, id: u64, patch: Value) {
    stage.advance(Duration::from_secs(60));
    stage.netsuite().edit_sales_order(id, &patch).unwrap();
}

/// Amazon has the order, and the sales order says so.
fn assert_sent(stage: &Stage, id: u64) {
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_order_id"), stage.amazon_order(id).id);
    assert_eq!(text(&order, "custbody_amz_sync_state"), "sent");
}
