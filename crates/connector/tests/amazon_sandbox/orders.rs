use amz_domain::package::{Milestone, MilestoneCode, PackageState};
use amz_domain::{ExecutionState, Quantity, TrackerKey};
use amz_sandbox::amazon::{CheckoutLine, CheckoutOrder, MilestoneCode as Told, Place};
use amz_services::failure::Failure;
use amz_services::ports::amazon::{AmazonOrderChange, Delivery, ShopperIdentity};
use amz_services::ports::{AmazonOrders, ForeignOrders, PackageTrackers};

use crate::setup::{Rehearsal, dollars, line, order};

#[tokio::test]
async fn a_created_order_is_found_by_alias_and_by_id() {
    let rehearsal = Rehearsal::start().await;
    let created = rehearsal.client.create(&order()).await.unwrap();
    assert_eq!(created.lines.len(), 2);

    let found = rehearsal.client.find(&order().alias).await.unwrap().unwrap();
    assert_eq!(AmazonOrders::read(&rehearsal.client, &created.id).await.unwrap().as_ref(), Some(&found));
    assert_eq!(found.id, created.id);
    assert_eq!(found.alias, Some(order().alias));
    assert_eq!(found.execution, Some(ExecutionState::Started));
    assert_eq!(found.recipient, Some(order().recipient));
    for (line, new) in found.lines.iter().zip(order().lines) {
        assert_eq!((line.alias.as_ref(), line.quantity), (Some(&new.alias), new.quantity));
        assert!(created.lines.iter().any(|made| made.id == line.id && made.alias == new.alias));
    }
    assert_eq!(found.packages.len(), 1);
    assert_eq!(found.packages[0].state, PackageState::Pending);
}

#[tokio::test]
async fn what_amazon_does_not_know_is_none() {
    let rehearsal = Rehearsal::start().await;
    assert_eq!(rehearsal.client.find(&"1234567_SB1:43".into()).await.unwrap(), None);
    assert_eq!(AmazonOrders::read(&rehearsal.client, &"322-NONE".into()).await.unwrap(), None);
    let key = TrackerKey { carrier: "ups".into(), number: "1Z0".into() };
    assert_eq!(PackageTrackers::read(&rehearsal.client, &key).await.unwrap(), None);
}

#[tokio::test]
async fn money_reaches_amazon_to_the_last_digit() {
    let rehearsal = Rehearsal::start().await;
    let amounts = ["0.10", "19.90", "12345678901234567.89"];
    let mut new = order();
    new.lines = vec![line("1001", 1)];
    new.lines[0].discount = dollars(amounts[0]);
    new.lines[0].unit_price = dollars(amounts[1]);
    new.lines[0].tax = dollars(amounts[2]);
    new.total = dollars(amounts[2]);
    rehearsal.client.create(&new).await.unwrap();

    let kept = rehearsal.sandbox().amazon.order_by_alias("OMS_ORDER_ID", new.alias.as_str()).unwrap();
    let line = &kept.lines[0].input;
    assert_eq!(line["discounts"]["summary"]["amount"]["amount"].to_string(), amounts[0]);
    assert_eq!(line["product"]["price"]["amount"].to_string(), amounts[1]);
    assert_eq!(line["taxes"]["summary"]["collectableTaxAmount"]["amount"].to_string(), amounts[2]);
    assert_eq!(kept.input["totalPrice"]["value"]["amount"].to_string(), amounts[2]);
}

#[tokio::test]
async fn a_prime_order_is_accepted_with_preview_offer_and_identity() {
    let rehearsal = Rehearsal::start().await;
    let mut new = order();
    new.lines[0].delivery = Delivery::Prime { preview: "preview-1".into(), offer: "offer-1".into() };
    let error = rehearsal.client.create(&new).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "MissingShopperIdentity"));

    new.shopper_identity = Some(ShopperIdentity("sandbox-mocked-test-prime-shopper-access-token".into()));
    let created = rehearsal.client.create(&new).await.unwrap();
    let kept = rehearsal.sandbox().amazon.order(created.id.as_str()).unwrap();
    assert!(kept.lines[0].prime && !kept.lines[1].prime);
}

#[tokio::test]
async fn a_held_order_is_released_and_repeating_it_changes_nothing() {
    let rehearsal = Rehearsal::start().await;
    let mut new = order();
    new.execution = ExecutionState::NotStarted;
    let created = rehearsal.client.create(&new).await.unwrap();
    let release = AmazonOrderChange { execution: Some(ExecutionState::Started), ..Default::default() };
    for _ in 0..2 {
        rehearsal.client.update(&created.id, &release).await.unwrap();
        let read = AmazonOrders::read(&rehearsal.client, &created.id).await.unwrap().unwrap();
        assert_eq!(read.execution, Some(ExecutionState::Started));
    }
    let priced = AmazonOrderChange { total: Some(dollars("80.00")), ..Default::default() };
    rehearsal.client.update(&created.id, &priced).await.unwrap();
    let kept = rehearsal.sandbox().amazon.order(created.id.as_str()).unwrap();
    assert_eq!(kept.input["totalPrice"]["value"]["amount"].to_string(), "80.00");
}

#[tokio::test]
async fn a_change_of_nothing_sends_nothing() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.client.update(&"322-NONE".into(), &AmazonOrderChange::default()).await.unwrap();
    assert!(rehearsal.sandbox().calls.all().is_empty());
}

#[tokio::test]
async fn a_change_of_an_unknown_order_is_refused() {
    let rehearsal = Rehearsal::start().await;
    let change = AmazonOrderChange { total: Some(dollars("1.00")), ..Default::default() };
    let error = rehearsal.client.update(&"322-NONE".into(), &change).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "ResourceNotFoundError"));
}

#[tokio::test]
async fn packages_and_their_trackers_are_followed() {
    let rehearsal = Rehearsal::start().await;
    let created = rehearsal.client.create(&order()).await.unwrap();
    let amazon = &rehearsal.sandbox().amazon;
    let id = created.id.as_str();
    let package = amazon.order(id).unwrap().packages[0].id.clone();
    amazon.ship(id, &package, "ups", "1Z999").unwrap();
    amazon.milestone("1Z999", Told::InTransit, Some(Place::new("Reno", "NV")), None).unwrap();
    amazon.deliver(id, &package).unwrap();

    let read = AmazonOrders::read(&rehearsal.client, &created.id).await.unwrap().unwrap();
    let [shipped] = read.packages.as_slice() else { panic!("one package") };
    let key = TrackerKey { carrier: "ups".into(), number: "1Z999".into() };
    assert_eq!((shipped.id.as_str(), &shipped.tracker), (package.as_str(), &Some(key.clone())));
    assert_eq!(shipped.state, PackageState::Delivered);
    let units: Quantity = shipped.contents.iter().map(|content| content.quantity).sum();
    assert_eq!(units, Quantity(4));

    let tracker = PackageTrackers::read(&rehearsal.client, &key).await.unwrap().unwrap();
    assert_eq!(tracker.key, key);
    let reno = Milestone {
        code: MilestoneCode::InTransit,
        occurred_at: Some(rehearsal.clock.now()),
        place: Some("Reno, NV, US".into()),
    };
    assert!(tracker.milestones.contains(&reno), "{tracker:?}");
    assert_eq!(tracker.delivered_at(), Some(rehearsal.clock.now()));
}

#[tokio::test]
async fn an_order_of_the_shop_is_found_by_the_shops_name_with_its_links_and_lines() {
    let rehearsal = Rehearsal::start().await;
    let line = CheckoutLine::new("SKU-1", 2).alias("EXTERNAL_ITEM_ID", "item-77");
    let placed = CheckoutOrder::of(vec![line, CheckoutLine::new("SKU-2", 1)])
        .alias("EXTERNAL_ID", "5551001")
        .link("EXTERNAL_ORDER_MANAGEMENT", "https://shop.example/orders/5551001");
    let id = rehearsal.sandbox().amazon.place_checkout_order(&placed).unwrap();
    let found = rehearsal.client.find_named("EXTERNAL_ID", "5551001").await.unwrap().unwrap();
    assert_eq!(found.id.as_str(), id);
    assert_eq!(found.alias, None, "it has no name of ours");
    assert_eq!(found.links, ["https://shop.example/orders/5551001"]);
    assert_eq!(found.lines[0].names, ["item-77"]);
    assert_eq!(found.lines[0].alias, None);
    for (alias_type, alias_id) in [("EXTERNAL_DISPLAY_ID", "5551001"), ("EXTERNAL_ID", "5551002")] {
        assert_eq!(rehearsal.client.find_named(alias_type, alias_id).await.unwrap(), None);
    }
}
