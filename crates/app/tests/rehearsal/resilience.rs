//! What passes by itself, what waits for a person, and what is left alone.

use std::time::Duration;

use amz_domain::{Currency, ExecutionState, Money, OrderAlias, Quantity};
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::ports::amazon::{Contact, Delivery, NewAmazonLine, NewAmazonOrder};
use amz_services::timeline::TimelineKind;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::log::Log;
use crate::orders::{EMAIL, order, pending, text};
use crate::stage::Stage;

const RAISED: &str = "alarm=\"raised\"";
const CLEARED: &str = "alarm=\"cleared\"";

fn several(count: usize) -> Vec<Value> {
    (0..count).map(|number| order(&format!("SO-{number}"))).collect()
}

fn assert_all_sent(stage: &Stage, ids: &[u64]) {
    for id in ids {
        let amazon = stage.amazon_order(*id);
        let order = stage.sales_order(*id);
        assert_eq!(text(&order, "custbody_amz_order_id"), amazon.id);
        assert_eq!(text(&order, "custbody_amz_sync_state"), "sent");
    }
    assert_eq!(stage.amazon().orders().len(), ids.len());
}

#[tokio::test]
async fn refused_amazon_credentials_pause_the_connection_with_one_alarm() {
    let log = Log::listen();
    let stage = Stage::new().await;
    stage.fault(Vendor::Amazon, "*", CallSelector::Always, Fault::RevokedToken);
    let ids = stage.enter(several(12));
    stage.feed().await;
    stage.work().await;
    assert_eq!(log.count(RAISED), 1);
    let refused = stage.count("createOrder");
    assert!((1..=16).contains(&refused), "{refused} calls: one fresh try per lane at work, then nothing");

    // nothing is tried while the pause lasts; each later try raises no second alarm
    for _ in 0..3 {
        let mark = stage.mark();
        assert_eq!(stage.work().await, 0);
        assert_eq!(stage.calls_since(mark), Vec::<String>::new());
        stage.advance_to(stage.next_due().await.unwrap());
        assert!(stage.work().await > 0, "it tries again by itself");
    }
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    assert_eq!(stage.amazon().orders().len(), 0);
    assert_eq!(stage.parked().await, []);

    stage.clear_faults();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_all_sent(&stage, &ids);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn work_that_does_not_need_the_refused_credentials_clears_no_alarm() {
    let log = Log::listen();
    let stage = Stage::new().await;
    stage.fault(Vendor::Amazon, "*", CallSelector::Always, Fault::RevokedToken);
    let mut orders = several(30);
    for order in orders.iter_mut().skip(1).step_by(2) {
        order["item"]["items"][0]["location"] = json!({"id": "3", "refName": "Own warehouse"});
    }
    let ids = stage.enter(orders);
    stage.feed().await;
    let began = stage.now();
    stage.work().await;
    let first_pause = stage.next_due().await.unwrap() - began;
    assert!(first_pause <= TimeDelta::seconds(30), "one burst is one pause, not {first_pause}");
    for _ in 0..4 {
        stage.advance_to(stage.next_due().await.unwrap());
        stage.work().await;
    }
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    stage.clear_faults();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_all_sent(&stage, &ids.into_iter().step_by(2).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_throttle_holds_although_other_work_was_under_way_and_ends_well() {
    let log = Log::listen();
    let stage = Stage::new().await;
    let throttle = Fault::TooManyRequests { retry_after_s: Some(30) };
    stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), throttle);
    let ids = stage.enter(several(20));
    stage.feed().await;
    stage.work().await;
    let sent = stage.count("createOrder");
    assert!(sent <= 8, "{sent} orders were sent by eight slots before the pause counted");
    stage.advance(Duration::from_secs(29));
    assert_eq!(stage.work().await, 0, "the vendor asked for 30 seconds");
    stage.settle().await;
    assert_all_sent(&stage, &ids);
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (0, 0), "a throttle is no alarm");
}

#[tokio::test]
async fn refused_netsuite_credentials_pause_the_connection_and_it_resumes() {
    let log = Log::listen();
    let stage = Stage::new().await;
    let ids = stage.enter(several(3));
    stage.feed().await;
    stage.netsuite().revoke_tba_token(true);
    stage.work().await;
    assert_eq!(log.count(RAISED), 1);
    let mark = stage.mark();
    assert_eq!(stage.work().await, 0);
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
    stage.netsuite().revoke_tba_token(false);
    stage.netsuite().unlock_user();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_all_sent(&stage, &ids);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_throttle_slows_the_whole_connection_down_for_as_long_as_the_vendor_says() {
    let stage = Stage::with(&[("AMZ__WORKER__CONCURRENCY", "1")]).await;
    let throttle = Fault::TooManyRequests { retry_after_s: Some(30) };
    stage.fault(Vendor::Amazon, "createOrder", CallSelector::Nth(1), throttle);
    let ids = stage.enter(several(3));
    stage.feed().await;
    assert_eq!(stage.work().await, 1, "the other lanes wait too");
    stage.advance(Duration::from_secs(29));
    let mark = stage.mark();
    assert_eq!(stage.work().await, 0);
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
    stage.advance(Duration::from_secs(1));
    stage.settle().await;
    assert_all_sent(&stage, &ids);
    assert_eq!(stage.count("createOrder"), 4);
}

#[tokio::test]
async fn a_netsuite_that_is_out_of_order_for_a_while_parks_nothing() {
    let stage = Stage::new().await;
    let ids = stage.enter(several(6));
    stage.feed().await;
    stage.fault(Vendor::NetSuite, "*", CallSelector::Always, Fault::ServerError);
    let began = stage.now();
    while stage.now() - began < TimeDelta::minutes(20) {
        assert_eq!(stage.try_feed().await, None);
        stage.work().await;
        stage.advance_to(stage.next_due().await.unwrap());
    }
    assert_eq!(stage.amazon().orders().len(), 0);
    assert_eq!(stage.parked().await, []);
    let tries = stage.count("salesOrder.get");
    assert!((12..=120).contains(&tries), "{tries} tries in 20 minutes for six orders: waits grow");
    stage.clear_faults();
    stage.settle().await;
    assert_all_sent(&stage, &ids);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn work_whose_tries_are_used_up_is_parked_and_taken_up_again_by_a_retry() {
    let stage = Stage::with(&[("POLICY__RETRY_LIMIT", "3")]).await;
    let id = stage.enter_one(order("SO-1"));
    stage.feed().await;
    stage.fault(Vendor::NetSuite, "salesOrder.get", CallSelector::Always, Fault::ServerError);
    stage.settle().await;
    assert_eq!(stage.count("salesOrder.get"), 3);
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].reason.code.as_str(), parked[0].key.clone()), ("tries_used_up", Stage::lane(id)));
    assert!(parked[0].reason.cause.contains("3 times"), "{}", parked[0].reason.cause);

    stage.clear_faults();
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 0, "nobody asked yet");
    stage.retry(id).await;
    stage.settle().await;
    assert_all_sent(&stage, &[id]);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_lost_answer_to_a_fulfilment_makes_no_second_one() {
    let transform = "salesOrder.transform.itemFulfillment";
    for lost in [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::DropBefore, Fault::ServerError] {
        let stage = Stage::new().await;
        let id = stage.enter_one(order("SO-1"));
        stage.settle().await;
        let amazon = stage.amazon_order(id);
        stage.fault(Vendor::NetSuite, transform, CallSelector::Nth(1), lost.clone());
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-LOST").unwrap();
        stage.settle().await;
        let committed = matches!(lost, Fault::LostAnswer | Fault::ServerErrorAfterCommit);
        assert_eq!(stage.count("itemFulfillment.transform"), if committed { 1 } else { 2 }, "{lost:?}");
        assert_eq!(stage.fulfillments(id).len(), 1, "{lost:?}");
        assert_eq!(stage.parked().await, [], "{lost:?}");
        // what was adopted is kept up to date like any other
        stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
        stage.settle().await;
        let fulfillment = &stage.fulfillments(id)[0];
        assert_eq!(text(fulfillment, "custbody_amz_delivery_state"), "DELIVERED", "{lost:?}");
    }
}

#[tokio::test]
async fn an_event_of_an_order_of_ours_that_we_forgot_finds_its_sales_order() {
    let mut stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    stage.restart_without_memory().await;
    let amazon = stage.amazon_order(id);
    let mark = stage.mark();
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-FOUND").unwrap();
    stage.settle_notices().await;
    let calls = stage.calls_since(mark);
    assert_eq!(calls[0], "order", "it asks whose order it is: {calls:?}");
    assert!(!calls.contains(&"createOrder".to_owned()), "{calls:?}");
    assert_eq!(stage.fulfillments(id).len(), 1);
    stage.settle().await;
    assert_all_sent(&stage, &[id]);
    assert_eq!(stage.fulfillments(id).len(), 1);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn an_order_of_somebody_else_is_left_alone() {
    let stage = Stage::new().await;
    let usd = |text: &str| Money::new(text.parse().unwrap(), Currency::USD);
    let recipient = amz_domain::DeliveryAddress {
        name: "Zoe Other".into(),
        street: "1 Elsewhere".into(),
        extended: None,
        locality: "Tucson".into(),
        region: "AZ".into(),
        postal_code: "85701".into(),
        country: "US".into(),
        phone: None,
    };
    let alias: OrderAlias = "another-system:77".into();
    let foreign = NewAmazonOrder {
        alias,
        contact: Contact { name: "Zoe Other".into(), email: EMAIL.into() },
        recipient,
        execution: ExecutionState::Started,
        lines: vec![NewAmazonLine {
            alias: "77:1".into(),
            sku: "THEIRS".into(),
            title: "Theirs".into(),
            quantity: Quantity::try_from(Decimal::ONE).unwrap(),
            unit_price: usd("5.00"),
            discount: usd("0"),
            tax: usd("0"),
            delivery_charge: usd("0"),
            delivery: Delivery::MultiChannel { speed: "STANDARD".into() },
        }],
        total: usd("5.00"),
        page: "https://shop.example/77".into(),
        shopper_identity: None,
    };
    stage.sync().connections()[0].amazon_orders.create(&foreign).await.unwrap();
    let theirs = stage.amazon().orders().remove(0);
    let mark = stage.mark();
    stage.amazon().ship(&theirs.id, &pending(&theirs).id, "ups", "1Z-THEIRS").unwrap();
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order"]);
    assert_eq!(stage.netsuite().fulfillments(), Vec::<Value>::new());
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn work_goes_on_where_it_was_after_a_restart() {
    let mut stage = Stage::new().await;
    let ids = stage.enter(several(4));
    stage.feed().await;
    stage.restart().await;
    stage.settle().await;
    assert_all_sent(&stage, &ids);
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &format!("1Z-{id}")).unwrap();
    }
    stage.amazon().events_settled().await;
    stage.restart().await;
    stage.settle().await;
    assert_eq!(stage.netsuite().fulfillments().len(), ids.len());
    let timeline = stage.timeline(ids[0]).await;
    for kind in [TimelineKind::Notice, TimelineKind::Call, TimelineKind::Intent, TimelineKind::Look] {
        assert!(timeline.iter().any(|entry| entry.kind == kind), "no {kind:?} in {timeline:#?}");
    }
}
