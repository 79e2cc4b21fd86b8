//! F-21: sync that quietly stopped. A vendor is out for hours; work goes on by itself, all of it, and people hear of it once.

use std::time::Duration;

use amz_sandbox::amazon::PackageState;
use amz_sandbox::{CallSelector, Fault, Vendor};
use chrono::{DateTime, TimeDelta, Utc};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;

use crate::log::Log;
use crate::orders::{line, order, pending, text};
use crate::stage::Stage;

const RAISED: &str = "alarm=\"raised\"";
const CLEARED: &str = "alarm=\"cleared\"";

/// Lets time pass while a vendor is out, as our parts live through it: feeds, intake and work, at least once a minute.
/// Nothing may park.
async fn live_until(stage: &Stage, end: DateTime<Utc>) {
    while stage.now() < end {
        stage.amazon().events_settled().await;
        let _ = stage.try_feed().await;
        stage.intake().await;
        stage.work().await;
        assert_eq!(stage.parked().await, []);
        let due = stage.next_due().await.filter(|due| *due > stage.now());
        let soon = stage.now() + TimeDelta::minutes(1);
        stage.advance_to(due.map_or(soon, |due| due.min(soon)).min(end.max(stage.now())));
    }
}

/// When calls of a vendor arrived since a mark.
fn instants(stage: &Stage, vendor: Vendor, mark: u64) -> Vec<DateTime<Utc>> {
    let calls = stage.vendors.sandbox.calls.all().into_iter();
    calls
        .filter(|call| call.number > mark && call.vendor == vendor && call.operation != "token")
        .map(|call| call.at)
        .collect()
}

fn assert_sent(stage: &Stage, id: u64) {
    let amazon = stage.amazon_order(id);
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_order_id"), amazon.id);
    assert_eq!(text(&stage.sales_order(id), "custbody_amz_sync_state"), "sent");
}

#[tokio::test]
async fn f21_amazon_is_out_for_six_hours_and_nothing_is_dropped_cancelled_or_parked() {
    let log = Log::listen();
    let stage = Stage::with(&[("POLICY__RETRY_LIMIT", "12")]).await;
    let before = stage.enter((0..6).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;

    stage.fault(Vendor::Amazon, "*", CallSelector::Always, Fault::ServerError);
    let (began, mark) = (stage.now(), stage.mark());
    // three orders are shipped, one is to be cancelled, and orders come in all the while
    let mut new = Vec::new();
    for id in &before[..3] {
        let amazon = stage.amazon_order(*id);
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &format!("1Z-{id}")).unwrap();
    }
    let cancelled = before[5];
    for hour in 1..=6 {
        for number in 0..3 {
            new.push(stage.enter_one(order(&format!("SO-{hour}-{number}"))));
        }
        if hour == 3 {
            stage.netsuite().set_cancel_state(cancelled, "requested", Some("Changed my mind")).unwrap();
        }
        live_until(&stage, began + TimeDelta::hours(hour)).await;
    }
    assert_eq!(stage.amazon().orders().len(), before.len(), "nothing got through");
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    assert!(log.text().contains("amazon_unavailable"));
    let tries = instants(&stage, Vendor::Amazon, mark);
    let longest = tries.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= TimeDelta::minutes(5), "for {longest} nobody found out whether Amazon is back");
    assert!(tries.len() < 200, "{} calls in six hours: one at a time, ever more rarely", tries.len());

    stage.clear_faults();
    let mark = stage.mark();
    let back = stage.now();
    live_until(&stage, back + TimeDelta::minutes(6)).await;
    let first = instants(&stage, Vendor::Amazon, mark)[0];
    assert!(first - back <= TimeDelta::minutes(5), "{first} is late");
    assert_eq!(stage.amazon().orders().len(), before.len() + new.len(), "all is worked off at once");
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_eq!(stage.parked().await, []);

    for id in before.iter().chain(&new) {
        assert_sent(&stage, *id);
    }
    for id in &before[..3] {
        assert_eq!(stage.fulfillments(*id).len(), 1);
    }
    for id in before[3..].iter().chain(&new).filter(|id| **id != cancelled) {
        assert_eq!(line(&stage.sales_order(*id), 0)["isClosed"], json!(false), "order {id}");
        assert_ne!(stage.amazon_order(*id).packages[0].state, PackageState::Cancelled, "order {id}");
    }
    assert_eq!(stage.amazon_order(cancelled).cancellations.len(), 1);
    let cancels = stage.amazon().orders().iter().map(|order| order.cancellations.len()).sum::<usize>();
    assert_eq!((cancels, stage.backlog().await.lanes), (1, 0));
}

#[tokio::test]
async fn f21_netsuite_is_out_for_hours_and_all_is_worked_off_afterwards() {
    let recorder = PrometheusBuilder::new().build_recorder();
    // counts for this thread alone, and the test runs on one
    let _recording = metrics::set_default_local_recorder(&recorder);
    let shown = |value: u8| {
        let metrics = recorder.handle().render();
        let line = format!("amz_vendor_unavailable{{connection=\"stage\",vendor=\"netsuite\"}} {value}\n");
        assert!(metrics.contains(&line), "{metrics}");
    };
    let log = Log::listen();
    let stage = Stage::with(&[("POLICY__RETRY_LIMIT", "12")]).await;
    let ids = stage.enter((0..5).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &format!("1Z-{id}")).unwrap();
    }
    stage.fault(Vendor::NetSuite, "*", CallSelector::Always, Fault::DropBefore);
    live_until(&stage, stage.now() + TimeDelta::hours(3)).await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    assert!(log.text().contains("netsuite_unavailable"));
    shown(1);
    stage.clear_faults();
    stage.settle().await;
    shown(0);
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    for id in &ids {
        assert_eq!(stage.fulfillments(*id).len(), 1, "a write without an answer is looked up, not repeated");
    }
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f21_a_shop_with_one_order_waits_for_amazon_too() {
    let log = Log::listen();
    let stage = Stage::with(&[("POLICY__RETRY_LIMIT", "12")]).await;
    let id = stage.enter_one(order("SO-1"));
    stage.fault(Vendor::Amazon, "*", CallSelector::Always, Fault::LostAnswer);
    live_until(&stage, stage.now() + TimeDelta::hours(6)).await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    stage.clear_faults();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_sent(&stage, id);
    assert_eq!(stage.count("createOrder"), 1, "the one that got no answer had arrived");
}

#[tokio::test]
async fn f21_the_alarm_goes_on_across_a_restart_and_ends_once() {
    let log = Log::listen();
    let mut stage = Stage::new().await;
    let ids = stage.enter((0..5).map(|number| order(&format!("SO-{number}"))).collect());
    stage.fault(Vendor::Amazon, "*", CallSelector::Always, Fault::ServerError);
    live_until(&stage, stage.now() + TimeDelta::hours(1)).await;
    assert_eq!(log.count(RAISED), 1);
    // an order of another warehouse asks Amazon for nothing
    let mut other = order("SO-OTHER");
    other["item"]["items"][0]["location"] = json!({"id": "3", "refName": "Own warehouse"});
    stage.enter_one(other);
    stage.restart().await;
    live_until(&stage, stage.now() + TimeDelta::hours(1)).await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    stage.clear_faults();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    for id in ids {
        assert_sent(&stage, id);
    }
}

#[tokio::test]
async fn f21_one_order_that_alone_gets_server_errors_parks_as_before() {
    let log = Log::listen();
    let stage = Stage::with(&[("POLICY__RETRY_LIMIT", "5")]).await;
    let poison = stage.enter_one(order("SO-POISON"));
    stage.settle().await;
    stage.netsuite().set_cancel_state(poison, "requested", Some("Changed my mind")).unwrap();
    stage.fault(Vendor::Amazon, "cancelOrder", CallSelector::Always, Fault::ServerError);
    let mut good = Vec::new();
    for number in 0..30 {
        good.push(stage.enter_one(order(&format!("SO-{number}"))));
        stage.try_feed().await;
        stage.advance(Duration::from_secs(20));
        stage.intake().await;
        stage.work().await;
    }
    stage.settle().await;
    assert_eq!(stage.parked_codes(poison).await.len(), 1, "{:?}", stage.parked().await);
    assert_eq!(stage.parked().await.len(), 1);
    for id in good {
        assert_sent(&stage, id);
    }
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (0, 0));
    assert!(!log.text().contains("amazon_unavailable"));
}
