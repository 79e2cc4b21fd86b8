//! F-12: stock counted twice.

use std::time::Duration;

use amz_domain::{StockFigures, StockReading};
use amz_sandbox::amazon::{CancellationReason, ItemCondition};
use amz_services::inventory::{RowState, RunPhase};
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{LOCATIONS, arrive, delivered, grade, new_return, packages, without_refunds};
use crate::order_changes::edit;
use crate::orders::{order_of, pending, units};
use crate::stage::{CONNECTION, Stage};
use crate::stock_stage::{document_lines, sku};

/// An order of the item that cannot go to Amazon yet.
pub(crate) fn stuck(number: &str, lines: &[(u64, u32, &str)]) -> Value {
    let mut order = order_of(number, lines);
    order["shippingAddress"].as_object_mut().unwrap().remove("city");
    order
}

/// Ten fulfillable at Amazon, three in an order that Amazon has, two in one that it does not have.
async fn ten_three_two() -> Stage {
    let stage = Stage::with_stock(&[("INVENTORY__BUFFER_UNITS", "1")]).await;
    stage.stock(101, 13, 12);
    stage.enter_one(order_of("SENT", &[(101, 3, "5.00")]));
    stage.settle().await;
    stage.enter_one(stuck("UNSENT", &[(101, 2, "5.00")]));
    stage.settle().await;
    // long enough for Amazon's figure to count the order for sure
    stage.advance(Duration::from_secs(3_600));
    let amazon = stage.amazon().stock(&sku(101)).unwrap().figures;
    assert_eq!((amazon.fulfillable, amazon.pending_customer_order), (10, 3));
    assert_eq!(stage.adjusted(), [], "sales alone cost no adjustment");
    stage
}

#[tokio::test]
async fn f12_what_can_be_sold_is_seven_and_the_arithmetic_is_on_record() {
    let stage = ten_three_two().await;
    stage.netsuite().set_on_hand(101, 7, 15).unwrap();
    let run = stage.full_run("run").await;
    assert_eq!((run.phase, run.summary.written), (RunPhase::Done, 1));
    assert_eq!(stage.level(101), (12, 7));
    let ours = stage.ours();
    let (item, units, memo) = document_lines(&ours[0]).remove(0);
    assert_eq!((ours.len(), item, units), (1, 101, -3));
    assert!(memo.contains("Amazon 10 - unsent 2 - buffer 1 + ordered 5 = 12; was 15"), "{memo}");
    let drift = stage.drifts("run").await.remove(0);
    assert_eq!((drift.units, drift.state), (Decimal::from(-3), RowState::Written));
    let told = drift.arithmetic;
    let figures = [told.amazon[0].units, told.unsent, told.in_doubt, told.buffer, told.demand, told.on_hand];
    assert_eq!(figures, [10, 2, 0, 1, 5, 15].map(Decimal::from));
    assert_eq!((told.available, told.target), (Decimal::from(7), Decimal::from(12)));
}

#[tokio::test]
async fn f12_an_event_brings_the_same_seven_and_tells_the_arithmetic() {
    let stage = ten_three_two().await;
    stage.netsuite().set_on_hand(101, 7, 15).unwrap();
    stage.repeat_event("INVENTORY_CHANGED", "again").await;
    stage.settle().await;
    assert_eq!((stage.level(101), stage.adjusted()), ((12, 7), vec![(101, -3)]));
    let story = stage.stock_story().await;
    assert!(story.contains("Amazon 10 - unsent 2 - buffer 1 + ordered 5 = 12; was 15"), "{story}");
}

#[tokio::test]
async fn f12_an_older_reading_cannot_overwrite_a_newer_one() {
    let stage = ten_three_two().await;
    stage.full_run("run").await;
    let state = &stage.sync().state;
    let known = state.known(&CONNECTION.into(), &[sku(101).as_str().into()]).await.unwrap().remove(0);
    let newest = known.reading.unwrap();
    // somebody else's look answers late, with what Amazon had before
    stage.repeat_event("INVENTORY_CHANGED", "stale").await;
    stage.intake().await;
    stage.advance(Duration::from_secs(5));
    let claim = state.claim("late", stage.now(), Duration::from_secs(30), 10).await.unwrap().remove(0);
    let figures =
        StockFigures { fulfillable: Decimal::from(99).try_into().ok(), ..newest.figures.clone().unwrap() };
    let read_at = newest.read_at - TimeDelta::seconds(1);
    let stale = StockReading { read_at, figures: Some(figures), ..newest.clone() };
    assert_eq!(state.keep_readings(&claim.lease, &[stale]).await.unwrap(), 0);
    let known = state.known(&CONNECTION.into(), &[sku(101).as_str().into()]).await.unwrap().remove(0);
    assert_eq!(known.reading, Some(newest));
    state.release(&claim.lease).await.unwrap();
    stage.settle().await;
    assert_eq!((stage.level(101), stage.adjusted()), ((12, 7), vec![]));
}

#[tokio::test]
async fn f12_a_sale_from_order_to_delivery_costs_no_adjustment() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 10);
    let (id, amazon) = delivered(&stage, "SO-1", &[(101, 4, "5.00")]).await;
    assert_eq!((stage.fulfillments(id).len(), amazon.packages.len()), (1, 1));
    assert_eq!(stage.level(101), (6, 6));
    assert_eq!(stage.amazon().stock(&sku(101)).unwrap().figures.fulfillable, 6);
    let run = stage.full_run("run").await;
    assert_eq!((run.summary.in_step, run.summary.off), (1, 0));
    assert_eq!(stage.adjusted(), []);
}

#[tokio::test]
async fn f12_sales_one_after_the_other_while_runs_go_on_cost_no_adjustment() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 50, 50);
    for number in 0..5 {
        stage.enter_one(order_of(&format!("SO-{number}"), &[(101, 2, "5.00")]));
        stage.feed().await;
        stage.ask_for_run(&format!("run-{number}"), false, &[]).await;
        stage.intake().await;
        stage.work().await;
        stage.advance(Duration::from_secs(40));
    }
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 5);
    assert_eq!((stage.level(101), stage.adjusted()), ((50, 40), vec![]));
}

#[tokio::test]
async fn f12_a_return_that_is_received_at_amazons_location_is_not_counted_twice() {
    let vendors = |vendors: &mut amz_sandbox::SandboxSettings| vendors.amazon.habits = without_refunds();
    let stage = Stage::with_stock_at(&LOCATIONS, vendors).await;
    stage.netsuite().put_record("location", &serde_json::json!({"id": 8, "name": "Damaged"})).unwrap();
    stage.stock(101, 10, 10);
    let (_, amazon) = delivered(&stage, "SO-1", &[(101, 2, "5.00")]).await;
    let back = units(&amazon, 0, 1);
    let wanted = new_return(std::slice::from_ref(&back), Vec::new());
    let back_id = stage.amazon().start_return(&amazon.id, wanted).unwrap();
    arrive(&stage, &amazon.id, &back_id, &packages(&stage, &amazon.id, &back_id)[0]);
    grade(&stage, &amazon.id, &back_id, &back, ItemCondition::Sellable);
    stage.amazon().complete_return(&amazon.id, &back_id).unwrap();
    stage.settle().await;
    assert_eq!(stage.amazon().stock(&sku(101)).unwrap().figures.fulfillable, 9);
    assert_eq!(stage.netsuite().documents("itemReceipt").len(), 1);
    assert_eq!(stage.level(101), (9, 9));
    let run = stage.full_run("run").await;
    assert_eq!((run.summary.in_step, run.summary.off), (1, 0), "nothing is left to correct");
    assert_eq!(stage.adjusted(), [], "the receipt alone brought the unit in");
}

#[tokio::test]
async fn f12_units_that_staff_take_off_an_order_that_amazon_keeps_are_not_sold_again() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 13, 13);
    let id = stage.enter_one(order_of("SO-1", &[(101, 3, "5.00")]));
    stage.settle().await;
    stage.advance(Duration::from_secs(3_600));
    assert_eq!(stage.level(101), (13, 10));
    edit(&stage, id, json!({"item": {"items": [{"line": 1, "quantity": 1}]}}));
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["quantity_changed_after_sending"]);
    assert_eq!(stage.level(101), (11, 10), "Amazon has ten left to ship");
}

#[tokio::test]
async fn f12_a_cancelled_order_gives_its_units_back_once() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 10);
    let id = stage.enter_one(order_of("SO-1", &[(101, 2, "5.00")]));
    stage.settle().await;
    assert_eq!(stage.level(101), (10, 8));
    let amazon = stage.amazon_order(id);
    let (package, cancelled) = (pending(&amazon).id.clone(), vec![units(&amazon, 0, 2)]);
    stage.amazon().cancel_units(&amazon.id, &package, cancelled, CancellationReason::Unfulfillable).unwrap();
    stage.settle().await;
    assert_eq!(stage.amazon().stock(&sku(101)).unwrap().figures.fulfillable, 10);
    assert_eq!((stage.level(101), stage.adjusted()), ((10, 10), vec![]));
}
