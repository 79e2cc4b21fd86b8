//! What only files can do: many starts at once, one owner, survival of a crash, reading from elsewhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;
use std::sync::Arc;

use amz_services::ports::inbox::{Inbox, NoticeFeed, Receipt};
use amz_services::ports::records::Backlog;
use amz_services::ports::{CallLog, Intake, Lanes, Ledger, Operations};
use amz_services::work::Ask;
use amz_store::conformance::Stores;
use amz_store::conformance::samples::{
    LEASE, at, create_order, look, money, notice, order, order_link, reason, request, told,
};
use amz_store::sqlite::{SqliteInbox, SqliteInboxReader, SqlitePaths, SqliteState, SqliteStateReader};
use amz_store::{Notices as _, Purged, State as _};
use chrono::Duration;

async fn opened(folder: &Path) -> (Stores, Arc<SqliteInbox>, Arc<SqliteState>) {
    let paths = SqlitePaths::from_stem(folder, "test");
    let inbox = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await.unwrap());
    let state = Arc::new(SqliteState::open(&paths.state).await.unwrap());
    (Stores::of(inbox.clone(), state.clone()), inbox, state)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eighty_starts_at_once_all_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("inbox.db");
    let starts: Vec<_> = (0..80)
        .map(|number: u32| {
            let path = path.clone();
            tokio::spawn(async move {
                let inbox = SqliteInbox::open(&path, "inbox").await.unwrap();
                inbox.receive(vec![notice(&number.to_string(), "1")]).await.unwrap()
            })
        })
        .collect();
    for start in starts {
        assert_eq!(start.await.unwrap(), [Receipt::Stored]);
    }
    let stored = SqliteInboxReader::new(&path, "inbox").after(0, 100).await.unwrap();
    assert_eq!(stored.len(), 80);
}

#[tokio::test]
async fn a_second_owner_is_refused_until_the_first_has_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let first = SqliteState::open(&path).await.unwrap();
    let refused = SqliteState::open(&path).await.unwrap_err();
    assert_eq!(refused.code(), "store_in_use");
    assert!(refused.to_string().contains("state.db is in use by another process"), "{refused}");
    first.close().await;
    SqliteState::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_new_owner_frees_the_leases_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let first = SqliteState::open(&path).await.unwrap();
    first.accept("inbox", 1, vec![request(order("1"), Ask::SalesOrder, 0)]).await.unwrap();
    let old = first.claim("first", at(0), LEASE, 1).await.unwrap().remove(0);
    first.close().await;
    let second = SqliteState::open(&path).await.unwrap();
    assert!(second.renew(&old.lease, at(75), LEASE).await.is_err());
    let new = second.claim("second", at(1), LEASE, 1).await.unwrap().remove(0);
    assert_eq!(new.asks, [Ask::SalesOrder]);
    assert!(new.lease.fence > old.lease.fence);
}

#[tokio::test]
async fn a_crash_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (stores, _inbox, _state) = opened(folder.path()).await;
    stores.inbox.receive(vec![notice("a", "1"), notice("b", "2")]).await.unwrap();
    let asked = ["1", "2", "3"].map(|id| told(request(order(id), Ask::SalesOrder, 0), "inbox/1", "K"));
    stores.intake.accept("inbox", 2, asked.to_vec()).await.unwrap();
    let claims = stores.lanes.claim("worker", at(0), LEASE, 2).await.unwrap();
    let lease = &claims[0].lease;
    stores.ledger.plan(lease, &create_order("1"), at(1)).await.unwrap();
    stores.ledger.write_links(lease, &[order_link("322-A", money("19.90"))]).await.unwrap();
    stores.ledger.park(lease, "order", &reason("x"), at(2)).await.unwrap();
    stores.lanes.complete(&claims[1], &look(&claims[1]), vec![]).await.unwrap();
    stores.lanes.pause(&"shop".into(), at(9), "throttled").await.unwrap();

    // what lies in the files at this instant is what a killed process leaves behind
    let left_behind = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), left_behind.path().join(entry.file_name())).unwrap();
        }
    }
    let (after, ..) = opened(left_behind.path()).await;
    assert_eq!(after.feed.after(0, 10).await.unwrap(), stores.feed.after(0, 10).await.unwrap());
    assert_eq!(after.inbox.receive(vec![notice("b", "2")]).await.unwrap(), [Receipt::Duplicate]);
    assert_eq!(after.intake.cursor("inbox").await.unwrap(), 2);
    assert_eq!(after.ledger.links(&order("1")).await.unwrap(), [order_link("322-A", money("19.90"))]);
    assert_eq!(after.ledger.parked(&order("1")).await.unwrap().len(), 1);
    let told = stores.notifications.due_notifications(at(9), 10).await.unwrap();
    assert_eq!((told.len(), after.notifications.due_notifications(at(9), 10).await.unwrap()), (1, told));
    let expected = Backlog { lanes: 2, leased: 0, parked: 1, unsettled: 0 };
    assert_eq!(after.operations.backlog().await.unwrap(), expected);
    assert_eq!(after.lanes.resume(&"shop".into()).await.unwrap().as_deref(), Some("throttled"));
    let taken = after.lanes.claim("next", at(1), LEASE, 10).await.unwrap();
    assert_eq!(
        taken.iter().map(|claim| claim.lease.key.clone()).collect::<Vec<_>>(),
        [order("1"), order("3")]
    );
    let planned = after.ledger.plan(&taken[0].lease, &create_order("1"), at(99)).await.unwrap();
    assert_eq!(planned.planned_at, at(1));
}

#[tokio::test]
async fn a_store_that_was_dropped_finishes_its_work_and_frees_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let first = SqliteState::open(&path).await.unwrap();
    first.accept("inbox", 7, vec![]).await.unwrap();
    drop(first);
    let second = loop {
        match SqliteState::open(&path).await {
            Ok(second) => break second,
            Err(error) => assert_eq!(error.code(), "store_in_use"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(second.cursor("inbox").await.unwrap(), 7);
}

#[tokio::test]
async fn a_reader_finds_nothing_until_the_writer_has_made_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    let feed = SqliteInboxReader::new(&paths.inbox, "inbox");
    let operations = SqliteStateReader::new(&paths.state);
    assert_eq!(feed.name(), "inbox");
    assert_eq!(feed.after(0, 10).await.unwrap(), []);
    assert_eq!(operations.backlog().await.unwrap(), Backlog::default());
    assert!(!paths.inbox.exists() && !paths.state.exists(), "a reader makes no files");
    std::fs::write(&paths.inbox, "").unwrap();
    assert_eq!(feed.after(0, 10).await.unwrap(), [], "made, and not prepared yet");

    let (stores, ..) = opened(folder.path()).await;
    stores.inbox.receive(vec![notice("a", "1")]).await.unwrap();
    stores.intake.accept("inbox", 1, vec![request(order("1"), Ask::SalesOrder, 0)]).await.unwrap();
    assert_eq!(feed.after(0, 10).await.unwrap(), stores.feed.after(0, 10).await.unwrap());
    assert_eq!(operations.backlog().await.unwrap().lanes, 1);
    assert_eq!(
        operations.timeline(&order("1")).await.unwrap(),
        stores.operations.timeline(&order("1")).await.unwrap()
    );
    stores.inbox.receive(vec![notice("b", "2")]).await.unwrap();
    assert_eq!(feed.after(1, 10).await.unwrap().len(), 1, "a reader sees what is committed later");
}

#[tokio::test]
async fn files_are_readable_after_their_writer_has_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (stores, inbox, state) = opened(folder.path()).await;
    stores.inbox.receive(vec![notice("a", "1")]).await.unwrap();
    inbox.close().await;
    state.close().await;
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    assert_eq!(SqliteInboxReader::new(&paths.inbox, "inbox").after(0, 9).await.unwrap().len(), 1);
    assert_eq!(SqliteStateReader::new(&paths.state).backlog().await.unwrap(), Backlog::default());
    assert!(stores.inbox.receive(vec![notice("b", "1")]).await.is_err(), "closed is closed");
}

#[tokio::test]
async fn a_store_made_by_newer_software_is_refused() {
    use sqlx::Connection;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    SqliteState::open(&path).await.unwrap().close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("insert into _sqlx_migrations values (9999, 'later', current_timestamp, true, x'00', 0)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(SqliteState::open(&path).await.unwrap_err().code(), "store_migration_failed");
}

#[tokio::test]
async fn old_notices_go_in_small_bites_and_their_ids_never_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = SqliteInbox::open(&folder.path().join("inbox.db"), "inbox").await.unwrap();
    let keys = ["a", "b", "c"];
    inbox.receive(keys.map(|key| notice(key, "1")).to_vec()).await.unwrap();
    let day = Duration::days(1);
    let keep = std::time::Duration::from_secs(60);
    assert_eq!(inbox.purge(at(0) + day * 29, keep, 10).await.unwrap(), 0, "the window is at least 30 days");
    assert_eq!(inbox.purge(at(0) + day * 31, keep, 2).await.unwrap(), 2);
    assert_eq!(inbox.purge(at(0) + day * 31, keep, 2).await.unwrap(), 1);
    inbox.receive(vec![notice("d", "1")]).await.unwrap();
    assert_eq!(inbox.after(0, 10).await.unwrap()[0].id, 4);
}

#[tokio::test]
async fn old_notices_that_nobody_has_taken_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox_file, state_file) = (folder.path().join("inbox.db"), folder.path().join("state.db"));
    let inbox = SqliteInbox::open(&inbox_file, "inbox").await.unwrap().taken_by(&state_file);
    inbox.receive(["a", "b"].map(|key| notice(key, "1")).to_vec()).await.unwrap();
    let (late, keep) = (at(0) + Duration::days(31), std::time::Duration::from_secs(60));
    assert_eq!(inbox.purge(late, keep, 10).await.unwrap(), 0, "nobody has ever started to take them");
    let state = SqliteState::open(&state_file).await.unwrap();
    assert_eq!(inbox.purge(late, keep, 10).await.unwrap(), 0);
    state.accept(&inbox.cursor_name().await.unwrap(), 1, vec![]).await.unwrap();
    assert_eq!(inbox.purge(late, keep, 10).await.unwrap(), 1);
    assert_eq!(inbox.after(0, 10).await.unwrap()[0].notice.key, "b");
}

#[tokio::test]
async fn old_history_goes_and_what_decides_stays() {
    use amz_services::intent::IntentChange;
    let folder = tempfile::tempdir().unwrap();
    let (stores, _inbox, state) = opened(folder.path()).await;
    stores
        .intake
        .accept("inbox", 1, vec![told(request(order("1"), Ask::SalesOrder, 0), "inbox/1", "K")])
        .await
        .unwrap();
    let claim = stores.lanes.claim("worker", at(0), LEASE, 1).await.unwrap().remove(0);
    for id in ["done", "open"] {
        stores.ledger.plan(&claim.lease, &create_order(id), at(1)).await.unwrap();
    }
    let done = IntentChange::Done { result: None, links: vec![order_link("322-A", money("1.00"))] };
    stores.ledger.change(&claim.lease, &create_order("done").key, &done, at(2)).await.unwrap();
    for subject in ["order", "refund/R"] {
        stores.ledger.park(&claim.lease, subject, &reason("x"), at(3)).await.unwrap();
    }
    let told = stores.notifications.due_notifications(at(3), 1).await.unwrap().remove(0);
    stores
        .notifications
        .settle_notification(&told.id, amz_services::notification::NotificationEnd::Delivered, at(4))
        .await
        .unwrap();
    stores.ledger.unpark(&claim.lease, "order", at(5)).await.unwrap();
    let looked = amz_services::look::Look { echoes: vec!["a".to_owned(), "b".to_owned()], ..look(&claim) };
    stores.lanes.postpone(&claim, &looked, at(50), true).await.unwrap();
    let one_each =
        Purged { notices: 1, looks: 1, intent_changes: 2, notifications: 1, echoes: 2, ..Purged::default() };
    assert_eq!(state.purge(at(0), 10).await.unwrap(), Purged::default());
    assert_eq!(state.purge(at(1_000), 10).await.unwrap(), one_each);
    let timeline = stores.operations.timeline(&order("1")).await.unwrap();
    assert_eq!(timeline.len(), 3, "the open intent, what is parked and what comes next: {timeline:?}");
    let waiting = stores.notifications.due_notifications(at(1_000), 10).await.unwrap();
    assert_eq!(waiting.len(), 2, "messages that wait stay: {waiting:?}");
    assert_eq!(stores.ledger.links(&order("1")).await.unwrap().len(), 1);
    let claim = stores.lanes.claim("worker", at(50), LEASE, 1).await.unwrap().remove(0);
    let known = stores.ledger.plan(&claim.lease, &create_order("done"), at(99)).await.unwrap();
    assert_eq!(known.state, amz_services::intent::IntentState::Done, "a settled write is never repeated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_elsewhere_sees_every_notice_once_and_in_order_while_they_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox.db");
    let inbox = Arc::new(SqliteInbox::open(&path, "inbox").await.unwrap());
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let inbox = Arc::clone(&inbox);
            tokio::spawn(async move {
                for number in 0..50 {
                    inbox.receive(vec![notice(&format!("{writer}-{number}"), "1")]).await.unwrap();
                }
            })
        })
        .collect();
    let feed = SqliteInboxReader::new(&path, "inbox");
    let (mut cursor, mut seen) = (0, 0);
    while seen < 400 {
        for notice in feed.after(cursor, 64).await.unwrap() {
            assert!(notice.id > cursor);
            cursor = notice.id;
            seen += 1;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(feed.after(cursor, 64).await.unwrap(), []);
}

/// All state ports are there on one value, so that it can be handed out port by port.
#[tokio::test]
async fn the_state_is_all_of_its_ports() {
    fn all<State: Intake + Lanes + Ledger + CallLog + Operations>(_: &State) {}
    let folder = tempfile::tempdir().unwrap();
    all(&SqliteState::open(&folder.path().join("state.db")).await.unwrap());
}

#[tokio::test]
async fn a_file_that_was_made_anew_has_a_cursor_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for file in ["first.db", "second.db", "first.db"] {
        let inbox = SqliteInbox::open(&folder.path().join(file), "inbox").await.unwrap();
        names.push(inbox.cursor_name().await.unwrap());
        inbox.close().await;
    }
    assert_eq!(names[0], names[2]);
    assert_ne!(names[0], names[1]);
}
