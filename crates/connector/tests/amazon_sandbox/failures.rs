use std::time::Duration;

use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AmazonOrders;

use crate::setup::{Rehearsal, order};

#[tokio::test]
async fn a_second_order_under_the_same_alias_is_a_conflict_and_no_second_parcel() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.client.create(&order()).await.unwrap();
    let error = rehearsal.client.create(&order()).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Conflict, "AliasValueAlreadyExists"));
    assert_eq!(rehearsal.sandbox().amazon.orders().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_leaves_the_write_unclear_and_the_order_can_be_found() {
    for fault in [Fault::LostAnswer, Fault::ServerErrorAfterCommit] {
        let rehearsal = Rehearsal::start().await;
        rehearsal.fault("createOrder", CallSelector::Nth(1), fault.clone());
        let error = rehearsal.client.create(&order()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unclear, "{fault:?}");
        let found = rehearsal.client.find(&order().alias).await.unwrap().unwrap();
        assert_eq!(found.lines.len(), 2);
        assert_eq!(rehearsal.count("createOrder"), 1, "the connector must not repeat a write by itself");
    }
}

#[tokio::test]
async fn an_unreadable_answer_of_a_write_is_told_apart_from_a_refusal() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.fault("createOrder", CallSelector::Nth(1), Fault::MalformedJson);
    let error = rehearsal.client.create(&order()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreadable);
    assert_eq!(rehearsal.sandbox().amazon.orders().len(), 1);
}

#[tokio::test]
async fn a_throttle_means_that_nothing_was_done() {
    let wait = Some(Duration::from_secs(3));
    let faults = [
        (Fault::GraphQlThrottle, None),
        (Fault::TooManyRequests { retry_after_s: Some(3) }, wait),
        (Fault::TooManyRequests { retry_after_s: None }, None),
    ];
    for (fault, wait) in faults {
        let rehearsal = Rehearsal::start().await;
        rehearsal.fault("createOrder", CallSelector::Nth(1), fault.clone());
        let error = rehearsal.client.create(&order()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Throttled { wait }, "{fault:?}");
        assert!(rehearsal.sandbox().amazon.orders().is_empty());
        rehearsal.client.create(&order()).await.unwrap();
    }
}

#[tokio::test]
async fn a_read_that_fails_can_be_repeated() {
    for fault in [Fault::LostAnswer, Fault::DropBefore, Fault::ServerError] {
        let rehearsal = Rehearsal::start().await;
        rehearsal.fault("order", CallSelector::Nth(1), fault.clone());
        let error = rehearsal.client.find(&order().alias).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unavailable, "{fault:?}");
        assert_eq!(rehearsal.client.find(&order().alias).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_refusal_carries_amazons_code_and_no_personal_data() {
    let rehearsal = Rehearsal::start().await;
    let mut abroad = order();
    abroad.recipient.country = "DE".into();
    let error = rehearsal.client.create(&abroad).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "InvalidDestination"));
    let shown = format!("{error} {error:?}");
    for personal in ["Lovelace", "Engine Street", "example.com"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}

#[tokio::test]
async fn an_amazon_that_is_not_there_gets_nothing() {
    let rehearsal = Rehearsal::start().await;
    let client = rehearsal.client.clone();
    rehearsal.running.shutdown().await;
    let error = client.create(&order()).await.unwrap_err();
    assert_eq!(error.failure, Failure::NotSent);
}
