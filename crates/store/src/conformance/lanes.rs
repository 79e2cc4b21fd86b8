//! Taking work and giving it back.

use amz_services::work::{Ask, Claim, Lane, LaneKey};

use super::Stores;
use super::samples::{LEASE, at, claim_all, claim_one, claimed, look, mark, order, request, shop, tracker};

fn keys(claims: &[Claim]) -> Vec<LaneKey> {
    claims.iter().map(|claim| claim.lease.key.clone()).collect()
}

pub async fn five_asks_of_one_lane_make_one_claim(stores: &Stores) {
    for second in 0..5 {
        mark(stores, [request(order("1"), Ask::AmazonOrder, second)]).await;
    }
    let claim = claim_one(stores, 5).await;
    assert_eq!(claim.asks, [Ask::AmazonOrder]);
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 1_000).await, []);
}

pub async fn different_asks_of_one_lane_come_in_one_claim(stores: &Stores) {
    let asks = [Ask::Tracker(tracker("1Z")), Ask::SalesOrder, Ask::Tracker(tracker("1Y")), Ask::SalesOrder];
    mark(stores, asks.map(|ask| request(order("1"), ask, 0))).await;
    let claim = claim_one(stores, 0).await;
    assert_eq!(claim.asks, [Ask::SalesOrder, Ask::Tracker(tracker("1Y")), Ask::Tracker(tracker("1Z"))]);
}

pub async fn the_longest_due_lane_comes_first(stores: &Stores) {
    let dues = [("1", 3), ("2", 1), ("3", 2), ("10", 1)];
    mark(stores, dues.map(|(id, due_s)| request(order(id), Ask::SalesOrder, due_s))).await;
    assert_eq!(keys(&claim_all(stores, 5).await), [order("10"), order("2"), order("3"), order("1")]);
}

pub async fn a_lane_is_not_claimed_before_it_is_due(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 10)]).await;
    assert_eq!(claim_all(stores, 9).await, []);
    assert_eq!(claim_all(stores, 10).await.len(), 1);
}

pub async fn an_earlier_request_makes_a_lane_due_earlier_and_a_later_one_does_not_delay_it(stores: &Stores) {
    for due_s in [10, 5, 20] {
        mark(stores, [request(order("1"), Ask::SalesOrder, due_s)]).await;
    }
    assert_eq!(claim_all(stores, 4).await, []);
    assert_eq!(claim_all(stores, 5).await.len(), 1);
}

pub async fn a_claim_takes_no_more_than_its_limit(stores: &Stores) {
    mark(stores, ["1", "2", "3"].map(|id| request(order(id), Ask::SalesOrder, 0))).await;
    let first = stores.lanes.claim("worker", at(0), LEASE, 2).await.unwrap();
    let second = stores.lanes.claim("worker", at(0), LEASE, 2).await.unwrap();
    assert_eq!(keys(&first), [order("1"), order("2")]);
    assert_eq!(keys(&second), [order("3")]);
}

pub async fn completed_work_is_gone(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 1_000).await, []);
    assert_eq!(stores.lanes.next_due().await.unwrap(), None);
}

pub async fn a_request_that_arrives_during_the_lease_survives_completion(stores: &Stores) {
    let first = claimed(stores, "1").await;
    mark(stores, [request(order("1"), Ask::SalesOrder, 1)]).await;
    assert_eq!(claim_all(stores, 2).await, [], "the lane is leased");
    stores.lanes.complete(&first, &look(&first), vec![]).await.unwrap();
    let second = claim_one(stores, 2).await;
    assert_eq!(second.asks, [Ask::SalesOrder]);
    stores.lanes.complete(&second, &look(&second), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 1_000).await, []);
}

pub async fn a_later_request_is_honoured_at_its_own_time_after_completion(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    for due_s in [90, 60] {
        mark(stores, [request(order("1"), Ask::AmazonOrder, due_s)]).await;
    }
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 59).await, []);
    assert_eq!(claim_one(stores, 60).await.asks, [Ask::AmazonOrder]);
}

pub async fn completion_marks_the_lanes_it_redirects_to(stores: &Stores) {
    let unknown = LaneKey { connection: shop(), lane: Lane::AmazonOrder("322-A".into()) };
    mark(stores, [request(unknown.clone(), Ask::AmazonOrder, 0)]).await;
    let claim = claim_one(stores, 0).await;
    assert_eq!(claim.lease.key, unknown);
    let redirect = vec![request(order("1"), Ask::AmazonOrder, 1)];
    stores.lanes.complete(&claim, &look(&claim), redirect).await.unwrap();
    let moved = claim_one(stores, 1).await;
    assert_eq!((moved.lease.key, moved.asks), (order("1"), vec![Ask::AmazonOrder]));
}

pub async fn a_lane_may_redirect_to_itself(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    let redirect = vec![request(order("1"), Ask::AmazonOrder, 30)];
    stores.lanes.complete(&claim, &look(&claim), redirect).await.unwrap();
    assert_eq!(claim_all(stores, 29).await, []);
    assert_eq!(claim_one(stores, 30).await.asks, [Ask::AmazonOrder]);
}

pub async fn postponed_work_keeps_its_asks_and_counts_failed_tries(stores: &Stores) {
    let mut claim = claimed(stores, "1").await;
    for attempts in 0..3_u32 {
        let again_s = 100 * i64::from(attempts + 1);
        assert_eq!(claim.attempts, attempts);
        stores.lanes.postpone(&claim, &look(&claim), at(again_s), true).await.unwrap();
        assert_eq!(claim_all(stores, again_s - 1).await, []);
        claim = claim_one(stores, again_s).await;
        assert_eq!(claim.asks, [Ask::SalesOrder]);
    }
    assert_eq!(claim.attempts, 3);
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claimed(stores, "1").await.attempts, 0);
}

pub async fn waiting_without_failure_starts_the_count_again(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    stores.lanes.postpone(&claim, &look(&claim), at(10), true).await.unwrap();
    let claim = claim_one(stores, 10).await;
    assert_eq!(claim.attempts, 1);
    stores.lanes.postpone(&claim, &look(&claim), at(20), false).await.unwrap();
    assert_eq!(claim_one(stores, 20).await.attempts, 0);
}

pub async fn a_request_during_the_lease_is_not_delayed_by_postponement(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    mark(stores, [request(order("1"), Ask::AmazonOrder, 5)]).await;
    stores.lanes.postpone(&claim, &look(&claim), at(600), true).await.unwrap();
    let next = claim_one(stores, 5).await;
    assert_eq!(next.asks, [Ask::SalesOrder, Ask::AmazonOrder]);
    assert_eq!(next.attempts, 1);
    stores.lanes.complete(&next, &look(&next), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 1_000).await, []);
}

pub async fn postponement_adds_an_ask_that_the_claim_carries(stores: &Stores) {
    let mut claim = claimed(stores, "1").await;
    claim.asks.push(Ask::AmazonOrder);
    stores.lanes.postpone(&claim, &look(&claim), at(30), false).await.unwrap();
    assert_eq!(claim_all(stores, 29).await, []);
    let next = claim_one(stores, 30).await;
    assert_eq!(next.asks, [Ask::SalesOrder, Ask::AmazonOrder]);
    stores.lanes.complete(&next, &look(&next), vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 1_000).await, []);
}

pub async fn a_released_lane_is_due_at_once_as_it_was(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    stores.lanes.postpone(&claim, &look(&claim), at(10), true).await.unwrap();
    let claim = claim_one(stores, 10).await;
    mark(stores, [request(order("1"), Ask::AmazonOrder, 500)]).await;
    stores.lanes.release(&claim.lease).await.unwrap();
    let again = claim_one(stores, 10).await;
    assert_eq!(again.asks, [Ask::SalesOrder, Ask::AmazonOrder]);
    assert_eq!(again.attempts, 1);
}

pub async fn the_next_due_instant_is_the_earliest(stores: &Stores) {
    assert_eq!(stores.lanes.next_due().await.unwrap(), None);
    mark(stores, [request(order("1"), Ask::SalesOrder, 9), request(order("2"), Ask::SalesOrder, 7)]).await;
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(7)));
    assert_eq!(claim_one(stores, 7).await.lease.key, order("2"));
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(9)));
    claim_one(stores, 9).await;
    let lapses = at(7) + chrono::Duration::from_std(LEASE).unwrap();
    assert_eq!(
        stores.lanes.next_due().await.unwrap(),
        Some(lapses),
        "a lease that lapses makes its lane due"
    );
}
