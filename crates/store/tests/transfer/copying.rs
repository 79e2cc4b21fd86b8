//! A copy has everything, and nothing is done twice after it.

use amz_services::intent::IntentState;
use amz_services::ports::lanes::RoutedNotice;
use amz_services::ports::{Lanes, Ledger};
use amz_services::work::Ask;
use amz_store::conformance::samples::{LEASE, at, create_order, order, reason};
use amz_store::postgres::{LeaseTime, PostgresDatabase, PostgresState};
use amz_store::sqlite::{SqliteInbox, SqliteState};
use amz_store::transfer::{TransferError, check, compare, copy, migrate};
use amz_store::{Notices, State, StoreOptions};
use sqlx::Connection;

use crate::filled::{connect, database, filled, number};

#[tokio::test]
async fn a_copy_has_everything_and_is_sound() {
    let filled = filled().await;
    let (target, url) = database();
    let copied = copy(&filled.store(), &target, &|_| ()).await.unwrap();
    assert!(copied.is_same());
    let empty: Vec<_> =
        copied.tables.iter().filter(|table| table.to.rows == 0).map(|table| table.table).collect();
    assert_eq!(empty, ["stock_item_skus", "paces"], "the sample has some of all the rest");
    assert_eq!(compare(&filled.store(), &target, &|_| ()).await.unwrap(), copied);
    for store in [&filled.store(), &target] {
        let found = check(store, &|_| ()).await.unwrap();
        assert!(found.len() > 8);
        assert!(found.iter().all(|rule| rule.broken == 0), "{found:?}");
    }
    let mut database = connect(&url).await;
    let next = number(&mut database, "select nextval('lane_fences')").await;
    assert!(next > filled.fence, "{next}");
    let looks = number(
        &mut database,
        "insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome)
        values ('shop', 'order/9', 999, 0, 0, '[]', '[]', '{}') returning id",
    )
    .await;
    assert_eq!(looks, number(&mut database, "select max(id) from looks").await);
}

#[tokio::test]
async fn lanes_come_over_free_and_only_what_nobody_took_waits() {
    let filled = filled().await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let mut database = connect(&url).await;
    let free: Vec<(String, String)> = sqlx::query_as(
        "select connection, lane from lanes where owner is null and lease_until is null order by 1, 2",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let expected = [("other", "order/7"), ("shop", "order/2")];
    assert_eq!(free, expected.map(|(connection, lane)| (connection.to_owned(), lane.to_owned())));
    assert_eq!(number(&mut database, "select count(*) from lanes").await, 2);
    let waiting: Vec<(String, i64, String)> = sqlx::query_as(
        "select waiting.feed, waiting.id, notices.notice_key from notices_waiting as waiting join notices
         on notices.connection = waiting.connection and notices.feed = waiting.feed and notices.id = waiting.id
         order by 1, 2",
    )
    .fetch_all(&mut database)
    .await
    .unwrap();
    let expected = [("commands", 1, "c1"), ("inbox", 3, "n3")];
    assert_eq!(waiting, expected.map(|(feed, id, key)| (feed.to_owned(), id, key.to_owned())));
    // both feeds number their notices from 1: neither gives or takes what is the other's
    let mut taken = Vec::new();
    let state = target.state().await.unwrap();
    for feed in target.feeds() {
        for notice in feed.after(0, 10).await.unwrap() {
            taken.push((feed.name().to_owned(), notice.id, notice.notice.key.clone()));
            let routed =
                RoutedNotice { connection: notice.notice.connection, id: notice.id, requests: Vec::new() };
            state.accept_notices(feed.name(), vec![routed]).await.unwrap();
        }
        assert_eq!(feed.after(0, 10).await.unwrap(), []);
    }
    taken.sort();
    assert_eq!(taken, waiting);
    let unclear: Vec<String> = sqlx::query_scalar("select intent from intents where state = 'unclear'")
        .fetch_all(&mut database)
        .await
        .unwrap();
    assert_eq!(unclear, ["create-order/2"]);
}

#[tokio::test]
async fn the_copied_store_goes_on_where_the_old_one_stopped() {
    let filled = filled().await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let connected = PostgresDatabase::connect_lazily(&StoreOptions::new(url.into())).unwrap();
    let state = PostgresState::open(connected, LeaseTime::Caller).await.unwrap();
    let claims = state.claim("worker", at(20), LEASE, 10).await.unwrap();
    assert_eq!(claims.len(), 1, "{claims:?}");
    let lease = &claims[0].lease;
    assert_eq!((&lease.key, lease.fence > filled.fence), (&order("2"), true));
    assert_eq!(claims[0].asks, [Ask::SalesOrder]);
    let unsettled = state.unsettled(&order("2")).await.unwrap();
    assert_eq!(unsettled.iter().map(|intent| intent.key.0.as_str()).collect::<Vec<_>>(), ["create-order/2"]);
    let written = state.plan(lease, &create_order("2"), at(21)).await.unwrap();
    assert_eq!(written.state, IntentState::Unclear, "a look-up comes before another send");
    assert_eq!(state.links(&order("1")).await.unwrap().len(), 3);
    assert_eq!(state.parked(&order("2")).await.unwrap().len(), 1);
    assert!(!state.park(lease, "order", &reason("answer_lost"), at(22)).await.unwrap(), "no second message");
    state.close().await;
}

#[tokio::test]
async fn an_id_is_not_used_again_though_its_row_is_gone() {
    let filled = filled().await;
    filled.change(&filled.paths.inbox, "delete from notices where id = 3").await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let mut database = connect(&url).await;
    let next = number(&mut database, "select nextval(pg_get_serial_sequence('notices', 'id'))").await;
    assert_eq!(next, 4);
}

#[tokio::test]
async fn text_comes_over_to_the_byte() {
    let filled = filled().await;
    filled
        .change(
            &filled.paths.state,
            "update looks set lines = '[\"a\tb\\N\\.' || char(10) || char(13) || '\\\"]' where id = 1",
        )
        .await;
    let (target, url) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let lines: String = sqlx::query_scalar("select lines from looks where id = 1")
        .fetch_one(&mut connect(&url).await)
        .await
        .unwrap();
    assert_eq!(lines, "[\"a\tb\\N\\.\n\r\\\"]");
}

#[tokio::test]
async fn a_database_that_holds_something_is_refused() {
    let filled = filled().await;
    let (target, _) = database();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    let refused = copy(&filled.store(), &target, &|_| ()).await.unwrap_err();
    assert_eq!(refused.code(), "store_not_empty");
    assert!(compare(&filled.store(), &target, &|_| ()).await.unwrap().is_same());
}

#[tokio::test]
async fn a_source_in_use_is_refused_and_so_is_a_role_while_it_is_copied() {
    let filled = filled().await;
    let (target, _) = database();
    let state = SqliteState::open(&filled.paths.state).await.unwrap();
    assert_eq!(copy(&filled.store(), &target, &|_| ()).await.unwrap_err().code(), "store_in_use");
    state.close().await;
    let inbox = SqliteInbox::open(&filled.paths.inbox, "inbox").await.unwrap();
    assert_eq!(copy(&filled.store(), &target, &|_| ()).await.unwrap_err().code(), "store_in_use");
    inbox.close().await;
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
    SqliteState::open(&filled.paths.state).await.unwrap().close().await;
}

#[tokio::test]
async fn a_target_in_use_is_refused() {
    let filled = filled().await;
    let (target, url) = database();
    migrate(&target).await.unwrap();
    let mut worker = connect(&url).await;
    sqlx::query("insert into duties values ('clock', 'p', cast(extract(epoch from now()) * 1000000 as bigint) + 60000000)")
        .execute(&mut worker)
        .await
        .unwrap();
    assert_eq!(copy(&filled.store(), &target, &|_| ()).await.unwrap_err().code(), "store_in_use");
    sqlx::query("delete from duties").execute(&mut worker).await.unwrap();
    let mut writing = worker.begin().await.unwrap();
    sqlx::query("insert into pauses values ('shop', 0, 'x')").execute(&mut *writing).await.unwrap();
    assert_eq!(copy(&filled.store(), &target, &|_| ()).await.unwrap_err().code(), "store_in_use");
    writing.rollback().await.unwrap();
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
}

#[tokio::test]
async fn a_copy_that_breaks_off_leaves_nothing_and_can_be_made_again() {
    let filled = filled().await;
    // no such state fits where everything must be known
    filled.change(&filled.paths.state, "update intent_changes set intent = 'gone' where id = 1").await;
    let (target, url) = database();
    let broken = copy(&filled.store(), &target, &|_| ()).await.unwrap_err();
    assert!(matches!(broken, TransferError::Store(_)), "{broken:?}");
    assert_eq!(number(&mut connect(&url).await, "select count(*) from lanes").await, 0);
    filled
        .change(&filled.paths.state, "update intent_changes set intent = 'create-order/1' where id = 1")
        .await;
    copy(&filled.store(), &target, &|_| ()).await.unwrap();
}

#[tokio::test]
async fn only_files_are_copied_and_only_if_there_are_any() {
    let filled = filled().await;
    let (target, _) = database();
    let wrong = copy(&target, &filled.store(), &|_| ()).await.unwrap_err();
    assert_eq!(wrong.code(), "copy_direction");
    let nowhere =
        amz_store::Store::Sqlite(amz_store::sqlite::SqlitePaths::from_stem(filled.folder(), "nobody"));
    assert_eq!(copy(&nowhere, &target, &|_| ()).await.unwrap_err().code(), "store_absent");
}
