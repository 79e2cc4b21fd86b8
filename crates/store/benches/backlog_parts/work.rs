//! Taking one lane after another, and how long each takes.

use std::time::{Duration, Instant};

use amz_services::look::{Look, LookOutcome};
use amz_services::work::{Ask, Claim, Lane, LaneKey, LaneRequest};
use chrono::Utc;

use super::store::Filled;
use crate::table::Latencies;

/// Lanes of others that are taken at most before an event counts as not served.
pub(crate) const PATIENCE: usize = 500;

/// Merchants that have one event at a time.
pub(crate) const OTHERS: usize = 10;

const LEASE: Duration = Duration::from_secs(60);

/// Events one by one: nothing else waits while one is served.
pub(crate) async fn alone(store: &Filled, events: usize) -> Latencies {
    let mut found = Latencies::default();
    for event in 0..events {
        arrive(store, "main", event).await;
        let (_, took) = serve_one(store).await;
        found.add(took);
    }
    found
}

/// Takes from what waits in two stores by turns, and lets as much arrive as goes. By turns, because a machine that is busy
/// with other things for a while shall slow down both.
pub(crate) async fn by_turns(one: &Filled, other: &Filled, events: usize) -> [Latencies; 2] {
    let mut found = [Latencies::default(), Latencies::default()];
    for event in 0..events {
        for (store, found) in [one, other].into_iter().zip(&mut found) {
            let (_, took) = serve_one(store).await;
            found.add(took);
            arrive(store, "main", event).await;
        }
    }
    found
}

/// From the arrival of an event of some other merchant until it is served, in two stores by turns; `None` when one was
/// not served in time.
pub(crate) async fn others(one: &Filled, other: &Filled, events: usize) -> Option<[Latencies; 2]> {
    let mut found = [Latencies::default(), Latencies::default()];
    for event in 0..events {
        for (store, found) in [one, other].into_iter().zip(&mut found) {
            found.add(served_among_others(store, event).await?);
        }
    }
    Some(found)
}

async fn served_among_others(store: &Filled, event: usize) -> Option<Duration> {
    let merchant = format!("other-{}", event % OTHERS);
    arrive(store, &merchant, event).await;
    let arrived = Instant::now();
    for _ in 0..PATIENCE {
        if serve_one(store).await.0 == merchant {
            return Some(arrived.elapsed());
        }
    }
    None
}

/// One event: marks a lane of its own due.
async fn arrive(store: &Filled, merchant: &str, event: usize) {
    let lane = Lane::SalesOrder(format!("new-{event}").into());
    let key = LaneKey { connection: merchant.into(), lane };
    let request = LaneRequest { key, ask: Ask::AmazonOrder, due_at: Utc::now(), notice: None };
    store.state.accept("bench", store.next_position(), vec![request]).await.unwrap();
}

/// Takes one lane and completes it. Returns whose it was, and what both took.
async fn serve_one(store: &Filled) -> (String, Duration) {
    let begun = Instant::now();
    let claims = store.state.claim("worker", Utc::now(), LEASE, 1).await.unwrap();
    let claim = claims.into_iter().next().unwrap();
    store.state.complete(&claim, &look(&claim), Vec::new()).await.unwrap();
    (claim.lease.key.connection.to_string(), begun.elapsed())
}

/// A look that found nothing to do.
pub(crate) fn look(claim: &Claim) -> Look {
    let now = Utc::now();
    Look {
        started_at: now,
        ended_at: now,
        asks: claim.asks.clone(),
        notices: claim.notices.clone(),
        echoes: Vec::new(),
        lines: Vec::new(),
        outcome: LookOutcome::Settled,
    }
}
