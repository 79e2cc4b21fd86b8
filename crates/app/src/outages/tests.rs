use super::*;

const AMAZON: Vendor = Vendor::Amazon;

fn lane(id: &str) -> LaneKey {
    LaneKey { connection: "main".into(), lane: Lane::SalesOrder(id.into()) }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn doubling(pauses: u32) -> Duration {
    Duration::from_secs(10 << (pauses - 1))
}

/// A call of a lane's look.
fn call(outages: &Outages, id: &str, job: i64, outcome: CallOutcome) {
    let key = lane(id);
    outages.saw(&key.connection, AMAZON, Some((&key.lane, job)), outcome);
}

/// A look that meets a server error at an instant.
fn fails(outages: &Outages, id: &str, job: i64, now: i64) -> Option<OutagePause> {
    call(outages, id, job, CallOutcome::ServerError);
    match ends(outages, id, job, now) {
        Ending::Out(pause) => Some(pause),
        Ending::AsUsual | Ending::TryNext(_) => None,
    }
}

fn ends(outages: &Outages, id: &str, job: i64, now: i64) -> Ending {
    outages.ended(&lane(id), job, at(now), doubling)
}

fn recovered(outages: &Outages) -> Vec<(Vendor, bool)> {
    outages.recovered(&"main".into()).into_iter().map(|back| (back.vendor, back.rang)).collect()
}

#[test]
fn three_lanes_in_a_row_without_an_answer_are_an_outage() {
    let outages = Outages::default();
    assert_eq!(fails(&outages, "1", 1, 0), None);
    assert_eq!(fails(&outages, "2", 1, 0), None);
    let pause = fails(&outages, "3", 1, 0).expect("out");
    assert_eq!((pause.vendor, pause.until, pause.began, pause.rings), (AMAZON, at(10), true, false));
    let same = fails(&outages, "4", 1, 5).expect("it was under way");
    assert_eq!((same.until, same.began), (at(10), false));
}

#[test]
fn an_answer_in_between_says_that_the_vendor_works() {
    for answer in [CallOutcome::Success, CallOutcome::Absent, CallOutcome::Refused] {
        let outages = Outages::default();
        for (job, id) in (1..).zip(["1", "2", "3", "4", "5", "6"]) {
            assert_eq!(fails(&outages, id, job, 0), None, "{answer:?}");
            if id == "2" {
                call(&outages, "7", 1, answer);
            }
            if id == "4" {
                // a change feed asks for no lane
                outages.saw(&"main".into(), AMAZON, None, answer);
            }
        }
    }
}

#[test]
fn one_order_that_fails_while_others_go_well_is_no_outage() {
    let outages = Outages::default();
    for job in 1..100 {
        assert_eq!(fails(&outages, "poison", job, job), None);
        call(&outages, &format!("good-{job}"), 1, CallOutcome::Success);
    }
}

#[test]
fn when_the_only_lane_there_is_fails_again_and_again_the_vendor_is_out() {
    let outages = Outages::default();
    // several calls of one look say no more than one
    call(&outages, "1", 1, CallOutcome::NoAnswer);
    call(&outages, "1", 1, CallOutcome::NotSent);
    assert_eq!(fails(&outages, "1", 1, 0), None);
    assert_eq!(fails(&outages, "1", 2, 2), None);
    assert!(fails(&outages, "1", 3, 6).is_some());
}

#[test]
fn a_slower_pace_refused_credentials_and_unreadable_answers_say_nothing() {
    let outages = Outages::default();
    for outcome in [CallOutcome::Throttled, CallOutcome::Credentials, CallOutcome::Unreadable] {
        for id in ["1", "2", "3", "4"] {
            call(&outages, id, 1, outcome);
            assert_eq!(ends(&outages, id, 1, 0), Ending::AsUsual);
        }
    }
    for id in ["1", "2"] {
        fails(&outages, id, 2, 0);
    }
    call(&outages, "5", 1, CallOutcome::Throttled);
    assert!(fails(&outages, "3", 2, 0).is_some(), "nor do they say that it works");
}

/// An outage whose first pause ends at 10.
fn out() -> Outages {
    let outages = Outages::default();
    for id in ["1", "2", "3"] {
        fails(&outages, id, 1, 0);
    }
    outages
}

fn admit(outages: &Outages, id: &str, job: i64, others_wait: bool, now: i64) -> Admission {
    outages.admit(&lane(id), job, others_wait, at(now), doubling)
}

#[test]
fn while_a_vendor_is_out_one_lane_tries_and_pauses_grow_up_to_five_minutes() {
    let outages = out();
    let mut now = 10;
    let mut waits = Vec::new();
    for job in 2..9 {
        assert_eq!(admit(&outages, "4", job, true, now), Admission::Probe);
        assert!(matches!(admit(&outages, "5", job, true, now), Admission::Wait(AMAZON, _)));
        let pause = fails(&outages, "4", job, now).unwrap();
        waits.push((pause.until - at(now)).num_seconds());
        assert_eq!(pause.lane_at, pause.until + chrono::Duration::seconds(1), "another one tries next");
        now = pause.until.timestamp();
    }
    assert_eq!(waits, [20, 40, 80, 160, 300, 300, 300]);
    assert_eq!(admit(&outages, "4", 9, false, now), Admission::Probe);
    let alone = fails(&outages, "4", 9, now).unwrap();
    assert_eq!(alone.lane_at, alone.until, "nobody else waits");
}

#[test]
fn the_alarm_rings_once_when_the_first_try_fails_and_ends_once() {
    let outages = out();
    let mut rang = Vec::new();
    for (job, now) in [(2, 10), (3, 30), (4, 70)] {
        admit(&outages, "4", job, false, now);
        rang.push(fails(&outages, "4", job, now).unwrap().rings);
    }
    assert_eq!(rang, [true, false, false]);
    assert_eq!(recovered(&outages), []);
    admit(&outages, "4", 5, false, 150);
    call(&outages, "4", 5, CallOutcome::Success);
    assert_eq!(ends(&outages, "4", 5, 150), Ending::AsUsual);
    assert_eq!(recovered(&outages), [(AMAZON, true)]);
    assert_eq!(recovered(&outages), []);
    assert_eq!(admit(&outages, "5", 1, true, 150), Admission::Open);
}

#[test]
fn a_blip_rings_no_alarm() {
    let outages = out();
    admit(&outages, "4", 2, false, 10);
    call(&outages, "4", 2, CallOutcome::Success);
    assert_eq!(recovered(&outages), [(AMAZON, false)]);
}

#[test]
fn work_that_does_not_ask_the_vendor_neither_ends_an_outage_nor_keeps_others_from_trying() {
    let outages = out();
    assert_eq!(admit(&outages, "4", 1, true, 10), Admission::Probe);
    outages.saw(&"main".into(), Vendor::NetSuite, Some((&lane("4").lane, 1)), CallOutcome::Success);
    assert_eq!(ends(&outages, "3", 2, 10), Ending::AsUsual, "another lane that was under way");
    assert_eq!(ends(&outages, "4", 1, 10), Ending::TryNext(AMAZON));
    assert_eq!(admit(&outages, "5", 1, true, 10), Admission::Probe);
    outages.dropped(&lane("5"), 1);
    assert_eq!(admit(&outages, "6", 1, true, 10), Admission::Probe, "what was dropped holds nobody up");
}

#[test]
fn a_change_feed_that_is_answered_ends_no_outage() {
    let outages = out();
    outages.saw(&"main".into(), AMAZON, None, CallOutcome::Success);
    assert_eq!(recovered(&outages), []);
    assert_eq!(admit(&outages, "1", 2, false, 10), Admission::Probe);
}

#[test]
fn a_failure_says_which_vendor_that_is_out_it_is_due_to() {
    let outages = out();
    call(&outages, "4", 2, CallOutcome::NotSent);
    assert_eq!(outages.out_in(&lane("4"), 2), Some(AMAZON));
    assert_eq!(outages.out_in(&lane("4"), 1), None, "another look of the lane");
    outages.saw(&"main".into(), Vendor::NetSuite, Some((&lane("5").lane, 1)), CallOutcome::ServerError);
    assert_eq!(outages.out_in(&lane("5"), 1), None, "NetSuite is not out");
    let other = LaneKey { connection: "other".into(), ..lane("4") };
    assert_eq!(outages.out_in(&other, 2), None, "nor is Amazon for another connection");
}

#[test]
fn an_alarm_from_before_the_start_goes_on_until_the_vendor_answers() {
    let outages = Outages::default();
    assert!(!outages.was_out(&"main".into(), AMAZON));
    assert_eq!(admit(&outages, "1", 1, false, 0), Admission::Probe);
    assert!(!fails(&outages, "1", 1, 0).unwrap().rings);
    assert!(!fails(&outages, "1", 2, 10).unwrap().rings, "it rings already");
    call(&outages, "1", 3, CallOutcome::Success);
    assert_eq!(recovered(&outages), [(AMAZON, true)]);
    assert!(outages.was_out(&"main".into(), AMAZON), "it works by now");
    assert_eq!(admit(&outages, "1", 4, false, 20), Admission::Open);
}

#[test]
fn codes_of_pauses_name_the_vendor() {
    assert_eq!(vendor_of("amazon_unavailable"), Some(AMAZON));
    assert_eq!(vendor_of(code(Vendor::NetSuite)), Some(Vendor::NetSuite));
    assert_eq!(vendor_of("throttled"), None);
}
