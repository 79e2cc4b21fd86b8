//! What taking work costs as the backlog grows, as ratios to a small backlog.
//!
//! ```sh
//! cargo bench -p amz-store
//! ```
//!
//! Lanes are taken 32 at a time and completed one by one, each in its own commit, on SQLite with full sync. The
//! ratio is what counts: it must stay near 1 however much waits.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first fault"
)]

use std::time::{Duration, Instant};

use amz_services::look::{Look, LookOutcome};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use amz_services::ports::{Inbox, Intake, Lanes};
use amz_services::work::{Ask, Claim, Lane, LaneKey, LaneRequest};
use amz_store::sqlite::{SqliteInbox, SqliteState};
use amz_store::{Notices as _, State as _};
use chrono::{DateTime, Utc};

const LEASE: Duration = Duration::from_secs(60);
const ROUNDS: u32 = 20;

#[tokio::main]
async fn main() {
    println!("{:<46} {:>12} {:>8}", "backlog", "µs per lane", "ratio");
    let mut least = None;
    for lanes in [1_000, 10_000, 100_000] {
        report(&format!("{lanes} lanes, one request each"), take(lanes, 1).await, &mut least);
    }
    report("1000 lanes behind one with 100000 requests", take(1_000, 100_000).await, &mut least);

    println!("\n{:<46} {:>12}", "notices stored at once by so many senders", "µs each");
    for senders in [1, 8, 64] {
        println!("{senders:<46} {:>12}", store_notices(senders).await.as_micros());
    }
}

fn report(what: &str, cost: Duration, least: &mut Option<u128>) {
    let micros = cost.as_micros().max(1);
    let base = *least.get_or_insert(micros);
    println!("{what:<46} {micros:>12} {:>5}.{:02}", micros / base, micros * 100 / base % 100);
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn request(lane: u32) -> LaneRequest {
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder(lane.to_string().into()) };
    LaneRequest { key, ask: Ask::AmazonOrder, due_at: now(), notice: None }
}

fn look(claim: &Claim) -> Look {
    Look {
        started_at: now(),
        ended_at: now(),
        asks: claim.asks.clone(),
        notices: claim.notices.clone(),
        echoes: Vec::new(),
        lines: Vec::new(),
        outcome: LookOutcome::Settled,
    }
}

/// Cost of taking and completing one lane, with `lanes` waiting and the first of them holding `first` requests.
async fn take(lanes: u32, first: u32) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let state = SqliteState::open(&folder.path().join("state.db")).await.unwrap();
    let mut requests: Vec<LaneRequest> = (1..first).map(|_| request(0)).collect();
    requests.extend((0..lanes).map(request));
    let mut through = 0;
    for batch in requests.chunks(1_000) {
        through += 1;
        state.accept("bench", through, batch.to_vec()).await.unwrap();
    }
    let began = Instant::now();
    let mut taken = 0;
    for _ in 0..ROUNDS {
        for claim in state.claim("worker", now(), LEASE, 32).await.unwrap() {
            state.complete(&claim, &look(&claim), Vec::new()).await.unwrap();
            taken += 1;
        }
    }
    let cost = began.elapsed() / taken;
    state.close().await;
    cost
}

/// Time per acknowledged notice with so many senders waiting at once.
async fn store_notices(senders: u32) -> Duration {
    const EACH: u32 = 200;
    let folder = tempfile::tempdir().unwrap();
    let inbox =
        std::sync::Arc::new(SqliteInbox::open(&folder.path().join("inbox.db"), "inbox").await.unwrap());
    let began = Instant::now();
    let tasks: Vec<_> = (0..senders)
        .map(|sender| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                for position in 0..EACH {
                    let notice = NewNotice {
                        connection: "main".into(),
                        source: NoticeSource::Amazon,
                        key: format!("{sender}/{position}"),
                        kind: "PACKAGE_DELIVERED".into(),
                        body: "x".repeat(1_000),
                        received_at: now(),
                    };
                    inbox.receive(vec![notice]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let cost = began.elapsed() / (senders * EACH);
    inbox.close().await;
    cost
}
