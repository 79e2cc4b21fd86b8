//! F-8: partial completion makes phantom shipments.

use amz_sandbox::amazon::CancellationReason;
use rust_decimal::Decimal;
use serde_json::json;

use crate::orders::{decimal, fulfilled, line, order_of, pending, text, units};
use crate::stage::Stage;

#[tokio::test]
async fn f08_partial_completion() {
    let stage = Stage::new().await;
    // line 1 is the story's line A; line 2 stays in the warehouse
    let id = stage.enter_one(order_of("SO-1", &[(101, 3, "9.99"), (102, 2, "5.00")]));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 0, 2)], vec![units(&amazon, 1, 2)]];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    stage.amazon().ship(&amazon.id, &parts[0], "ups", "1Z-ONE").unwrap();
    stage.amazon().cancel_package(&amazon.id, &parts[1], CancellationReason::Unfulfillable).unwrap();
    stage.settle().await;
    let after_first_look = (stage.fulfillments(id), stage.sales_order(id));

    // the same snapshot, four times more, by way of either event
    for round in 2..=5 {
        for event in ["PACKAGE_DELIVERY_IN_TRANSIT", "PACKAGE_DELIVERY_CANCELLED"] {
            let mark = stage.mark();
            stage.repeat_event(event, &format!("{event}-{round}")).await;
            stage.settle_notices().await;
            assert_eq!(stage.calls_since(mark), ["order"], "look {round} at {event}");
        }
    }
    stage.settle().await;
    assert_eq!((stage.fulfillments(id), stage.sales_order(id)), after_first_look);

    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(fulfilled(&fulfillments[0]), [(1, Decimal::ONE)]);
    assert_eq!(text(&fulfillments[0], "externalId"), format!("amz-if-{}", parts[0]));
    assert_eq!(text(&fulfillments[0], "custbody_amz_package_id"), parts[0]);
    let order = stage.sales_order(id);
    assert_eq!(line(&order, 0)["isClosed"], json!(true), "two units of it were cancelled");
    assert_eq!(decimal(line(&order, 0), "quantity"), Decimal::from(3));
    assert_eq!(decimal(line(&order, 0), "quantityFulfilled"), Decimal::ONE);
    assert_eq!(line(&order, 1)["isClosed"], json!(false));
    assert_eq!(decimal(line(&order, 1), "quantityFulfilled"), Decimal::ZERO);
    assert_eq!(stage.parked().await, []);

    // the other line ships later and gets a fulfilment of its own
    stage.amazon().ship(&amazon.id, &parts[2], "ups", "1Z-TWO").unwrap();
    stage.settle().await;
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 2);
    assert_eq!(fulfilled(&fulfillments[1]), [(2, Decimal::TWO)]);
    assert_eq!(text(&fulfillments[1], "externalId"), format!("amz-if-{}", parts[2]));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f08_an_order_that_amazon_cancels_whole_is_closed_and_never_fulfilled() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 3, "9.99")]));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let package = pending(&amazon).id.clone();
    stage.amazon().cancel_package(&amazon.id, &package, CancellationReason::CustomerRequested).unwrap();
    stage.settle().await;
    assert_eq!(stage.fulfillments(id), Vec::<serde_json::Value>::new());
    let order = stage.sales_order(id);
    assert_eq!((text(&order, "status").as_str(), &line(&order, 0)["isClosed"]), ("H", &json!(true)));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f08_two_lines_of_one_sku_are_kept_apart() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 1, "9.99"), (101, 1, "7.49")]));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 1, 1)]];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    stage.amazon().cancel_package(&amazon.id, &parts[0], CancellationReason::Unfulfillable).unwrap();
    stage.amazon().ship(&amazon.id, &parts[1], "ups", "1Z-TWO").unwrap();
    stage.settle().await;
    let order = stage.sales_order(id);
    assert_eq!(line(&order, 0)["isClosed"], json!(true));
    assert_eq!(line(&order, 1)["isClosed"], json!(false));
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(fulfilled(&fulfillments[0]), [(2, Decimal::ONE)]);
}

#[tokio::test]
async fn f08_lines_that_are_not_amazons_stay_out() {
    let stage = Stage::new().await;
    let mut mixed = order_of("SO-1", &[(101, 2, "9.99"), (102, 1, "5.00")]);
    mixed["item"]["items"][1]["location"] = json!({"id": "3", "refName": "Own warehouse"});
    let id = stage.enter_one(mixed);
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    assert_eq!(amazon.lines.len(), 1);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-ONE").unwrap();
    stage.settle().await;
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(fulfilled(&fulfillments[0]), [(1, Decimal::TWO)]);
    let order = stage.sales_order(id);
    assert_eq!(decimal(line(&order, 1), "quantityFulfilled"), Decimal::ZERO);
    assert_eq!(text(line(&order, 1), "custcol_amz_line_id"), "");
}
