//! Orders that another connector sent, and the fulfilments of an order.

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{LineNumber, Quantity, SalesOrderId};
use amz_sandbox::netsuite::{CustomField, CustomFieldKind, Parcel, Shipment, ShippedUnits};
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AccountOrders;
use amz_services::ports::netsuite::SentByOther;
use serde_json::{Value, json};

use crate::netsuite_support::{World, order, token_based, world};

const ORDER_ID: &str = "custbody_other_order_id";
const ALIAS: &str = "custbody_other_alias";

/// An account where another connector wrote two fields.
async fn adopting() -> World {
    let world = World::with(token_based(), |settings| {
        settings.adoption_fields = [ORDER_ID, ALIAS].map(str::to_owned).into();
        settings.page_size = 2;
    });
    let world = world.await;
    for field in [ORDER_ID, ALIAS] {
        world.sandbox().netsuite.declare_field(CustomField::new(field, CustomFieldKind::Text));
    }
    world
}

fn with(fields: &[(&str, &str)]) -> Value {
    let mut order = order();
    for (name, value) in fields {
        order[*name] = json!(value);
    }
    order
}

fn id(order: u64) -> SalesOrderId {
    order.to_string().into()
}

fn sent(order: u64, names: &[&str]) -> SentByOther {
    SentByOther { sales_order: id(order), names: names.iter().map(|name| (*name).to_owned()).collect() }
}

#[tokio::test]
async fn orders_of_another_connector_are_listed_with_their_names_and_ours_are_not() {
    let world = adopting().await;
    let loaded = world.load(vec![
        with(&[(ALIAS, "A-1"), (ORDER_ID, "322-1")]),
        with(&[]),
        with(&[(ORDER_ID, "322-3"), ("custbody_amz_order_id", "322-3")]),
        with(&[(ALIAS, "A-4")]),
        with(&[(ORDER_ID, "322-5")]),
    ]);
    let mut found: Vec<SentByOther> = Vec::new();
    loop {
        let after = found.last().map(|sent| sent.sales_order.clone());
        let page = world.netsuite.sent_by_others(after).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    let expected =
        [sent(loaded[0], &["322-1", "A-1"]), sent(loaded[3], &["A-4"]), sent(loaded[4], &["322-5"])];
    assert_eq!(found, expected);
    for (order, expected) in [
        (loaded[0], Some(sent(loaded[0], &["322-1", "A-1"]))),
        (loaded[1], None),
        (loaded[2], None),
        (loaded[3], Some(sent(loaded[3], &["A-4"]))),
        (999_999, None),
    ] {
        assert_eq!(world.netsuite.sent_by_other(&id(order)).await.unwrap(), expected, "{order}");
    }
}

#[tokio::test]
async fn an_order_whose_answer_did_not_come_is_not_taken_for_new() {
    let world = adopting().await;
    let [order] = world.load(vec![with(&[(ORDER_ID, "322-1")])])[..] else { panic!() };
    for empty in [1, 2] {
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let one = world.netsuite.sent_by_other(&id(order)).await.unwrap_err();
        world.sandbox().faults.clear();
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let all = world.netsuite.sent_by_others(None).await.unwrap_err();
        world.sandbox().faults.clear();
        for error in [one, all] {
            assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
        }
    }
}

#[tokio::test]
async fn without_fields_nobody_else_sent_anything_and_nothing_is_asked() {
    let world = world().await;
    assert_eq!(world.netsuite.sent_by_others(None).await.unwrap(), []);
    assert_eq!(world.netsuite.sent_by_other(&id(42)).await.unwrap(), None);
    assert_eq!(world.count("suiteql"), 0);
}

#[tokio::test]
async fn a_field_that_the_account_does_not_have_is_a_refusal_that_names_it() {
    let world = World::with(token_based(), |settings| {
        settings.adoption_fields = vec!["custbody_typo".to_owned()];
    });
    let world = world.await;
    let error = world.netsuite.sent_by_other(&id(42)).await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    assert!(error.message.contains("custbody_typo"), "{error}");
}

#[tokio::test]
async fn fulfilments_of_anybody_are_read_with_parcels_and_units_per_order_line() {
    let world = World::with(token_based(), |settings| settings.page_size = 1).await;
    let [order, other] = world.load(vec![order(), order()])[..] else { panic!() };
    assert_eq!(world.netsuite.fulfillments(&id(order)).await.unwrap(), []);
    let ship = |order, external_id: Option<&str>, line, quantity: u32, numbers: &[&str]| {
        let shipment = Shipment {
            external_id: external_id.map(str::to_owned),
            lines: vec![ShippedUnits { line, quantity: quantity.into() }],
            parcels: numbers.iter().map(|number| Parcel::new(*number)).collect(),
            ..Shipment::default()
        };
        world.sandbox().netsuite.ship(order, &shipment).unwrap()
    };
    let theirs = ship(order, Some("shop-1"), 1, 2, &["1Z1", "1Z2"]);
    ship(other, None, 1, 3, &[]);
    let ours = ship(order, Some("amz-if-P-1"), 2, 1, &[]);

    let made = world.netsuite.fulfillments(&id(order)).await.unwrap();
    assert_eq!(
        made.iter().map(|made| made.id.as_str()).collect::<Vec<_>>(),
        [theirs, ours].map(|id| id.to_string())
    );
    assert_eq!(made[0].tracking_numbers, ["1Z1".into(), "1Z2".into()]);
    assert_eq!(made[0].lines, [FulfilledLine { order_line: LineNumber(1), quantity: Quantity(2) }]);
    assert_eq!(made[0].external_id, None, "not ours");
    assert_eq!(made[1].external_id.as_ref().map(ToString::to_string).as_deref(), Some("amz-if-P-1"));
}

#[tokio::test]
async fn fulfilments_that_a_timed_out_query_hides_are_not_taken_for_none() {
    let world = world().await;
    let [order] = world.load(vec![order()])[..] else { panic!() };
    world.sandbox().netsuite.ship(order, &Shipment::default()).unwrap();
    world.fault("suiteql", CallSelector::First(1), Fault::EmptyAnswer);
    let error = world.netsuite.fulfillments(&id(order)).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
}
