//! How many calls each piece of news costs. Tokens do not count.

use amz_sandbox::amazon::{MilestoneCode, RefundState};
use amz_sandbox::netsuite::BillKind;

use crate::flows;
use crate::money::{Sold, billed};
use crate::orders::{order, order_of, pending, text};
use crate::stage::Stage;

/// A stage on which the items are known and the change feed has caught up.
async fn warmed_up() -> Stage {
    let stage = Stage::new().await;
    stage.enter_one(order_of("WARM-UP", &[(101, 1, "5.00"), (102, 1, "5.00")]));
    stage.settle().await;
    stage
}

/// A stage with one order that Amazon has, and its package under way.
async fn shipped() -> (Stage, u64) {
    let stage = warmed_up().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-BUDGET").unwrap();
    stage.settle().await;
    (stage, id)
}

#[tokio::test]
async fn every_use_case_costs_its_budget() {
    let steps = flows::play().await;
    for step in &steps {
        assert_eq!(step.calls, step.budget, "use case {}: {}", step.use_case, step.what);
    }
    let mut played: Vec<u8> = steps.iter().map(|step| step.use_case).collect();
    played.dedup();
    assert_eq!(played, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_new_order_costs_three_calls() {
    let stage = warmed_up().await;
    let id = stage.enter_one(order("SO-1"));
    let mark = stage.mark();
    assert_eq!(stage.notify("notice-1", id).await, 200);
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["salesOrder.get", "createOrder", "salesOrder.patch"]);
    let amazon = stage.amazon_order(id);
    let sales_order = stage.sales_order(id);
    assert_eq!(text(&sales_order, "custbody_amz_order_id"), amazon.id);
    assert_eq!(text(&sales_order, "custbody_amz_sync_state"), "sent");
    assert_eq!(text(&sales_order, "custbody_amz_channel"), "MCF");
}

#[tokio::test]
async fn an_item_nobody_has_seen_costs_one_query_more() {
    let stage = warmed_up().await;
    let id = stage.enter_one(order_of("SO-1", &[(777, 1, "5.00")]));
    let mark = stage.mark();
    stage.notify("notice-1", id).await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["salesOrder.get", "item.skus", "createOrder", "salesOrder.patch"]);
}

#[tokio::test]
async fn our_own_write_back_costs_one_read() {
    let stage = warmed_up().await;
    let id = stage.enter_one(order("SO-1"));
    stage.notify("notice-1", id).await;
    stage.settle_notices().await;
    stage.advance(std::time::Duration::from_secs(5));
    let mark = stage.mark();
    assert_eq!(stage.feed().await, 1, "the feed reports our own write");
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["salesOrder.changed", "salesOrder.get"]);
    assert_eq!(stage.feed().await, 0, "and reports it once");
}

#[tokio::test]
async fn a_repeated_event_costs_one_read() {
    let (stage, id) = shipped().await;
    let before = stage.fulfillments(id);
    let mark = stage.mark();
    stage.repeat_event("PACKAGE_DELIVERY_IN_TRANSIT", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order"]);
    assert_eq!(stage.fulfillments(id), before);
}

#[tokio::test]
async fn an_event_delivered_again_costs_nothing() {
    let (stage, id) = shipped().await;
    let before = stage.fulfillments(id);
    let mark = stage.mark();
    for event in stage.amazon().events() {
        assert_eq!(stage.post_event(&event.body).await, 200, "a repeat is accepted");
    }
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
    assert_eq!(stage.fulfillments(id), before);
}

#[tokio::test]
async fn a_stale_event_costs_one_read() {
    let (stage, id) = shipped().await;
    let amazon = stage.amazon_order(id);
    stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
    stage.settle().await;
    let before = stage.fulfillments(id);
    assert_eq!(text(&before[0], "custbody_amz_delivery_state"), "DELIVERED");
    let mark = stage.mark();
    stage.repeat_event("PACKAGE_DELIVERY_IN_TRANSIT", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order"]);
    assert_eq!(stage.fulfillments(id), before);
}

#[tokio::test]
async fn a_repeated_milestone_event_costs_one_read() {
    let (stage, id) = shipped().await;
    stage.amazon().milestone("1Z-BUDGET", MilestoneCode::OutForDelivery, None, None).unwrap();
    stage.settle().await;
    let before = stage.fulfillments(id);
    assert_eq!(text(&before[0], "custbody_amz_milestone"), "OUT_FOR_DELIVERY");
    let mark = stage.mark();
    stage.repeat_event("PACKAGE_TRACKER_MILESTONE_CHANGED", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["packageTracker"]);
    assert_eq!(stage.fulfillments(id), before);
}

#[tokio::test]
async fn five_events_on_one_order_in_a_burst_make_one_look() {
    let stage = warmed_up().await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 2, "5.00")]));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let looks_before = looks(&stage, id).await;
    let mark = stage.mark();
    stage.amazon().hold_events();
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-BUDGET").unwrap();
    for code in [MilestoneCode::InTransit, MilestoneCode::OutForDelivery] {
        stage.amazon().milestone("1Z-BUDGET", code, None, None).unwrap();
    }
    stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
    assert_eq!(stage.amazon().pending_events().len(), 5);
    stage.amazon().release_events();
    stage.settle_notices().await;
    let mut calls = stage.calls_since(mark);
    calls.sort();
    assert_eq!(calls, ["itemFulfillment.transform", "order", "packageTracker", "salesOrder.get"]);
    assert_eq!(looks(&stage, id).await - looks_before, 1);
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(text(&fulfillments[0], "custbody_amz_delivery_state"), "DELIVERED");
}

#[tokio::test]
async fn five_events_on_a_known_package_in_a_burst_make_one_look() {
    let (stage, id) = shipped().await;
    let looks_before = looks(&stage, id).await;
    let mark = stage.mark();
    let amazon = stage.amazon_order(id);
    stage.amazon().hold_events();
    let passed = [MilestoneCode::InTransit, MilestoneCode::Delayed, MilestoneCode::OutForDelivery];
    for code in passed {
        stage.amazon().milestone("1Z-BUDGET", code, None, None).unwrap();
    }
    stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
    assert_eq!(stage.amazon().pending_events().len(), 5);
    stage.amazon().release_events();
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order", "packageTracker", "itemFulfillment.patch"]);
    assert_eq!(looks(&stage, id).await - looks_before, 1);
}

#[tokio::test]
async fn an_event_of_a_tracker_nobody_knows_costs_nothing() {
    let (stage, _) = shipped().await;
    let mark = stage.mark();
    let resource = "carrier/ups/tracker/1Z-SOMEBODY-ELSE";
    stage.send_event("PACKAGE_TRACKER_MILESTONE_CHANGED", resource, "stray-1").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
}

/// A stage with one billed order that Amazon delivered, and the bill.
async fn billed_order() -> (Stage, Sold, u64) {
    let stage = warmed_up().await;
    let (sold, bill) = billed(&stage, order("SO-1"), BillKind::Invoice).await;
    (stage, sold, bill)
}

#[tokio::test]
async fn a_first_refund_costs_six_reads_and_two_writes_and_its_document_is_read_back() {
    let (stage, sold, _) = billed_order().await;
    let mark = stage.mark();
    let refund = sold.request(&stage, 1, None);
    stage.settle_notices().await;
    let expected = [
        "order",
        "salesOrder.get",
        "documents.ofOrder",
        "documents.ofOrder",
        "documents.ofOrder",
        "invoice.get",
        "creditMemo.transform",
        "creditMemo.get",
        "updateOrder",
    ];
    assert_eq!(stage.calls_since(mark), expected);
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Success);
}

#[tokio::test]
async fn a_repeated_event_of_a_settled_refund_costs_one_read_and_the_end_of_it_none() {
    let (stage, sold, _) = billed_order().await;
    sold.request(&stage, 1, None);
    stage.settle_notices().await;
    let mark = stage.mark();
    stage.repeat_event("REFUND_REQUESTED", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order"]);
    let mark = stage.mark();
    stage.repeat_event("REFUND_COMPLETED", "done-again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
}

/// How often an order was looked at.
async fn looks(stage: &Stage, id: u64) -> usize {
    let entries = stage.timeline(id).await;
    entries.iter().filter(|entry| entry.kind == amz_services::timeline::TimelineKind::Look).count()
}
