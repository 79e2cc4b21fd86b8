//! The tables can be distributed by merchant: every key starts with the connection.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use amz_store::StoreOptions;
use amz_store::postgres::PostgresDatabase;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// What a deployment has once: small tables that a sharded server would keep in one place, or everywhere.
const OF_THE_DEPLOYMENT: [&str; 6] =
    ["duties", "feed_cursors", "paces", "settings_versions", "slot_accounts", "slot_shares"];

/// The first column of every unique index.
const FIRST_COLUMNS: &str = "
    select tables.relname::text, indexes.relname::text, columns.attname::text
    from pg_index
    join pg_class as tables on tables.oid = pg_index.indrelid
    join pg_class as indexes on indexes.oid = pg_index.indexrelid
    join pg_attribute as columns on columns.attrelid = tables.oid and columns.attnum = pg_index.indkey[0]
    where pg_index.indisunique and tables.relnamespace = 'public'::regnamespace
    and tables.relname <> '_sqlx_migrations'
    order by 1, 2";

#[tokio::test]
async fn every_key_starts_with_the_connection() {
    let url = amz_temporary_postgres::new_database().unwrap();
    let database = PostgresDatabase::connect_lazily(&StoreOptions::new(url.clone().into())).unwrap();
    database.prepare().await.unwrap();
    database.close().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let keys: Vec<(String, String, String)> =
        sqlx::query_as(FIRST_COLUMNS).fetch_all(&mut connection).await.unwrap();
    assert!(keys.len() > 30, "{keys:?}");
    let without: Vec<_> = keys
        .iter()
        .filter(|(table, _, column)| !OF_THE_DEPLOYMENT.contains(&table.as_str()) && column != "connection")
        .collect();
    assert!(without.is_empty(), "{without:?}");
}
