//! What a statement may take, what is done about one that takes too long, and what is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::{Intake, Lanes};
use amz_services::work::{Ask, Claim, LaneKey, LaneRequest};
use chrono::Utc;
use sqlx::{AssertSqlSafe, Executor};

use super::{LeaseTime, Pooler, PostgresDatabase, PostgresState, StoreOptions};
use crate::OpenError;
use crate::together::Together;

const LEASE: Duration = Duration::from_secs(600);

fn database(statement_timeout: Duration, pooler: Pooler) -> PostgresDatabase {
    let url = amz_temporary_postgres::new_database().unwrap();
    let options = StoreOptions { statement_timeout, pooler, ..StoreOptions::new(url.into()) };
    PostgresDatabase::connect_lazily(&options).unwrap()
}

async fn state() -> PostgresState {
    let database = database(Duration::from_secs(30), Pooler::None);
    PostgresState::open(database, LeaseTime::Database).await.unwrap()
}

async fn leased(state: &PostgresState, lanes: usize) -> Vec<Claim> {
    let request = |number| {
        let key = LaneKey { connection: "shop".into(), lane: format!("order/{number}").parse().unwrap() };
        let due_at = chrono::DateTime::from_timestamp(1_000_000, 0).unwrap();
        LaneRequest { key, ask: Ask::SalesOrder, due_at, notice: None }
    };
    state.accept("inbox", 1, (0..lanes).map(request).collect()).await.unwrap();
    let claims = state.claim("worker", Utc::now(), LEASE, 100).await.unwrap();
    assert_eq!(claims.len(), lanes);
    claims
}

#[tokio::test]
async fn transactions_are_limited_and_durable_whatever_stands_in_between() {
    for pooler in [Pooler::None, Pooler::Transaction] {
        let database = database(Duration::from_millis(1234), pooler);
        let mut transaction = database.begin("begin").await.unwrap();
        for (setting, value) in [
            ("statement_timeout", "1234ms"),
            ("lock_timeout", "1234ms"),
            ("idle_in_transaction_session_timeout", "1234ms"),
            ("synchronous_commit", "on"),
        ] {
            let show = AssertSqlSafe(format!("show {setting}"));
            let shown: String = sqlx::query_scalar(show).fetch_one(&mut *transaction).await.unwrap();
            assert_eq!(shown, value, "{setting}, {pooler:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_not_there() {
    let url = amz_temporary_postgres::new_database().unwrap();
    let connect = || PostgresDatabase::connect_lazily(&StoreOptions::new(url.clone().into())).unwrap();
    let database = connect();
    database.ask().await.unwrap();
    let statement = "do $$ begin execute format('alter database %I set default_transaction_read_only = on',
                     current_database()); end $$";
    database.pool.execute(statement).await.unwrap();
    let refused = connect().ask().await.unwrap_err();
    assert!(matches!(refused, OpenError::ReadOnly { .. }), "{refused}");
    assert!(refused.is_passing() && refused.to_string().contains("primary"), "{refused}");
}

#[tokio::test]
async fn what_the_server_broke_off_is_not_done_again_piece_by_piece() {
    let database = database(Duration::from_millis(100), Pooler::None);
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let together = Together::<u32>::start(move |items| {
        counted.fetch_add(items.len(), Ordering::SeqCst);
        let database = database.clone();
        async move {
            let slow = database.write(|connection| {
                Box::pin(async move {
                    sqlx::query("select pg_sleep(60)").execute(connection).await?;
                    Ok(())
                })
            });
            slow.await.map(|()| items.iter().map(|_| Ok(())).collect())
        }
    });
    let answers = futures_util::future::join_all((0..20).map(|number| together.ask(number))).await;
    for answer in answers {
        assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    }
    assert_eq!(done.load(Ordering::SeqCst), 20, "each once");
}

#[tokio::test]
async fn what_the_server_would_refuse_again_is_the_datas_fault_and_harms_no_neighbour() {
    let state = state().await;
    let refused = state.pause(&"shop".into(), Utc::now(), "a\0b").await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused}");
    let database = state.database.clone();
    let together = Together::<&str>::start(move |items| {
        let database = database.clone();
        async move {
            let given = items.clone();
            let write = database.write(move |connection| {
                Box::pin(async move {
                    for text in &given {
                        sqlx::query("select cast($1 as text)").bind(**text).execute(&mut *connection).await?;
                    }
                    Ok(())
                })
            });
            write.await.map(|()| items.iter().map(|_| Ok(())).collect())
        }
    });
    let (first, second, third) =
        tokio::join!(together.ask("good"), together.ask("not\0good"), together.ask("good"));
    assert!(matches!(second, Err(StoreError::Corrupt { .. })), "{second:?}");
    first.and(third).unwrap();
}

#[tokio::test]
async fn a_lane_that_is_locked_keeps_no_other_from_being_renewed() {
    let state = state().await;
    let claims = leased(&state, 4).await;
    let mut locking = state.database.pool.begin().await.unwrap();
    locking.execute("select 1 from lanes where lane = 'order/2' for update").await.unwrap();
    let mut stranger = claims[0].lease.clone();
    stranger.owner = "stranger".to_owned();
    let leases: Vec<_> = claims.iter().map(|claim| claim.lease.clone()).chain([stranger]).collect();
    let renew = || {
        let renewals = leases.iter().map(|lease| state.renew(lease, Utc::now(), LEASE * 2));
        futures_util::future::join_all(renewals)
    };
    for (lease, renewed) in leases.iter().zip(renew().await) {
        match (lease.owner.as_str(), lease.key.lane.to_string().as_str()) {
            ("stranger", _) => assert!(matches!(renewed, Err(StoreError::LeaseLost { .. })), "{renewed:?}"),
            (_, "order/2") => assert!(matches!(renewed, Err(StoreError::Unavailable { .. })), "{renewed:?}"),
            (_, lane) => assert!(renewed.is_ok(), "{lane}: {renewed:?}"),
        }
    }
    locking.rollback().await.unwrap();
    assert!(renew().await.iter().take(4).all(Result::is_ok));
}
