//! F-10, cancels of some lines only: Amazon cancels whole orders.

use std::time::Duration;

use amz_sandbox::amazon::{Order, PackageState};
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{stage, without_refunds};
use crate::orders::{decimal, fulfilled, line, order_of, pending, text};
use crate::stage::Stage;

const LINES: [(u64, u32, &str); 2] = [(101, 1, "9.99"), (102, 2, "5.00")];

/// An order that Amazon has, of which staff close the first line.
async fn closed_one(stage: &Stage) -> (u64, Order) {
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    let before = stage.amazon_order(id);
    stage.advance(Duration::from_secs(5));
    stage.netsuite().close_lines("salesOrder", id, &[1]).unwrap();
    (id, before)
}

/// Amazon's order under the alias of a later generation. There must be exactly one.
fn generation(stage: &Stage, id: u64, number: u32) -> Order {
    let alias = format!("{}:{number}", stage.alias(id));
    assert_eq!(stage.amazon().orders_with_alias("OMS_ORDER_ID", &alias), 1, "orders of {alias}");
    stage.amazon().order_by_alias("OMS_ORDER_ID", &alias).unwrap()
}

/// The whole order was cancelled, and exactly one order exists for what stays.
async fn assert_went_again(stage: &Stage, id: u64, before: &Order) {
    assert_eq!(stage.amazon().orders().len(), 2);
    let old = stage.amazon_order(id);
    assert_eq!(old.id, before.id);
    assert!(old.packages.iter().all(|package| package.state == PackageState::Cancelled));
    assert_eq!(old.cancellations.len(), 1);
    let new = generation(stage, id, 1);
    assert_eq!(new.lines.len(), 1);
    assert_eq!((new.lines[0].sku.as_deref(), new.lines[0].quantity), (Some("SKU-102"), Decimal::TWO));
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_order_id"), new.id);
    assert_eq!(text(&order, "custbody_amz_sync_state"), "sent");
    assert_eq!(text(line(&order, 1), "custcol_amz_line_id"), new.lines[0].id);
    assert_eq!((&line(&order, 0)["isClosed"], &line(&order, 1)["isClosed"]), (&json!(true), &json!(false)));
    assert_eq!(decimal(line(&order, 1), "quantity"), Decimal::TWO);
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.backlog().await.unsettled, 0);
}

#[tokio::test]
async fn f10_a_cancel_of_some_lines_is_parked_and_not_asked() {
    let stage = stage(&[]).await;
    let (id, _) = closed_one(&stage).await;
    stage.settle().await;
    assert_eq!(stage.count("cancelOrder"), 0);
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "custbody_amz_cancel_state"), "refused");
    assert!(text(&order, "custbody_amz_sync_message").contains("just line 1 was closed"));
    assert_eq!(stage.parked_codes(id).await, ["cancel_partial_unsupported"]);

    // opened again and acknowledged, it goes on as before
    stage.advance(Duration::from_secs(5));
    let again = json!({"custbody_amz_cancel_state": "", "item": {"items": [{"line": 1, "isClosed": false}]}});
    stage.netsuite().edit_sales_order(id, &again).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-ALL").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(1, Decimal::ONE), (2, Decimal::TWO)]);
    assert_eq!((stage.count("cancelOrder"), stage.parked().await), (0, Vec::new()));
}

#[tokio::test]
async fn f10_what_stays_of_a_cancel_of_some_lines_goes_to_amazon_anew() {
    let stage = stage(&[("POLICY__PARTIAL_CANCEL", "whole_and_reorder")]).await;
    let (id, before) = closed_one(&stage).await;
    stage.settle().await;
    assert_went_again(&stage, id, &before).await;
    assert_eq!((stage.count("cancelOrder"), stage.count("createOrder")), (1, 2));

    // the new order ships what stays, and the whole story can be told
    let new = generation(&stage, id, 1);
    stage.amazon().ship(&new.id, &pending(&new).id, "ups", "1Z-AGAIN").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(2, Decimal::TWO)]);
    assert_went_again_in_timeline(&stage, id, [&before.id, &new.id]).await;
    assert_eq!(stage.parked().await, []);
}

async fn assert_went_again_in_timeline(stage: &Stage, id: u64, orders: [&str; 2]) {
    let told: Vec<String> = stage.timeline(id).await.iter().map(|entry| format!("{entry:?}")).collect();
    let told = told.join("\n");
    assert!(orders.iter().all(|order| told.contains(*order)), "{told}");
}

#[tokio::test]
async fn f10_a_reply_lost_on_the_way_still_makes_one_new_order() {
    for lost in [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::DropBefore] {
        for operation in ["cancelOrder", "createOrder"] {
            let stage = stage(&[("POLICY__PARTIAL_CANCEL", "whole_and_reorder")]).await;
            let (id, before) = closed_one(&stage).await;
            stage.fault(Vendor::Amazon, operation, CallSelector::Nth(1), lost.clone());
            stage.settle().await;
            assert_went_again(&stage, id, &before).await;
        }
        let stage = stage(&[("POLICY__PARTIAL_CANCEL", "whole_and_reorder")]).await;
        let (id, before) = closed_one(&stage).await;
        stage.fault(Vendor::NetSuite, "salesOrder.patch", CallSelector::First(3), lost.clone());
        stage.settle().await;
        assert_went_again(&stage, id, &before).await;
    }
}

#[tokio::test]
async fn f10_a_new_order_that_was_made_when_everything_was_forgotten_is_taken_over() {
    let mut stage = stage(&[("POLICY__PARTIAL_CANCEL", "whole_and_reorder")]).await;
    let (id, before) = closed_one(&stage).await;
    stage.settle().await;
    assert_went_again(&stage, id, &before).await;
    stage.restart_without_memory().await;
    stage.advance(Duration::from_secs(5));
    stage.netsuite().edit_sales_order(id, &json!({"memo": "the shopper rang"})).unwrap();
    stage.settle().await;
    assert_went_again(&stage, id, &before).await;
    assert_eq!(stage.count("createOrder"), 2, "nothing was sent a third time");
    let new = generation(&stage, id, 1);
    stage.amazon().ship(&new.id, &pending(&new).id, "ups", "1Z-AGAIN").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(2, Decimal::TWO)]);
}

#[tokio::test]
async fn f10_a_cancel_of_some_lines_that_came_too_late_sends_nothing_anew() {
    let stage = stage(&[("POLICY__PARTIAL_CANCEL", "whole_and_reorder")]).await;
    stage
        .amazon()
        .set_habits(amz_sandbox::amazon::Habits { cancellation_delay_s: None, ..without_refunds() });
    let (id, before) = closed_one(&stage).await;
    crate::goods::round(&stage).await;
    let cancellation = stage.amazon_order(id).cancellations[0].id.clone();
    stage.amazon().reject_cancellation(&before.id, &cancellation).unwrap();
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!((stage.count("createOrder"), stage.amazon().orders().len()), (1, 1));
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_cancel_state"), "rejected");
    assert_eq!(stage.parked_codes(id).await, ["cancel_rejected"]);
    assert_eq!(stage.fulfillments(id), Vec::<Value>::new());
}
