//! F-10: the cancel that came too late.

use std::time::Duration;

use amz_sandbox::amazon::{CancellationReason, CancellationState, Habits, Order, PackageState, RequestedBy};
use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{lines, round, stage, without_refunds};
use crate::orders::{decimal, fulfilled, line, order_of, pending, text, units};
use crate::stage::Stage;

/// The story's lines A and B.
const LINES: [(u64, u32, &str); 2] = [(101, 1, "9.99"), (102, 2, "5.00")];

/// An order that Amazon has and that staff want cancelled; Amazon takes its time with the answer.
async fn asked(stage: &Stage) -> (u64, Order) {
    stage.amazon().set_habits(Habits { cancellation_delay_s: None, ..stage.amazon().habits() });
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
    round(stage).await;
    (id, stage.amazon_order(id))
}

/// What the order says about its cancellation: state and message.
fn told(stage: &Stage, id: u64) -> (String, String) {
    let order = stage.sales_order(id);
    (text(&order, "custbody_amz_cancel_state"), text(&order, "custbody_amz_sync_message"))
}

/// Which lines of the sales order are closed.
fn closed(stage: &Stage, id: u64) -> Vec<bool> {
    let order = stage.sales_order(id);
    let lines = order["item"]["items"].as_array().unwrap();
    lines.iter().map(|line| line["isClosed"] == json!(true)).collect()
}

/// Staff have seen the answer.
async fn acknowledge(stage: &Stage, id: u64) {
    stage.advance(Duration::from_secs(5));
    stage.netsuite().set_cancel_state(id, "", None).unwrap();
    stage.settle().await;
}

#[tokio::test]
async fn f10_what_left_in_time_is_cancelled_and_what_did_not_stays_open() {
    let stage = Stage::new().await;
    let (id, amazon) = asked(&stage).await;
    stage.netsuite().bill(id, BillKind::Invoice, &[]).unwrap();
    assert_eq!(told(&stage, id).0, "requested");
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 1, 2)]];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    stage.amazon().ship(&amazon.id, &parts[1], "ups", "1Z-B").unwrap();
    round(&stage).await;
    assert_eq!(told(&stage, id).0, "requested", "Amazon is still trying");
    assert_eq!(closed(&stage, id), [false, false]);

    let cancellation = stage.amazon_order(id).cancellations[0].id.clone();
    let outcome = stage.amazon().settle_cancellation(&amazon.id, &cancellation).unwrap();
    assert_eq!(outcome, CancellationState::Success);
    stage.settle().await;
    assert_eq!(closed(&stage, id), [true, false]);
    let (state, message) = told(&stage, id);
    assert_eq!(state, "partly accepted");
    assert!(message.contains("line 1 was cancelled"), "{message}");
    assert!(message.contains("rejected: already shipping: line 2"), "{message}");
    assert_eq!(stage.parked_codes(id).await, ["cancel_partly_accepted"]);
    let parked = stage.parked().await;
    assert!(parked[0].reason.cause.contains("rejected: already shipping"), "{parked:?}");

    // B is fulfilled, and the only credit is A's
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(fulfilled(&fulfillments[0]), [(2, Decimal::TWO)]);
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!(credits.len(), 1, "{credits:#?}");
    assert_eq!(lines(&credits[0], &amazon), [(1, Decimal::ONE)]);
    assert_eq!(decimal(&credits[0], "total"), Decimal::new(999, 2));
    assert_eq!((stage.netsuite().count("cashRefund"), stage.count("cancelOrder")), (0, 1));

    acknowledge(&stage, id).await;
    assert_eq!(stage.parked().await, []);
    assert_eq!((stage.count("cancelOrder"), closed(&stage, id)), (1, vec![true, false]));
}

#[tokio::test]
async fn f10_while_amazon_does_not_answer_the_state_stays_and_the_looks_back_off() {
    let stage = stage(&[]).await;
    let (id, _) = asked(&stage).await;
    // the feed reports our own write
    round(&stage).await;
    let mark = stage.mark();
    let mut waits = Vec::new();
    for _ in 0..10 {
        let due = stage.next_due().await.expect("the answer is looked for again");
        waits.push((due - stage.now()).num_seconds());
        stage.advance_to(due);
        assert_eq!(stage.work().await, 1);
        assert_eq!(told(&stage, id).0, "requested");
    }
    let grows = waits.windows(2).all(|pair| pair[1] >= pair[0]);
    assert!(grows && waits[0] <= 240 && waits[9] == 3600, "{waits:?}");
    let calls = stage.calls_since(mark);
    assert_eq!(calls.iter().filter(|call| *call == "order").count(), 10);
    assert_eq!(stage.count("cancelOrder"), 1);
    assert_eq!(
        (closed(&stage, id), stage.sales_order(id)["status"]["id"].clone()),
        (vec![false; 2], json!("B"))
    );
    assert_eq!(stage.parked().await, []);

    // the answer that comes at last needs no look of its own: the event tells
    let amazon = stage.amazon_order(id);
    stage.amazon().settle_cancellation(&amazon.id, &amazon.cancellations[0].id).unwrap();
    stage.settle().await;
    assert_eq!(told(&stage, id), ("accepted".to_owned(), String::new()));
    assert_eq!(closed(&stage, id), [true, true]);
    assert_eq!(text(&stage.sales_order(id), "status"), "H");
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f10_a_cancel_that_amazon_rejects_changes_no_line() {
    let stage = stage(&[]).await;
    let (id, amazon) = asked(&stage).await;
    stage.amazon().reject_cancellation(&amazon.id, &stage.amazon_order(id).cancellations[0].id).unwrap();
    stage.retry(id).await;
    stage.settle().await;
    let (state, message) = told(&stage, id);
    assert_eq!(
        (state.as_str(), message.as_str()),
        ("rejected", "rejected: Amazon goes on with the order, nothing of it has shipped yet")
    );
    assert_eq!(closed(&stage, id), [false, false]);
    assert_eq!(stage.parked_codes(id).await, ["cancel_rejected"]);

    // it ships after all
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-ALL").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(1, Decimal::ONE), (2, Decimal::TWO)]);
    acknowledge(&stage, id).await;
    assert_eq!((stage.parked().await, stage.count("cancelOrder")), (Vec::new(), 1));
}

#[tokio::test]
async fn f10_a_cancel_after_a_package_left_is_refused_and_not_asked() {
    let stage = stage(&[]).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 1, 2)]];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    // nobody has told us of the shipment when staff ask
    stage.amazon().hold_events();
    stage.amazon().ship(&amazon.id, &parts[1], "ups", "1Z-B").unwrap();
    stage.advance(Duration::from_secs(5));
    stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
    stage.settle().await;
    assert_eq!(stage.count("cancelOrder"), 0);
    let (state, message) = told(&stage, id);
    assert_eq!(state, "refused");
    assert!(message.contains(&parts[1]) && message.contains("IN_TRANSIT"), "{message}");
    assert_eq!(closed(&stage, id), [false, false]);
    assert_eq!(stage.parked_codes(id).await, ["cancel_too_late"]);
    assert_eq!(stage.fulfillments(id).len(), 1, "the look that refused also booked the package");

    acknowledge(&stage, id).await;
    assert_eq!((stage.parked().await, told(&stage, id).1), (Vec::new(), String::new()));
}

#[tokio::test]
async fn f10_a_lost_reply_of_the_cancel_is_settled_by_lookup() {
    for lost in [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::MalformedJson, Fault::DropBefore] {
        let stage = stage(&[]).await;
        let id = stage.enter_one(order_of("SO-1", &LINES));
        stage.settle().await;
        stage.fault(Vendor::Amazon, "cancelOrder", CallSelector::Nth(1), lost.clone());
        stage.advance(Duration::from_secs(5));
        stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
        stage.settle().await;
        let arrived = lost != Fault::DropBefore;
        assert_eq!(stage.count("cancelOrder"), if arrived { 1 } else { 2 }, "{lost:?}");
        let amazon = stage.amazon_order(id);
        assert_eq!(amazon.cancellations.len(), 1, "{lost:?}");
        assert_eq!(amazon.cancellations[0].requested_by, RequestedBy::Merchant);
        assert!(amazon.packages.iter().all(|package| package.state == PackageState::Cancelled));
        assert_eq!(told(&stage, id).0, "accepted", "{lost:?}");
        assert_eq!(closed(&stage, id), [true, true], "{lost:?}");
        assert_eq!(stage.parked().await, [], "{lost:?}");
        assert_eq!(stage.backlog().await.unsettled, 0, "{lost:?}");
    }
}

#[tokio::test]
async fn f10_staff_who_close_all_lines_cancel_the_order() {
    let stage = stage(&[("POLICY__CANCEL_REASONS__GONE", "OUT_OF_STOCK")]).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    let patch = json!({"custbody_amz_cancel_reason": "Gone"});
    stage.netsuite().edit_sales_order(id, &patch).unwrap();
    stage.netsuite().close_lines("salesOrder", id, &[]).unwrap();
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    assert_eq!(amazon.cancellations.len(), 1);
    assert_eq!(amazon.cancellations[0].reason.as_deref(), Some("OUT_OF_STOCK"));
    assert_eq!(amazon.cancellations[0].state, CancellationState::Success);
    assert_eq!(told(&stage, id), ("accepted".to_owned(), String::new()));
    assert_eq!(stage.fulfillments(id), Vec::<Value>::new());
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f10_lines_that_staff_closed_too_late_are_named_until_they_are_open_again() {
    let stage = stage(&[]).await;
    stage.amazon().set_habits(Habits { cancellation_delay_s: None, ..without_refunds() });
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    stage.netsuite().close_lines("salesOrder", id, &[]).unwrap();
    round(&stage).await;
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-ALL").unwrap();
    stage.settle().await;
    assert_eq!(told(&stage, id).0, "rejected");
    let mut codes = stage.parked_codes(id).await;
    codes.sort();
    assert_eq!(codes, ["cancel_rejected", "shipment_does_not_fit"]);
    assert_eq!(stage.fulfillments(id), Vec::<Value>::new());

    stage.advance(Duration::from_secs(5));
    let open = json!({"item": {"items": [{"line": 1, "isClosed": false}, {"line": 2, "isClosed": false}]}});
    stage.netsuite().edit_sales_order(id, &open).unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(1, Decimal::ONE), (2, Decimal::TWO)]);
    acknowledge(&stage, id).await;
    assert_eq!(stage.parked().await, []);
    let order = stage.sales_order(id);
    assert_eq!(
        (line(&order, 0)["isClosed"].clone(), line(&order, 1)["isClosed"].clone()),
        (json!(false), json!(false))
    );
}

#[tokio::test]
async fn f10_a_shopper_who_was_faster_is_followed_and_not_asked_again() {
    let stage = stage(&[]).await;
    stage.amazon().set_habits(Habits { cancellation_delay_s: None, ..without_refunds() });
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let theirs = stage.amazon().request_cancellation(&amazon.id, RequestedBy::Shopper, None).unwrap();
    stage.advance(Duration::from_secs(5));
    stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
    round(&stage).await;
    assert_eq!((stage.count("cancelOrder"), told(&stage, id).0), (0, "requested".to_owned()));
    stage.amazon().settle_cancellation(&amazon.id, &theirs).unwrap();
    stage.settle().await;
    assert_eq!((stage.count("cancelOrder"), told(&stage, id).0), (0, "accepted".to_owned()));
    assert_eq!(closed(&stage, id), [true, true]);
    let package = &stage.amazon_order(id).packages[0];
    assert_eq!(package.reason, Some(CancellationReason::CustomerRequested));
    assert_eq!(stage.parked().await, []);
}
