//! Every table and column of both databases is handed over, but for what belongs to running processes.

use std::collections::BTreeSet;

use amz_store::transfer::{Column, columns, migrate};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::filled::{connect, database, filled};

/// What is not handed over: leases, what running processes agree about, and what follows from other columns.
const STAYS: [&str; 3] = ["lanes.lease_until", "lanes.owner", "lanes.claimable_at"];
const STAY: [&str; 5] = ["duties.", "slot_shares.", "slot_accounts.", "_sqlx_migrations.", "sqlite_"];
/// What SQLite keeps in another way: the sequence of fences, which file notices are of, and row ids of its own.
const ONLY_FILES: [&str; 5] =
    ["fences.", "identity.", "stock_known.id", "stock_report_rows.id", "reconciliation_orders.id"];

fn handed_over() -> BTreeSet<String> {
    columns().map(|Column { table, column }| format!("{table}.{column}")).collect()
}

fn stays(name: &str) -> bool {
    STAYS.contains(&name) || STAY.iter().any(|start| name.starts_with(start))
}

#[tokio::test]
async fn of_a_database() {
    let (store, url) = database();
    migrate(&store).await.unwrap();
    let mut connection = connect(&url).await;
    let all: Vec<String> = sqlx::query_scalar(
        "select cast(table_name || '.' || column_name as text) from information_schema.columns
         where table_schema = current_schema()",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let there: BTreeSet<String> = all.into_iter().filter(|name| !stays(name)).collect();
    assert_eq!(there, handed_over());
}

#[tokio::test]
async fn of_files() {
    let filled = filled().await;
    let mut there = BTreeSet::new();
    for path in [&filled.paths.state, &filled.paths.inbox, &filled.paths.settings] {
        let mut file: SqliteConnection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let all: Vec<String> = sqlx::query_scalar(
            "select tables.name || '.' || columns.name from sqlite_master as tables, pragma_table_xinfo(tables.name) as columns
             where tables.type = 'table'",
        )
        .fetch_all(&mut file)
        .await
        .unwrap();
        there.extend(all);
        file.close().await.unwrap();
    }
    there.retain(|name| !stays(name) && !ONLY_FILES.iter().any(|start| name.starts_with(start)));
    let mut expected = handed_over();
    // told by the file and the cursors
    expected.retain(|name| name != "notices.feed" && !name.starts_with("notices_waiting."));
    assert_eq!(there, expected);
}
