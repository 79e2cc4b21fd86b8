//! Who goes first.

use amz_services::urgency::Urgency;
use amz_services::work::{Ask, Claim, LaneKey};

use super::Stores;
use super::samples::{LEASE, at, claim_all, claim_one, look, mark, order, order_of, request};

/// One ask of every class, least urgent first.
fn asks() -> [Ask; 5] {
    [
        Ask::Reconcile("r".into()),
        Ask::StockDue,
        Ask::ReturnMoved,
        Ask::AmazonOrder,
        Ask::RefundRequested("R-1".into()),
    ]
}

fn keys(claims: &[Claim]) -> Vec<LaneKey> {
    claims.iter().map(|claim| claim.lease.key.clone()).collect()
}

async fn claim_at_most(stores: &Stores, now_s: i64, limit: u32) -> Vec<LaneKey> {
    keys(&stores.lanes.claim("worker", at(now_s), LEASE, limit).await.unwrap())
}

pub async fn more_urgent_lanes_are_taken_first(stores: &Stores) {
    mark(stores, asks().into_iter().enumerate().map(|(id, ask)| request(order(&id.to_string()), ask, 0)))
        .await;
    assert_eq!(claim_at_most(stores, 0, 2).await, [order("4"), order("3")]);
    assert_eq!(claim_at_most(stores, 0, 5).await, [order("2"), order("1"), order("0")]);
}

pub async fn nothing_waits_for_ever_behind_urgent_work(stores: &Stores) {
    for (ask, head_start_s) in asks().into_iter().zip([300, 120, 60, 30, 0]) {
        mark(stores, [request(order("patient"), ask.clone(), 0)]).await;
        let urgent = Ask::CancelWished;
        mark(stores, [request(order("after"), urgent.clone(), head_start_s + 1)]).await;
        if head_start_s > 0 {
            mark(stores, [request(order("before"), urgent, head_start_s - 1)]).await;
        }
        let claims = claim_all(stores, head_start_s + 1).await;
        let expected = [order("before"), order("patient"), order("after")];
        assert_eq!(keys(&claims), expected[usize::from(head_start_s == 0)..], "{ask}");
        for claim in claims {
            stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
        }
    }
}

pub async fn a_lane_is_as_urgent_as_the_most_urgent_of_its_requests(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::StockDue, 0), request(order("2"), Ask::AmazonOrder, 0)]).await;
    mark(stores, [request(order("1"), Ask::CancelWished, 500)]).await;
    assert_eq!(claim_at_most(stores, 0, 1).await, [order("1")]);
}

pub async fn a_lane_calms_down_when_its_urgent_requests_are_served(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::CancelWished, 0)]).await;
    let claim = claim_one(stores, 0).await;
    mark(stores, [request(order("1"), Ask::StockDue, 1), request(order("2"), Ask::AmazonOrder, 1)]).await;
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claim_at_most(stores, 1, 1).await, [order("2")]);
    assert_eq!(claim_at_most(stores, 1, 1).await, [order("1")]);
}

pub async fn postponed_work_keeps_its_urgency_and_takes_that_of_what_came_meanwhile(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::CancelWished, 0), request(order("2"), Ask::StockDue, 0)]).await;
    for claim in claim_all(stores, 0).await {
        if claim.lease.key == order("2") {
            mark(stores, [request(order("2"), Ask::ReturnMoved, 10)]).await;
        }
        stores.lanes.postpone(&claim, &look(&claim), at(10), true).await.unwrap();
    }
    mark(stores, [request(order("3"), Ask::AmazonOrder, 10), request(order("4"), Ask::StockDue, 10)]).await;
    assert_eq!(keys(&claim_all(stores, 10).await), ["1", "3", "2", "4"].map(order));
}

pub async fn an_ask_that_a_claim_carries_into_postponement_counts(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::StockDue, 0)]).await;
    let mut claim = claim_one(stores, 0).await;
    claim.asks.push(Ask::CancelWished);
    stores.lanes.postpone(&claim, &look(&claim), at(5), false).await.unwrap();
    mark(stores, [request(order("2"), Ask::AmazonOrder, 5)]).await;
    assert_eq!(claim_at_most(stores, 5, 1).await, [order("1")]);
}

pub async fn urgency_is_weighed_within_a_connection_and_hides_nobody(stores: &Stores) {
    let lanes = (0..4).flat_map(|id: u8| {
        let id = id.to_string();
        [("busy", Ask::CancelWished), ("other", Ask::AmazonOrder)]
            .map(|(connection, ask)| request(order_of(connection, &id), ask, 0))
    });
    mark(stores, lanes).await;
    mark(stores, [request(order_of("third", "1"), Ask::Reconcile("r".into()), -300)]).await;
    let taken = claim_at_most(stores, 0, 6).await;
    let busy = ["0", "1", "2"].map(|id| order_of("busy", id));
    assert_eq!(taken[..3], busy, "connections take turns, and each takes its first");
    assert_eq!(taken[3..], [order_of("third", "1"), order_of("other", "0"), order_of("other", "1")]);
}

pub async fn the_next_due_instant_is_that_of_any_class_without_its_head_start(stores: &Stores) {
    for (ask, due_s) in asks().into_iter().zip([50, 40, 30, 20, 10]) {
        mark(stores, [request(order(&due_s.to_string()), ask, due_s)]).await;
        assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(due_s)));
    }
    assert_eq!(Urgency::ALL.len(), asks().len());
}
