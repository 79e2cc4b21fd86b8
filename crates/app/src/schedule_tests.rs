use amz_services::ports::Lanes;
use amz_store::memory::MemoryStore;
use chrono_tz::America::Los_Angeles;
use proptest::prelude::*;

use super::*;

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text).unwrap().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// All instants of a schedule in Los Angeles from one instant to another, each after the one before.
fn instants(text: &str, from: &str, until: &str) -> Vec<String> {
    let (schedule, until) = (schedule(text), at(until));
    let mut found = Vec::new();
    let mut last = at(from);
    while let Some(due) = next_due(&schedule, Los_Angeles, last, last).filter(|due| *due <= until) {
        found.push(due.with_timezone(&Los_Angeles).format("%d %H:%M %Z").to_string());
        last = due;
    }
    found
}

#[test]
fn the_next_run_is_told_in_the_accounts_zone() {
    let daily = schedule("0 3 * * *");
    let due = next_due(&daily, Los_Angeles, at("2026-03-02T00:00:00Z"), at("2026-03-02T08:00:00Z"));
    assert_eq!(due, Some(at("2026-03-02T11:00:00Z")));
    // summer time
    let due = next_due(&daily, Los_Angeles, at("2026-07-02T00:00:00Z"), at("2026-07-02T08:00:00Z"));
    assert_eq!(due, Some(at("2026-07-02T10:00:00Z")));
}

#[test]
fn of_missed_runs_only_the_latest_is_due() {
    let daily = schedule("0 3 * * *");
    let (last, now) = (at("2026-03-02T11:00:00Z"), at("2026-03-06T20:00:00Z"));
    assert_eq!(next_due(&daily, Los_Angeles, last, now), Some(at("2026-03-06T11:00:00Z")));
    let exactly = at("2026-03-03T11:00:00Z");
    assert_eq!(next_due(&daily, Los_Angeles, last, exactly), Some(exactly));
}

#[test]
fn a_time_that_the_clocks_skip_comes_once() {
    // on the 8th of March 2026 the hour after 02:00 is skipped
    let found = instants("30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-10T00:00:00Z");
    assert_eq!(found, ["08 03:00 PDT", "09 02:30 PDT"]);
}

#[test]
fn a_time_that_the_clocks_repeat_comes_once() {
    // on the 1st of November 2026 the hour before 02:00 comes twice
    let found = instants("30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-03T00:00:00Z");
    assert_eq!(found, ["01 01:30 PDT", "02 01:30 PST"]);
}

#[test]
fn a_run_that_was_missed_over_a_change_of_clocks_is_caught_up_once() {
    for (text, last, now) in [
        ("30 2 * * *", "2026-03-07T10:30:00Z", "2026-03-08T11:00:00Z"),
        ("30 2 * * *", "2026-03-07T10:30:00Z", "2026-03-08T10:00:00Z"),
        ("30 1 * * *", "2026-10-31T08:30:00Z", "2026-11-01T09:45:00Z"),
        ("30 1 * * *", "2026-10-31T08:30:00Z", "2026-11-01T08:45:00Z"),
    ] {
        let (schedule, now) = (schedule(text), at(now));
        let due = next_due(&schedule, Los_Angeles, at(last), now).unwrap();
        assert!(due <= now, "{text} {now}: {due}");
        let after = next_due(&schedule, Los_Angeles, due, now).unwrap();
        assert!(after > now + chrono::TimeDelta::hours(20), "{text} {now}: {due}, then {after}");
    }
}

#[test]
fn texts_that_are_no_schedule_are_refused() {
    assert!(Schedule::parse("off").unwrap().is_none());
    for text in ["daily", "", "0 3 * *", "0 0 3 * * *", "0 25 * * *", "0 3 * * MOO", "@daily", "Off"] {
        assert!(matches!(Schedule::parse(text), Err(ScheduleError::Malformed(_))), "{text}");
    }
    assert_eq!(Schedule::parse("0 3 30 2 *").unwrap_err(), ScheduleError::Never);
    assert_eq!(schedule("0 3 29 2 *").to_string(), "0 3 29 2 *");
}

fn of(store: &Arc<MemoryStore>, text: &str) -> StockSchedule {
    StockSchedule {
        connection: "main".into(),
        schedule: schedule(text),
        zone: Los_Angeles,
        intake: store.clone(),
        wake: Arc::default(),
    }
}

/// Names of the runs that were asked for.
async fn runs(store: &Arc<MemoryStore>, now: DateTime<Utc>) -> Vec<String> {
    let claims = store.claim("probe", now, Duration::from_secs(1), 10).await.unwrap();
    let asks = claims.into_iter().flat_map(|claim| {
        assert_eq!(claim.lease.key.lane, Lane::StockReading);
        claim.asks
    });
    asks.map(|ask| match ask {
        Ask::ReadStock(request) => {
            assert_eq!((request.by, request.plan_only), (RunBeginner::Schedule, false));
            request.id.to_string()
        }
        other => panic!("{other:?}"),
    })
    .collect()
}

#[tokio::test]
async fn a_run_is_asked_for_when_its_time_comes_and_not_before() {
    let store = Arc::new(MemoryStore::new());
    let daily = of(&store, "0 3 * * *");
    let due = at("2026-03-02T11:00:00Z");
    assert_eq!(daily.pass(at("2026-03-02T08:00:00Z")).await.unwrap(), Some(due));
    let just_before = due - chrono::TimeDelta::milliseconds(1);
    assert_eq!(daily.pass(just_before).await.unwrap(), Some(due));
    assert!(runs(&store, just_before).await.is_empty());
    assert_eq!(daily.pass(due).await.unwrap(), Some(at("2026-03-03T11:00:00Z")));
    assert_eq!(runs(&store, due).await, ["s20260302T110000Z"]);
}

#[tokio::test]
async fn a_start_that_missed_runs_asks_for_one_and_a_second_start_for_none() {
    let store = Arc::new(MemoryStore::new());
    of(&store, "0 3 * * *").pass(at("2026-03-02T08:00:00Z")).await.unwrap();
    let later = at("2026-03-05T19:00:00Z");
    for _ in 0..2 {
        let next = of(&store, "0 3 * * *").pass(later).await.unwrap();
        assert_eq!(next, Some(at("2026-03-06T11:00:00Z")));
    }
    assert_eq!(runs(&store, later).await, ["s20260305T110000Z"]);
}

#[tokio::test]
async fn the_first_start_of_all_asks_for_nothing() {
    let store = Arc::new(MemoryStore::new());
    let now = at("2026-03-02T11:00:00Z");
    let next = of(&store, "0 3 * * *").pass(now).await.unwrap();
    assert_eq!(next, Some(at("2026-03-03T11:00:00Z")));
    assert!(runs(&store, now).await.is_empty());
}

#[tokio::test]
async fn the_loop_asks_for_what_is_due_wakes_the_worker_and_ends_with_its_token() {
    let store = Arc::new(MemoryStore::new());
    let daily = of(&store, "0 3 * * *");
    daily.pass(at("2026-03-02T08:00:00Z")).await.unwrap();
    let (wake, stop, now) = (daily.wake.clone(), CancellationToken::new(), at("2026-03-02T11:00:05Z"));
    let task = tokio::spawn(daily.run(Arc::new(move || now), stop.clone()));
    wake.notified().await;
    assert_eq!(runs(&store, now).await, ["s20260302T110000Z"]);
    stop.cancel();
    task.await.unwrap();
}

proptest! {
    /// However the passes lie, every time asked for is a time of the schedule, none twice, and none is skipped
    /// between two passes that lie closer than the schedule's times.
    #[test]
    fn passes_at_any_instants_ask_for_each_time_at_most_once(
        steps in prop::collection::vec(1_i64..40 * 3600, 1..40),
        fields in prop::sample::select(vec!["0 3 * * *", "30 1 * * *", "30 2 * * *", "15 */6 * * *", "0 4 * * SUN"]),
    ) {
        let schedule = schedule(fields);
        let mut now = at("2026-03-01T00:00:00Z");
        let mut last = now;
        for step in steps {
            now += chrono::TimeDelta::seconds(step);
            let due = next_due(&schedule, Los_Angeles, last, now).unwrap();
            prop_assert!(due > last);
            if due <= now {
                last = due;
                prop_assert!(next_due(&schedule, Los_Angeles, last, now).unwrap() > now);
            }
        }
    }
}
