//! How long a throttled connection pauses, and how that shows.

use std::time::Duration;

use amz_sandbox::{CallSelector, Fault, Vendor};
use chrono::TimeDelta;
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::orders::order;
use crate::stage::{CONNECTION, Stage};

/// A stage with one order to send, on which Amazon throttles and names a wait.
async fn throttled(calls: CallSelector, retry_after_s: u64) -> (Stage, u64) {
    let stage = Stage::new().await;
    let throttle = Fault::TooManyRequests { retry_after_s: Some(retry_after_s) };
    stage.fault(Vendor::Amazon, "createOrder", calls, throttle);
    let id = stage.enter_one(order("SO-1"));
    stage.feed().await;
    (stage, id)
}

#[tokio::test]
async fn a_vendor_that_names_no_wait_at_all_is_asked_ever_more_rarely() {
    let (stage, id) = throttled(CallSelector::First(6), 0).await;
    let began = stage.now();
    stage.settle().await;
    assert_eq!((stage.count("createOrder"), stage.amazon_orders(id)), (7, 1));
    let took = stage.now() - began;
    assert!(took >= TimeDelta::seconds(1 + 2 + 4 + 8 + 16 + 32), "six pauses in a row took {took}");
}

#[tokio::test]
async fn a_vendor_that_names_a_day_is_asked_again_after_a_quarter_of_an_hour() {
    let (stage, id) = throttled(CallSelector::Nth(1), 86_400).await;
    stage.work().await;
    assert_eq!(stage.next_due().await, Some(stage.now() + TimeDelta::minutes(15)));
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 1);
}

#[tokio::test]
async fn the_gauge_shows_a_throttle_until_it_is_over() {
    let recorder = PrometheusBuilder::new().build_recorder();
    // counts for this thread alone, and the test runs on one
    let _recording = metrics::set_default_local_recorder(&recorder);
    let shown = |value: u8| format!("amz_connection_paused{{connection=\"{CONNECTION}\"}} {value}\n");
    let (stage, _) = throttled(CallSelector::Nth(1), 30).await;
    stage.work().await;
    let metrics = recorder.handle().render();
    assert!(metrics.contains(&shown(1)), "{metrics}");
    stage.advance(Duration::from_secs(30));
    stage.work().await;
    let metrics = recorder.handle().render();
    assert!(metrics.contains(&shown(0)), "{metrics}");
}
