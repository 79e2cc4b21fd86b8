use super::*;
use crate::netsuite::settings::tests::settings;
use amz_domain::{MilestoneCode, PackageState};

fn new() -> NewItemFulfillment {
    NewItemFulfillment {
        sales_order: "1207".into(),
        external_id: ExternalId::of_fulfillment(&"pkg-1".into()),
        package: "pkg-1".into(),
        amazon_order: "322-1".into(),
        date: "2026-03-01".parse().unwrap(),
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(2) }],
        left_out: vec![LineNumber(4)],
        location: Some("7".into()),
        tracking_number: Some("1Z999".into()),
        marks: DeliveryMarks {
            state: Some(PackageState::InTransit),
            milestone_at: Some("2026-03-01T10:00:00.123Z".parse().unwrap()),
            failed_attempts: Some(0),
            ..DeliveryMarks::default()
        },
    }
}

#[test]
fn a_new_fulfilment_names_its_lines_and_turns_all_others_off() {
    assert_eq!(
        transform_body(&new(), &settings()),
        json!({
            "externalId": "amz-if-pkg-1",
            "shipStatus": {"id": "C"},
            "tranDate": "2026-03-01",
            "custbody_amz_order_id": "322-1",
            "custbody_amz_package_id": "pkg-1",
            "custbody_amz_delivery_state": "IN_TRANSIT",
            "custbody_amz_milestone_at": "2026-03-01T10:00:00Z",
            "custbody_amz_delivery_attempts": 0,
            "item": {"items": [
                {"orderLine": 1, "itemReceive": true, "quantity": 2, "location": {"id": "7"}},
                {"orderLine": 4, "itemReceive": false},
            ]},
            "package": {"items": [{
                "packageTrackingNumber": "1Z999",
                "packageDescr": "Amazon package pkg-1",
                "packageWeight": 1,
            }]},
        })
    );
}

#[test]
fn without_a_tracking_number_there_is_no_package_line() {
    let new = NewItemFulfillment { tracking_number: None, location: None, ..new() };
    let body = transform_body(&new, &settings());
    assert_eq!(body.get("package"), None);
    assert_eq!(body.pointer("/item/items/0/location"), None);
}

#[test]
fn a_replaced_tracking_number_is_noted() {
    let change = TrackingChange { number: "1Z2".into(), replaces: Some("1Z1".into()) };
    assert_eq!(
        changed_package(&change, &settings()).pointer("/items/0/packageDescr"),
        Some(&json!("replaces tracking number 1Z1"))
    );
    let change = TrackingChange { number: "1Z2".into(), replaces: None };
    assert_eq!(changed_package(&change, &settings()).pointer("/items/0/packageDescr"), None);
}

#[test]
fn a_fulfilment_is_read_with_its_own_lines_numbers_and_marks() {
    let document =
        serde_json::from_str(include_str!("../../fixtures/netsuite/item_fulfillment.json")).unwrap();
    let read = item_fulfillment(&Node::document(&document), &FieldNames::default()).unwrap();
    assert_eq!((read.id.as_str(), read.sales_order), ("8801", Some("1207".into())));
    let line = |line, units| FulfilledLine { order_line: LineNumber(line), quantity: Quantity(units) };
    assert_eq!(read.lines, [line(1, 2), line(4, 1)]);
    assert_eq!(read.tracking_numbers, ["1Z999".into(), "1Z998".into()]);
    assert_eq!(read.delivery.state, Some(PackageState::InTransit));
    assert_eq!(read.delivery.milestone, Some(MilestoneCode::OutForDelivery));
    assert_eq!(read.delivery.milestone_at, Some("2026-03-02T15:30:00Z".parse().unwrap()));
    assert_eq!(read.delivery.failed_attempts, Some(1));
    assert_eq!(read.delivery.delivered_at, None);
}

#[test]
fn part_of_a_unit_on_a_line_is_a_problem() {
    let document = json!({"id": "1", "item": {"items": [{"orderLine": 1, "quantity": 0.5}]}});
    let problem = item_fulfillment(&Node::document(&document), &FieldNames::default()).unwrap_err();
    let message = "item.items[0].quantity: expected a whole number of units, found a number";
    assert_eq!(problem.to_string(), message);
}
