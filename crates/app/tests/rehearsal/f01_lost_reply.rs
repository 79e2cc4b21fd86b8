//! F-1: the retry that cancels a shipped order.

use std::time::Duration;

use amz_sandbox::amazon::PackageState;
use amz_sandbox::{CallSelector, Fault, Vendor};
use serde_json::json;

use crate::orders::{decimal, line, order_of, text};
use crate::stage::Stage;

const UNITS: [(u64, u32, &str); 2] = [(101, 2, "19.90"), (102, 1, "5.25")];

/// One Amazon order that NetSuite knows of, and nothing cancelled or closed on either side.
async fn assert_sent_once(stage: &Stage, id: u64) {
    let amazon = stage.amazon_order(id);
    assert_eq!(stage.amazon().orders().len(), 1);
    assert!(amazon.packages.iter().all(|package| package.state == PackageState::Pending));
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_order_id"), amazon.id);
    assert_eq!(text(&order, "custbody_amz_sync_state"), "sent");
    assert_eq!(text(&order, "status"), "B");
    for (index, amazon_line) in amazon.lines.iter().enumerate() {
        assert_eq!(text(line(&order, index), "custcol_amz_line_id"), amazon_line.id);
        assert_eq!(line(&order, index)["isClosed"], json!(false));
        assert_eq!(decimal(line(&order, index), "quantity"), amazon_line.quantity);
    }
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f01_lost_reply_is_settled_by_lookup() {
    for lost in [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::MalformedJson] {
        let stage = Stage::new().await;
        stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), lost.clone());
        let id = stage.enter_one(order_of("SO-1", &UNITS));
        stage.feed().await;
        let began = stage.now();
        stage.work().await;
        assert_eq!(stage.now(), began, "{lost:?}: settled at once");
        stage.settle().await;
        assert_eq!(stage.count("createOrder"), 1, "{lost:?}: it is never sent blindly again");
        assert_eq!(stage.count("order"), 1, "{lost:?}: one look-up by alias");
        assert_eq!(stage.backlog().await.unsettled, 0, "{lost:?}");
        assert_sent_once(&stage, id).await;
    }
}

#[tokio::test]
async fn f01_what_never_arrived_is_sent_again_after_a_second_look() {
    for lost in [Fault::DropBefore, Fault::ServerError] {
        let stage = Stage::new().await;
        stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), lost.clone());
        let id = stage.enter_one(order_of("SO-1", &UNITS));
        let began = stage.now();
        stage.settle().await;
        assert!(stage.now() - began >= chrono::TimeDelta::seconds(60), "{lost:?}: not before unclear_wait");
        assert_eq!(stage.count("createOrder"), 2, "{lost:?}");
        assert_eq!(stage.count("order"), 2, "{lost:?}: looked up at once and before it was sent again");
        assert_sent_once(&stage, id).await;
    }
}

#[tokio::test]
async fn f01_a_throttle_leads_to_a_later_retry_and_no_lookup() {
    let throttles = [
        (Fault::TooManyRequests { retry_after_s: Some(7) }, 7),
        (Fault::TooManyRequests { retry_after_s: None }, 1),
        (Fault::GraphQlThrottle, 1),
    ];
    for (throttle, least_s) in throttles {
        let stage = Stage::new().await;
        stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), throttle.clone());
        let id = stage.enter_one(order_of("SO-1", &UNITS));
        let began = stage.now();
        stage.settle().await;
        assert!(stage.now() - began >= chrono::TimeDelta::seconds(least_s), "{throttle:?}: it waited");
        assert_eq!((stage.count("createOrder"), stage.count("order")), (2, 0), "{throttle:?}");
        assert_sent_once(&stage, id).await;
    }
}

#[tokio::test]
async fn f01_a_lookup_that_fails_too_is_made_again() {
    let stage = Stage::new().await;
    stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), Fault::LostAnswer);
    stage.fault(Vendor::Amazon, "order", CallSelector::First(3), Fault::ServerError);
    let id = stage.enter_one(order_of("SO-1", &UNITS));
    stage.settle().await;
    assert_eq!((stage.count("createOrder"), stage.count("order")), (1, 4));
    assert_sent_once(&stage, id).await;
}

#[tokio::test]
async fn f01_a_reply_lost_again_and_again_still_makes_one_order() {
    let stage = Stage::new().await;
    for operation in ["createOrder", "order"] {
        stage.fault(Vendor::Amazon, operation, CallSelector::First(4), Fault::LostAnswer);
    }
    stage.fault(Vendor::NetSuite, "salesOrder.patch", CallSelector::First(3), Fault::LostAnswer);
    let id = stage.enter_one(order_of("SO-1", &UNITS));
    stage.settle().await;
    assert_eq!(stage.count("createOrder"), 1);
    assert_sent_once(&stage, id).await;
}

#[tokio::test]
async fn f01_an_alias_conflict_adopts_the_order_that_is_ours() {
    let mut stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &UNITS));
    stage.fault(Vendor::NetSuite, "salesOrder.patch", CallSelector::Always, Fault::ServerError);
    stage.feed().await;
    stage.work().await;
    assert_eq!(stage.amazon_orders(id), 1);
    stage.clear_faults();
    // neither NetSuite nor we remember that it was sent
    stage.restart_without_memory().await;
    stage.settle().await;
    assert_eq!(stage.count("createOrder"), 2, "the second one met our own alias");
    assert_sent_once(&stage, id).await;
}

#[tokio::test]
async fn f01_an_alias_conflict_with_a_different_order_is_parked() {
    let mut stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &UNITS));
    stage.fault(Vendor::NetSuite, "salesOrder.patch", CallSelector::Always, Fault::ServerError);
    stage.feed().await;
    stage.work().await;
    stage.clear_faults();
    stage.restart_without_memory().await;
    stage.advance(Duration::from_secs(5));
    let more = json!({"item": {"items": [{"line": 1, "quantity": 3}]}});
    stage.netsuite().edit_sales_order(id, &more).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["quantity_changed_after_sending"]);
    assert_eq!(stage.amazon_orders(id), 1);
    let amazon = stage.amazon_order(id);
    assert!(amazon.packages.iter().all(|package| package.state == PackageState::Pending));
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "status"), "B", "nothing was cancelled or closed");
    assert_eq!(text(&order, "custbody_amz_order_id"), amazon.id, "staff can find it at Amazon");
    assert!(text(&order, "custbody_amz_sync_message").contains("from 2 to 3"));
}
