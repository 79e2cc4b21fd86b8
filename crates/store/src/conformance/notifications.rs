//! Messages about parked items.

use amz_services::notification::{Notification, NotificationEnd, NotificationKind};
use amz_services::parking::{Parked, Reason, Who};
use amz_services::work::Lease;

use super::Stores;
use super::samples::{LEASE, at, claim_all, claimed, order, reason};

async fn due(stores: &Stores, now_s: i64) -> Vec<Notification> {
    stores.notifications.due_notifications(at(now_s), 100).await.unwrap()
}

async fn park(stores: &Stores, lease: &Lease, subject: &str, code: &str, at_s: i64) {
    stores.ledger.park(lease, subject, &reason(code), at(at_s)).await.unwrap();
}

/// Kind, subject, code, when it happened and since when it was parked.
fn told(notifications: &[Notification]) -> Vec<(NotificationKind, &str, &str, i64, i64)> {
    let seconds = |instant: chrono::DateTime<chrono::Utc>| (instant - at(0)).num_seconds();
    let one = |told: &'_ Notification| (seconds(told.at), seconds(told.item.since));
    notifications
        .iter()
        .map(|told| {
            let (at, since) = one(told);
            (told.kind, told.item.subject.as_str(), told.item.reason.code.as_str(), at, since)
        })
        .collect()
}

async fn settle_all(stores: &Stores, now_s: i64) -> Vec<Notification> {
    let notifications = due(stores, now_s).await;
    for told in &notifications {
        let end = NotificationEnd::Delivered;
        stores.notifications.settle_notification(&told.id, end, at(now_s)).await.unwrap();
    }
    notifications
}

pub async fn parking_and_its_end_are_told_once_each(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.unpark(&lease, "order", at(1)).await.unwrap();
    assert_eq!(due(stores, 9).await, [], "nothing was parked");
    for at_s in [1, 2, 3] {
        park(stores, &lease, "order", "sku_unknown", at_s).await;
    }
    let parked = settle_all(stores, 9).await;
    assert_eq!(told(&parked), [(NotificationKind::Parked, "order", "sku_unknown", 1, 1)]);
    let expected =
        Parked { key: order("1"), subject: "order".to_owned(), reason: reason("sku_unknown"), since: at(1) };
    assert_eq!((&parked[0].item, parked[0].attempts), (&expected, 0));
    stores.ledger.unpark(&lease, "order", at(5)).await.unwrap();
    stores.ledger.unpark(&lease, "order", at(6)).await.unwrap();
    let cleared = settle_all(stores, 9).await;
    assert_eq!(told(&cleared), [(NotificationKind::Cleared, "order", "sku_unknown", 5, 1)]);
    assert_ne!(parked[0].id, cleared[0].id);
    assert_eq!(due(stores, 9).await, []);
}

pub async fn another_code_is_told_and_other_words_are_not(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    park(stores, &lease, "order", "a", 1).await;
    let renewed = Reason::new("a", "two fields are missing", "fill in both", Who::Operator);
    stores.ledger.park(&lease, "order", &renewed, at(2)).await.unwrap();
    settle_all(stores, 9).await;
    assert_eq!(due(stores, 9).await, []);
    park(stores, &lease, "order", "b", 3).await;
    assert_eq!(told(&settle_all(stores, 9).await), [(NotificationKind::Parked, "order", "b", 3, 3)]);
    stores.ledger.unpark(&lease, "order", at(4)).await.unwrap();
    assert_eq!(told(&settle_all(stores, 9).await), [(NotificationKind::Cleared, "order", "b", 4, 3)]);
}

pub async fn a_message_that_waits_holds_back_those_of_its_item_alone(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    park(stores, &lease, "order", "a", 1).await;
    stores.ledger.unpark(&lease, "order", at(2)).await.unwrap();
    park(stores, &lease, "refund/R", "a", 3).await;
    let first = due(stores, 9).await;
    let expected =
        [(NotificationKind::Parked, "order", "a", 1, 1), (NotificationKind::Parked, "refund/R", "a", 3, 3)];
    assert_eq!(told(&first), expected);
    assert_eq!(stores.notifications.due_notifications(at(9), 1).await.unwrap(), first[..1]);
    stores.notifications.put_off_notification(&first[0].id, at(20)).await.unwrap();
    assert_eq!(told(&due(stores, 19).await), expected[1..]);
    let again = due(stores, 20).await;
    assert_eq!(told(&again), expected);
    assert_eq!((&again[0].id, again[0].attempts), (&first[0].id, 1), "the same message, one try later");
    settle_all(stores, 20).await;
    assert_eq!(told(&due(stores, 20).await), [(NotificationKind::Cleared, "order", "a", 2, 1)]);
}

pub async fn a_settled_message_stays_settled(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    park(stores, &lease, "order", "a", 1).await;
    let settled = due(stores, 9).await.remove(0);
    let end = NotificationEnd::GivenUp;
    stores.notifications.settle_notification(&settled.id, end, at(9)).await.unwrap();
    stores.notifications.put_off_notification(&settled.id, at(0)).await.unwrap();
    stores.notifications.settle_notification("unknown", end, at(9)).await.unwrap();
    assert_eq!(due(stores, 99).await, []);
}

pub async fn nothing_is_told_of_a_refused_write(stores: &Stores) {
    let old = claimed(stores, "1").await.lease;
    let after = i64::try_from(LEASE.as_secs()).unwrap() + 1;
    assert_eq!(claim_all(stores, after).await.len(), 1, "the lease has lapsed");
    assert!(stores.ledger.park(&old, "order", &reason("a"), at(after)).await.is_err());
    assert_eq!(due(stores, 999).await, []);
}
