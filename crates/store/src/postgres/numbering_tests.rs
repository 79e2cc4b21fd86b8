//! Who reads calls on from the last one that it read misses none.

use std::time::{Duration, Instant};

use amz_services::audit::{AuditEvent, CallOutcome, CallRecord, Vendor};
use amz_services::ports::{CallLog, Operations};
use chrono::DateTime;

use super::{LeaseTime, PostgresDatabase, PostgresState, StoreOptions, calls};

fn call(operation: &str) -> CallRecord {
    CallRecord {
        job: None,
        intent: None,
        connection: "shop".into(),
        lane: None,
        vendor: Vendor::Amazon,
        operation: operation.to_owned(),
        method: "POST".to_owned(),
        path: "/".to_owned(),
        attempt: 1,
        started_at: DateTime::UNIX_EPOCH,
        duration_ms: 1,
        status: None,
        outcome: CallOutcome::Success,
        code: None,
        request: None,
        response: None,
    }
}

#[tokio::test]
async fn a_call_that_is_committed_late_is_not_passed_over() {
    let options = StoreOptions::new(amz_temporary_postgres::new_database().unwrap().into());
    let database = PostgresDatabase::connect_lazily(&options).unwrap();
    let state = PostgresState::open(database, LeaseTime::Caller).await.unwrap();
    let mut late = state.database.pool.begin().await.unwrap();
    calls::record(&mut late, call("first")).await.unwrap();
    state.record(&call("second")).await.unwrap();
    let commit = async {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted
                 and database = (select oid from pg_database where datname = current_database())",
            )
            .fetch_one(&state.database.pool)
            .await
            .unwrap();
            if waiting > 0 || Instant::now() > until {
                break late.commit().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let shop = "shop".into();
    let (read, ()) = tokio::join!(state.recorded(&shop, 0, 10), commit);
    let read: Vec<String> = read
        .unwrap()
        .into_iter()
        .filter_map(|entry| match entry.event {
            AuditEvent::Call(call) => Some(call.operation),
            AuditEvent::Echo { .. } => None,
        })
        .collect();
    assert_eq!(read, ["first", "second"]);
}
