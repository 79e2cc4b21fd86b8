use std::sync::Arc;

use rust_decimal::Decimal;

use super::*;
use crate::orders::fixtures::{line, sales_order};

fn order() -> SalesOrder {
    let mut order = sales_order(vec![line(1, "A", 1, Decimal::ONE)]);
    order.sales_channel = Some("5".into());
    order.shop_names = vec!["SHOP-1".to_owned()];
    order
}

fn names() -> Vec<String> {
    vec!["SHOP-1".to_owned()]
}

#[test]
fn where_nothing_tells_the_checkouts_orders_each_name_is_asked_for() {
    let settings = CheckoutSettings::default();
    assert_eq!(road(&order(), &settings), Road::Perhaps(names()));
    let nameless = SalesOrder { shop_names: Vec::new(), ..order() };
    assert_eq!(road(&nameless, &settings), Road::Ours);
}

#[test]
fn channel_and_location_tell_the_checkouts_orders_and_spare_the_others() {
    let by_channel = CheckoutSettings { sales_channels: ["5".into()].into(), ..CheckoutSettings::default() };
    assert_eq!(road(&order(), &by_channel), Road::Checkout(names()));
    let other = SalesOrder { sales_channel: Some("6".into()), ..order() };
    assert_eq!(road(&other, &by_channel), Road::Ours);

    let by_location = CheckoutSettings { locations: ["7".into()].into(), ..CheckoutSettings::default() };
    let mut on_the_line = SalesOrder { location: None, ..order() };
    on_the_line.lines[0].location = Some("7".into());
    assert_eq!(road(&on_the_line, &by_location), Road::Checkout(names()));
    on_the_line.lines[0].location = Some("8".into());
    assert_eq!(road(&on_the_line, &by_location), Road::Ours);
}

#[test]
fn orders_of_another_programme_are_left_alone() {
    let settings = CheckoutSettings { other_programmes: ["5".into()].into(), ..CheckoutSettings::default() };
    assert!(matches!(road(&order(), &settings), Road::OtherProgramme(_)));
}

#[tokio::test]
async fn every_type_of_alias_is_tried_until_amazon_knows_the_name() {
    let mut orders = crate::ports::amazon::MockForeignOrders::new();
    orders
        .expect_find_named()
        .withf(|alias_type, name| alias_type == "EXTERNAL_ID" && name == "SHOP-1")
        .times(1)
        .returning(|_, _| Ok(None));
    let found = crate::refunds::fixtures::delivered(Vec::new(), Vec::new());
    let id = found.id.clone();
    orders
        .expect_find_named()
        .withf(|alias_type, name| alias_type == "SHOP" && name == "SHOP-1")
        .times(1)
        .returning(move |_, _| Ok(Some(found.clone())));
    let settings = CheckoutSettings {
        alias_types: ["EXTERNAL_ID", "SHOP", "NEVER"].map(str::to_owned).to_vec(),
        ..CheckoutSettings::default()
    };
    let checkout = Checkout { settings: Arc::new(settings), orders: Arc::new(orders) };
    assert_eq!(find(&checkout, &names()).await.unwrap().unwrap().id, id);
}
