//! What the change feed does about saves in quick succession, refused credentials and the end of the process.

use std::sync::Arc;
use std::time::Duration;

use amz_app::feed::{self, ChangeFeed, Pace, Source};
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::failure::PortError;
use amz_services::ports::ChangedSalesOrders;
use amz_services::ports::netsuite::{ChangedPage, FeedPosition};
use async_trait::async_trait;
use rust_decimal::Decimal;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::log::Log;
use crate::orders::{decimal, exact, order};
use crate::stage::Stage;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_second_save_within_the_same_second_is_seen_too() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    assert_eq!(stage.try_feed().await, Some(1));
    stage.work().await;
    stage.advance(Duration::from_millis(400));
    let rate = exact(Decimal::new(950, 2));
    let edit = json!({"item": {"items": [{"line": 1, "rate": rate}]}});
    stage.netsuite().edit_sales_order(id, &edit).unwrap();
    stage.settle().await;
    let total = decimal(&stage.amazon_order(id).input["totalPrice"]["value"], "amount");
    assert_eq!(total, Decimal::new(1900, 2), "Amazon has the order as it was saved last");
}

#[tokio::test]
async fn refused_credentials_make_the_feed_ask_less_often_and_ring_once() {
    let log = Log::listen();
    let stage = Stage::new().await;
    let feed = stage.sync().feeds()[0].clone();
    let mut pace = Pace::default();
    assert_eq!(feed.step(&mut pace, MINUTE).await, MINUTE);
    stage.netsuite().revoke_tba_token(true);
    let mut waits = Vec::new();
    for _ in 0..4 {
        let wait = feed.step(&mut pace, MINUTE).await;
        waits.push(wait.as_secs());
        stage.advance(wait);
    }
    assert_eq!(waits, [60, 60, 120, 240], "half of each doubled wait is jitter");
    let alarms = |log: &Log| (log.count("alarm=\"raised\""), log.count("alarm=\"cleared\""));
    assert_eq!(alarms(&log), (1, 0));
    stage.netsuite().revoke_tba_token(false);
    stage.netsuite().unlock_user();
    assert_eq!(feed.step(&mut pace, MINUTE).await, MINUTE);
    assert_eq!(feed.step(&mut pace, MINUTE).await, MINUTE);
    assert_eq!(alarms(&log), (1, 1));
}

#[tokio::test]
async fn a_throttled_feed_waits_as_long_as_it_is_told() {
    let stage = Stage::new().await;
    let throttle = Fault::TooManyRequests { retry_after_s: Some(200) };
    stage.fault(Vendor::NetSuite, "*", CallSelector::Nth(1), throttle);
    let feed = stage.sync().feeds()[0].clone();
    let mut pace = Pace::default();
    assert_eq!(feed.step(&mut pace, MINUTE).await, Duration::from_secs(200));
    assert_eq!(feed.step(&mut pace, MINUTE).await, MINUTE);
}

/// A feed whose first page never comes.
struct Silent(Arc<Notify>);

#[async_trait]
impl ChangedSalesOrders for Silent {
    async fn page(&self, _: Option<FeedPosition>) -> Result<ChangedPage, PortError> {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_feed_that_waits_for_an_answer_stops_at_once() {
    let stage = Stage::new().await;
    let (asked, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let source = Source::SalesOrders { changed: Arc::new(Silent(asked.clone())), echoes: None };
    let feed = ChangeFeed { source, ..stage.sync().feeds()[0].clone() };
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { feed::run(vec![feed], MINUTE, stop).await }
    });
    asked.notified().await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("it stops").unwrap();
}
