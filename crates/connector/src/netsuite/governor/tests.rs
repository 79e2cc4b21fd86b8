//! The governor, driven call by call: nothing here waits for time to pass.

use std::pin::pin;
use std::sync::Mutex as Lock;
use std::task::{Context, Poll, Waker};

use super::*;

/// Asks a future once whether it is ready.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn free(governor: &Governor) -> Slot {
    poll(pin!(governor.take(Urgency::Orders))).expect("a slot is free")
}

#[test]
fn no_more_calls_are_in_flight_than_slots() {
    let governor = Governor::new(2);
    let (first, second) = (free(&governor), free(&governor));
    let mut third = pin!(governor.take(Urgency::Orders));
    assert!(poll(third.as_mut()).is_none());
    assert_eq!(governor.in_flight(), 2);
    drop(first);
    let third = poll(third.as_mut()).expect("the free slot is handed on");
    assert_eq!(governor.in_flight(), 2);
    drop((second, third));
    assert_eq!(governor.in_flight(), 0);
}

#[test]
fn clones_are_one_governor() {
    let governor = Governor::new(1);
    let _held = free(&governor.clone());
    assert!(poll(pin!(governor.take(Urgency::CancelAndRefund))).is_none());
}

#[test]
fn a_slot_that_becomes_free_goes_to_the_most_urgent() {
    let governor = Governor::new(1);
    let mut held = free(&governor);
    let mut waiting: Vec<_> =
        Urgency::ALL.into_iter().rev().map(|urgency| (urgency, Box::pin(governor.take(urgency)))).collect();
    for (_, waiter) in &mut waiting {
        assert!(poll(waiter.as_mut()).is_none());
    }
    let mut served = Vec::new();
    while !waiting.is_empty() {
        drop(held);
        let ready = waiting
            .iter_mut()
            .enumerate()
            .find_map(|(index, (_, waiter))| poll(waiter.as_mut()).map(|slot| (index, slot)));
        let (index, slot) = ready.expect("somebody is served");
        served.push(waiting.remove(index).0);
        held = slot;
    }
    assert_eq!(served, Urgency::ALL);
    drop(held);
    assert_eq!(governor.in_flight(), 0);
}

#[test]
fn who_comes_late_does_not_pass_those_who_wait_as_urgently() {
    let governor = Governor::new(1);
    let held = free(&governor);
    let mut first = pin!(governor.take(Urgency::Orders));
    assert!(poll(first.as_mut()).is_none());
    drop(held);
    // the slot was handed on before the waiter was asked again
    assert!(poll(pin!(governor.take(Urgency::Orders))).is_none());
    assert!(poll(first.as_mut()).is_some());
}

#[test]
fn who_gives_up_waiting_keeps_no_slot() {
    let governor = Governor::new(1);
    let held = free(&governor);
    {
        let mut gives_up = pin!(governor.take(Urgency::Orders));
        assert!(poll(gives_up.as_mut()).is_none());
    }
    let mut gives_up_late = Box::pin(governor.take(Urgency::Orders));
    assert!(poll(gives_up_late.as_mut()).is_none());
    let mut stays = pin!(governor.take(Urgency::Stock));
    assert!(poll(stays.as_mut()).is_none());
    drop(held);
    // it has the slot and never looks
    drop(gives_up_late);
    assert!(poll(stays.as_mut()).is_some());
    assert_eq!(governor.in_flight(), 0);
}

#[test]
fn after_a_refusal_for_load_half_of_the_slots_are_used_until_calls_go_well() {
    let governor = Governor::new(4);
    let slots = [(); 4].map(|()| free(&governor));
    assert_eq!(slots.each_ref().map(Slot::refused_for_load), [true, false, false, false]);
    assert_eq!(governor.slots(), 2);
    drop(slots);
    let (_one, _two) = (free(&governor), free(&governor));
    assert!(poll(pin!(governor.take(Urgency::Orders))).is_none(), "two slots stay closed");
    governor.went_well();
    governor.went_well();
    assert_eq!(governor.slots(), 3);
    let _three = free(&governor);
}

#[test]
fn who_goes_alone_waits_for_those_in_flight_and_keeps_everybody_out() {
    let governor = Governor::new(4);
    let (first, second) = (free(&governor), free(&governor));
    let mut alone = pin!(governor.take_alone(Urgency::Stock));
    assert!(poll(alone.as_mut()).is_none(), "two are in flight");
    let mut urgent = pin!(governor.take(Urgency::CancelAndRefund));
    assert!(poll(urgent.as_mut()).is_none(), "nobody is let in while somebody waits to go alone");
    drop(first);
    assert!(poll(alone.as_mut()).is_none(), "one is in flight");
    drop(second);
    let alone = poll(alone.as_mut()).expect("nothing is in flight");
    assert!(poll(urgent.as_mut()).is_none());
    assert!(!alone.was_among_others());
    drop(alone);
    assert!(poll(urgent.as_mut()).is_some());
}

#[test]
fn several_go_alone_one_after_another() {
    let governor = Governor::new(4);
    let held = free(&governor);
    let mut first = pin!(governor.take_alone(Urgency::Orders));
    let mut gives_up = Box::pin(governor.take_alone(Urgency::Orders));
    let mut third = pin!(governor.take_alone(Urgency::Orders));
    assert!(poll(first.as_mut()).is_none() && poll(gives_up.as_mut()).is_none());
    assert!(poll(third.as_mut()).is_none());
    drop(gives_up);
    drop(held);
    let first = poll(first.as_mut()).expect("the first goes");
    assert!(poll(third.as_mut()).is_none());
    drop(first);
    assert!(poll(third.as_mut()).is_some());
    assert_eq!(free(&governor).governor.in_flight(), 1, "then all goes as before");
}

#[test]
fn a_call_knows_whether_others_were_in_flight_beside_it() {
    let governor = Governor::new(2);
    let first = free(&governor);
    assert!(!first.was_among_others());
    let second = free(&governor);
    assert!(first.was_among_others() && second.was_among_others());
    drop(second);
    assert!(first.was_among_others(), "although the other has ended");
    drop(first);
    assert!(!free(&governor).was_among_others());
}

#[test]
fn another_share_lets_waiters_in() {
    let governor = Governor::new(1);
    let _held = free(&governor);
    let mut waiter = pin!(governor.take(Urgency::Orders));
    assert!(poll(waiter.as_mut()).is_none());
    governor.set_share(2);
    assert!(poll(waiter.as_mut()).is_some());
    assert_eq!(governor.share(), 2);
}

#[test]
fn a_limit_that_is_raised_leaves_what_the_account_takes() {
    let governor = Governor::new(4);
    governor.set_share(15);
    assert_eq!(governor.share(), 15);
    governor.set_limit(3);
    assert_eq!(governor.share(), 3);
    governor.set_limit(10);
    assert_eq!(governor.share(), 10);
    governor.set_limit(40);
    assert_eq!(governor.share(), 15, "what the account takes is still known");
    governor.set_share(50);
    assert_eq!((governor.share(), governor.limit()), (40, Some(40)));
    governor.lift_limit(4);
    assert_eq!((governor.share(), governor.limit()), (50, None));
}

#[test]
fn a_limit_is_what_is_used_where_the_account_does_not_tell() {
    let governor = Governor::new(4);
    governor.set_limit(20);
    assert_eq!(governor.share(), 20);
    governor.lift_limit(4);
    assert_eq!(governor.share(), 4);
    governor.set_limit(0);
    assert_eq!(governor.share(), 1);
}

const LONG: std::time::Duration = std::time::Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn with_no_slot_nobody_is_let_in_until_some_are_granted() {
    let governor = Governor::new(4);
    governor.grant(0, Instant::now() + LONG);
    assert_eq!((governor.share(), governor.slots(), governor.account_slots()), (0, 0, 4));
    let mut waiter = pin!(governor.take(Urgency::Orders));
    let mut alone = pin!(governor.take_alone(Urgency::Orders));
    assert!(poll(waiter.as_mut()).is_none() && poll(alone.as_mut()).is_none());
    governor.grant(9, Instant::now() + LONG);
    assert_eq!(governor.share(), 4, "no more than the account takes");
    drop(poll(alone.as_mut()).expect("it goes first"));
    assert!(poll(waiter.as_mut()).is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_granted_ends_by_itself_and_calls_in_flight_go_on() {
    let governor = Governor::new(4);
    governor.grant(3, Instant::now() + LONG);
    let (_one, two) = (free(&governor), free(&governor));
    tokio::time::advance(LONG).await;
    let mut late = pin!(governor.take(Urgency::CancelAndRefund));
    assert!(poll(late.as_mut()).is_none());
    drop(two);
    assert!(poll(late.as_mut()).is_none(), "a slot that becomes free is handed on to nobody");
    assert_eq!((governor.in_flight(), governor.share()), (1, 0));
    governor.grant(1, Instant::now() + LONG);
    assert!(poll(late.as_mut()).is_none(), "one is still in flight");
    governor.grant(2, Instant::now() + LONG);
    assert!(poll(late.as_mut()).is_some());
}

#[test]
fn a_governor_tells_what_it_could_use() {
    let governor = Governor::new(2);
    assert_eq!(governor.take_wanted(), 0);
    let (one, two) = (free(&governor), free(&governor));
    {
        let mut gives_up = pin!(governor.take(Urgency::Stock));
        let mut alone = pin!(governor.take_alone(Urgency::Stock));
        assert!(poll(gives_up.as_mut()).is_none() && poll(alone.as_mut()).is_none());
    }
    drop(one);
    assert_eq!(governor.take_wanted(), 4, "the most at a time since it was asked last");
    assert_eq!(governor.take_wanted(), 1);
    drop(two);
    assert_eq!((governor.take_wanted(), governor.take_wanted()), (1, 0));
}

#[derive(Debug, Default)]
struct Seen(Lock<Vec<String>>);

impl GovernorObserver for Seen {
    fn changed(&self, slots: usize, in_flight: usize) {
        self.0.lock().unwrap().push(format!("{in_flight} of {slots}"));
    }

    fn waits(&self, urgency: Urgency) {
        self.0.lock().unwrap().push(format!("{} waits", urgency.as_str()));
    }
}

#[test]
fn the_observer_sees_slots_calls_and_waits() {
    let seen = Arc::new(Seen::default());
    let governor = Governor::observed(1, seen.clone());
    let held = free(&governor);
    assert!(poll(pin!(governor.take(Urgency::Returns))).is_none());
    drop(held);
    let seen = seen.0.lock().unwrap().clone();
    assert_eq!(seen.first().unwrap(), "0 of 1");
    assert!(seen.contains(&"1 of 1".to_owned()) && seen.contains(&"returns waits".to_owned()), "{seen:?}");
    assert_eq!(seen.last().unwrap(), "0 of 1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_a_crowd_of_all_urgencies_the_limit_holds_and_everybody_is_served() {
    let governor = Governor::new(3);
    let most = Arc::new(Lock::new((0_usize, 0_usize)));
    let calls = (0..400).map(|number| {
        let (governor, most) = (governor.clone(), most.clone());
        tokio::spawn(async move {
            let slot = match number % 40 {
                0 => governor.take_alone(Urgency::Orders).await,
                _ => governor.take(Urgency::ALL[number % 5]).await,
            };
            {
                let mut most = most.lock().unwrap();
                most.0 += 1;
                most.1 = most.1.max(most.0);
            }
            tokio::task::yield_now().await;
            if number % 7 == 0 {
                slot.refused_for_load();
            } else {
                governor.went_well();
            }
            most.lock().unwrap().0 -= 1;
            drop(slot);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(most.lock().unwrap().0, 0);
    assert!(most.lock().unwrap().1 <= 3);
    assert_eq!(governor.in_flight(), 0);
}
