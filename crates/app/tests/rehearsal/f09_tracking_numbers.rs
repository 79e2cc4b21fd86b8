//! F-9: wrong tracking number.

use amz_sandbox::amazon::MilestoneCode;

use crate::orders::{order, package_lines, pending, text, units};
use crate::stage::Stage;

#[tokio::test]
async fn f09_wrong_tracking_number() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 0, 1)]];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    stage.amazon().ship(&amazon.id, &parts[0], "ups", "1Z-FIRST").unwrap();
    stage.amazon().ship_without_tracking(&amazon.id, &parts[1]).unwrap();
    stage.settle().await;

    let of_package = |package: &str| {
        let all = stage.fulfillments(id);
        let mut ours = all.into_iter().filter(|one| text(one, "custbody_amz_package_id") == package);
        let one = ours.next().expect("a fulfilment");
        assert!(ours.next().is_none(), "two fulfilments of {package}");
        one
    };
    let numbers = |package: &str| {
        let lines = package_lines(&of_package(package));
        lines.into_iter().map(|(number, _)| number).filter(|number| !number.is_empty()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&parts[0]), ["1Z-FIRST"]);
    assert_eq!(numbers(&parts[1]), Vec::<String>::new(), "none until it comes");
    assert_eq!(text(&of_package(&parts[0]), "custbody_amz_carrier"), "ups");

    // the second parcel's number comes
    stage.amazon().change_tracking_number(&amazon.id, &parts[1], "usps", "94-SECOND").unwrap();
    stage.settle().await;
    assert_eq!(numbers(&parts[0]), ["1Z-FIRST"]);
    assert_eq!(numbers(&parts[1]), ["94-SECOND"]);
    assert_eq!(text(&of_package(&parts[1]), "custbody_amz_carrier"), "usps");

    // the first parcel gets another number, and the old one is noted
    stage.amazon().change_tracking_number(&amazon.id, &parts[0], "ups", "1Z-RIGHT").unwrap();
    stage.settle().await;
    assert_eq!(
        package_lines(&of_package(&parts[0])),
        [("1Z-RIGHT".to_owned(), "replaces tracking number 1Z-FIRST".to_owned())]
    );
    assert_eq!(numbers(&parts[1]), ["94-SECOND"]);
    assert!(text(&of_package(&parts[0]), "custbody_amz_tracking_url").ends_with("1Z-RIGHT"));

    // news of the new number find the parcel
    stage.amazon().milestone("1Z-RIGHT", MilestoneCode::OutForDelivery, None, None).unwrap();
    stage.amazon().milestone("94-SECOND", MilestoneCode::DeliveryAttempted, None, None).unwrap();
    stage.settle_notices().await;
    assert_eq!(text(&of_package(&parts[0]), "custbody_amz_milestone"), "OUT_FOR_DELIVERY");
    assert_eq!(text(&of_package(&parts[1]), "custbody_amz_milestone"), "DELIVERY_ATTEMPTED");
    assert_eq!(text(&of_package(&parts[1]), "custbody_amz_delivery_attempts"), "1");
    assert_eq!(stage.fulfillments(id).len(), 2);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f09_late_news_of_a_replaced_number_do_not_bring_it_back() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let package = pending(&amazon).id.clone();
    stage.amazon().ship(&amazon.id, &package, "ups", "1Z-WRONG").unwrap();
    stage.settle().await;
    stage.amazon().change_tracking_number(&amazon.id, &package, "ups", "1Z-RIGHT").unwrap();
    stage.settle().await;
    let before = stage.fulfillments(id);
    let resource = "carrier/ups/tracker/1Z-WRONG";
    stage.send_event("PACKAGE_TRACKER_MILESTONE_CHANGED", resource, "late-1").await;
    stage.settle().await;
    assert_eq!(stage.fulfillments(id), before);
}
