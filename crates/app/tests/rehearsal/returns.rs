//! Returns that Amazon agreed with the shopper.

use std::time::Duration;

use amz_sandbox::amazon::{
    Content, ItemCondition, NewReturnPackage, Order, ReturnFailure, ReturnPackageState,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{
    LOCATIONS, arrive, authorization, authorizations, delivered, grade, lines, new_return, package_of,
    packages, receipts, received, stage, status,
};
use crate::orders::{line, text, units};
use crate::stage::Stage;

/// Four units of one item and two of another.
const LINES: [(u64, u32, &str); 2] = [(101, 4, "9.99"), (102, 2, "5.00")];

/// Starts a return; returns its id and the ids of its packages.
fn start(
    stage: &Stage,
    amazon: &Order,
    units: &[Content],
    in_packages: Vec<NewReturnPackage>,
) -> (String, Vec<String>) {
    let back = stage.amazon().start_return(&amazon.id, new_return(units, in_packages)).unwrap();
    let packages = packages(stage, &amazon.id, &back);
    (back, packages)
}

/// What was taken in of a return, in the order of external ids.
fn taken_in(stage: &Stage, authorization: &Value) -> Vec<(String, String, Decimal)> {
    let mut all: Vec<_> = receipts(stage, authorization).iter().map(received).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_return_is_authorized_shown_received_and_closed() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let back = [units(&amazon, 0, 2), units(&amazon, 1, 1)];
    let package = NewReturnPackage {
        contents: back.to_vec(),
        carrier: Some("ups".to_owned()),
        tracking_number: Some("1Z-BACK".to_owned()),
    };
    let (back_id, packages) = start(&stage, &amazon, &back, vec![package]);
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(text(&made, "externalId"), format!("amz-ra-{back_id}"));
    assert_eq!(text(&made, "custbody_amz_return_id"), back_id);
    assert_eq!(text(&made, "custbody_amz_order_id"), amazon.id);
    assert_eq!(text(&made, "custbody_amz_origin"), "amazon");
    assert_eq!(status(&made), "B", "approved, waiting for the goods");
    assert_eq!(lines(&made, &amazon), [(1, Decimal::TWO), (2, Decimal::ONE)]);
    let memo = text(&made, "memo");
    assert!(memo.contains("1Z-BACK") && memo.contains(&back_id), "{memo}");

    stage
        .amazon()
        .move_return_package(&amazon.id, &back_id, &packages[0], ReturnPackageState::InTransit)
        .unwrap();
    stage.settle().await;
    assert_eq!(text(&authorization(&stage, id), "custbody_amz_delivery_state"), "IN_TRANSIT");
    stage
        .amazon()
        .move_return_package(&amazon.id, &back_id, &packages[0], ReturnPackageState::Delivered)
        .unwrap();
    stage.settle().await;
    let arrived = authorization(&stage, id);
    assert_eq!(text(&arrived, "custbody_amz_delivery_state"), "DELIVERED");
    assert_eq!(taken_in(&stage, &arrived), [], "Amazon has not looked at it yet");

    for units in &back {
        grade(&stage, &amazon.id, &back_id, units, ItemCondition::Sellable);
    }
    stage.amazon().complete_return(&amazon.id, &back_id).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(status(&made), "F", "all is received, the refund is another matter");
    let external_id = format!("amz-ir-{}", packages[0]);
    assert_eq!(taken_in(&stage, &made), [(external_id, "7".to_owned(), Decimal::from(3))]);
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.count("updateOrder"), 0, "Amazon is told nothing of its own return");
}

#[tokio::test]
async fn several_returns_of_one_order_are_kept_apart() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let parts = [units(&amazon, 0, 1), units(&amazon, 0, 2), units(&amazon, 1, 2)];
    let started: Vec<_> =
        parts.iter().map(|part| start(&stage, &amazon, std::slice::from_ref(part), Vec::new())).collect();
    stage.settle().await;
    assert_eq!(authorizations(&stage, id).len(), 3);
    // the last one arrives first
    for ((back, packages), part) in started.iter().zip(&parts).rev() {
        arrive(&stage, &amazon.id, back, &packages[0]);
        grade(&stage, &amazon.id, back, part, ItemCondition::Sellable);
        stage.amazon().complete_return(&amazon.id, back).unwrap();
        stage.settle().await;
    }
    for (back, packages) in &started {
        let all = authorizations(&stage, id);
        let own = all.iter().find(|own| text(own, "custbody_amz_return_id") == *back).unwrap();
        let part = &parts[started.iter().position(|(known, _)| known == back).unwrap()];
        let expected = (format!("amz-ir-{}", packages[0]), "7".to_owned(), part.quantity);
        assert_eq!(taken_in(&stage, own), [expected]);
        assert_eq!(status(own), "F");
    }
    assert_eq!((authorizations(&stage, id).len(), stage.netsuite().count("itemReceipt")), (3, 3));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_return_in_several_packages_is_received_package_by_package_and_place_by_place() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let contents = [vec![units(&amazon, 0, 2)], vec![units(&amazon, 0, 1), units(&amazon, 1, 1)]];
    let (back, packages) = start(
        &stage,
        &amazon,
        &[units(&amazon, 0, 3), units(&amazon, 1, 1)],
        contents.iter().cloned().map(package_of).collect(),
    );
    let names = receipt_names(&packages);
    arrive(&stage, &amazon.id, &back, &packages[0]);
    for condition in [ItemCondition::Sellable, ItemCondition::Damaged] {
        grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), condition);
    }
    stage.settle().await;
    let first =
        [(names[0].clone(), "7".to_owned(), Decimal::ONE), (names[1].clone(), "8".to_owned(), Decimal::ONE)];
    let made = authorization(&stage, id);
    assert_eq!(taken_in(&stage, &made), first);
    assert_eq!(text(&made, "custbody_amz_delivery_state"), "CREATED", "the slowest parcel counts");

    arrive(&stage, &amazon.id, &back, &packages[1]);
    grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), ItemCondition::Defective);
    grade(&stage, &amazon.id, &back, &units(&amazon, 1, 1), ItemCondition::FulfillmentExpired);
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    let mut all = first.to_vec();
    all.push((names[3].clone(), "8".to_owned(), Decimal::TWO));
    all.sort();
    assert_eq!(taken_in(&stage, &made), all);
    assert_eq!((status(&made).as_str(), stage.parked().await), ("F", Vec::new()));
}

/// The names of the receipts of some packages: per package the one of sellable units and the one of all others.
fn receipt_names(packages: &[String]) -> Vec<String> {
    packages.iter().flat_map(|id| [format!("amz-ir-{id}"), format!("amz-ir-{id}-damaged")]).collect()
}

#[tokio::test]
async fn units_of_a_completed_return_that_amazon_did_not_grade_keep_it_open_and_are_shown() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let agreed = [units(&amazon, 0, 3), units(&amazon, 1, 2)];
    let (back, packages) = start(&stage, &amazon, &agreed, Vec::new());
    arrive(&stage, &amazon.id, &back, &packages[0]);
    grade(&stage, &amazon.id, &back, &units(&amazon, 0, 2), ItemCondition::Sellable);
    stage.settle().await;
    assert_eq!(taken_in(&stage, &authorization(&stage, id)), [], "the rest of the parcel is not graded yet");
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(taken_in(&stage, &made), [(format!("amz-ir-{}", packages[0]), "7".to_owned(), Decimal::TWO)]);
    assert_eq!((&line(&made, 0)["isClosed"], &line(&made, 1)["isClosed"]), (&json!(false), &json!(false)));
    assert_eq!(
        stage.parked_codes(id).await,
        ["returned_not_graded"],
        "Amazon has the rest and does not say how it is"
    );

    // staff find out and close the rest
    let id_of_it = made["id"].as_str().unwrap().parse().unwrap();
    stage.netsuite().close_lines("returnAuthorization", id_of_it, &[]).unwrap();
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!(taken_in(&stage, &authorization(&stage, id)).len(), 1, "nothing more is received");
}

#[tokio::test]
async fn a_return_package_that_fails_is_shown_and_nothing_is_received() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let (back, packages) = start(&stage, &amazon, &[units(&amazon, 0, 1)], Vec::new());
    stage
        .amazon()
        .move_return_package(&amazon.id, &back, &packages[0], ReturnPackageState::InTransit)
        .unwrap();
    stage.amazon().fail_return_package(&amazon.id, &back, &packages[0], ReturnFailure::ShipmentLost).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(text(&made, "custbody_amz_delivery_state"), "FAILED");
    for field in ["custbody_amz_sync_message", "memo"] {
        let told = text(&made, field);
        assert!(told.contains(&packages[0]) && told.contains("SHIPMENT_LOST"), "{field}: {told}");
    }
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!((taken_in(&stage, &made), &line(&made, 0)["isClosed"]), (Vec::new(), &json!(true)));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn damaged_units_without_a_place_are_parked_and_the_others_are_received() {
    let stage = stage(&LOCATIONS[..1]).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let (back, packages) = start(&stage, &amazon, &[units(&amazon, 0, 2)], Vec::new());
    arrive(&stage, &amazon.id, &back, &packages[0]);
    for condition in [ItemCondition::Sellable, ItemCondition::Damaged] {
        grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), condition);
    }
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(taken_in(&stage, &made), [(format!("amz-ir-{}", packages[0]), "7".to_owned(), Decimal::ONE)]);
    assert_eq!(line(&made, 0)["isClosed"], json!(false), "the damaged unit can still be received");
    assert_eq!(stage.parked_codes(id).await, ["damaged_location_missing"]);
}

#[tokio::test]
async fn goods_that_are_received_as_they_arrive_are_named_when_they_turn_out_damaged() {
    let stage = stage(&[LOCATIONS[0], LOCATIONS[1], ("POLICY__RECEIVE_ON", "delivered")]).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let (back, packages) = start(&stage, &amazon, &[units(&amazon, 0, 2)], Vec::new());
    arrive(&stage, &amazon.id, &back, &packages[0]);
    stage.settle().await;
    let expected = [(format!("amz-ir-{}", packages[0]), "7".to_owned(), Decimal::TWO)];
    assert_eq!(taken_in(&stage, &authorization(&stage, id)), expected);
    for condition in [ItemCondition::Sellable, ItemCondition::Damaged] {
        grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), condition);
    }
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    assert_eq!(taken_in(&stage, &authorization(&stage, id)), expected, "no unit is received twice");
    assert_eq!(stage.parked_codes(id).await, ["graded_after_receipt"]);

    // only a person can say that the stock was moved
    let key = Stage::lane(id);
    let (store, now) = (&stage.settings.store, stage.now());
    let subject = format!("return/{back}/graded");
    amz_app::operator::approve(store, &key.connection, key.lane, subject, now).await.unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_return_that_staff_must_approve_is_received_once_they_did() {
    let changes =
        [LOCATIONS[0], LOCATIONS[1], ("POLICY__APPROVE_RETURNS", "false"), ("SYNC__DOCUMENTS", "true")];
    let stage = stage(&changes).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let (back, packages) = start(&stage, &amazon, &[units(&amazon, 0, 2)], Vec::new());
    stage.settle().await;
    assert_eq!((status(&authorization(&stage, id)).as_str(), stage.parked().await), ("A", Vec::new()));
    arrive(&stage, &amazon.id, &back, &packages[0]);
    grade(&stage, &amazon.id, &back, &units(&amazon, 0, 2), ItemCondition::Sellable);
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked_codes(id).await, ["return_not_approved"]);
    assert_eq!(taken_in(&stage, &authorization(&stage, id)), []);

    stage.advance(Duration::from_secs(5));
    stage.netsuite().approve_return(crate::goods::id_of(&authorization(&stage, id))).unwrap();
    stage.settle().await;
    let made = authorization(&stage, id);
    assert_eq!(taken_in(&stage, &made), [(format!("amz-ir-{}", packages[0]), "7".to_owned(), Decimal::TWO)]);
    assert_eq!((status(&made).as_str(), stage.parked().await), ("F", Vec::new()));
}
