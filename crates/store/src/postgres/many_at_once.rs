//! What holds when transactions overlap, and what the queue's statements read.

use std::sync::Arc;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::{Intake, Lanes};
use amz_services::work::{Ask, Claim, LaneKey, LaneRequest};
use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Row};

use super::batches::Batch;
use super::complete::Completion;
use super::due::{CONTENDERS, NEXT_DUE, TAKE};
use super::marks::{Mark, mark};
use super::{LeaseTime, PostgresDatabase, PostgresState, StoreOptions};

const LEASE: Duration = Duration::from_secs(60);

async fn state() -> PostgresState {
    let url = amz_temporary_postgres::new_database().unwrap();
    let database = PostgresDatabase::connect_lazily(&StoreOptions::new(url.into())).unwrap();
    PostgresState::open(database, LeaseTime::Caller).await.unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn request(ask: Ask) -> LaneRequest {
    let key = LaneKey { connection: "shop".into(), lane: "order/1".parse().unwrap() };
    LaneRequest { key, ask, due_at: now(), notice: None }
}

async fn claim_one(state: &PostgresState) -> Claim {
    let mut claims = state.claim("worker", now(), LEASE, 10).await.unwrap();
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

fn done(claim: &Claim) -> Completion {
    let look = Look {
        started_at: now(),
        ended_at: now(),
        asks: claim.asks.clone(),
        notices: Vec::new(),
        lines: Vec::new(),
        echoes: Vec::new(),
        outcome: LookOutcome::Settled,
    };
    Completion { claim: claim.clone(), look, redirect: Vec::new() }
}

/// Returns when a transaction of this database waits for a lock of another.
async fn somebody_waits(pool: &PgPool) {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() == 0 {
        assert!(std::time::Instant::now() < deadline, "nobody waits");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn mark_one(connection: &mut PgConnection, ask: Ask) {
    mark(connection, &[Mark::of(&request(ask))]).await.unwrap();
}

#[tokio::test]
async fn who_completes_waits_for_who_adds_a_request() {
    let state = state().await;
    state.accept("inbox", 1, vec![request(Ask::SalesOrder)]).await.unwrap();
    let claim = claim_one(&state).await;
    let mut adding = state.database.pool.begin().await.unwrap();
    mark_one(&mut adding, Ask::AmazonOrder).await;
    let completing = tokio::spawn({
        let (state, Completion { claim, look, redirect }) = (state.clone(), done(&claim));
        async move { state.complete(&claim, &look, redirect).await }
    });
    somebody_waits(&state.database.pool).await;
    adding.commit().await.unwrap();
    completing.await.unwrap().unwrap();
    assert_eq!(claim_one(&state).await.asks, [Ask::AmazonOrder]);
}

#[tokio::test]
async fn who_adds_a_request_waits_for_who_completes_and_the_lane_begins_anew() {
    let state = state().await;
    state.accept("inbox", 1, vec![request(Ask::SalesOrder)]).await.unwrap();
    let claim = claim_one(&state).await;
    let mut completing = state.database.pool.begin().await.unwrap();
    let outcomes = Completion::write(&mut completing, &[Arc::new(done(&claim))], LeaseTime::Caller).await;
    assert!(outcomes.unwrap().iter().all(Result::is_ok));
    let adding = tokio::spawn({
        let state = state.clone();
        async move { state.accept("inbox", 2, vec![request(Ask::AmazonOrder)]).await }
    });
    somebody_waits(&state.database.pool).await;
    completing.commit().await.unwrap();
    adding.await.unwrap().unwrap();
    let again = claim_one(&state).await;
    assert_eq!(again.asks, [Ask::AmazonOrder]);
    assert!(again.lease.fence > claim.lease.fence);
}

#[tokio::test]
async fn of_work_given_back_together_what_is_lost_fails_alone() {
    let state = state().await;
    state.accept("inbox", 1, vec![request(Ask::SalesOrder)]).await.unwrap();
    let claim = claim_one(&state).await;
    let mut stranger = done(&claim);
    stranger.claim.lease.owner = "stranger".to_owned();
    let items = [stranger, done(&claim), done(&claim)].map(Arc::new);
    let mut transaction = state.database.pool.begin().await.unwrap();
    let outcomes = Completion::write(&mut transaction, &items, LeaseTime::Caller).await.unwrap();
    transaction.commit().await.unwrap();
    let lost: Vec<_> =
        outcomes.iter().map(|outcome| matches!(outcome, Err(StoreError::LeaseLost { .. }))).collect();
    assert_eq!(lost, [true, false, true], "the second time the lane is given back already");
}

/// Lanes of three connections and all classes; `empty` leaves the statistics of empty tables behind.
async fn backlog(state: &PostgresState, empty: bool) {
    let vacuum = "vacuum analyze lanes";
    let pool = &state.database.pool;
    if empty {
        sqlx::query(vacuum).execute(pool).await.unwrap();
    }
    sqlx::query(
        "insert into lanes (connection, lane, due_at, last_sequence, urgency)
         select 'shop' || number % 3, 'order/' || number, number, 1, number % 5
         from generate_series(1, 100000) as number",
    )
    .execute(pool)
    .await
    .unwrap();
    if !empty {
        sqlx::query(vacuum).execute(pool).await.unwrap();
    }
}

async fn plan(state: &PostgresState, statement: &str, arguments: &str) -> String {
    let mut transaction = state.database.begin_by_key().await.unwrap();
    let prepare = AssertSqlSafe(format!("prepare examined as {statement}"));
    sqlx::raw_sql(prepare).execute(&mut *transaction).await.unwrap();
    let explain = AssertSqlSafe(format!("explain execute examined{arguments}"));
    let rows = sqlx::raw_sql(explain).fetch_all(&mut *transaction).await.unwrap();
    sqlx::raw_sql("deallocate examined").execute(&mut *transaction).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn taking_work_never_reads_through_the_backlog() {
    for empty in [false, true] {
        let state = state().await;
        backlog(&state, empty).await;
        let take = "(array['shop0', 'shop1'], array[5, 6], 1800000000000000, 'worker', 1800000000000001)";
        for (statement, arguments) in [(CONTENDERS, "(1800000000000000, 55)"), (TAKE, take), (NEXT_DUE, "")] {
            let plan = plan(&state, statement, arguments).await;
            assert!(!plan.contains("Seq Scan on lanes"), "{plan}");
            assert!(!plan.contains("Hash Join") && !plan.contains("Merge Join"), "{plan}");
            assert!(plan.contains("lanes_claimable"), "{plan}");
            // a scan without a condition is the step to the first connection, and ends there
            let steps: Vec<&str> = plan.lines().collect();
            for step in steps.windows(3).filter(|step| step[1].contains(" on lanes")) {
                let is_sought = step[2].contains(" Cond: ") || step[1].contains("Update on");
                assert!(is_sought || step[0].contains("Limit"), "{plan}");
            }
        }
    }
}

#[tokio::test]
async fn taking_and_completing_work_reads_few_rows_however_many_wait() {
    let state = state().await;
    backlog(&state, true).await;
    let mut transaction = state.database.begin_by_key().await.unwrap();
    let wanted = super::claim::Wanted { owner: "worker".to_owned(), now: now(), lease_for: LEASE, limit: 30 };
    let claims = super::claim::claim(&mut transaction, &wanted, LeaseTime::Caller).await.unwrap();
    assert_eq!(claims.len(), 30);
    let items: Vec<_> = claims.iter().map(done).map(Arc::new).collect();
    let outcomes = Completion::write(&mut transaction, &items, LeaseTime::Caller).await.unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    let fetched: (i64, i64) = sqlx::query_as(
        "select coalesce(sum(seq_tup_read), 0)::bigint, coalesce(sum(idx_tup_fetch), 0)::bigint
         from pg_stat_xact_user_tables where relname in ('lanes', 'requests')",
    )
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    assert_eq!(fetched.0, 0, "nothing is read through");
    assert!(fetched.1 < 2_000, "{fetched:?}");
}
