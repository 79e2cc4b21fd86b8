//! Leases and fences.

use std::collections::HashSet;
use std::sync::Arc;

use amz_services::intent::IntentChange;
use amz_services::work::{Ask, Claim, Lease};
use tokio::sync::Mutex;

use super::Stores;
use super::samples::{
    LEASE, at, claim_all, claim_one, claimed, create_order, is_lost, look, mark, order, order_link, reason,
    request,
};

pub async fn a_leased_lane_is_not_claimed_again(stores: &Stores) {
    claimed(stores, "1").await;
    assert_eq!(claim_all(stores, 14).await, []);
}

pub async fn one_lane_is_never_held_twice_under_concurrency(stores: &Stores) {
    let held: Arc<Mutex<HashSet<String>>> = Arc::default();
    let worker = |name: String| {
        let (lanes, held) = (Arc::clone(&stores.lanes), Arc::clone(&held));
        async move {
            let mut taken = 0;
            for _ in 0..30 {
                let claims = lanes.claim(&name, at(100), LEASE, 3).await.unwrap();
                for claim in &claims {
                    assert!(held.lock().await.insert(claim.lease.key.to_string()), "held twice");
                }
                tokio::task::yield_now().await;
                for claim in claims {
                    taken += 1;
                    held.lock().await.remove(&claim.lease.key.to_string());
                    lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
                }
            }
            taken
        }
    };
    let feeder = async {
        for round in 0..30 {
            mark(stores, (0..4).map(|id| request(order(&id.to_string()), Ask::SalesOrder, round))).await;
        }
    };
    let workers = (0..4).map(|number| tokio::spawn(worker(format!("worker-{number}")))).collect::<Vec<_>>();
    feeder.await;
    let mut taken = 0;
    for worker in workers {
        taken += worker.await.unwrap();
    }
    for claim in claim_all(stores, 100).await {
        taken += 1;
        stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    }
    assert!(taken >= 4, "every lane was taken at least once");
    assert_eq!(stores.operations.backlog().await.unwrap().lanes, 0, "nothing is left behind");
}

pub async fn a_lapsed_lease_counts_as_due(stores: &Stores) {
    let first = claimed(stores, "1").await;
    let again = claim_one(stores, 15).await;
    assert_eq!(again.asks, first.asks);
    assert!(again.lease.fence > first.lease.fence);
}

pub async fn a_renewed_lease_lasts(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    stores.lanes.renew(&claim.lease, at(25), LEASE).await.unwrap();
    assert_eq!(claim_all(stores, 39).await, []);
    claim_one(stores, 40).await;
    assert!(is_lost(stores.lanes.renew(&claim.lease, at(65), LEASE).await));
}

/// The lane of order 1 in the hands of a second worker, and the claim of the first one.
async fn taken_over(stores: &Stores) -> (Claim, Claim) {
    let old = claimed(stores, "1").await;
    stores.ledger.plan(&old.lease, &create_order("1"), at(1)).await.unwrap();
    let new = stores.lanes.claim("other", at(60), LEASE, 1).await.unwrap().remove(0);
    assert_eq!(new.lease.key, old.lease.key);
    (old, new)
}

async fn assert_all_refused(stores: &Stores, old: &Claim) {
    let lease = &old.lease;
    let intent = create_order("1");
    assert!(is_lost(stores.lanes.renew(lease, at(75), LEASE).await), "renew");
    assert!(is_lost(stores.lanes.postpone(old, &look(old), at(90), true).await), "postpone");
    let redirect = vec![request(order("2"), Ask::SalesOrder, 0)];
    assert!(is_lost(stores.lanes.complete(old, &look(old), redirect).await), "complete");
    assert!(is_lost(stores.ledger.plan(lease, &create_order("new"), at(61)).await), "plan");
    assert!(is_lost(stores.ledger.plan(lease, &intent, at(61)).await), "plan what is known");
    assert!(is_lost(stores.ledger.change(lease, &intent.key, &IntentChange::Sent, at(61)).await), "change");
    let links = [order_link("322-A", super::samples::money("1.00"))];
    assert!(is_lost(stores.ledger.write_links(lease, &links).await), "write links");
    assert!(is_lost(stores.ledger.park(lease, "order", &reason("x"), at(61)).await), "park");
    assert!(is_lost(stores.ledger.unpark(lease, "order", at(61)).await), "unpark");
}

pub async fn everything_that_the_old_holder_writes_is_refused(stores: &Stores) {
    let (old, new) = taken_over(stores).await;
    assert_all_refused(stores, &old).await;
    let same_name = Lease { owner: new.lease.owner.clone(), ..old.lease.clone() };
    assert!(
        is_lost(stores.lanes.renew(&same_name, at(75), LEASE).await),
        "the fence decides, not the name alone"
    );
    let same_fence = Lease { owner: "third".to_owned(), ..new.lease.clone() };
    assert!(
        is_lost(stores.lanes.renew(&same_fence, at(75), LEASE).await),
        "the name decides, not the fence alone"
    );
    stores.lanes.complete(&new, &look(&new), vec![]).await.unwrap();
}

pub async fn nothing_is_left_of_a_refused_write(stores: &Stores) {
    let (old, new) = taken_over(stores).await;
    stores.ledger.park(&new.lease, "order", &reason("kept"), at(60)).await.unwrap();
    let before = stores.operations.timeline(&order("1")).await.unwrap();
    assert_all_refused(stores, &old).await;
    assert_eq!(stores.operations.timeline(&order("1")).await.unwrap(), before);
    assert_eq!(stores.ledger.links(&order("1")).await.unwrap(), []);
    assert_eq!(claim_all(stores, 61).await, [], "neither redirected nor given back");
}

pub async fn a_released_lease_holds_no_longer(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    stores.lanes.release(&claim.lease).await.unwrap();
    assert_all_refused(stores, &claim).await;
}

pub async fn a_completed_lease_holds_no_longer(stores: &Stores) {
    let gone = claimed(stores, "1").await;
    stores.lanes.complete(&gone, &look(&gone), vec![]).await.unwrap();
    assert_all_refused(stores, &gone).await;
    let kept = claimed(stores, "1").await;
    mark(stores, [request(order("1"), Ask::AmazonOrder, 500)]).await;
    stores.lanes.complete(&kept, &look(&kept), vec![]).await.unwrap();
    assert_all_refused(stores, &kept).await;
}

pub async fn fences_never_repeat(stores: &Stores) {
    let mut last = i64::MIN;
    for _ in 0..5 {
        let claim = claimed(stores, "1").await;
        assert!(claim.lease.fence > last);
        last = claim.lease.fence;
        stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    }
}

pub async fn releasing_a_lost_lease_changes_nothing(stores: &Stores) {
    let (old, new) = taken_over(stores).await;
    stores.lanes.release(&old.lease).await.unwrap();
    assert_eq!(claim_all(stores, 61).await, []);
    stores.lanes.renew(&new.lease, at(75), LEASE).await.unwrap();
}
