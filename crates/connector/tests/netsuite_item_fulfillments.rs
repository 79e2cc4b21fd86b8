//! Item fulfilments against the sandbox: made once, found again, kept up to date.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod netsuite_support;

use amz_connector::netsuite::{ItemFulfillmentRecord, SalesOrderRecord};
use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    DeliveryMarks, ExternalId, LineNumber, MilestoneCode, PackageState, Quantity, SalesOrderStatus,
};
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::netsuite::{ItemFulfillmentPatch, NewItemFulfillment, TrackingChange};
use amz_services::ports::{ItemFulfillments, SalesOrders};
use netsuite_support::{World, order, world};
use serde_json::json;

const TRANSFORM: &str = "salesOrder.transform.itemFulfillment";

/// Two of three mugs in one package; the plates are left out.
fn package(order: u64, package: &str) -> NewItemFulfillment {
    NewItemFulfillment {
        sales_order: order.to_string().into(),
        external_id: ExternalId::of_fulfillment(&package.into()),
        package: package.into(),
        amazon_order: "322-1".into(),
        date: "2026-03-02".parse().unwrap(),
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(2) }],
        left_out: vec![LineNumber(2)],
        location: Some("7".into()),
        tracking_number: Some("1Z1".into()),
        marks: DeliveryMarks {
            state: Some(PackageState::InTransit),
            carrier: Some("ups".into()),
            failed_attempts: Some(0),
            ..DeliveryMarks::default()
        },
    }
}

async fn loaded() -> (World, u64) {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    (world, id)
}

#[tokio::test]
async fn a_fulfilment_takes_its_lines_and_no_others() {
    let (world, order) = loaded().await;
    let new = package(order, "pkg-1");
    let id = world.netsuite.create(&new).await.unwrap();
    let found = world.netsuite.find(&new.external_id).await.unwrap().unwrap();
    assert_eq!(found.id, id);
    assert_eq!(found.sales_order, Some(order.to_string().into()));
    assert_eq!(found.lines, new.lines);
    assert_eq!(found.tracking_numbers, ["1Z1".into()]);
    assert_eq!(found.delivery, new.marks);
    let read = world.netsuite.read(&order.to_string().into()).await.unwrap().unwrap();
    assert_eq!(read.lines[0].quantity_fulfilled, 2.into());
    assert_eq!(read.lines[1].quantity_fulfilled, 0.into());
    assert!(matches!(
        read.status,
        SalesOrderStatus::PartiallyFulfilled | SalesOrderStatus::PendingBillingPartiallyFulfilled
    ));
}

#[tokio::test]
async fn a_taken_external_id_is_a_conflict() {
    let (world, order) = loaded().await;
    let mut new = package(order, "pkg-1");
    new.lines[0].quantity = Quantity(1);
    world.netsuite.create(&new).await.unwrap();
    let error = world.netsuite.create(&new).await.unwrap_err();
    assert_eq!(error.failure, Failure::Conflict, "{error}");
    assert_eq!(world.sandbox().netsuite.fulfillments_of(order).len(), 1);
}

#[tokio::test]
async fn after_a_lost_answer_the_record_is_there_to_be_found() {
    for fault in [Fault::LostAnswer, Fault::ServerErrorAfterCommit] {
        let (world, order) = loaded().await;
        let new = package(order, "pkg-1");
        world.fault(TRANSFORM, CallSelector::Nth(1), fault);
        let error = world.netsuite.create(&new).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unclear);
        assert!(world.netsuite.find(&new.external_id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn after_a_drop_before_the_work_the_record_is_not_there() {
    let (world, order) = loaded().await;
    let new = package(order, "pkg-1");
    world.fault(TRANSFORM, CallSelector::Nth(1), Fault::DropBefore);
    assert_eq!(world.netsuite.create(&new).await.unwrap_err().failure, Failure::Unclear);
    assert_eq!(world.netsuite.find(&new.external_id).await.unwrap(), None);
}

#[tokio::test]
async fn more_than_is_left_is_refused_with_netsuites_words() {
    let (world, order) = loaded().await;
    let mut new = package(order, "pkg-1");
    new.lines[0].quantity = Quantity(3);
    world.netsuite.create(&new).await.unwrap();
    let mut again = package(order, "pkg-2");
    again.lines[0].quantity = Quantity(3);
    let error = world.netsuite.create(&again).await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused, "{error}");
    assert!(!error.code.is_empty() && !error.message.is_empty());
}

#[tokio::test]
async fn marks_are_added_and_never_emptied() {
    let (world, order) = loaded().await;
    let new = package(order, "pkg-1");
    let id = world.netsuite.create(&new).await.unwrap();
    let marks = DeliveryMarks {
        milestone: Some(MilestoneCode::OutForDelivery),
        milestone_at: Some("2026-03-02T15:30:00Z".parse().unwrap()),
        milestone_place: Some("Tacoma, WA, US".to_owned()),
        failed_attempts: Some(1),
        tracking_url: Some("https://track.example.com/1Z1".to_owned()),
        ..DeliveryMarks::default()
    };
    let patch = ItemFulfillmentPatch { tracking: None, marks: marks.clone() };
    ItemFulfillments::patch(&world.netsuite, &id, &patch).await.unwrap();
    let found = world.netsuite.find(&new.external_id).await.unwrap().unwrap();
    let expected = DeliveryMarks { state: new.marks.state, carrier: new.marks.carrier, ..marks };
    assert_eq!(found.delivery, expected);
    assert_eq!(found.tracking_numbers, ["1Z1".into()]);
    assert_eq!(found.lines, new.lines);
}

#[tokio::test]
async fn a_changed_tracking_number_replaces_the_old_one_and_is_noted() {
    let (world, order) = loaded().await;
    let new = package(order, "pkg-1");
    let id = world.netsuite.create(&new).await.unwrap();
    let tracking = TrackingChange { number: "1Z2".into(), replaces: Some("1Z1".into()) };
    let patch = ItemFulfillmentPatch { tracking: Some(tracking), marks: DeliveryMarks::default() };
    for _ in 0..2 {
        ItemFulfillments::patch(&world.netsuite, &id, &patch).await.unwrap();
        let found = world.netsuite.find(&new.external_id).await.unwrap().unwrap();
        assert_eq!(found.tracking_numbers, ["1Z2".into()]);
        assert_eq!(found.lines, new.lines);
    }
    let record = world.sandbox().netsuite.record("itemFulfillment", id.as_str().parse().unwrap()).unwrap();
    let description = &record["package"]["items"][0]["packageDescr"];
    assert_eq!(description, "replaces tracking number 1Z1");
}

#[tokio::test]
async fn an_unknown_external_id_is_absent() {
    let (world, _) = loaded().await;
    assert_eq!(world.netsuite.find(&ExternalId::of_fulfillment(&"none".into())).await.unwrap(), None);
}

#[tokio::test]
async fn a_preview_shows_the_lines_and_saves_nothing() {
    let (world, order) = loaded().await;
    let records = world.netsuite.records();
    let source = order.to_string();
    let preview = records
        .transform_preview::<SalesOrderRecord, ItemFulfillmentRecord>(&source, json!({}))
        .await
        .unwrap();
    let lines = preview["item"]["items"].as_array().unwrap();
    let order_lines: Vec<_> = lines.iter().map(|line| line["orderLine"].to_string()).collect();
    assert_eq!(order_lines, ["1", "2"]);
    assert!(world.sandbox().netsuite.fulfillments().is_empty());
}
