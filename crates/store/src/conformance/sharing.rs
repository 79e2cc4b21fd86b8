//! What processes share of vendors' limits.

use std::time::Duration;

use amz_services::ports::sharing::Rate;
use amz_services::slot_sharing::{AccountSlots, Share, ShareRequest};
use tokio::task::JoinSet;

use super::Stores;
use super::samples::{LEASE, at};

fn request(holder: &str, using: usize, wanted: usize) -> ShareRequest {
    let of = AccountSlots { slots: 5, is_known: true };
    ShareRequest { account: "TSTDRV1".into(), holder: holder.into(), of, using, wanted }
}

async fn ask(stores: &Stores, now_s: i64, holder: &str, using: usize, wanted: usize) -> (usize, usize) {
    let request = request(holder, using, wanted);
    let Share { slots, due } = stores.shares.ask_share(&request, at(now_s), LEASE).await.unwrap();
    (slots, due)
}

pub async fn slots_are_divided_fairly_and_given_back_before_they_are_handed_out(stores: &Stores) {
    assert_eq!(ask(stores, 0, "a", 0, 9).await, (5, 5));
    assert_eq!(ask(stores, 0, "b", 0, 9).await, (0, 2));
    assert_eq!(ask(stores, 1, "a", 5, 9).await, (3, 3), "a uses three from now on");
    assert_eq!(ask(stores, 1, "b", 0, 9).await, (0, 2), "it has not said so yet");
    assert_eq!(ask(stores, 2, "a", 3, 9).await, (3, 3));
    assert_eq!(ask(stores, 2, "b", 0, 9).await, (2, 2));
    assert_eq!(ask(stores, 3, "a", 1, 1).await, (1, 1));
    assert_eq!(ask(stores, 3, "b", 2, 9).await, (4, 4), "what a does not want is for b");
}

pub async fn a_share_lapses_and_a_share_given_back_is_free_at_once(stores: &Stores) {
    assert_eq!(ask(stores, 0, "a", 0, 5).await, (5, 5));
    assert_eq!(ask(stores, 14, "b", 0, 5).await, (0, 2));
    assert_eq!(ask(stores, 15, "b", 0, 5).await, (5, 5), "a has lapsed");
    assert_eq!(ask(stores, 16, "a", 0, 5).await, (0, 3));
    stores.shares.give_back_share("TSTDRV1", "b").await.unwrap();
    stores.shares.give_back_share("TSTDRV1", "b").await.unwrap();
    assert_eq!(ask(stores, 16, "a", 0, 5).await, (5, 5));
}

pub async fn accounts_are_shared_apart(stores: &Stores) {
    assert_eq!(ask(stores, 0, "a", 0, 5).await, (5, 5));
    let other = ShareRequest { account: "TSTDRV2".into(), ..request("b", 0, 4) };
    let share = stores.shares.ask_share(&other, at(0), LEASE).await.unwrap();
    assert_eq!(share, Share { slots: 4, due: 4 });
    stores.shares.give_back_share("TSTDRV2", "a").await.unwrap();
    assert_eq!(ask(stores, 0, "b", 0, 5).await.0, 0, "a has its share still");
}

pub async fn processes_that_ask_at_once_never_have_more_than_there_is(stores: &Stores) {
    let mut asking = JoinSet::new();
    for number in 0..16 {
        let (shares, request) = (stores.shares.clone(), request(&format!("process-{number}"), 0, 2));
        asking.spawn(async move { shares.ask_share(&request, at(0), LEASE).await.unwrap().slots });
    }
    let shares = asking.join_all().await;
    let sum: usize = shares.iter().sum();
    assert!((1..=5).contains(&sum), "{shares:?}");
}

const RATE: Rate = Rate { interval: Duration::from_millis(500), slack: Duration::from_millis(250) };

async fn waits(stores: &Stores, now_s: i64, count: usize) -> Vec<u128> {
    let mut waits = Vec::new();
    for _ in 0..count {
        waits.push(stores.paces.reserve("sp-api", RATE, at(now_s)).await.unwrap().as_millis());
    }
    waits
}

pub async fn a_pace_spaces_calls_evenly_after_a_burst(stores: &Stores) {
    assert_eq!(waits(stores, 0, 4).await, [0, 250, 750, 1250]);
    assert_eq!(waits(stores, 1, 2).await, [750, 1250], "the turns that are taken stay");
    assert_eq!(waits(stores, 60, 3).await, [0, 250, 750], "no more is saved up than one burst");
    let other = stores.paces.reserve("another", RATE, at(60)).await.unwrap();
    assert_eq!(other, Duration::ZERO);
}

pub async fn a_pace_that_is_held_back_goes_on_without_a_burst(stores: &Stores) {
    let hold = |wait_s, now_s| stores.paces.hold_back("sp-api", RATE, Duration::from_secs(wait_s), at(now_s));
    hold(0, 0).await.unwrap();
    assert_eq!(waits(stores, 0, 2).await, [500, 1000], "one interval at least");
    hold(10, 60).await.unwrap();
    hold(5, 60).await.unwrap();
    assert_eq!(waits(stores, 60, 2).await, [10_000, 10_500], "the longer wait holds");
}

pub async fn turns_that_are_taken_at_once_are_apart(stores: &Stores) {
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        let paces = stores.paces.clone();
        asking.spawn(async move { paces.reserve("sp-api", RATE, at(0)).await.unwrap().as_millis() });
    }
    let mut waits = asking.join_all().await;
    waits.sort_unstable();
    let expected: Vec<u128> = (0..16).map(|turn: u128| (turn * 500).saturating_sub(250)).collect();
    assert_eq!(waits, expected);
}
