//! Plans of use case 3, on plain data.

use amz_domain::{AmazonLine, Channel, ExecutionState, Generation, PackageContent};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::link::KitPart;
use crate::orders::fixtures::{line, sales_order};
use crate::orders::reflect;

/// Units per package of `L1`, `L2`, …: state, reason, contents.
type Shown<'shown> = (&'shown str, Option<&'shown str>, &'shown [(&'shown str, u32)]);

fn package((number, (state, reason, contents)): (usize, &Shown<'_>)) -> Package {
    Package {
        id: format!("P{number}").as_str().into(),
        state: (*state).into(),
        reason: reason.map(Into::into),
        contents: contents
            .iter()
            .map(|(line, units)| PackageContent { line: (*line).into(), quantity: Quantity(*units) })
            .collect(),
        tracker: None,
    }
}

/// Both sides of one order, kept between looks.
struct World {
    sent: SentOrder,
    order: SalesOrder,
    policy: WhenUnfulfillable,
    link: Option<CancellationLink>,
    held: Vec<AmazonLineId>,
}

impl World {
    fn new(quantities: &[u32]) -> Self {
        let lines = quantities.iter().zip(1..).map(|(units, number)| SentLine {
            alias: format!("42:90{number}").into(),
            amazon_line: format!("L{number}").into(),
            line: LineNumber(number),
            sku: Some("SKU-X".into()),
            quantity: Quantity(*units),
            delivery: None,
            closed: Quantity::ZERO,
            reduced: Quantity::ZERO,
            released: false,
            part: None,
            item: None,
        });
        let ordered = quantities.iter().zip(1..).map(|(units, number)| {
            let mut line = line(number, "X", *units, Decimal::ONE);
            line.amazon_flag = true;
            line
        });
        Self {
            sent: SentOrder {
                is_foreign: false,
                amazon_order: "A-1".into(),
                generation: Generation::default(),
                channel: Channel::MultiChannel,
                execution: ExecutionState::Started,
                total: None,
                tax: None,
                recipient_digest: None,
                lines: lines.collect(),
            },
            order: sales_order(ordered.collect()),
            policy: WhenUnfulfillable::Cancel,
            link: None,
            held: Vec::new(),
        }
    }

    /// One line for `kits` kits of 2×P and 1×Q, sent as its parts `L1` and `L2`.
    fn kits(kits: u32) -> Self {
        let mut world = Self::new(&[kits * 2, kits]);
        for (line, (item, per_kit)) in world.sent.lines.iter_mut().zip([("P", 2), ("Q", 1)]) {
            line.line = LineNumber(1);
            line.part = Some(KitPart { item: item.into(), per_kit: Quantity(per_kit) });
        }
        world.order.lines.truncate(1);
        world.order.lines[0].quantity = kits.into();
        world
    }

    fn amazon(&self, packages: &[Shown<'_>]) -> AmazonOrder {
        AmazonOrder {
            id: "A-1".into(),
            alias: None,
            execution: None,
            recipient: None,
            lines: Vec::<AmazonLine>::new(),
            packages: packages.iter().enumerate().map(package).collect(),
            cancellations: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            links: Vec::new(),
        }
    }

    /// One look: what shipped is fulfilled, then what was cancelled is dealt with. Returns what was written.
    fn look(&mut self, packages: &[Shown<'_>]) -> Option<SalesOrderPatch> {
        let amazon = self.amazon(packages);
        for line in &mut self.order.lines {
            let parts = self.sent.lines.iter().filter(|sent| sent.line == line.line);
            let kits = parts.map(|part| units(&amazon, part, None).shipped.0 / per_unit(part).0);
            line.quantity_fulfilled = kits.min().unwrap_or_default().into();
        }
        let closings = closings(ClosingFacts {
            amazon: &amazon,
            sent: &self.sent,
            order: &self.order,
            cancellation: self.link.as_ref(),
            held: &self.held,
            when_unfulfillable: self.policy,
        })?;
        assert!(has_news(&amazon, &self.sent, self.link.as_ref()));
        reflect(&mut self.order, &closings.patch);
        self.sent = closings.after;
        Some(closings.patch)
    }
}

fn closed(number: u32) -> SalesOrderPatch {
    SalesOrderPatch { close: vec![LineNumber(number)], ..SalesOrderPatch::default() }
}

fn reduced(number: u32, units: u32) -> SalesOrderPatch {
    SalesOrderPatch { reduce: vec![(LineNumber(number), Quantity(units))], ..SalesOrderPatch::default() }
}

#[test]
fn f08_a_line_that_shipped_one_and_lost_two_is_closed_once() {
    let mut world = World::new(&[3, 2]);
    let seen: [Shown<'_>; 2] =
        [("IN_TRANSIT", None, &[("L1", 1)]), ("CANCELLED", Some("UNFULFILLABLE"), &[("L1", 2)])];
    assert_eq!(world.look(&seen), Some(closed(1)));
    for _ in 0..4 {
        assert_eq!(world.look(&seen), None);
    }
    assert!(!world.order.lines[1].is_closed, "the other line still waits for its parcel");
}

#[test]
fn f17_of_two_lines_with_one_sku_only_the_cancelled_one_changes() {
    let mut world = World::new(&[2, 2]);
    let seen: [Shown<'_>; 2] =
        [("PENDING", None, &[("L1", 2)]), ("CANCELLED", Some("CUSTOMER_REQUESTED"), &[("L2", 2)])];
    assert_eq!(world.look(&seen), Some(closed(2)));
    assert!(!world.order.lines[0].is_closed);
}

#[test]
fn a_line_with_units_that_may_still_ship_goes_on_with_fewer() {
    let mut world = World::new(&[5]);
    let one: [Shown<'_>; 2] = [("PENDING", None, &[("L1", 4)]), ("CANCELLED", None, &[("L1", 1)])];
    assert_eq!(world.look(&one), Some(reduced(1, 4)));
    assert_eq!(world.look(&one), None);
    // the pending package splits, one part leaves and one is cancelled
    let split: [Shown<'_>; 4] = [
        ("IN_TRANSIT", None, &[("L1", 1)]),
        ("PENDING", None, &[("L1", 1)]),
        ("CANCELLED", None, &[("L1", 1)]),
        ("CANCELLED", Some("SOMETHING_NEW"), &[("L1", 2)]),
    ];
    assert_eq!(world.look(&split), Some(reduced(1, 2)));
    let last: [Shown<'_>; 2] =
        [("DELIVERED", None, &[("L1", 1)]), ("CANCELLED", Some("CUSTOMER_REQUESTED"), &[("L1", 4)])];
    assert_eq!(world.look(&last), Some(closed(1)));
    assert_eq!(world.look(&last), None);
}

#[test]
fn units_that_amazon_does_not_show_in_any_package_may_still_ship() {
    let mut world = World::new(&[3]);
    assert_eq!(world.look(&[("CANCELLED", None, &[("L1", 1)])]), Some(reduced(1, 2)));
}

#[test]
fn a_line_whose_rest_ships_after_a_reduction_needs_nothing_more() {
    let mut world = World::new(&[3]);
    world.look(&[("PENDING", None, &[("L1", 2)]), ("CANCELLED", None, &[("L1", 1)])]);
    assert_eq!(world.look(&[("IN_TRANSIT", None, &[("L1", 2)]), ("CANCELLED", None, &[("L1", 1)])]), None);
    assert_eq!(world.order.lines[0].quantity, world.order.lines[0].quantity_fulfilled);
}

#[test]
fn units_lost_on_their_way_are_shipped_units() {
    let mut world = World::new(&[2]);
    assert_eq!(world.look(&[("CANCELLED", Some("UNDELIVERABLE"), &[("L1", 2)])]), None);
}

#[test]
fn lines_of_a_parked_package_wait_and_others_do_not() {
    let mut world = World::new(&[2, 1]);
    world.held = vec!["L1".into()];
    let seen: [Shown<'_>; 2] =
        [("IN_TRANSIT", None, &[("L1", 1)]), ("CANCELLED", None, &[("L1", 1), ("L2", 1)])];
    assert_eq!(world.look(&seen), Some(closed(2)));
    world.held.clear();
    assert_eq!(world.look(&seen), Some(closed(1)));
}

#[test]
fn back_ordered_units_stay_open_without_amazons_flag_and_what_the_customer_cancelled_leaves() {
    let mut world = World { policy: WhenUnfulfillable::BackOrder, ..World::new(&[6]) };
    let running: [Shown<'_>; 3] = [
        ("PENDING", None, &[("L1", 3)]),
        ("CANCELLED", Some("UNFULFILLABLE"), &[("L1", 2)]),
        ("CANCELLED", Some("CUSTOMER_REQUESTED"), &[("L1", 1)]),
    ];
    assert_eq!(world.look(&running), Some(reduced(1, 5)));
    assert_eq!(world.look(&running), None);
    let ended: [Shown<'_>; 3] = [
        ("IN_TRANSIT", None, &[("L1", 3)]),
        ("CANCELLED", Some("UNFULFILLABLE"), &[("L1", 2)]),
        ("CANCELLED", Some("CUSTOMER_REQUESTED"), &[("L1", 1)]),
    ];
    let released = SalesOrderPatch { release: vec![LineNumber(1)], ..SalesOrderPatch::default() };
    assert_eq!(world.look(&ended), Some(released));
    assert!(world.sent.lines[0].released && !world.order.lines[0].is_closed);
    assert_eq!(world.look(&ended), None);
}

#[test]
fn what_staff_wanted_cancelled_leaves_the_order_whatever_reason_amazon_gives() {
    let mut world = World { policy: WhenUnfulfillable::BackOrder, ..World::new(&[2]) };
    world.link = Some(CancellationLink {
        amazon_order: "A-1".into(),
        state: CancelState::Accepted,
        reorder: Vec::new(),
        looks: 0,
    });
    assert_eq!(world.look(&[("CANCELLED", Some("UNFULFILLABLE"), &[("L1", 2)])]), Some(closed(1)));
}

#[test]
fn once_a_cancellation_is_accepted_units_in_no_package_are_cancelled_too() {
    let mut world = World::new(&[2]);
    assert_eq!(world.look(&[]), None);
    world.link = Some(CancellationLink {
        amazon_order: "A-1".into(),
        state: CancelState::Accepted,
        reorder: Vec::new(),
        looks: 0,
    });
    assert_eq!(world.look(&[]), Some(closed(1)));
    assert_eq!(world.look(&[]), None);
}

#[test]
fn lines_that_go_to_amazon_again_stay_open_and_are_given_back_when_they_cannot() {
    let gone: [Shown<'_>; 1] = [("CANCELLED", Some("CUSTOMER_REQUESTED"), &[("L1", 2), ("L2", 1)])];
    let mut world = World::new(&[2, 1]);
    let link = |state| {
        Some(CancellationLink { amazon_order: "A-1".into(), state, reorder: vec![LineNumber(2)], looks: 0 })
    };
    world.link = link(CancelState::Accepted);
    world.order.lines[0].is_closed = true;
    assert_eq!(world.look(&gone), Some(SalesOrderPatch::default()), "line 1 is closed already");
    assert_eq!(world.look(&gone), None);

    world.link = link(CancelState::PartlyAccepted);
    let released = SalesOrderPatch { release: vec![LineNumber(2)], ..SalesOrderPatch::default() };
    assert_eq!(world.look(&gone), Some(released));
}

#[test]
fn a_kit_sent_as_parts_is_closed_only_in_whole_kits() {
    let mut loose = World::kits(2);
    let seen: [Shown<'_>; 2] =
        [("IN_TRANSIT", None, &[("L1", 4), ("L2", 1)]), ("CANCELLED", None, &[("L2", 1)])];
    assert_eq!(loose.look(&seen), Some(SalesOrderPatch::default()), "two P are loose: it is only noted");
    assert_eq!(loose.sent.lines[1].closed, Quantity(1));
    assert_eq!(loose.look(&seen), None);

    let mut whole = World::kits(2);
    let seen: [Shown<'_>; 2] =
        [("IN_TRANSIT", None, &[("L1", 2), ("L2", 1)]), ("CANCELLED", None, &[("L1", 2), ("L2", 1)])];
    assert_eq!(whole.look(&seen), Some(closed(1)));
    assert_eq!(whole.look(&seen), None);

    let mut open = World::kits(3);
    let seen: [Shown<'_>; 2] =
        [("PENDING", None, &[("L1", 4), ("L2", 2)]), ("CANCELLED", None, &[("L1", 2), ("L2", 1)])];
    assert_eq!(open.look(&seen), Some(reduced(1, 2)));
    assert_eq!(open.sent.lines[0].reduced, Quantity(2));
    assert_eq!(open.look(&seen), None);
}

proptest! {
    /// Whatever order the fates of units become known in, the line comes out the same and never promises less
    /// than shipped or more than Amazon may ship.
    #[test]
    fn a_line_comes_out_right_in_every_order(
        fates in prop::collection::vec(0u8..3, 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 6),
        back_order in any::<bool>(),
    ) {
        let mut world = World::new(&[fates.len() as u32]);
        if back_order {
            world.policy = WhenUnfulfillable::BackOrder;
        }
        let mut known: Vec<Option<u8>> = vec![None; fates.len()];
        let mut sequence: Vec<usize> = (0..fates.len()).collect();
        for (position, index) in order.iter().enumerate().take(fates.len()) {
            sequence.swap(position, index.index(fates.len()));
        }
        let one: &[(&str, u32)] = &[("L1", 1)];
        for unit in sequence {
            known[unit] = Some(fates[unit]);
            let shown: Vec<Shown<'_>> = known.iter().map(|fate| -> Shown<'_> {
                match fate {
                    None => ("PENDING", None, one),
                    Some(0) => ("IN_TRANSIT", None, one),
                    Some(1) => ("CANCELLED", Some("UNFULFILLABLE"), one),
                    Some(_) => ("CANCELLED", Some("CUSTOMER_REQUESTED"), one),
                }
            }).collect();
            world.look(&shown);
            prop_assert_eq!(world.look(&shown), None, "a second look writes nothing");
            prop_assert!(world.order.lines[0].quantity >= world.order.lines[0].quantity_fulfilled);
        }
        let count = |fate| fates.iter().filter(|known| **known == fate).count();
        let line = &world.order.lines[0];
        let open = if line.is_closed { Decimal::ZERO } else { line.quantity - line.quantity_fulfilled };
        let expected = if back_order { count(1) } else { 0 };
        prop_assert_eq!(open, Decimal::from(expected));
        prop_assert_eq!(line.quantity_fulfilled, Decimal::from(count(0)));
        prop_assert_eq!(world.sent.lines[0].released, expected > 0);
    }
}
