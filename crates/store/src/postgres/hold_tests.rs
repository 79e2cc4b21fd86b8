//! Whoever writes in the name of a lane has it, and keeps it until the commit.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::{Intake, Lanes, Ledger};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease};
use chrono::Utc;
use sqlx::postgres::PgConnection;

use super::hold::{hold, still_held};
use super::{LeaseTime, PostgresDatabase, PostgresState, StoreOptions};
use crate::transaction::Fault;

/// A lane that was leased a moment ago, in the database's time.
async fn leased(lease_for: Duration) -> (PostgresState, Lease) {
    let options = StoreOptions::new(amz_temporary_postgres::new_database().unwrap().into());
    let database = PostgresDatabase::connect_lazily(&options).unwrap();
    let state = PostgresState::open(database, LeaseTime::Database).await.unwrap();
    let key = LaneKey { connection: "shop".into(), lane: Lane::SalesOrder("1".into()) };
    let request = LaneRequest { key, ask: Ask::SalesOrder, due_at: Utc::now(), notice: None };
    state.accept("inbox", 1, vec![request]).await.unwrap();
    // clocks of machines differ: an hour more is due in any case
    let now = Utc::now() + Duration::from_secs(3600);
    let claim = loop {
        if let Some(claim) = state.claim("worker", now, lease_for, 1).await.unwrap().pop() {
            break claim;
        }
    };
    (state, claim.lease)
}

async fn others_may_lock(other: &mut PgConnection) -> bool {
    let free: Option<i64> = sqlx::query_scalar("select fence from lanes for update skip locked")
        .fetch_optional(other)
        .await
        .unwrap();
    free.is_some()
}

#[tokio::test]
async fn nobody_takes_a_lane_while_its_holder_writes() {
    let (state, lease) = leased(Duration::from_secs(600)).await;
    let mut other = state.database.pool.acquire().await.unwrap();
    let mut writing = state.database.pool.begin().await.unwrap();
    still_held(&mut writing, &lease, LeaseTime::Database).await.unwrap();
    assert!(others_may_lock(&mut other).await);
    hold(&mut writing, &lease, LeaseTime::Database).await.unwrap();
    assert!(!others_may_lock(&mut other).await);
    writing.commit().await.unwrap();
    assert!(others_may_lock(&mut other).await);
}

#[tokio::test]
async fn a_lapsed_lease_is_refused_by_the_clock_of_the_database_though_nobody_took_the_lane() {
    let (state, lease) = leased(Duration::ZERO).await;
    let refused = state.unpark(&lease, "order", Utc::now()).await;
    assert!(matches!(refused, Err(StoreError::LeaseLost { .. })), "{refused:?}");
    let mut reader = state.database.pool.acquire().await.unwrap();
    let refused = still_held(&mut reader, &lease, LeaseTime::Database).await;
    assert!(matches!(refused, Err(Fault(StoreError::LeaseLost { .. }))), "{refused:?}");
    // where time is played, it is the fence that decides
    still_held(&mut reader, &lease, LeaseTime::Caller).await.unwrap();
}
