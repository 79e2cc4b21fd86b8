//! What shipped, and what came to nothing.

use super::*;

#[test]
fn f08_one_shipped_and_two_cancelled_make_one_fulfilment_of_one_however_often_it_is_seen() {
    let mut world = World::new(&[3, 2]);
    let packages = vec![
        package("P1", "IN_TRANSIT", &[("L1", 1)], Some("1Z1")),
        package("P2", "CANCELLED", &[("L1", 2)], None),
    ];
    for _ in 0..5 {
        world.look(packages.clone(), &[]);
    }
    assert_eq!(world.created.len(), 1);
    assert_eq!(world.created[0].lines, [FulfilledLine { order_line: LineNumber(1), quantity: Quantity(1) }]);
    assert_eq!(world.created[0].left_out, [LineNumber(2)]);
    assert_eq!(world.created[0].external_id.as_str(), "amz-if-P1");
    assert!(world.order.lines[0].is_closed, "the cancelled units are closed");
    assert!(!world.order.lines[1].is_closed, "the other line still waits for its parcel");
}

#[test]
fn a_parcel_that_left_and_came_to_nothing_has_its_fulfilment_although_nobody_saw_it_leave() {
    let mut world = World::new(&[1]);
    let mut lost = package("P1", "CANCELLED", &[("L1", 1)], Some("1Z1"));
    lost.reason = Some(CancelReason::Undeliverable);
    let first = needs(&amazon(&world.sent, vec![lost.clone()]), &world.sent, &[], &[], &[]);
    assert!(first.sales_order && first.trackers.len() == 1);
    world.look(vec![lost.clone()], &[]);
    assert_eq!(world.created[0].marks.state, Some(PackageState::Cancelled));
    assert!(world.look(vec![lost], &[]).steps.is_empty());
    assert!(!world.order.lines[0].is_closed, "its units were shipped");
}

#[test]
fn only_what_left_has_a_fulfilment_and_pending_packages_may_split() {
    let mut world = World::new(&[4]);
    world.look(vec![package("P0", "PENDING", &[("L1", 4)], None)], &[]);
    assert!(world.created.is_empty());
    world.look(
        vec![
            package("P1", "IN_TRANSIT", &[("L1", 3)], Some("1Z1")),
            package("P2", "PENDING", &[("L1", 1)], None),
        ],
        &[],
    );
    world.look(
        vec![
            package("P1", "DELIVERED", &[("L1", 3)], Some("1Z1")),
            package("P3", "IN_TRANSIT", &[("L1", 1)], None),
        ],
        &[],
    );
    let ids: Vec<&str> = world.created.iter().map(|created| created.package.as_str()).collect();
    assert_eq!(ids, ["P1", "P3"]);
}

#[test]
fn a_shipment_that_does_not_fit_is_parked_alone() {
    let mut world = World::new(&[2, 1]);
    world.look(
        vec![
            package("P1", "IN_TRANSIT", &[("L1", 3)], None),
            package("P2", "IN_TRANSIT", &[("L2", 1)], None),
            package("P3", "IN_TRANSIT", &[("L7", 1)], None),
            package("P4", "IN_TRANSIT", &[], None),
        ],
        &[],
    );
    assert_eq!(world.created.len(), 1);
    assert_eq!(world.parked.len(), 3);
    assert!(world.parked[0].1.cause.contains("3 units of line 1, but only 2"));
}

#[test]
fn f02_units_that_seem_to_be_missing_leave_the_write_open_to_settling() {
    let mut world = World::new(&[2]);
    // an earlier try was carried out and its answer was lost: NetSuite counts it, no link does
    world.order.lines[0].quantity_fulfilled = Decimal::TWO;
    let plan = world.look(vec![package("P1", "IN_TRANSIT", &[("L1", 2)], Some("1Z1"))], &[]);
    let [FulfillmentStep::Create { fulfillment, obstacle: Some(reason), .. }] = plan.steps.as_slice() else {
        panic!("{:?}", plan.steps)
    };
    assert_eq!(fulfillment.external_id.as_str(), "amz-if-P1");
    assert_eq!(reason.code, "shipment_does_not_fit");
}

#[test]
fn an_adopted_fulfilment_is_told_what_became_known_since_and_nothing_it_knows() {
    let mut world = World::new(&[1]);
    world.look(vec![package("P1", "IN_TRANSIT", &[("L1", 1)], Some("1Z1"))], &[]);
    let held = world.applied[0].clone();
    let wanted = world.created[0].clone();
    assert_eq!(catch_up(&held, &wanted, held.tracker.as_ref()), None);

    let (key, news) = tracker("1Z2", &[("DELIVERED", "2026-03-03T09:30:00Z")]);
    let mut later = World::new(&[1]);
    later.look(vec![package("P1", "DELIVERED", &[("L1", 1)], Some("1Z2"))], &[(key.clone(), news)]);
    let Some(FulfillmentStep::Patch { after, patch }) = catch_up(&held, &later.created[0], Some(&key)) else {
        panic!("there is news")
    };
    assert_eq!(after.marks.state, Some(PackageState::Delivered));
    assert_eq!(patch.marks.delivered_at, Some("2026-03-03T09:30:00Z".parse().unwrap()));
    assert_eq!(patch.marks.carrier, None, "it says so already");
    let change = TrackingChange { number: "1Z2".into(), replaces: Some("1Z1".into()) };
    assert_eq!(patch.tracking, Some(change));
    assert_eq!(catch_up(&after, &wanted, Some(&key)), None, "nothing moves back");
}
