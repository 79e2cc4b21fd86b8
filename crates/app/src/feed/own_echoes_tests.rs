use amz_services::failure::{Failure, PortError};
use std::sync::atomic::{AtomicUsize, Ordering};

use amz_services::work::Lane;
use async_trait::async_trait;
use chrono_tz::America::Los_Angeles;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn order() -> LaneKey {
    LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) }
}

/// What we wrote.
struct Written(Vec<WriteWindow>);

#[async_trait]
impl OwnWrites for Written {
    async fn own_writes(
        &self,
        _: &LaneKey,
        operation: Operation,
        _: DateTime<Utc>,
    ) -> Result<Vec<WriteWindow>, StoreError> {
        Ok(if operation == Operation::MarkSalesOrder { self.0.clone() } else { Vec::new() })
    }
}

/// Our only write was under way from 18:00:04.6 to 18:00:05.2 by our clock.
fn writes(settled: Option<&str>) -> Arc<Written> {
    Arc::new(Written(vec![WriteWindow {
        sent_at: at("2026-03-01T18:00:04.600Z"),
        settled_at: settled.map(at),
    }]))
}

/// A server whose clock is ahead of ours by some seconds, or that does not answer; counts how often it is asked.
struct Server {
    ahead_s: Option<i64>,
    asked: AtomicUsize,
}

fn server(ahead_s: Option<i64>) -> Arc<Server> {
    Arc::new(Server { ahead_s, asked: AtomicUsize::new(0) })
}

#[async_trait]
impl ServerClock for Server {
    async fn server_time(&self) -> Result<DateTime<Utc>, PortError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let ahead = self.ahead_s.map(TimeDelta::seconds);
        ahead
            .map(|ahead| at("2026-03-01T18:01:00Z") + ahead)
            .ok_or_else(|| PortError::new("serverTime", Failure::Unavailable, "no_answer", "no answer came"))
    }
}

async fn is_echo(echoes: &OwnEchoes, modified: &str) -> bool {
    echoes.why(&order(), modified, at("2026-03-01T18:01:00Z")).await.unwrap().is_some()
}

const SETTLED: Option<&str> = Some("2026-03-01T18:00:05.200Z");

#[tokio::test]
async fn a_save_while_we_wrote_is_ours_and_any_other_is_not() {
    let echoes = OwnEchoes::new(writes(SETTLED), server(Some(0)), Los_Angeles);
    for (second, expected) in
        [("02", false), ("03", true), ("04", true), ("05", true), ("06", true), ("07", false)]
    {
        assert_eq!(is_echo(&echoes, &format!("2026-03-01T10:00:{second}")).await, expected, "{second}");
    }
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_reckoned_with_and_asked_once_an_hour() {
    let server = server(Some(40));
    let echoes = OwnEchoes::new(writes(SETTLED), server.clone(), Los_Angeles);
    assert!(!is_echo(&echoes, "2026-03-01T10:00:05").await, "by its clock that was before we wrote");
    assert!(is_echo(&echoes, "2026-03-01T10:00:45").await);
    assert_eq!(server.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_not_known_for_sure_is_read_again() {
    let unsettled = OwnEchoes::new(writes(None), server(Some(0)), Los_Angeles);
    assert!(!is_echo(&unsettled, "2026-03-01T10:00:05").await, "the outcome of our write is not known");
    let clockless = OwnEchoes::new(writes(SETTLED), server(None), Los_Angeles);
    assert!(!is_echo(&clockless, "2026-03-01T10:00:05").await, "NetSuite's clock is not known");
    let echoes = OwnEchoes::new(writes(SETTLED), server(Some(0)), Los_Angeles);
    assert!(!is_echo(&echoes, "2026-11-01T01:30:00").await, "clocks tell this time twice");
    assert!(!is_echo(&echoes, "soon").await);
}

#[tokio::test]
async fn the_clock_is_not_asked_for_orders_that_we_did_not_write_on() {
    let server = server(Some(0));
    let echoes = OwnEchoes::new(Arc::new(Written(Vec::new())), server.clone(), Los_Angeles);
    assert!(!is_echo(&echoes, "2026-03-01T10:00:05").await);
    assert_eq!(server.asked.load(Ordering::Relaxed), 0);
}
