//! A store of its own on PostgreSQL for each test.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::sync::Arc;

use amz_store::StoreOptions;
use amz_store::conformance::Stores;
use amz_store::postgres::{LeaseTime, PostgresDatabase, PostgresNotices, PostgresState};
use tokio::sync::OnceCell;

static PREPARED: OnceCell<String> = OnceCell::const_new();

/// The URL of a new database with our tables. They are made once per process and copied.
pub(crate) async fn prepared_database() -> String {
    let template = PREPARED.get_or_init(|| async {
        let url = amz_temporary_postgres::new_database().unwrap();
        let database = connect(&url);
        database.prepare().await.unwrap();
        database.close().await;
        url
    });
    amz_temporary_postgres::new_database_like(template.await).unwrap()
}

pub(crate) fn connect(url: &str) -> PostgresDatabase {
    PostgresDatabase::connect_lazily(&StoreOptions::new(url.to_owned().into())).unwrap()
}

/// An empty state whose leases last in the time that the test plays.
pub(crate) async fn state() -> PostgresState {
    let database = connect(&prepared_database().await);
    PostgresState::open(database, LeaseTime::Caller).await.unwrap()
}

/// An empty store with all its ports.
pub(crate) async fn stores() -> Stores {
    let database = connect(&prepared_database().await);
    let notices = PostgresNotices::open(database.clone(), "inbox").await.unwrap();
    let state = PostgresState::open(database, LeaseTime::Caller).await.unwrap();
    Stores::of(Arc::new(notices), Arc::new(state))
}
