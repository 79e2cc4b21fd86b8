//! What keeping and finding readings of stock costs as more SKUs are known, as ratios to few.
//!
//! ```sh
//! cargo bench -p amz-store --bench stock
//! ```
//!
//! 50 readings are kept in one commit, as one answer of Amazon brings them, on SQLite with full sync; 500 SKUs are
//! found in one call. The SKUs are spread over all that are known. The ratios must stay near 1.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and stops at the first fault"
)]

use std::time::{Duration, Instant};

use amz_domain::{ConnectionName, Quantity, Sku, StockFigures, StockReading};
use amz_services::ports::{Intake, Lanes, StockRecords};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease};
use amz_store::State as _;
use amz_store::sqlite::SqliteState;
use chrono::{DateTime, TimeDelta, Utc};

const ROUNDS: u32 = 40;
const KEPT: u32 = 50;
const FOUND: u32 = 500;

#[tokio::main]
async fn main() {
    println!(
        "{:>12} {:>14} {:>8} {:>14} {:>8} {:>10}",
        "SKUs known", "keep, µs", "ratio", "find, µs", "ratio", "count, µs"
    );
    let mut least = None;
    for skus in [1_000, 10_000, 100_000] {
        let [keep, find, count] = costs(skus).await.map(|cost| cost.as_micros().max(1));
        let (least_keep, least_find) = *least.get_or_insert((keep, find));
        let ratio = |cost: u128, base: u128| format!("{}.{:02}", cost / base, cost * 100 / base % 100);
        println!(
            "{skus:>12} {keep:>14} {:>8} {find:>14} {:>8} {count:>10}",
            ratio(keep, least_keep),
            ratio(find, least_find)
        );
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn sku(number: u32) -> Sku {
    format!("SKU-{number:07}").into()
}

fn reading(number: u32, read_at: DateTime<Utc>) -> StockReading {
    StockReading {
        sku: sku(number),
        fulfillment_sku: Some(format!("X{number:09}").into()),
        condition: Some("NewItem".to_owned()),
        figures: Some(StockFigures {
            fulfillable: Some(Quantity(number % 97)),
            unfulfillable: Some(Quantity(0)),
            total: Some(Quantity(number % 97)),
            ..StockFigures::default()
        }),
        changed_at: Some(now()),
        read_at,
    }
}

async fn lease(state: &SqliteState, connection: &ConnectionName) -> Lease {
    let key = LaneKey { connection: connection.clone(), lane: Lane::StockReading };
    let ask = Ask::StockOf(sku(0));
    state.accept("bench", 1, vec![LaneRequest { key, ask, due_at: now(), notice: None }]).await.unwrap();
    let mut claims = state.claim("worker", now(), Duration::from_secs(60), 1).await.unwrap();
    claims.remove(0).lease
}

/// Time to keep an answer, to find SKUs and to count them all, with `skus` known.
async fn costs(skus: u32) -> [Duration; 3] {
    let folder = tempfile::tempdir().unwrap();
    let state = SqliteState::open(&folder.path().join("state.db")).await.unwrap();
    let connection = ConnectionName::from("main");
    let lease = lease(&state, &connection).await;
    let all: Vec<StockReading> = (0..skus).map(|number| reading(number, now())).collect();
    for some in all.chunks(1_000) {
        state.keep_readings(&lease, some).await.unwrap();
    }
    let spread = |round: u32, number: u32, of: u32| (number * (skus / of) + round) % skus;

    let began = Instant::now();
    for round in 0..ROUNDS {
        let read_at = now() + TimeDelta::seconds(i64::from(round) + 1);
        let answer: Vec<_> = (0..KEPT).map(|number| reading(spread(round, number, KEPT), read_at)).collect();
        assert_eq!(state.keep_readings(&lease, &answer).await.unwrap(), answer.len());
    }
    let keep = began.elapsed() / ROUNDS;

    let began = Instant::now();
    for round in 0..ROUNDS {
        let asked: Vec<_> = (0..FOUND).map(|number| sku(spread(round, number, FOUND))).collect();
        assert_eq!(state.known(&connection, &asked).await.unwrap().len(), asked.len());
    }
    let find = began.elapsed() / ROUNDS;

    let began = Instant::now();
    assert_eq!(state.known_count(&connection).await.unwrap(), u64::from(skus));
    let count = began.elapsed();
    state.close().await;
    [keep, find, count]
}
