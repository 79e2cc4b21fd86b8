//! What is old goes to a file, and what stands in the file goes from the store.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use amz_store::conformance::samples::at;
use amz_store::postgres::{LeaseTime, PostgresDatabase, PostgresState};
use amz_store::sqlite::{SqliteInbox, SqlitePaths, SqliteState};
use amz_store::transfer::{ArchiveRequest, Archived, archive, check, copy};
use amz_store::{Notices, Purged, State, Store, StoreOptions};
use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::filled::{connect, database, filled, number};

const DAY: i64 = 24 * 3600;

fn all_before(before: DateTime<Utc>) -> ArchiveRequest {
    ArchiveRequest { before, connection: None, keep: false }
}

/// The rows of a file, by table.
fn rows(path: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        rows.entry(row["table"].as_str().unwrap().to_owned()).or_default().push(row);
    }
    rows
}

/// Tables with the rows that were written, and that all of those are gone.
fn counts(archived: &Archived) -> BTreeMap<&'static str, u64> {
    assert!(archived.tables.iter().all(|table| table.written == table.deleted), "{archived:?}");
    archived.tables.iter().map(|table| (table.table, table.written)).collect()
}

/// What the sample has that is old: two of twelve runs are not among the latest ten.
fn expected() -> BTreeMap<&'static str, u64> {
    [
        ("lane_notices", 2),
        ("looks", 4),
        ("calls", 2),
        ("echoes", 1),
        ("intent_changes", 3),
        ("notifications", 1),
        ("stock_report_rows", 4),
        ("stock_runs", 2),
        ("reconciliation_orders", 2),
        ("reconciliations", 2),
        ("notices", 2),
    ]
    .into()
}

async fn nothing_left(paths: &SqlitePaths) {
    let state = SqliteState::open(&paths.state).await.unwrap();
    let purged = state.purge(at(400 * DAY), 100).await.unwrap();
    assert_eq!(Purged { open_orders: 0, ..purged }, Purged::default());
    state.close().await;
}

#[tokio::test]
async fn files_are_archived_and_a_purge_finds_nothing_more() {
    let filled = filled().await;
    let out = filled.folder().join("old.jsonl.gz");
    let request = all_before(at(399 * DAY));
    let archived = archive(&filled.store(), &request, &out, at(400 * DAY), &|_| ()).await.unwrap();
    assert_eq!(counts(&archived), expected());
    let metadata = std::fs::metadata(&out).unwrap();
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, archived.bytes));
    let rows = rows(&out);
    let in_file: BTreeMap<&str, u64> =
        rows.iter().map(|(table, rows)| (table.as_str(), rows.len() as u64)).collect();
    assert_eq!(in_file, expected());
    let notice = &rows["notices"][0];
    assert_eq!(
        (&notice["feed"], &notice["notice_key"], &notice["id"]),
        (&"inbox".into(), &"n1".into(), &1.into())
    );
    nothing_left(&filled.paths).await;
    assert!(check(&filled.store(), &|_| ()).await.unwrap().iter().all(|rule| rule.broken == 0));
    let inbox = SqliteInbox::open(&filled.paths.inbox, "inbox").await.unwrap();
    let left = amz_services::ports::NoticeFeed::after(&inbox, 0, 9).await.unwrap();
    assert_eq!(left.iter().map(|notice| notice.id).collect::<Vec<_>>(), [3], "nobody has taken it");
    inbox.close().await;
}

#[tokio::test]
async fn a_database_is_archived_beside_those_who_use_it() {
    let filled = filled().await;
    let (store, url) = database();
    copy(&filled.store(), &store, &|_| ()).await.unwrap();
    let mut beside = connect(&url).await;
    let out = filled.folder().join("old.jsonl.gz");
    let request = all_before(at(399 * DAY));
    let archived = archive(&store, &request, &out, at(400 * DAY), &|_| ()).await.unwrap();
    assert_eq!(counts(&archived), expected());
    assert_eq!(rows(&out)["looks"].len(), 4);
    assert!(check(&store, &|_| ()).await.unwrap().iter().all(|rule| rule.broken == 0));
    let connected = PostgresDatabase::connect_lazily(&StoreOptions::new(url.into())).unwrap();
    let state = PostgresState::open(connected, LeaseTime::Caller).await.unwrap();
    let purged = state.purge(at(399 * DAY), 100).await.unwrap();
    assert_eq!(Purged { open_orders: 0, ..purged }, Purged::default(), "a purge finds nothing more");
    state.close().await;
    let again =
        archive(&store, &request, &filled.folder().join("b.gz"), at(400 * DAY), &|_| ()).await.unwrap();
    assert!(again.tables.iter().all(|table| table.written == 0), "{again:?}");
    assert_eq!(number(&mut beside, "select count(*) from intents").await, 2);
    assert_eq!(
        number(&mut beside, "select count(*) from intent_changes").await,
        3,
        "those of the unclear one"
    );
    assert_eq!(number(&mut beside, "select count(*) from notices").await, 2, "those that nobody has taken");
}

#[tokio::test]
async fn young_rows_and_those_of_others_stay() {
    let filled = filled().await;
    let (store, _) = database();
    copy(&filled.store(), &store, &|_| ()).await.unwrap();
    let file = |name: &str| filled.folder().join(name);
    let other = ArchiveRequest { connection: Some("other".to_owned()), ..all_before(at(9 * DAY)) };
    let archived = archive(&store, &other, &file("other.gz"), at(10 * DAY), &|_| ()).await.unwrap();
    assert!(archived.tables.iter().all(|table| table.written == 0), "{archived:?}");
    let archived =
        archive(&store, &all_before(at(-DAY)), &file("early.gz"), at(10 * DAY), &|_| ()).await.unwrap();
    assert!(archived.tables.iter().all(|table| table.written == 0), "{archived:?}");
    // senders may still repeat notices of the last thirty days
    let archived =
        archive(&store, &all_before(at(9 * DAY)), &file("young.gz"), at(10 * DAY), &|_| ()).await.unwrap();
    assert_eq!(counts(&archived)["notices"], 0);
    assert_eq!(counts(&archived)["looks"], 4);
    let early =
        archive(&store, &all_before(at(11 * DAY)), &file("x.gz"), at(10 * DAY), &|_| ()).await.unwrap_err();
    assert_eq!(early.code(), "instant_in_the_future");
}

#[tokio::test]
async fn what_is_kept_is_only_written() {
    let filled = filled().await;
    let out = filled.folder().join("old.jsonl.gz");
    let state = SqliteState::open(&filled.paths.state).await.unwrap();
    let keep = ArchiveRequest { keep: true, ..all_before(at(399 * DAY)) };
    let archived = archive(&filled.store(), &keep, &out, at(400 * DAY), &|_| ()).await.unwrap();
    assert!(archived.tables.iter().all(|table| table.deleted == 0));
    assert_eq!(rows(&out).len(), expected().len());
    let (delete, other) = (all_before(at(399 * DAY)), filled.folder().join("b.gz"));
    let refused = archive(&filled.store(), &delete, &other, at(400 * DAY), &|_| ()).await.unwrap_err();
    assert_eq!(refused.code(), "store_in_use", "deleting needs the files for itself");
    state.close().await;
}

#[tokio::test]
async fn a_file_that_is_there_is_never_overwritten_and_an_unfinished_one_is() {
    let filled = filled().await;
    let out = filled.folder().join("old.jsonl.gz");
    let request = all_before(at(399 * DAY));
    std::fs::write(&out, "something").unwrap();
    let refused = archive(&filled.store(), &request, &out, at(400 * DAY), &|_| ()).await.unwrap_err();
    assert_eq!((refused.code(), std::fs::read(&out).unwrap()), ("file_exists", b"something".to_vec()));
    std::fs::remove_file(&out).unwrap();
    let unfinished = filled.folder().join("old.jsonl.gz.unfinished");
    std::fs::write(&unfinished, vec![7; 100_000]).unwrap();
    std::fs::set_permissions(&unfinished, std::fs::Permissions::from_mode(0o644)).unwrap();
    let archived = archive(&filled.store(), &request, &out, at(400 * DAY), &|_| ()).await.unwrap();
    assert_eq!(counts(&archived), expected());
    assert_eq!(rows(&out).len(), expected().len());
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn more_rows_than_a_bite_go_too() {
    let filled = filled().await;
    filled
        .change(
            &filled.paths.state,
            "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 2500)
             insert into echoes (connection, lane, noted_at, what) select 'shop', 'order/' || n, n, 'x' from numbers",
        )
        .await;
    let (database, _) = database();
    copy(&filled.store(), &database, &|_| ()).await.unwrap();
    for (name, store) in [("a.gz", database), ("b.gz", filled.store())] {
        let store: Store = store;
        let out = filled.folder().join(name);
        let archived =
            archive(&store, &all_before(at(399 * DAY)), &out, at(400 * DAY), &|_| ()).await.unwrap();
        assert_eq!(counts(&archived)["echoes"], 2501);
    }
}
