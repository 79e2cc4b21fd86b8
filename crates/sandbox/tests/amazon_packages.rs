//! Packages and parcels of the pretend Amazon.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::time::Duration;

use amazon_support::{Merchant, mcf_line, merchant, order, order_of, refusal};
use amz_sandbox::amazon::{CancellationReason, Content, MilestoneCode, MoveError, PackageState, Place};
use serde_json::{Value, json};

async fn one_order(merchant: &Merchant) -> (String, String) {
    let created = merchant.created(&order("A")).await;
    let package = &created["packageInformation"]["details"][0]["id"];
    (created["id"].as_str().unwrap().to_owned(), package.as_str().unwrap().to_owned())
}

async fn packages(merchant: &Merchant, order: &str) -> Value {
    merchant.look_up(json!({ "orderId": order })).await["data"]["order"]["packageInformation"].clone()
}

#[tokio::test]
async fn a_package_travels_from_pending_to_delivered() {
    let merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    merchant.amazon().ship(&order, &package, "UPS", "1Z1").unwrap();
    let shown = packages(&merchant, &order).await;
    assert_eq!(shown["summary"]["state"], "IN_TRANSIT");
    let identifier = &shown["details"][0]["packageTracker"]["packageTrackerIdentifier"];
    assert_eq!(identifier, &json!({ "trackingNumber": "1Z1", "carrierCode": "ups" }));
    merchant.amazon().deliver(&order, &package).unwrap();
    let shown = packages(&merchant, &order).await;
    assert_eq!(shown["summary"]["state"], "DELIVERED");
    let latest = &shown["details"][0]["packageTracker"]["latestMilestone"]["status"]["code"];
    assert_eq!(latest, "DELIVERED");
    let types: Vec<_> = merchant.amazon().events().into_iter().map(|event| event.event_type).collect();
    assert_eq!(
        types,
        [
            "ORDER_CONFIRMED",
            "PACKAGE_DELIVERY_IN_TRANSIT",
            "PACKAGE_TRACKER_MILESTONE_CHANGED",
            "PACKAGE_DELIVERED"
        ]
    );
}

#[tokio::test]
async fn illegal_transitions_are_refused() {
    let merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    let amazon = merchant.amazon();
    let transition = |from, to| Err(MoveError::Transition { from, to });
    use PackageState::{Cancelled, Delivered, InTransit, Pending};
    assert_eq!(amazon.deliver(&order, &package), transition(Pending, Delivered));
    assert!(amazon.cancel_package(&order, &package, CancellationReason::Undeliverable).is_err());
    amazon.ship(&order, &package, "ups", "1Z1").unwrap();
    assert_eq!(amazon.ship(&order, &package, "ups", "1Z2"), transition(InTransit, InTransit));
    assert!(amazon.cancel_package(&order, &package, CancellationReason::CustomerRequested).is_err());
    amazon.cancel_package(&order, &package, CancellationReason::Undeliverable).unwrap();
    assert_eq!(amazon.deliver(&order, &package), transition(Cancelled, Delivered));
    assert_eq!(amazon.deliver(&order, "none"), Err(MoveError::UnknownPackage("none".into())));
    assert_eq!(packages(&merchant, &order).await["details"][0]["reason"], "UNDELIVERABLE");
}

#[tokio::test]
async fn an_order_on_hold_does_not_ship() {
    let merchant = merchant().await;
    let mut input = order("A");
    input["desiredExecutionState"] = json!("NOT_STARTED");
    let created = merchant.created(&input).await;
    let id = created["id"].as_str().unwrap();
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    assert_eq!(merchant.amazon().ship(id, package, "ups", "1Z1"), Err(MoveError::OnHold(id.into())));
    merchant.update(&created["id"], json!({ "desiredExecutionState": "STARTED" })).await;
    merchant.amazon().ship(id, package, "ups", "1Z1").unwrap();
}

#[tokio::test]
async fn a_pending_package_splits_into_new_ones_even_within_a_line() {
    let merchant = merchant().await;
    let created =
        merchant.created(&order_of("A", vec![mcf_line("A:1", "S", 3), mcf_line("A:2", "T", 1)])).await;
    let order = created["id"].as_str().unwrap();
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    let line = |position: usize| created["lineItems"][position]["id"].as_str().unwrap().to_owned();
    let part = |position, quantity: i64| Content { line_id: line(position), quantity: quantity.into() };
    let amazon = merchant.amazon();
    assert_eq!(amazon.split(order, package, vec![vec![part(0, 3)]]), Err(MoveError::Contents));
    assert_eq!(
        amazon.split(order, package, vec![vec![part(0, 3), part(1, 1)], vec![]]),
        Err(MoveError::Contents)
    );
    let ids = amazon.split(order, package, vec![vec![part(0, 1)], vec![part(0, 2), part(1, 1)]]).unwrap();
    assert_eq!(amazon.order(order).unwrap().packages.len(), 2);
    assert!(!ids.contains(&package.to_owned()));
    amazon.ship(order, &ids[0], "ups", "1Z1").unwrap();
    amazon.cancel_package(order, &ids[1], CancellationReason::Unfulfillable).unwrap();
    let shown = packages(&merchant, order).await;
    assert_eq!(shown["summary"]["state"], "IN_TRANSIT");
    let amounts = &shown["details"][1]["packageInformationDetailsFor"]["orderLineItemAmounts"];
    let amounts: Vec<_> = amounts.as_array().unwrap().iter().map(|entry| &entry["amount"]["value"]).collect();
    assert_eq!(amounts, [&json!(2), &json!(1)]);
}

#[tokio::test]
async fn the_tracker_tells_the_story_in_order_of_time() {
    let merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    let amazon = merchant.amazon();
    amazon.ship(&order, &package, "usps", "9400").unwrap();
    let place = Some(Place::new("Memphis", "TN"));
    let at = |hour: u32| Some(format!("2026-03-03T{hour:02}:00:00Z").parse().unwrap());
    amazon.milestone("9400", MilestoneCode::OutForDelivery, place.clone(), at(9)).unwrap();
    amazon.milestone("9400", MilestoneCode::InTransit, place, at(2)).unwrap();
    let tracker = &merchant.track("usps", "9400").await["data"]["packageTracker"];
    let codes: Vec<_> =
        tracker["milestones"].as_array().unwrap().iter().map(|entry| &entry["status"]["code"]).collect();
    assert_eq!(codes, ["IN_TRANSIT", "OUT_FOR_DELIVERY"]);
    assert_eq!(tracker["latestMilestone"]["status"]["code"], "OUT_FOR_DELIVERY");
    assert_eq!(tracker["milestones"][0]["occurredAt"], "2026-03-03T02:00:00.000Z");
    let address = json!({ "locality": "Memphis", "region": "TN", "country": "US" });
    assert_eq!(tracker["milestones"][0]["address"], address);
    let event = amazon.events().pop().unwrap();
    let resource = "businessProduct/bp-00000000-0000-4000-8000-000000000001/carrier/usps/tracker/9400";
    assert_eq!(event.body["resources"], json!([resource]));
    assert_eq!(event.body["data"], json!({}));
}

#[tokio::test]
async fn a_final_milestone_ends_the_journey_of_the_package() {
    let merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    merchant.amazon().ship(&order, &package, "ups", "1Z1").unwrap();
    merchant.amazon().milestone("1Z1", MilestoneCode::DeliveryAttempted, None, None).unwrap();
    assert_eq!(merchant.amazon().order(&order).unwrap().packages[0].state, PackageState::InTransit);
    merchant.amazon().milestone("1Z1", MilestoneCode::Delivered, None, None).unwrap();
    assert_eq!(merchant.amazon().order(&order).unwrap().packages[0].state, PackageState::Delivered);
}

#[tokio::test]
async fn a_tracking_number_may_come_late_and_may_change() {
    let merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    let amazon = merchant.amazon();
    amazon.ship_without_tracking(&order, &package).unwrap();
    assert_eq!(packages(&merchant, &order).await["details"][0]["packageTracker"], Value::Null);
    amazon.change_tracking_number(&order, &package, "ups", "1Z1").unwrap();
    amazon.milestone("1Z1", MilestoneCode::InTransit, None, None).unwrap();
    amazon.change_tracking_number(&order, &package, "usps", "9400").unwrap();
    let shown = packages(&merchant, &order).await;
    let tracker = &shown["details"][0]["packageTracker"];
    assert_eq!(tracker["packageTrackerIdentifier"]["trackingNumber"], "9400");
    assert_eq!(tracker["latestMilestone"]["status"]["code"], "IN_TRANSIT");
    assert!(merchant.track("ups", "1Z1").await["data"]["packageTracker"].is_object());
    let again = amazon.change_tracking_number(&order, &package, "ups", "1Z1");
    assert_eq!(again, Err(MoveError::TrackingNumberInUse("1Z1".into())));
}

#[tokio::test]
async fn tracking_data_is_gone_after_ninety_days() {
    let mut merchant = merchant().await;
    let (order, package) = one_order(&merchant).await;
    merchant.amazon().ship(&order, &package, "ups", "1Z1").unwrap();
    merchant.running.sandbox.clock.advance(Duration::from_secs(90 * 86_400 + 1));
    merchant.sign_in().await;
    assert_eq!(refusal(&merchant.track("ups", "1Z1").await).0, "ResourceNotFoundError");
    assert_eq!(refusal(&merchant.track("ups", "none").await).0, "ResourceNotFoundError");
}
