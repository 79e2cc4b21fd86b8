//! The bare databases: the same rows in commits of many, without HTTP, without anything of ours.

use std::path::Path;
use std::time::{Duration, Instant};

use amz_store::{Store, StoreOptions};
use amz_temporary_postgres::TemporaryPostgres;
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::load::{CONNECTION, Event};
use crate::table::{Row, per_second, thousands};

/// Rows in a commit. With 64 connections, more than 64 never come together.
const BATCHES: [usize; 4] = [1, 8, 32, 64];

/// Connections that commit at the same time on the server.
const WRITERS: [u32; 2] = [1, 4];

/// What a row holds besides its connection.
struct NewRow {
    key: String,
    body: String,
    digest: String,
}

/// Rows that follow each other, made before their commit is timed.
struct Rows {
    event: Event,
    writer: u32,
    next: u64,
}

impl Rows {
    fn of(writer: u32) -> Self {
        Self { event: Event::new("/"), writer, next: 0 }
    }

    fn take(&mut self, count: usize) -> Vec<NewRow> {
        let mut row = |number| NewRow {
            key: crate::load::key(self.writer, number),
            body: self.event.body(self.writer, number),
            // as long as the one that is stored
            digest: crate::load::key(self.writer, number).repeat(2)[..64].to_owned(),
        };
        let first = self.next;
        self.next += count as u64;
        (first..self.next).map(&mut row).collect()
    }
}

/// Commits on SQLite, by one writer, synchronised in full. Returns the rows a second of the best batch.
pub(super) async fn sqlite(measured: Duration, rows: &mut Vec<Row>) -> f64 {
    let mut best: f64 = 0.0;
    for batch in BATCHES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store-inbox.db");
        make_tables(&format!("sqlite://{}", folder.path().join("store.db").display())).await;
        let mut connection = sqlite_connection(&path).await;
        let insert = format!(
            "insert into notices (connection, source, notice_key, kind, body, body_digest, received_at)
             values {} on conflict (connection, source, notice_key) do nothing",
            ["(?, 'amazon', ?, 'PACKAGE_DELIVERED', ?, ?, 0)"].repeat(batch).join(", ")
        );
        let (mut source, mut committing, mut done) = (Rows::of(0), Duration::ZERO, 0);
        while committing < measured / 4 {
            let new = source.take(batch);
            let begun = Instant::now();
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
            let mut query = sqlx::query(AssertSqlSafe(insert.as_str()));
            for NewRow { key, body, digest } in &new {
                query = query.bind(CONNECTION).bind(key).bind(body).bind(digest);
            }
            query.execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
            committing += begun.elapsed();
            done += batch as u64;
        }
        connection.close().await.unwrap();
        assert_eq!(rows_of_sqlite(&path, "notices").await, done);
        let rate = per_second(done, committing);
        rows.push(Row::new(format!("SQLite alone, {batch} rows a commit"), format!("{}/s", thousands(rate))));
        best = best.max(rate);
    }
    best
}

/// Commits on PostgreSQL, by several connections at once. Returns the rows a second of the best of all.
pub(super) async fn postgres(server: &TemporaryPostgres, measured: Duration, rows: &mut Vec<Row>) -> f64 {
    let mut best: f64 = 0.0;
    let slices = u32::try_from(BATCHES.len() * WRITERS.len()).unwrap();
    for writers in WRITERS {
        for batch in BATCHES {
            let url = server.new_database(&format!("bare_{writers}_{batch}")).unwrap();
            make_tables(&url).await;
            let until = Instant::now() + measured * 2 / slices;
            let begun = Instant::now();
            let tasks: Vec<_> = (0..writers)
                .map(|writer| tokio::spawn(write_postgres(url.clone(), writer, batch, until)))
                .collect();
            let mut done = 0;
            for task in tasks {
                done += task.await.unwrap();
            }
            let rate = per_second(done, begun.elapsed());
            assert_eq!(rows_of_postgres(&url, "notices").await, done);
            let what = format!("PostgreSQL alone, {batch} rows a commit, connections: {writers}");
            rows.push(Row::new(what, format!("{}/s", thousands(rate))));
            best = best.max(rate);
        }
    }
    best
}

async fn write_postgres(url: String, writer: u32, batch: usize, until: Instant) -> u64 {
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let insert = "with stored as (
            insert into notices (connection, feed, source, notice_key, kind, body, body_digest, received_at)
            select $1, 'inbox', 'amazon', key, 'PACKAGE_DELIVERED', body, digest, 0
            from unnest($2::text[], $3::text[], $4::text[]) as new (key, body, digest)
            on conflict do nothing returning connection, feed, id)
        insert into notices_waiting (connection, feed, id) select connection, feed, id from stored";
    let (mut source, mut done) = (Rows::of(writer), 0);
    while Instant::now() < until {
        let (mut keys, mut bodies, mut digests) = (Vec::new(), Vec::new(), Vec::new());
        for NewRow { key, body, digest } in source.take(batch) {
            keys.push(key);
            bodies.push(body);
            digests.push(digest);
        }
        let query = sqlx::query(insert).bind(CONNECTION).bind(keys).bind(bodies).bind(digests);
        query.execute(&mut connection).await.unwrap();
        done += batch as u64;
    }
    connection.close().await.unwrap();
    done
}

/// Makes the product's tables in a new store.
async fn make_tables(url: &str) {
    let store = Store::of(&StoreOptions::new(url.to_owned().into())).unwrap();
    store.inbox().await.unwrap().close().await;
}

/// As durable as the product's, and with its page size. The log is started anew at 64 MB, as the product does.
async fn sqlite_connection(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "8192")
        .disable_statement_logging();
    options.connect().await.unwrap()
}

/// How many rows a table of a file has.
pub(super) async fn rows_of_sqlite(path: &Path, table: &'static str) -> u64 {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let count = AssertSqlSafe(format!("select count(*) from {table}"));
    let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    u64::try_from(rows).unwrap()
}

/// How many rows a table of a database has.
pub(super) async fn rows_of_postgres(url: &str, table: &'static str) -> u64 {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let count = AssertSqlSafe(format!("select count(*) from {table}"));
    let rows: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
    pool.close().await;
    u64::try_from(rows).unwrap()
}

/// Runs a statement on a database.
pub(super) async fn run_on_postgres(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}
