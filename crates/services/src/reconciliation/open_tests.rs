use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{Channel, DeliveryMarks, ExecutionState, Generation, Origin, ReturnState};

use super::*;
use crate::link::{CancellationLink, KitPart, RefundLink, ReturnLink, TrackerLink};

fn sent_line(line: u32, units: u32) -> SentLine {
    SentLine {
        alias: format!("42:90{line}").as_str().into(),
        amazon_line: format!("L-{line}").as_str().into(),
        line: LineNumber(line),
        sku: None,
        quantity: Quantity(units),
        delivery: None,
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: None,
        item: None,
    }
}

fn order(generation: u32, lines: Vec<SentLine>) -> Link {
    Link::Order(Box::new(SentOrder {
        is_foreign: false,
        amazon_order: format!("A-{generation}").as_str().into(),
        generation: Generation(generation),
        channel: Channel::MultiChannel,
        execution: ExecutionState::Started,
        total: None,
        tax: None,
        recipient_digest: None,
        lines,
    }))
}

fn package(id: &str, state: Option<PackageState>, lines: &[(u32, u32)]) -> AppliedPackage {
    let line = |(line, units): &(u32, u32)| FulfilledLine {
        order_line: LineNumber(*line),
        quantity: Quantity(*units),
    };
    AppliedPackage {
        package: id.into(),
        fulfillment: "500".into(),
        tracker: None,
        marks: DeliveryMarks { state, ..DeliveryMarks::default() },
        lines: lines.iter().map(line).collect(),
    }
}

fn delivered(id: &str, lines: &[(u32, u32)]) -> Link {
    Link::Package(Box::new(package(id, Some(PackageState::Delivered), lines)))
}

fn cancellation(state: CancelState, reorder: &[u32]) -> Link {
    Link::Cancellation(CancellationLink {
        amazon_order: "A-0".into(),
        state,
        reorder: reorder.iter().map(|line| LineNumber(*line)).collect(),
        looks: 3,
    })
}

fn returned(is_ended: bool) -> Link {
    Link::Return(Box::new(ReturnLink {
        id: "R-1".into(),
        origin: Origin::Amazon,
        authorization: "700".into(),
        state: ReturnState::Created,
        lines: Vec::new(),
        receipts: Vec::new(),
        delivery_state: None,
        memo: None,
        is_ended,
    }))
}

fn refunded(is_ended: bool) -> Link {
    Link::Refund(Box::new(RefundLink {
        id: "F-1".into(),
        origin: Origin::Amazon,
        document: None,
        payout: None,
        lines: Vec::new(),
        total: None,
        estimate: None,
        wanted_on: None,
        posted_on: None,
        reported: None,
        approved: false,
        is_ended,
    }))
}

#[test]
fn an_order_that_amazon_never_got_is_not_open_parked_or_not() {
    assert!(!is_open(&[], false));
    assert!(!is_open(&[], true));
}

#[test]
fn an_order_is_open_until_every_unit_is_delivered_and_then_closed_for_good() {
    let sent = || order(0, vec![sent_line(1, 3), sent_line(2, 1)]);
    assert!(is_open(&[sent()], false), "nothing shipped");
    assert!(is_open(&[sent(), delivered("P-1", &[(1, 3)])], false), "line 2 is to come");
    let under_way = package("P-2", Some(PackageState::InTransit), &[(2, 1)]);
    let links = [sent(), delivered("P-1", &[(1, 3)]), Link::Package(Box::new(under_way))];
    assert!(is_open(&links, false), "line 2 is under way");
    let links = [sent(), delivered("P-1", &[(1, 2)]), delivered("P-2", &[(1, 1), (2, 1)])];
    assert!(!is_open(&links, false), "all delivered, in packages of several");
    assert!(is_open(&links, true), "a person must look");
    let tracker = Link::Tracker(TrackerLink {
        tracker: amz_domain::TrackerKey { carrier: "ups".into(), number: "1Z".into() },
        package: "P-1".into(),
    });
    assert!(!is_open(&[links.to_vec(), vec![tracker]].concat(), false));
}

#[test]
fn a_package_that_will_never_arrive_is_not_waited_for() {
    let with = |state, milestone: Option<MilestoneCode>| {
        let mut package = package("P-1", state, &[(1, 1)]);
        package.marks.milestone = milestone;
        is_open(&[order(0, vec![sent_line(1, 1)]), Link::Package(Box::new(package))], false)
    };
    assert!(!with(Some(PackageState::Cancelled), None));
    for last in [MilestoneCode::Lost, MilestoneCode::Undeliverable, MilestoneCode::ReturnToSender] {
        assert!(!with(Some(PackageState::InTransit), Some(last)));
    }
    assert!(with(Some(PackageState::InTransit), Some(MilestoneCode::Delivered)), "Amazon has not said so");
    assert!(with(Some(PackageState::InTransit), Some(MilestoneCode::DeliveryAttempted)));
    assert!(with(Some(PackageState::from("TELEPORTED")), None), "an unknown word is no end");
    assert!(with(None, None));
}

#[test]
fn units_that_amazon_cancelled_are_not_waited_for() {
    let mut line = sent_line(1, 3);
    line.closed = Quantity(2);
    let sent = || order(0, vec![line.clone()]);
    assert!(is_open(&[sent()], false));
    assert!(!is_open(&[sent(), delivered("P-1", &[(1, 1)])], false));
}

#[test]
fn of_a_kit_in_parts_as_many_are_waited_for_as_its_scarcest_part_allows() {
    let part = |item: &str, units, per_kit, closed| {
        let mut line = sent_line(1, units);
        line.part = Some(KitPart { item: item.into(), per_kit: Quantity(per_kit) });
        line.closed = Quantity(closed);
        line
    };
    let sent = |closed| order(0, vec![part("A", 4, 2, closed), part("B", 2, 1, 0)]);
    assert!(is_open(&[sent(0), delivered("P-1", &[(1, 1)])], false), "one kit of two");
    assert!(!is_open(&[sent(0), delivered("P-1", &[(1, 2)])], false));
    assert!(!is_open(&[sent(1), delivered("P-1", &[(1, 1)])], false), "the second has no part A");
}

#[test]
fn a_cancellation_that_amazon_has_not_answered_and_lines_that_go_again_keep_it_open() {
    let sent = || order(0, vec![sent_line(1, 1)]);
    assert!(is_open(&[sent(), cancellation(CancelState::Requested, &[])], false));
    assert!(!is_open(&[sent(), cancellation(CancelState::Accepted, &[])], false));
    assert!(is_open(&[sent(), cancellation(CancelState::Accepted, &[1])], false), "line 1 goes again");
    let again = order(1, vec![sent_line(1, 1)]);
    let links = [sent(), cancellation(CancelState::Accepted, &[1]), again.clone()];
    assert!(is_open(&links, false), "the new one is to ship");
    assert!(!is_open(&[links.to_vec(), vec![delivered("P-1", &[(1, 1)])]].concat(), false));
    assert!(is_open(&[sent(), cancellation(CancelState::Rejected, &[])], false), "it ships");
}

#[test]
fn returns_and_refunds_keep_it_open_until_they_are_ended() {
    let done = || vec![order(0, vec![sent_line(1, 1)]), delivered("P-1", &[(1, 1)])];
    for (link, open) in
        [(returned(false), true), (returned(true), false), (refunded(false), true), (refunded(true), false)]
    {
        assert_eq!(is_open(&[done(), vec![link]].concat(), false), open);
    }
}
