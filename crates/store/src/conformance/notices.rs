//! Receiving notices.

use amz_services::ports::inbox::{NewNotice, NoticeSource, Receipt};
use amz_services::ports::lanes::RoutedNotice;

use super::Stores;
use super::samples::notice;

pub async fn repeated_notices_are_stored_once(stores: &Stores) {
    let first =
        stores.inbox.receive(vec![notice("a", "1"), notice("a", "1"), notice("b", "2")]).await.unwrap();
    assert_eq!(first, [Receipt::Stored, Receipt::Duplicate, Receipt::Stored]);
    let again = stores.inbox.receive(vec![notice("b", "2"), notice("c", "3")]).await.unwrap();
    assert_eq!(again, [Receipt::Duplicate, Receipt::Stored]);
    assert_eq!(stores.feed.after(0, 10).await.unwrap().len(), 3);
}

pub async fn a_key_with_another_body_is_reported(stores: &Stores) {
    stores.inbox.receive(vec![notice("a", "1")]).await.unwrap();
    let again = stores.inbox.receive(vec![notice("a", "2"), notice("a", "1")]).await.unwrap();
    assert_eq!(again, [Receipt::KeyReused, Receipt::Duplicate]);
    let kept = stores.feed.after(0, 10).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].notice.body, "1");
}

pub async fn keys_are_apart_by_connection_and_source(stores: &Stores) {
    let other_shop = NewNotice { connection: "other".into(), ..notice("a", "1") };
    let other_source = NewNotice { source: NoticeSource::NetSuite, ..notice("a", "1") };
    let receipts = stores.inbox.receive(vec![notice("a", "1"), other_shop, other_source]).await.unwrap();
    assert_eq!(receipts, [Receipt::Stored; 3]);
}

pub async fn a_feed_gives_notices_verbatim_in_the_order_of_arrival(stores: &Stores) {
    let odd = notice("ключ", "{\"amount\": 12345678901234567.890, \"x\": \"\\u0000 é\"}\r\n");
    let sent = vec![notice("a", "1"), odd, NewNotice { source: NoticeSource::Operator, ..notice("c", "") }];
    stores.inbox.receive(sent.clone()).await.unwrap();
    let all = stores.feed.after(0, 10).await.unwrap();
    assert_eq!(all.iter().map(|stored| stored.notice.clone()).collect::<Vec<_>>(), sent);
    assert!(all.is_sorted_by(|left, right| left.id < right.id));
    assert_eq!(stores.feed.after(0, 2).await.unwrap(), all[..2]);
}

pub async fn a_feed_gives_no_notice_again_that_was_taken(stores: &Stores) {
    stores.inbox.receive(["a", "b", "c"].map(|key| notice(key, "1")).to_vec()).await.unwrap();
    let feed = stores.feed.cursor_name().await.unwrap();
    let all = stores.feed.after(0, 10).await.unwrap();
    for taken in [&all[..1], &all[1..2], &all[2..]] {
        let cursor = stores.intake.cursor(&feed).await.unwrap();
        assert_eq!(stores.feed.after(cursor, 1).await.unwrap(), taken);
        let routed = taken.iter().map(|taken| RoutedNotice {
            connection: taken.notice.connection.clone(),
            id: taken.id,
            requests: Vec::new(),
        });
        stores.intake.accept_notices(&feed, routed.collect()).await.unwrap();
    }
    let cursor = stores.intake.cursor(&feed).await.unwrap();
    assert_eq!(stores.feed.after(cursor, 10).await.unwrap(), []);
}
