//! What Amazon cancels, or cannot deliver, by itself.

use std::time::Duration;

use amz_sandbox::amazon::{CancellationReason, Content, MilestoneCode, Place, RefundState, RequestedBy};
use amz_sandbox::netsuite::BillKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{lines, stage, without_refunds};
use crate::orders::{decimal, fulfilled, line, order_of, pending, text, units};
use crate::stage::Stage;

/// An order of five units on one line and two on another, as Amazon has it.
async fn sent(stage: &Stage) -> (u64, String) {
    let mut order = order_of("SO-1", &[(101, 5, "9.99"), (102, 2, "5.00")]);
    for line in order["item"]["items"].as_array_mut().unwrap() {
        line["custcol_amz_fulfill"] = json!(true);
    }
    let id = stage.enter_one(order);
    stage.settle().await;
    (id, stage.amazon_order(id).id)
}

/// Amazon cannot ship some units that wait.
fn cannot_ship(stage: &Stage, amazon: &str, units: Vec<Content>) {
    let package = pending(&stage.amazon().order(amazon).unwrap()).id.clone();
    stage.amazon().cancel_units(amazon, &package, units, CancellationReason::Unfulfillable).unwrap();
}

#[tokio::test]
async fn units_that_amazon_cannot_ship_stay_open_for_another_warehouse() {
    let stage = stage(&[("POLICY__WHEN_UNFULFILLABLE", "back_order")]).await;
    let (id, amazon) = sent(&stage).await;
    let order = stage.amazon_order(id);
    cannot_ship(&stage, &amazon, vec![units(&order, 0, 5)]);
    stage.settle().await;
    let held = stage.sales_order(id);
    let first = line(&held, 0);
    assert_eq!((&first["isClosed"], &first["custcol_amz_fulfill"]), (&json!(false), &json!(false)));
    assert_eq!((decimal(first, "quantity"), decimal(first, "quantityFulfilled")), (5.into(), Decimal::ZERO));
    assert_eq!(line(&held, 1)["custcol_amz_fulfill"], json!(true), "the other line is still Amazon's");

    // Amazon ships the other line, another warehouse this one
    stage.amazon().ship(&amazon, &pending(&stage.amazon_order(id)).id, "ups", "1Z-OTHER").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(2, Decimal::TWO)]);
    stage.advance(Duration::from_secs(5));
    stage
        .netsuite()
        .transform_as_staff(("salesOrder", id), "itemFulfillment", &json!({"shipStatus": {"id": "C"}}))
        .unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[1]), [(1, Decimal::from(5))]);
    assert_eq!(
        (stage.parked().await, stage.count("createOrder"), stage.count("cancelOrder")),
        (Vec::new(), 1, 0)
    );
    assert_eq!(decimal(line(&stage.sales_order(id), 0), "quantityFulfilled"), Decimal::from(5));
}

#[tokio::test]
async fn a_line_that_is_cancelled_in_part_goes_on_with_fewer_units() {
    let stage = stage(&[]).await;
    let (id, amazon) = sent(&stage).await;
    let order = stage.amazon_order(id);
    for (cancelled, left) in [(2, 3), (1, 2)] {
        cannot_ship(&stage, &amazon, vec![units(&order, 0, cancelled)]);
        stage.settle().await;
        let held = stage.sales_order(id);
        let first = line(&held, 0);
        assert_eq!((decimal(first, "quantity"), &first["isClosed"]), (left.into(), &json!(false)));
        assert_eq!(decimal(line(&held, 1), "quantity"), Decimal::TWO, "the other line is as it was");
    }
    let before = stage.sales_order(id);
    stage.repeat_event("PACKAGE_DELIVERY_CANCELLED", "again").await;
    stage.settle().await;
    assert_eq!(stage.sales_order(id), before);

    stage.amazon().ship(&amazon, &pending(&stage.amazon_order(id)).id, "ups", "1Z-REST").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(1, Decimal::TWO), (2, Decimal::TWO)]);
    assert_eq!((stage.parked().await, stage.count("cancelOrder")), (Vec::new(), 0));
}

#[tokio::test]
async fn an_order_that_the_shopper_cancels_is_closed() {
    let stage = stage(&[]).await;
    let (id, amazon) = sent(&stage).await;
    stage.amazon().request_cancellation(&amazon, RequestedBy::Shopper, Some("ORDERED_BY_MISTAKE")).unwrap();
    stage.advance(Duration::from_secs(60));
    stage.settle().await;
    let order = stage.sales_order(id);
    assert_eq!(text(&order, "status"), "H");
    assert_eq!((&line(&order, 0)["isClosed"], &line(&order, 1)["isClosed"]), (&json!(true), &json!(true)));
    assert_eq!(text(&order, "custbody_amz_cancel_state"), "", "nobody in NetSuite asked");
    assert_eq!((stage.count("cancelOrder"), stage.parked().await), (0, Vec::new()));
    assert_eq!(stage.fulfillments(id), Vec::<Value>::new());
}

#[tokio::test]
async fn a_parcel_that_cannot_be_delivered_is_shown_and_refunded_once_it_is_billed() {
    // this Amazon asks for a refund of what it could not deliver
    let stage = Stage::new().await;
    let (id, amazon) = sent(&stage).await;
    let package = pending(&stage.amazon_order(id)).id.clone();
    stage.amazon().ship(&amazon, &package, "ups", "1Z-LOST").unwrap();
    stage.settle().await;
    stage.advance(Duration::from_secs(3600));
    let place = Some(Place::new("Louisville", "KY"));
    stage.amazon().milestone("1Z-LOST", MilestoneCode::Undeliverable, place, None).unwrap();
    stage.settle().await;
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    let shown = ["custbody_amz_delivery_state", "custbody_amz_milestone", "custbody_amz_milestone_place"]
        .map(|field| text(&fulfillments[0], field));
    assert_eq!((shown[0].as_str(), shown[1].as_str()), ("CANCELLED", "UNDELIVERABLE"));
    assert!(shown[2].contains("Louisville"), "{shown:?}");
    let order = stage.sales_order(id);
    assert_eq!(decimal(line(&order, 0), "quantity"), Decimal::from(5), "what left is not taken off");
    assert_eq!(line(&order, 0)["isClosed"], json!(false));
    assert_eq!(stage.parked_codes(id).await, ["order_not_billed_yet"]);
    assert_eq!(stage.netsuite().count("creditMemo"), 0);

    stage.advance(Duration::from_secs(5));
    stage.netsuite().bill(id, BillKind::Invoice, &[]).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!(credits.len(), 1);
    let amazon = stage.amazon_order(id);
    assert_eq!(lines(&credits[0], &amazon), [(1, Decimal::from(5)), (2, Decimal::TWO)]);
    assert_eq!(decimal(&credits[0], "total"), Decimal::new(5995, 2));
    assert_eq!(amazon.refunds.len(), 1);
    assert_eq!((amazon.refunds[0].state, amazon.refunds[0].payments.len()), (RefundState::Success, 1));
    assert_eq!(stage.amazon().doubled_payments(), []);
}

#[tokio::test]
async fn a_parcel_that_is_lost_or_turns_back_is_shown_and_nothing_else_is_guessed() {
    for (code, word) in [(MilestoneCode::Lost, "LOST"), (MilestoneCode::ReturnToSender, "RETURN_TO_SENDER")] {
        let stage = stage(&[]).await;
        assert_eq!(stage.amazon().habits(), without_refunds());
        let (id, amazon) = sent(&stage).await;
        let package = pending(&stage.amazon_order(id)).id.clone();
        stage.amazon().ship(&amazon, &package, "ups", "1Z-AWAY").unwrap();
        stage.settle().await;
        stage.advance(Duration::from_secs(3600));
        stage.amazon().milestone("1Z-AWAY", code, Some(Place::new("Reno", "NV")), None).unwrap();
        stage.settle().await;
        let fulfillments = stage.fulfillments(id);
        assert_eq!(fulfillments.len(), 1);
        assert_eq!(text(&fulfillments[0], "custbody_amz_milestone"), word);
        assert!(text(&fulfillments[0], "custbody_amz_milestone_place").contains("Reno"));
        assert_eq!(text(&fulfillments[0], "custbody_amz_delivery_state"), "IN_TRANSIT");
        assert_eq!(stage.netsuite().documents_of(id), fulfillments);
        assert_eq!(stage.parked().await, []);
    }
}
