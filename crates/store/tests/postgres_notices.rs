//! Notices, settings and the start of a store on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use amz_services::ports::inbox::{Inbox, NewNotice, NoticeFeed, Receipt};
use amz_store::Tables;
use amz_store::conformance::Stores;
use amz_store::conformance::samples::{at, notice};
use amz_store::memory::MemoryStore;
use amz_store::postgres::{
    LeaseTime, PostgresDatabase, PostgresNotices, PostgresSettings, PostgresState, tables_of_database,
};
use amz_store::{Notices, StoreOptions};
use sqlx::{Connection, PgConnection};

fn database() -> (PostgresDatabase, String) {
    let url = amz_temporary_postgres::new_database().unwrap();
    let options = StoreOptions { max_connections: 4, ..StoreOptions::new(url.clone().into()) };
    (PostgresDatabase::connect_lazily(&options).unwrap(), url)
}

async fn count(url: &str, what: &'static str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(what).fetch_one(&mut connection).await.unwrap()
}

mod as_every_store {
    use super::*;

    async fn open() -> (Stores, ()) {
        let (database, _) = database();
        let memory = Arc::new(MemoryStore::new());
        let notices = PostgresNotices::open(database.clone(), "inbox").await.unwrap();
        let mut stores = Stores::of(Arc::new(notices), memory);
        stores.intake = Arc::new(PostgresState::open(database, LeaseTime::Caller).await.unwrap());
        (stores, ())
    }

    amz_store::conformance_tests! { open;
        notices: repeated_notices_are_stored_once,
        notices: a_key_with_another_body_is_reported,
        notices: keys_are_apart_by_connection_and_source,
        notices: a_feed_gives_notices_verbatim_in_the_order_of_arrival,
        notices: a_feed_gives_no_notice_again_that_was_taken,
    }
}

macro_rules! settings {
    ($($case:ident),+ $(,)?) => {
        mod settings {
            $( #[tokio::test] async fn $case() {
                let (database, _) = super::database();
                let history = super::PostgresSettings::new(database);
                amz_store::conformance::settings::$case(&history).await;
            } )+
        }
    };
}

settings! {
    a_new_history_has_no_versions,
    versions_come_back_as_they_were_stored,
    each_connection_counts_its_own_versions,
    versions_are_listed_newest_first_in_pages,
    a_version_that_was_made_from_older_settings_is_refused,
    of_many_who_change_at_once_one_succeeds,
}

/// Two receivers, as two processes would be, and senders that repeat a tenth of what they send, also to the other one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_stored_once_and_waits_once() {
    const SENDERS: usize = 64;
    const EACH: usize = 100;
    let (database, url) = database();
    let mut receivers = Vec::new();
    for _ in 0..2 {
        receivers.push(Arc::new(PostgresNotices::open(database.clone(), "inbox").await.unwrap()));
    }
    let senders = (0..SENDERS).map(|sender| {
        let receivers = receivers.clone();
        tokio::spawn(async move {
            let mut receipts = Vec::new();
            for number in 0..EACH {
                // every tenth is one that the next sender sends as well
                let from = if number % 10 == 9 { (sender + 1) % SENDERS } else { sender };
                let number = if number % 10 == 9 { number - 1 } else { number };
                let sent = NewNotice {
                    connection: if from % 2 == 0 { "even".into() } else { "odd".into() },
                    ..notice(&format!("{from}/{number}"), &format!("body of {from}/{number}"))
                };
                let receiver = &receivers[(sender + number) % 2];
                receipts.push((sent.key.clone(), receiver.receive(vec![sent]).await.unwrap()));
            }
            receipts
        })
    });
    let mut acknowledged = HashSet::new();
    let mut stored = 0;
    for sender in senders.collect::<Vec<_>>() {
        for (key, receipt) in sender.await.unwrap() {
            assert!(matches!(receipt[..], [Receipt::Stored | Receipt::Duplicate]), "{receipt:?}");
            stored += usize::from(receipt == [Receipt::Stored]);
            acknowledged.insert(key);
        }
    }
    assert_eq!(acknowledged.len(), SENDERS * EACH * 9 / 10);
    assert_eq!(stored, acknowledged.len());
    let rows = i64::try_from(acknowledged.len()).unwrap();
    assert_eq!(count(&url, "select count(*) from notices").await, rows);
    assert_eq!(
        count(&url, "select count(*) from notices_waiting join notices using (connection, id)").await,
        rows
    );
}

/// PostgreSQL keeps no NUL in text.
#[tokio::test]
async fn a_notice_that_cannot_be_stored_fails_alone() {
    let (database, url) = database();
    let notices = PostgresNotices::open(database, "inbox").await.unwrap();
    let (good, bad, other) = tokio::join!(
        notices.receive(vec![notice("a", "1"), notice("b", "1")]),
        notices.receive(vec![notice("c", "1"), notice("d", "\0")]),
        notices.receive(vec![notice("e", "1")]),
    );
    assert_eq!(good.unwrap(), [Receipt::Stored; 2]);
    assert!(bad.is_err());
    assert_eq!(other.unwrap(), [Receipt::Stored]);
    assert_eq!(count(&url, "select count(*) from notices").await, 3, "nothing half-done");
    assert_eq!(count(&url, "select count(*) from notices_waiting").await, 3);
}

#[tokio::test]
async fn old_notices_that_were_taken_go_in_small_bites() {
    let (database, url) = database();
    let inbox = PostgresNotices::open(database.clone(), "inbox").await.unwrap();
    let commands = PostgresNotices::open(database, "commands").await.unwrap();
    inbox.receive(["a", "b", "c", "d"].map(|key| notice(key, "1")).to_vec()).await.unwrap();
    assert_eq!(commands.receive(vec![notice("a", "1")]).await.unwrap(), [Receipt::Stored]);
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("delete from notices_waiting where id > 1").execute(&mut connection).await.unwrap();
    let (day, keep) = (chrono::TimeDelta::days(1), Duration::from_secs(60));
    assert_eq!(inbox.purge(at(0) + day * 29, keep, 10).await.unwrap(), 0, "the window is at least 30 days");
    assert_eq!(inbox.purge(at(0) + day * 31, keep, 2).await.unwrap(), 2);
    assert_eq!(inbox.purge(at(0) + day * 31, keep, 2).await.unwrap(), 1);
    assert_eq!(inbox.purge(at(0) + day * 31, keep, 2).await.unwrap(), 0, "one waits");
    let left: Vec<_> = inbox.after(0, 10).await.unwrap().into_iter().map(|left| left.notice.key).collect();
    assert_eq!(left, ["a"]);
    assert_eq!(count(&url, "select count(*) from notices where feed = 'commands'").await, 1);
}

#[tokio::test]
async fn a_backlog_of_one_merchant_delays_no_other_merchants_notice() {
    let (database, _) = database();
    let inbox = PostgresNotices::open(database.clone(), "inbox").await.unwrap();
    let commands = PostgresNotices::open(database, "commands").await.unwrap();
    let of = |connection: &str, key: String| NewNotice { connection: connection.into(), ..notice(&key, "1") };
    let backlog = (0..600).map(|number| of("large", format!("l{number}"))).collect();
    inbox.receive(backlog).await.unwrap();
    inbox.receive(vec![of("small", "s1".to_owned()), of("middle", "m1".to_owned())]).await.unwrap();
    commands.receive(vec![of("large", "c1".to_owned())]).await.unwrap();
    let page = inbox.after(0, 30).await.unwrap();
    let keys: Vec<&str> = page.iter().map(|notice| notice.notice.key.as_str()).collect();
    assert_eq!(keys[..5], ["l0", "s1", "m1", "l1", "l2"]);
    assert_eq!(keys.len(), 12, "each may have its share of a page");
    let page = commands.after(0, 30).await.unwrap();
    assert_eq!(page.iter().map(|notice| notice.notice.key.as_str()).collect::<Vec<_>>(), ["c1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_that_start_at_once_prepare_an_empty_database() {
    let (first, url) = database();
    assert_eq!(tables_of_database(&first).await.unwrap(), Tables::Absent);
    let starts = (0..10).map(|_| {
        let options = StoreOptions { max_connections: 1, ..StoreOptions::new(url.clone().into()) };
        tokio::spawn(async move { PostgresDatabase::connect_lazily(&options).unwrap().prepare().await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.unwrap().unwrap();
    }
    let Tables::Current { versions } = tables_of_database(&first).await.unwrap() else { panic!("current") };
    let mut connection = PgConnection::connect(&url).await.unwrap();
    sqlx::query("insert into _sqlx_migrations values (9999, 'later', now(), true, '\\x00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables_of_database(&first).await.unwrap(), Tables::Newer { unknown: 1 });
    assert_eq!(first.prepare().await.unwrap_err().code(), "store_migration_failed");
    sqlx::query("delete from _sqlx_migrations").execute(&mut connection).await.unwrap();
    assert_eq!(tables_of_database(&first).await.unwrap(), Tables::Older { missing: versions });
}
