//! Pausing a connection.

use amz_services::work::Ask;

use super::Stores;
use super::samples::{at, claim_all, mark, order, order_of, request, shop};

async fn pause(stores: &Stores, until_s: i64, code: &str) -> bool {
    stores.lanes.pause(&shop(), at(until_s), code).await.unwrap()
}

pub async fn a_paused_connection_is_not_claimed_and_hides_nobody(stores: &Stores) {
    mark(stores, (0..20).map(|id| request(order(&id.to_string()), Ask::SalesOrder, 0))).await;
    mark(stores, [request(order_of("other", "1"), Ask::SalesOrder, 5)]).await;
    pause(stores, 100, "credentials").await;
    let claims = stores.lanes.claim("worker", at(99), super::samples::LEASE, 2).await.unwrap();
    let lanes: Vec<_> = claims.into_iter().map(|claim| claim.lease.key).collect();
    assert_eq!(lanes, [order_of("other", "1")]);
}

pub async fn a_pause_ends_by_itself_and_the_alarm_is_not_raised_again(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 0)]).await;
    assert!(pause(stores, 100, "credentials").await);
    assert_eq!(claim_all(stores, 99).await, []);
    assert_eq!(claim_all(stores, 100).await.len(), 1, "one try may find that all is well again");
    assert!(!pause(stores, 200, "credentials").await);
    assert_eq!(claim_all(stores, 199).await, []);
}

pub async fn a_pause_is_news_once_per_code(stores: &Stores) {
    assert!(pause(stores, 100, "credentials").await);
    assert!(!pause(stores, 110, "credentials").await);
    assert!(pause(stores, 120, "throttled").await);
    assert!(!pause(stores, 130, "throttled").await);
    assert!(stores.lanes.pause(&"other".into(), at(130), "throttled").await.unwrap());
}

pub async fn a_shorter_pause_does_not_cut_a_longer_one(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 0)]).await;
    pause(stores, 100, "throttled").await;
    pause(stores, 10, "throttled").await;
    assert_eq!(claim_all(stores, 99).await, []);
    assert_eq!(claim_all(stores, 100).await.len(), 1);
}

pub async fn resuming_names_the_code_once(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 0)]).await;
    assert_eq!(stores.lanes.resume(&shop()).await.unwrap(), None);
    pause(stores, 100, "credentials").await;
    assert_eq!(stores.lanes.resume(&"other".into()).await.unwrap(), None);
    assert_eq!(stores.lanes.resume(&shop()).await.unwrap().as_deref(), Some("credentials"));
    assert_eq!(stores.lanes.resume(&shop()).await.unwrap(), None);
    assert_eq!(claim_all(stores, 1).await.len(), 1);
    assert!(pause(stores, 100, "credentials").await, "after a resume it is news again");
}

pub async fn the_end_of_one_cause_leaves_a_pause_for_another(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 0)]).await;
    pause(stores, 100, "credentials").await;
    pause(stores, 10, "unavailable").await;
    assert!(!stores.lanes.resume_if(&shop(), "unavailable").await.unwrap());
    assert_eq!(claim_all(stores, 99).await, []);
    pause(stores, 200, "unavailable").await;
    assert!(!stores.lanes.resume_if(&"other".into(), "unavailable").await.unwrap());
    assert!(stores.lanes.resume_if(&shop(), "unavailable").await.unwrap());
    assert!(!stores.lanes.resume_if(&shop(), "unavailable").await.unwrap());
    assert_eq!(claim_all(stores, 1).await.len(), 1);
}

pub async fn the_next_due_instant_respects_a_pause(stores: &Stores) {
    mark(stores, [request(order("1"), Ask::SalesOrder, 3)]).await;
    pause(stores, 100, "credentials").await;
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(100)));
    mark(stores, [request(order_of("other", "1"), Ask::SalesOrder, 7)]).await;
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(7)));
    stores.lanes.resume(&shop()).await.unwrap();
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(3)));
}
