//! The comparison tells what differs, and only that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amz_domain::sales_order::{OrderFields, ShipTo};
use amz_domain::{
    AmazonLine, CancelReason, Currency, DeliveryMarks, ItemKind, PackageContent, SalesOrderLine,
    SalesOrderStatus, TrackerKey,
};
use amz_services::settings::EligibleRule;
use rust_decimal::Decimal;

use super::*;

fn settings() -> ServiceSettings {
    ServiceSettings {
        account: "1234567".into(),
        timezone: "UTC".parse().unwrap(),
        pages: "https://example.com".into(),
        amazon_location: Some("7".into()),
        sales_channels: BTreeSet::new(),
        eligible: vec![EligibleRule::LineFlag, EligibleRule::Location],
        ship_speed: BTreeMap::new(),
        default_ship_speed: None,
        go_live: None,
        hold: Duration::ZERO,
        on_hold: OnHold::Wait,
        retry_base: Duration::from_secs(2),
        retry_limit: 12,
        unclear_wait: Duration::from_secs(10),
        kits: amz_services::settings::Kits::AsSold,
        cancellation: Default::default(),
        returns: Default::default(),
        refunds: Default::default(),
    }
}

fn sales_order() -> SalesOrder {
    SalesOrder {
        id: "42".into(),
        number: "SO42".into(),
        shop_names: Vec::new(),
        customer: None,
        status: SalesOrderStatus::PendingFulfillment,
        created_at: "2026-03-01T10:00:00Z".parse().unwrap(),
        location: None,
        sales_channel: None,
        ship_method: None,
        currency: Currency::USD,
        email: None,
        customer_name: None,
        ship_to: ShipTo::default(),
        tax_total: Decimal::ZERO,
        shipping_cost: Decimal::ZERO,
        handling_cost: Decimal::ZERO,
        discount_total: Decimal::ZERO,
        total: Decimal::TEN,
        lines: vec![SalesOrderLine {
            line: LineNumber(1),
            unique_key: "901".into(),
            item: "301".into(),
            item_name: None,
            kind: ItemKind::Inventory,
            description: None,
            quantity: Decimal::TWO,
            quantity_fulfilled: Decimal::ZERO,
            rate: None,
            amount: Decimal::TEN,
            tax: None,
            location: Some("7".into()),
            is_closed: false,
            amazon_flag: false,
            amazon_line: None,
            offer: None,
            preview: None,
        }],
        marks: OrderFields::default(),
    }
}

fn unsent(order: SalesOrder, parked: bool) -> Vec<String> {
    both(Ok(order), None, None).standing(&"42".into(), "SO42".into(), &settings(), parked).differences
}

fn both(
    order: Result<SalesOrder, String>,
    amazon: Option<AmazonOrder>,
    found: Option<ItemFulfillment>,
) -> BothSides {
    BothSides { documents: Vec::new(), order, amazon, fulfillments: vec![found] }
}

#[test]
fn an_eligible_order_that_was_never_sent_is_a_difference() {
    assert_eq!(
        unsent(sales_order(), false),
        ["it is Amazon's to ship, but Amazon does not have it, and it is not parked"]
    );
}

#[test]
fn an_order_that_is_parked_on_both_sides_agrees_and_on_one_side_differs() {
    let mut marked = sales_order();
    marked.marks.sync_state = Some(SyncState::Parked);
    assert_eq!(unsent(marked.clone(), true), [""; 0]);
    assert_eq!(unsent(marked, false).len(), 1, "a mark that an export brought along parks nothing");
    assert_eq!(unsent(sales_order(), true).len(), 1, "staff cannot see that it is parked");
}

#[test]
fn an_order_that_is_not_amazons_or_that_staff_hold_back_agrees() {
    let mut elsewhere = sales_order();
    elsewhere.lines[0].location = Some("3".into());
    let mut pending = sales_order();
    pending.status = SalesOrderStatus::PendingApproval;
    let mut held = sales_order();
    held.marks.hold = true;
    for order in [elsewhere, pending, held] {
        assert_eq!(unsent(order, false), [""; 0]);
    }
}

#[test]
fn an_order_that_only_a_person_can_decide_must_be_parked() {
    let mut order = sales_order();
    order.lines[0].kind = ItemKind::from("Spaceship");
    order.lines[0].amazon_flag = true;
    assert_eq!(unsent(order.clone(), false).len(), 1);
    order.marks.sync_state = Some(SyncState::Parked);
    assert_eq!(unsent(order, true), [""; 0]);
}

#[test]
fn an_order_that_netsuite_takes_for_sent_is_a_difference() {
    let mut order = sales_order();
    order.marks.amazon_order = Some("A-1".into());
    assert_eq!(unsent(order, false), ["NetSuite believes that Amazon has the order"]);
}

#[test]
fn an_order_that_cannot_be_read_is_a_difference_unless_it_is_parked() {
    let unreadable = both(Err("it cannot be read: currency".into()), None, None);
    let standing = |parked| unreadable.standing(&"42".into(), "SO42".into(), &settings(), parked);
    assert_eq!(standing(false).differences, ["it cannot be read: currency"]);
    let parked = standing(true);
    assert_eq!(parked.differences, [""; 0]);
    assert_eq!((parked.number.as_str(), parked.sync_state.as_str()), ("SO42", "parked"));
}

/// Both units left in one package, which came to nothing on its way.
fn undeliverable() -> (SalesOrder, AmazonOrder, ItemFulfillment) {
    let mut order = sales_order();
    order.status = SalesOrderStatus::PendingBilling;
    order.lines[0].quantity_fulfilled = Decimal::TWO;
    order.marks.amazon_order = Some("A-1".into());
    let tracker = TrackerKey { number: "1Z1".into(), carrier: "ups".into() };
    let amazon = AmazonOrder {
        id: "A-1".into(),
        alias: None,
        links: Vec::new(),
        execution: None,
        recipient: None,
        lines: vec![AmazonLine {
            id: "L-1".into(),
            alias: Some("42:901".into()),
            names: Vec::new(),
            sku: None,
            quantity: Quantity(2),
        }],
        packages: vec![Package {
            id: "P-1".into(),
            state: PackageState::Cancelled,
            reason: Some(CancelReason::Undeliverable),
            contents: [1, 1]
                .map(|units| PackageContent { line: "L-1".into(), quantity: Quantity(units) })
                .into(),
            tracker: Some(tracker),
        }],
        cancellations: Vec::new(),
        returns: Vec::new(),
        refunds: Vec::new(),
    };
    let fulfillment = ItemFulfillment {
        id: "77".into(),
        sales_order: Some("42".into()),
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(2) }],
        tracking_numbers: vec!["1Z1".into()],
        delivery: DeliveryMarks { state: Some(PackageState::Cancelled), ..DeliveryMarks::default() },
    };
    (order, amazon, fulfillment)
}

fn differences(order: SalesOrder, amazon: AmazonOrder, found: Option<ItemFulfillment>) -> Vec<String> {
    both(Ok(order), Some(amazon), found).standing(&"42".into(), "SO42".into(), &settings(), false).differences
}

#[test]
fn an_undeliverable_package_left_and_keeps_its_fulfilment() {
    let (order, amazon, fulfillment) = undeliverable();
    assert_eq!(differences(order.clone(), amazon.clone(), Some(fulfillment.clone())), [""; 0]);

    assert_eq!(differences(order.clone(), amazon.clone(), None), ["package P-1 has no item fulfilment"]);
    let mut fewer = fulfillment;
    fewer.lines[0].quantity = Quantity(1);
    assert_eq!(differences(order, amazon, Some(fewer)), ["fulfilment 77 holds other units than package P-1"]);
}

#[test]
fn a_package_that_was_cancelled_before_it_left_has_no_fulfilment() {
    let (mut order, mut amazon, fulfillment) = undeliverable();
    amazon.packages[0].reason = Some(CancelReason::Unfulfillable);
    order.lines[0].quantity_fulfilled = Decimal::ZERO;
    order.lines[0].is_closed = true;
    assert_eq!(differences(order.clone(), amazon.clone(), None), [""; 0]);
    assert_eq!(
        differences(order, amazon, Some(fulfillment)),
        ["package P-1 did not ship, yet has fulfilment 77"]
    );
}
