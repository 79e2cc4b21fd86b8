//! The pace under virtual time.

use std::sync::Arc;

use amz_services::failure::StoreError;
use amz_services::ports::Paces;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rust_decimal::Decimal;
use tokio::task::JoinSet;
use tokio::time::{advance, sleep, timeout};

use super::*;
use StockPriority::{Change, Run};

const SECOND: Duration = Duration::from_secs(1);

fn two_per_second() -> Arc<Pace> {
    Arc::new(Pace::new(interval(Decimal::TWO).unwrap(), 2))
}

/// When each of `count` requests left, from now on.
async fn departures(pace: &Arc<Pace>, count: usize) -> Vec<Duration> {
    let begun = Instant::now();
    let mut left = JoinSet::new();
    for _ in 0..count {
        let pace = pace.clone();
        left.spawn(async move {
            pace.turn(Change).await;
            begun.elapsed()
        });
    }
    let mut left = left.join_all().await;
    left.sort();
    left
}

#[test]
fn a_rate_is_a_little_less_than_amazon_allows_and_must_make_sense() {
    assert_eq!(interval(Decimal::TWO), Some(Duration::from_micros(502_500)));
    for rate in [Decimal::ZERO, Decimal::from(-2), Decimal::from(1_001), Decimal::new(1, 4)] {
        assert_eq!(interval(rate), None, "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_burst_with_room_for_jitter_requests_leave_at_two_per_second() {
    let left = departures(&two_per_second(), 10).await;
    assert_eq!(left[0], Duration::ZERO);
    assert!(left[1] < Duration::from_millis(260), "{left:?}");
    assert!(left[2] >= Duration::from_millis(750), "{left:?}");
    assert!(left[9] >= 4 * SECOND && left[9] < Duration::from_millis(4_300), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_throttle_by_chance_empties_the_bucket_and_costs_no_more() {
    let pace = two_per_second();
    pace.throttled(None);
    let left = departures(&pace, 10).await;
    assert!(left[0] >= SECOND / 2, "empty: {left:?}");
    assert!(left[9] < 6 * SECOND, "full pace: {left:?}");
    // long after, the next one is chance again
    tokio::time::advance(20 * SECOND).await;
    pace.throttled(None);
    assert!(departures(&pace, 10).await[9] < 6 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_second_throttle_soon_after_halves_the_pace_for_a_while() {
    let pace = two_per_second();
    pace.throttled(None);
    pace.throttled(None);
    let left = departures(&pace, 30).await;
    assert!(left[0] >= SECOND, "empty: {left:?}");
    let in_slow_time = left.iter().filter(|left| **left <= 10 * SECOND).count();
    assert_eq!(in_slow_time, 9, "one per second: {left:?}");
    assert!(left[29] < 21 * SECOND, "full pace again: {left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_amazon_asks_for_is_kept() {
    let pace = two_per_second();
    pace.throttled(Some(7 * SECOND));
    assert!(departures(&pace, 1).await[0] >= 7 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_rate_that_amazon_names_is_adopted_and_nonsense_is_not() {
    let pace = two_per_second();
    departures(&pace, 2).await;
    for nonsense in ["", "fast", "-1", "0", "NaN", "1e9"] {
        pace.adopt(nonsense);
    }
    assert!(departures(&pace, 1).await[0] >= Duration::from_millis(500));
    pace.adopt(" 0.5 ");
    assert!(departures(&pace, 1).await[0] >= 2 * SECOND);
    pace.adopt("10.0");
    assert!(departures(&pace, 1).await[0] < Duration::from_millis(110));
}

#[tokio::test(start_paused = true)]
async fn a_faster_rate_wakes_those_who_wait_already() {
    let pace = Arc::new(Pace::new(interval(Decimal::new(1, 2)).unwrap(), 1));
    pace.turn(Change).await;
    let begun = Instant::now();
    let waiting = tokio::spawn({
        let pace = pace.clone();
        async move { pace.turn(Change).await }
    });
    sleep(SECOND).await;
    pace.adopt("2");
    waiting.await.unwrap();
    assert!(begun.elapsed() < 2 * SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn within_a_priority_the_first_to_come_is_the_first_to_leave() {
    let order = order_of(&[Change; 6]).await;
    assert_eq!(order, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn changes_leave_first_and_a_full_reading_at_least_every_fourth_time() {
    let order = order_of(&[Run, Run, Change, Change, Change, Change, Change, Change, Change]).await;
    assert_eq!(order, [2, 3, 4, 0, 5, 6, 7, 1, 8]);
}

#[tokio::test(start_paused = true)]
async fn changes_are_not_shut_out_by_many_requests_of_a_full_reading_that_waited_long() {
    let pace = Arc::new(Pace::new(4 * SECOND, 1));
    pace.turn(Change).await;
    let mut left = JoinSet::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut begin = |priority| {
        let (pace, order) = (pace.clone(), order.clone());
        left.spawn(async move {
            pace.turn(priority).await;
            order.lock().unwrap().push(priority);
        });
    };
    (0..4).for_each(|_| begin(Run));
    tokio::task::yield_now().await;
    sleep(6 * SECOND).await;
    (0..3).for_each(|_| begin(Change));
    left.join_all().await;
    assert_eq!(*order.lock().unwrap(), [Run, Run, Change, Run, Change, Run, Change]);
}

/// Who left when, by number, where all came in this order while nobody could leave.
async fn order_of(priorities: &[StockPriority]) -> Vec<usize> {
    // fast, so that nobody waits long
    let pace = Arc::new(Pace::new(Duration::from_millis(10), 1));
    pace.turn(Change).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut left = JoinSet::new();
    for (number, priority) in priorities.iter().copied().enumerate() {
        let (pace, order) = (pace.clone(), order.clone());
        left.spawn(async move {
            pace.turn(priority).await;
            order.lock().unwrap().push(number);
        });
        tokio::task::yield_now().await;
    }
    left.join_all().await;
    Arc::into_inner(order).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_takes_nothing_along_and_the_next_goes_in_time() {
    let pace = two_per_second();
    departures(&pace, 2).await;
    let begun = Instant::now();
    let first = tokio::spawn({
        let pace = pace.clone();
        async move { timeout(Duration::from_millis(100), pace.turn(Change)).await.is_err() }
    });
    tokio::task::yield_now().await;
    pace.turn(Change).await;
    assert!(first.await.unwrap(), "it gave up");
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(500) && waited < Duration::from_millis(520), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn clients_of_one_seller_share_a_pace_and_hosts_do_not() {
    let key = |host: &str| PaceKey {
        host: host.to_owned(),
        client_id: "one".to_owned(),
        seller: vec![1],
        operation: "a_test",
    };
    let of = |host: &str| Pace::shared(key(host), SECOND, 1);
    let (live, also_live, sandbox) = (of("live"), of("live"), of("sandbox"));
    assert!(Arc::ptr_eq(&live, &also_live));
    sandbox.adopt("5.0");
    live.turn(Change).await;
    let begun = Instant::now();
    also_live.turn(Run).await;
    assert!(begun.elapsed() >= SECOND, "the sandbox's rate must not leak");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_window_ever_holds_more_than_burst_and_rate_allow(
        rate in 1_u32..40,
        burst in 1_u32..4,
        steps in prop::collection::vec((0_u64..900, any::<bool>(), any::<bool>()), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let left = runtime.unwrap().block_on(async {
            let pace = Pace::new(interval(Decimal::from(rate)).unwrap(), burst);
            let mut left = Vec::new();
            for (pause_ms, gives_up, run) in steps {
                advance(Duration::from_millis(pause_ms)).await;
                let turn = pace.turn(if run { Run } else { Change });
                let longest = if gives_up { Duration::from_millis(3) } else { Duration::from_secs(9) };
                if timeout(longest, turn).await.is_ok() {
                    left.push(Instant::now());
                }
            }
            left
        });
        for (begin, first) in left.iter().enumerate() {
            for (count, last) in left[begin..].iter().enumerate() {
                let allowed = last.duration_since(*first).as_nanos() * u128::from(rate);
                let beyond = (count + 1).saturating_sub(burst as usize) as u128;
                prop_assert!(beyond * 1_000_000_000 <= allowed, "{} requests in {:?}", count + 1, *last - *first);
            }
        }
    }
}

/// Two processes: two paces of their own, and one that they share, in a store whose time is tokio's.
async fn departures_of_two_processes(common: Option<&CommonPace>, count: usize) -> Vec<Duration> {
    let begun = Instant::now();
    let mut left = JoinSet::new();
    for own in [two_per_second(), two_per_second()] {
        for _ in 0..count {
            let (own, common) = (own.clone(), common.cloned());
            left.spawn(async move {
                match &common {
                    Some(common) => own.turn_among_all(Change, common).await,
                    None => own.turn(Change).await,
                }
                begun.elapsed()
            });
        }
    }
    let mut left = left.join_all().await;
    left.sort();
    left
}

/// A store that keeps one pace, in tokio's time; or is not available.
#[derive(Default)]
struct Store {
    next: Mutex<DateTime<Utc>>,
    is_down: bool,
}

#[async_trait::async_trait]
impl Paces for Store {
    async fn reserve(&self, _: &str, rate: Rate, now: DateTime<Utc>) -> Result<Duration, StoreError> {
        if self.is_down {
            return Err(StoreError::Unavailable { message: "down".into(), source: None });
        }
        let mut next = self.next.lock().unwrap();
        let turn = (*next).max(now);
        *next = turn + rate.interval;
        Ok((turn - now).to_std().unwrap().saturating_sub(rate.slack))
    }

    async fn hold_back(
        &self,
        _: &str,
        rate: Rate,
        wait: Duration,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        *self.next.lock().unwrap() = now + wait + rate.slack;
        Ok(())
    }
}

fn common_pace(is_down: bool) -> CommonPace {
    let key = PaceKey {
        host: "localhost".into(),
        client_id: "application".into(),
        seller: b"seller".to_vec(),
        operation: "op",
    };
    let begun = Instant::now();
    let clock = Arc::new(move || DateTime::UNIX_EPOCH + begun.elapsed());
    CommonPace::new(&key, Arc::new(Store { is_down, ..Store::default() }), clock)
}

#[tokio::test(start_paused = true)]
async fn two_processes_send_no_more_than_one_when_they_share_a_pace() {
    let apart = departures_of_two_processes(None, 10).await;
    assert!(apart[19] < Duration::from_millis(4_300), "each at its own pace: {apart:?}");
    let together = departures_of_two_processes(Some(&common_pace(false)), 10).await;
    let alone = departures(&two_per_second(), 20).await;
    for (number, (together, alone)) in together.iter().zip(&alone).enumerate() {
        assert!(
            *together + Duration::from_millis(1) >= *alone,
            "request {number}: {together:?} of {alone:?}"
        );
    }
    assert!(together[19] < Duration::from_millis(9_500), "and no less: {together:?}");
}

#[tokio::test(start_paused = true)]
async fn what_amazon_throttles_in_one_process_slows_down_the_other() {
    let (throttled, other, common) = (two_per_second(), two_per_second(), common_pace(false));
    let begun = Instant::now();
    throttled.throttled(Some(7 * SECOND));
    common.throttled(throttled.rate(), Some(7 * SECOND)).await;
    other.turn_among_all(Change, &common).await;
    assert!(begun.elapsed() >= 7 * SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_the_store_the_own_pace_holds() {
    let common = common_pace(true);
    let own = two_per_second();
    let begun = Instant::now();
    for _ in 0..5 {
        own.turn_among_all(Change, &common).await;
    }
    assert!(begun.elapsed() >= Duration::from_millis(1_500), "{:?}", begun.elapsed());
}
