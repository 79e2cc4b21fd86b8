//! PostgreSQL behind PgBouncer in mode `transaction`, which hands out its two connections for one transaction at a time.
//!
//! Without PgBouncer it says so and passes; with `AMZ_REQUIRE_PGBOUNCER=1` it fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::io::ErrorKind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use amz_services::ports::Duties;
use amz_store::postgres::{LeaseTime, PostgresDatabase, PostgresState};
use amz_store::{Pooler, Store, StoreOptions};
use amz_temporary_postgres::{Durability, TemporaryPooler, TemporaryPostgres};
use chrono::Utc;

/// Fewer than there are clients, so that transactions of one client meet different connections.
const SERVER_CONNECTIONS: u32 = 2;

struct House {
    server: TemporaryPostgres,
    pooler: TemporaryPooler,
    databases: AtomicU32,
}

/// A server with a pooler before it that all tests share; `None` where there is no PgBouncer.
fn house() -> Option<&'static House> {
    static HOUSE: OnceLock<Option<House>> = OnceLock::new();
    let build = || {
        let server = TemporaryPostgres::start(Durability::Off).unwrap();
        match TemporaryPooler::start(&server, SERVER_CONNECTIONS) {
            Ok(pooler) => Some(House { server, pooler, databases: AtomicU32::new(0) }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let is_required = std::env::var("AMZ_REQUIRE_PGBOUNCER").is_ok_and(|value| value == "1");
                assert!(!is_required, "AMZ_REQUIRE_PGBOUNCER=1, and {error}");
                eprintln!("NOT RUN, the store behind a pooler: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    };
    HOUSE.get_or_init(build).as_ref()
}

/// A new database by way of the pooler.
fn options(house: &House) -> StoreOptions {
    let name = format!("pooled_{}", house.databases.fetch_add(1, Ordering::Relaxed));
    house.server.new_database(&name).unwrap();
    StoreOptions { pooler: Pooler::Transaction, ..StoreOptions::new(house.pooler.url(&name).into()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_processes_bring_the_tables_up_to_date_at_once() {
    let Some(house) = house() else { return };
    let options = options(house);
    let mut processes = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let database = PostgresDatabase::connect_lazily(&options).unwrap();
        processes.spawn(async move { database.prepare().await });
    }
    while let Some(prepared) = processes.join_next().await {
        prepared.unwrap().unwrap();
    }
    let store = Store::of(&options).unwrap();
    store.ask().await.unwrap();
    let server = store.server_state().await.unwrap().unwrap();
    assert_eq!(server.not_durable, Some("fsync"), "a server for tests");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_transactions_at_once_share_two_connections() {
    let Some(house) = house() else { return };
    let options = options(house);
    let mut processes = Vec::new();
    for _ in 0..3 {
        let database = PostgresDatabase::connect_lazily(&options).unwrap();
        processes.push(PostgresState::open(database, LeaseTime::Database).await.unwrap());
    }
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..90_usize {
        let (state, name) = (processes[number % 3].clone(), format!("process {}", number % 3));
        tasks.spawn(async move {
            let duty = format!("duty {}", number / 3);
            let lease = Duration::from_secs(60);
            let first = state.hold(&duty, &name, Utc::now(), lease).await.unwrap();
            let again = state.hold(&duty, &name, Utc::now(), lease).await.unwrap();
            assert_eq!(first, again, "who has a duty keeps it");
            first
        });
    }
    let mut held = 0;
    while let Some(task) = tasks.join_next().await {
        held += usize::from(task.unwrap());
    }
    assert_eq!(held, 30, "each duty has one holder");
}
