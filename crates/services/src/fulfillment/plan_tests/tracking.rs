//! Numbers, milestones and places of parcels.

use super::*;

#[test]
fn a_parcel_that_could_not_be_delivered_shows_state_milestone_and_place_and_nothing_else_happens() {
    for (code, state) in
        [("UNDELIVERABLE", "CANCELLED"), ("LOST", "CANCELLED"), ("RETURN_TO_SENDER", "IN_TRANSIT")]
    {
        let mut world = World::new(&[2]);
        world.look(vec![package("P1", "IN_TRANSIT", &[("L1", 2)], Some("1Z1"))], &[]);
        let mut failed = package("P1", state, &[("L1", 2)], Some("1Z1"));
        failed.reason = (state == "CANCELLED").then_some(CancelReason::Undeliverable);
        let tracker =
            tracker("1Z1", &[("IN_TRANSIT", "2026-03-02T10:00:00Z"), (code, "2026-03-03T10:00:00Z")]);
        world.look(vec![failed.clone()], std::slice::from_ref(&tracker));
        let marks = &world.applied[0].marks;
        assert_eq!(marks.state, Some(state.into()));
        assert_eq!(marks.milestone, Some(code.into()));
        assert_eq!(marks.milestone_place.as_deref(), Some("Springfield, OR, US"));
        assert_eq!((world.created.len(), world.patched.len()), (1, 1));
        assert!(world.look(vec![failed], &[tracker]).steps.is_empty(), "once");
        assert!(!world.order.lines[0].is_closed, "its units were shipped");
    }
}

#[test]
fn f09_each_parcel_shows_its_own_number_and_a_changed_number_is_noted() {
    let mut world = World::new(&[2]);
    let one = |number| package("P1", "IN_TRANSIT", &[("L1", 1)], number);
    let two = |number| package("P2", "IN_TRANSIT", &[("L1", 1)], number);
    world.look(vec![one(Some("1Z1")), two(None)], &[]);
    assert_eq!(world.created[0].tracking_number, Some("1Z1".into()));
    assert_eq!(world.created[1].tracking_number, None);

    world.look(vec![one(Some("1Z1")), two(Some("1Z2"))], &[]);
    assert_eq!(world.patched[0].tracking, Some(TrackingChange { number: "1Z2".into(), replaces: None }));

    world.look(vec![one(Some("1Z9")), two(Some("1Z2"))], &[]);
    let change = TrackingChange { number: "1Z9".into(), replaces: Some("1Z1".into()) };
    assert_eq!(world.patched[1].tracking, Some(change));
    assert_eq!(world.created.len(), 2);

    assert!(
        world.look(vec![one(Some("1Z9")), two(Some("1Z2"))], &[]).steps.is_empty(),
        "a repeat changes nothing"
    );
}

#[test]
fn a_repeat_or_stale_look_needs_no_further_reads() {
    let mut world = World::new(&[1]);
    let shipped = vec![package("P1", "DELIVERED", &[("L1", 1)], Some("1Z1"))];
    let known = [TrackerLink {
        tracker: TrackerKey { carrier: "ups".into(), number: "1Z1".into() },
        package: "P1".into(),
    }];
    let first = needs(&amazon(&world.sent, shipped.clone()), &world.sent, &[], &[], &[]);
    assert!(first.sales_order && first.trackers.len() == 1 && first.links == known);

    world.look(shipped.clone(), &[]);
    for state in ["DELIVERED", "IN_TRANSIT"] {
        let seen = vec![package("P1", state, &[("L1", 1)], Some("1Z1"))];
        let again = needs(&amazon(&world.sent, seen), &world.sent, &world.applied, &known, &[]);
        assert_eq!(again, Needs::default(), "{state}");
    }
}

#[test]
fn milestones_place_attempts_and_delivery_reach_the_fulfilment() {
    let mut world = World::new(&[1]);
    let (key, news) = tracker(
        "1Z1",
        &[
            ("IN_TRANSIT", "2026-03-01T08:00:00Z"),
            ("DELIVERY_ATTEMPTED", "2026-03-02T17:00:00Z"),
            ("DELIVERED", "2026-03-03T09:30:00Z"),
        ],
    );
    world.look(vec![package("P1", "IN_TRANSIT", &[("L1", 1)], Some("1Z1"))], &[]);
    assert_eq!(world.created[0].date.to_string(), "2026-03-03");
    world.look(vec![package("P1", "DELIVERED", &[("L1", 1)], Some("1Z1"))], &[(key, news)]);
    let marks = &world.applied[0].marks;
    assert_eq!(marks.state, Some(PackageState::Delivered));
    assert_eq!(marks.milestone.as_ref().map(|code| code.as_str()), Some("DELIVERED"));
    assert_eq!(marks.milestone_place.as_deref(), Some("Springfield, OR, US"));
    assert_eq!(marks.failed_attempts, Some(1));
    assert_eq!(marks.delivered_at, Some("2026-03-03T09:30:00Z".parse().unwrap()));
}
