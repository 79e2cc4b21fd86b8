//! Lanes on PostgreSQL: many processes at once, and leases in the database's time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod postgres;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::intent::{IntentKey, NewIntent, Operation};
use amz_services::ports::lanes::RoutedNotice;
use amz_services::ports::{Intake, Lanes, Ledger};
use amz_services::work::{Ask, Claim};
use amz_store::conformance::samples::{LEASE, at, is_lost, look, order, order_of, reason, request};
use amz_store::postgres::{LeaseTime, PostgresState};
use postgres::{connect, prepared_database};

async fn open(url: &str, time: LeaseTime) -> PostgresState {
    PostgresState::open(connect(url), time).await.unwrap()
}

async fn claim_for(state: &PostgresState, lease_for: Duration) -> Claim {
    // what the caller takes for now is years away
    let mut claims = state.claim("worker", at(0), lease_for, 1).await.unwrap();
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

#[tokio::test]
async fn in_the_databases_time_a_lapsed_lease_writes_nothing_more() {
    let state = open(&prepared_database().await, LeaseTime::Database).await;
    let long_ago = chrono::DateTime::from_timestamp(1_000_000, 0).unwrap();
    let mut due = request(order("1"), Ask::SalesOrder, 0);
    due.due_at = long_ago;
    state.accept("inbox", 1, vec![due]).await.unwrap();
    let lapsed = claim_for(&state, Duration::ZERO).await;
    let intent = NewIntent {
        key: IntentKey("x".to_owned()),
        operation: Operation::CreateOrder,
        subject: "x".to_owned(),
    };
    assert!(is_lost(state.complete(&lapsed, &look(&lapsed), vec![]).await), "complete");
    assert!(is_lost(state.postpone(&lapsed, &look(&lapsed), at(90), true).await), "postpone");
    assert!(is_lost(state.renew(&lapsed.lease, at(0), LEASE).await), "renew");
    assert!(is_lost(state.plan(&lapsed.lease, &intent, at(0)).await), "plan");
    assert!(is_lost(state.park(&lapsed.lease, "order", &reason("x"), at(0)).await), "park");

    let held = claim_for(&state, Duration::from_secs(600)).await;
    assert!(held.lease.fence > lapsed.lease.fence);
    assert_eq!(
        state.claim("other", at(9_999), LEASE, 9).await.unwrap(),
        [],
        "the caller's clock means nothing"
    );
    assert!(is_lost(state.complete(&lapsed, &look(&lapsed), vec![]).await));
    state.renew(&held.lease, at(-9_999), Duration::from_secs(600)).await.unwrap();
    state.plan(&held.lease, &intent, at(0)).await.unwrap();
    state.complete(&held, &look(&held), vec![]).await.unwrap();
    assert_eq!(state.next_due().await.unwrap(), None);
}

/// Takes what is due and gives it back until nothing is left, and tells how much it took.
async fn work(state: PostgresState, name: String, held: Arc<Mutex<HashSet<String>>>, left: Arc<AtomicUsize>) {
    while left.load(Ordering::SeqCst) > 0 {
        for claim in state.claim(&name, at(0), LEASE, 3).await.unwrap() {
            let lane = claim.lease.key.to_string();
            assert!(held.lock().unwrap().insert(lane.clone()), "{lane} is held twice");
            state.renew(&claim.lease, at(0), LEASE).await.unwrap();
            // what comes while the lane is held is not lost
            let other = request(claim.lease.key.clone(), Ask::AmazonOrder, 0);
            let is_first = claim.asks == [Ask::SalesOrder];
            if is_first {
                state.accept("inbox", 0, vec![other]).await.unwrap();
            }
            held.lock().unwrap().remove(&lane);
            state.complete(&claim, &look(&claim), vec![]).await.unwrap();
            if !is_first {
                left.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_many_tasks_never_hold_one_lane_twice() {
    let url = prepared_database().await;
    let processes = [open(&url, LeaseTime::Caller).await, open(&url, LeaseTime::Caller).await];
    let lanes = 40;
    let requests = (0..lanes).map(|id| {
        let connection = ["shop", "other", "third"][id % 3];
        request(order_of(connection, &id.to_string()), Ask::SalesOrder, 0)
    });
    processes[0].accept("inbox", 1, requests.collect()).await.unwrap();
    let (held, left) = (Arc::default(), Arc::new(AtomicUsize::new(lanes)));
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let state = processes[number % 2].clone();
            tokio::spawn(work(state, format!("w{number}"), Arc::clone(&held), Arc::clone(&left)))
        })
        .collect();
    let all = async {
        for task in tasks {
            task.await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(120), all).await.unwrap();
    assert_eq!(processes[1].next_due().await.unwrap(), None, "every lane was served twice and is gone");
}

#[tokio::test]
async fn work_that_the_database_refuses_harms_no_other_that_is_given_back_with_it() {
    let state = open(&prepared_database().await, LeaseTime::Caller).await;
    let ids = ["1", "2", "3", "4", "5", "6"];
    state.accept("inbox", 1, ids.map(|id| request(order(id), Ask::SalesOrder, 0)).to_vec()).await.unwrap();
    let claims = state.claim("worker", at(0), LEASE, 10).await.unwrap();
    let given_back = claims.into_iter().map(|claim| {
        let state = state.clone();
        tokio::spawn(async move {
            let mut look = look(&claim);
            let is_poisoned = claim.lease.key == order("3");
            if is_poisoned {
                look.echoes.push("no text column takes \0".to_owned());
            }
            (is_poisoned, state.complete(&claim, &look, vec![]).await)
        })
    });
    for task in given_back.collect::<Vec<_>>() {
        let (is_poisoned, outcome) = task.await.unwrap();
        assert_eq!(matches!(outcome, Err(StoreError::Corrupt { .. })), is_poisoned, "{outcome:?}");
    }
    let left = state.claim("other", at(100), LEASE, 10).await.unwrap();
    assert_eq!(left.iter().map(|claim| claim.lease.key.clone()).collect::<Vec<_>>(), [order("3")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_that_two_processes_take_at_once_makes_its_work_once() {
    let url = prepared_database().await;
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    sqlx::query(
        "insert into notices_waiting (connection, feed, id) select 'shop', 'inbox', generate_series(1, 100)",
    )
    .execute(&pool)
    .await
    .unwrap();
    let processes = [open(&url, LeaseTime::Caller).await, open(&url, LeaseTime::Caller).await];
    let notices = |order_of_ids: Vec<i64>| -> Vec<RoutedNotice> {
        let route = |id: i64| RoutedNotice {
            connection: "shop".into(),
            id,
            requests: vec![request(order(&(id % 10).to_string()), Ask::SalesOrder, 0)],
        };
        order_of_ids.into_iter().map(route).collect()
    };
    // id 101 was never there
    let taken = [notices((1..=101).collect()), notices((1..=101).rev().collect())];
    let tasks: Vec<_> = processes
        .into_iter()
        .zip(taken)
        .map(|(state, notices)| tokio::spawn(async move { state.accept_notices("inbox", notices).await }))
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let requests: i64 = sqlx::query_scalar("select count(*) from requests").fetch_one(&pool).await.unwrap();
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from notices_waiting").fetch_one(&pool).await.unwrap();
    assert_eq!((requests, waiting), (100, 0));
}
