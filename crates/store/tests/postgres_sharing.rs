//! Shares and paces on PostgreSQL, where several processes really have the store open.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use amz_services::ports::sharing::Rate;
use amz_services::ports::{Paces, SlotShares};
use amz_services::slot_sharing::{AccountSlots, ShareRequest};
use amz_store::StoreOptions;
use amz_store::conformance::Stores;
use amz_store::memory::MemoryStore;
use amz_store::postgres::{LeaseTime, PostgresDatabase, PostgresState};
use chrono::{DateTime, Utc};

async fn database(url: &str, time: LeaseTime) -> PostgresState {
    let options = StoreOptions::new(url.to_owned().into());
    PostgresState::open(PostgresDatabase::connect_lazily(&options).unwrap(), time).await.unwrap()
}

async fn open() -> (Stores, ()) {
    let url = amz_temporary_postgres::new_database().unwrap();
    let state = Arc::new(database(&url, LeaseTime::Caller).await);
    let memory = Arc::new(MemoryStore::new());
    let stores = Stores::of(memory.clone(), memory);
    (Stores { shares: state.clone(), paces: state, ..stores }, ())
}

amz_store::conformance_tests! { open;
    sharing: slots_are_divided_fairly_and_given_back_before_they_are_handed_out,
    sharing: a_share_lapses_and_a_share_given_back_is_free_at_once,
    sharing: accounts_are_shared_apart,
    sharing: processes_that_ask_at_once_never_have_more_than_there_is,
    sharing: a_pace_spaces_calls_evenly_after_a_burst,
    sharing: a_pace_that_is_held_back_goes_on_without_a_burst,
    sharing: turns_that_are_taken_at_once_are_apart,
}

const LONG_AGO: DateTime<Utc> = DateTime::UNIX_EPOCH;

#[tokio::test]
async fn leases_and_paces_go_by_the_time_of_the_database_whatever_clocks_say() {
    let url = amz_temporary_postgres::new_database().unwrap();
    let state = database(&url, LeaseTime::Database).await;
    let request = |holder: &str| ShareRequest {
        account: "TSTDRV1".into(),
        holder: holder.into(),
        of: AccountSlots { slots: 3, is_known: true },
        using: 0,
        wanted: 3,
    };
    let hour = Duration::from_secs(3600);
    let first = state.ask_share(&request("a"), LONG_AGO, hour).await.unwrap();
    let second = state.ask_share(&request("b"), DateTime::<Utc>::MAX_UTC, hour).await.unwrap();
    assert_eq!((first.slots, second.slots), (3, 0), "no clock makes a share lapse");
    let rate = Rate { interval: hour, slack: Duration::ZERO };
    assert_eq!(state.reserve("slow", rate, LONG_AGO).await.unwrap(), Duration::ZERO);
    let wait = state.reserve("slow", rate, Utc::now() + 2 * hour).await.unwrap();
    assert!(wait > hour / 2 && wait <= hour, "{wait:?}");
}
