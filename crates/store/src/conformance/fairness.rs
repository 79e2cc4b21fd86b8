//! How connections share the workers.

use std::collections::BTreeMap;

use amz_services::work::Ask;

use super::Stores;
use super::samples::{LEASE, at, mark, order_of, request};

/// Makes so many lanes of a connection due.
async fn due(stores: &Stores, connection: &str, lanes: u32) {
    let lanes = (0..lanes).map(|id| request(order_of(connection, &id.to_string()), Ask::SalesOrder, 0));
    mark(stores, lanes).await;
}

/// How many lanes each connection gets in so many claims.
async fn taken(stores: &Stores, claims: u32, limit: u32) -> BTreeMap<String, u32> {
    let mut taken = BTreeMap::new();
    for _ in 0..claims {
        for claim in stores.lanes.claim("worker", at(1), LEASE, limit).await.unwrap() {
            *taken.entry(claim.lease.key.connection.to_string()).or_default() += 1;
        }
    }
    taken
}

fn counts<const N: usize>(expected: [(&str, u32); N]) -> BTreeMap<String, u32> {
    expected.map(|(connection, lanes)| (connection.to_owned(), lanes)).into()
}

pub async fn a_backlog_of_one_does_not_delay_a_lane_of_another(stores: &Stores) {
    let urgent = (0..300).map(|id| request(order_of("busy", &id.to_string()), Ask::CancelWished, -500));
    mark(stores, urgent).await;
    for (limit, claims) in [(1, 2), (2, 1), (16, 1)] {
        assert_eq!(taken(stores, 5, limit).await, counts([("busy", 5 * limit)]));
        for other in ["a", "z"] {
            let lane = order_of(other, &format!("at {limit}"));
            mark(stores, [request(lane, Ask::SalesOrder, 0)]).await;
            let taken = taken(stores, claims, limit).await;
            assert_eq!(taken.get(other), Some(&1), "limit {limit}: {taken:?}");
        }
    }
}

pub async fn a_claim_is_shared_by_those_with_due_lanes(stores: &Stores) {
    for (connection, lanes) in [("a", 100), ("b", 100), ("c", 2)] {
        due(stores, connection, lanes).await;
    }
    assert_eq!(taken(stores, 1, 12).await, counts([("a", 5), ("b", 5), ("c", 2)]));
}

pub async fn lanes_are_shared_by_weight(stores: &Stores) {
    stores.lanes.set_weights(&[("heavy".into(), 3)]).await.unwrap();
    due(stores, "heavy", 200).await;
    due(stores, "light", 200).await;
    assert_eq!(taken(stores, 40, 1).await, counts([("heavy", 30), ("light", 10)]));
    assert_eq!(taken(stores, 2, 16).await, counts([("heavy", 24), ("light", 8)]));
    stores.lanes.set_weights(&[("heavy".into(), 1), ("light".into(), 1)]).await.unwrap();
    let equal = taken(stores, 1, 20).await;
    assert!(equal.values().all(|lanes| (9..=11).contains(lanes)), "{equal:?}");
}

pub async fn idling_collects_no_credit(stores: &Stores) {
    due(stores, "sometimes", 1).await;
    due(stores, "busy", 200).await;
    assert_eq!(taken(stores, 50, 1).await, counts([("busy", 49), ("sometimes", 1)]));
    due(stores, "sometimes", 101).await;
    due(stores, "new", 100).await;
    let shared = taken(stores, 30, 1).await;
    assert_eq!(shared.len(), 3, "{shared:?}");
    assert!(shared.values().all(|lanes| (9..=11).contains(lanes)), "{shared:?}");
}

pub async fn the_share_of_a_paused_connection_goes_to_others(stores: &Stores) {
    due(stores, "paused", 100).await;
    due(stores, "going", 100).await;
    assert_eq!(taken(stores, 1, 2).await, counts([("going", 1), ("paused", 1)]));
    stores.lanes.pause(&"paused".into(), at(100), "credentials").await.unwrap();
    assert_eq!(taken(stores, 2, 10).await, counts([("going", 20)]));
    stores.lanes.resume(&"paused".into()).await.unwrap();
    let after = taken(stores, 1, 10).await;
    assert!(after.values().all(|lanes| (4..=6).contains(lanes)), "no credit for the pause: {after:?}");
}
