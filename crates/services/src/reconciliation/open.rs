//! Whether something is still to come on an order. Pure.

use std::collections::BTreeMap;

use amz_domain::{CancelState, LineNumber, MilestoneCode, PackageState, Quantity};

use crate::link::{AppliedPackage, Link, SentLine, SentOrder};

/// True while something can still come on an order by itself: goods to ship or to deliver, a cancellation that Amazon has
/// not answered, a return or a refund that is not ended, or a person who must look. An order that Amazon never got is
/// not open: what NetSuite says of it comes with its changes.
pub(crate) fn is_open(links: &[Link], is_parked: bool) -> bool {
    let orders = links.iter().filter_map(|link| match link {
        Link::Order(sent) => Some(sent.as_ref()),
        _ => None,
    });
    let Some(sent) = orders.max_by_key(|sent| sent.generation) else { return false };
    is_parked || links.iter().any(|link| is_to_come(link, sent)) || ships(sent, links)
}

fn is_to_come(link: &Link, sent: &SentOrder) -> bool {
    match link {
        Link::Package(package) => !has_arrived(package),
        Link::Return(link) => !link.is_ended,
        Link::Refund(link) => !link.is_ended,
        Link::Cancellation(link) if link.amazon_order != sent.amazon_order => false,
        Link::Cancellation(link) => match link.state {
            CancelState::Requested => true,
            // what stays goes to Amazon again
            CancelState::Accepted => !link.reorder.is_empty(),
            _ => false,
        },
        Link::Order(_) | Link::Tracker(_) | Link::Document(_) => false,
    }
}

/// True once a package is where it ends: delivered, lost, or on its way back.
pub(crate) fn has_arrived(package: &AppliedPackage) -> bool {
    use MilestoneCode::{Lost, ReturnToSender, Undeliverable};
    matches!(package.marks.state, Some(PackageState::Delivered | PackageState::Cancelled))
        || matches!(package.marks.milestone, Some(Lost | ReturnToSender | Undeliverable))
}

/// True while units of the order are neither on an item fulfilment nor closed.
fn ships(sent: &SentOrder, links: &[Link]) -> bool {
    let is_cancelled = links.iter().any(|link| {
        matches!(link, Link::Cancellation(link)
            if link.amazon_order == sent.amazon_order && link.state == CancelState::Accepted)
    });
    if is_cancelled {
        return false;
    }
    let mut shipped: BTreeMap<LineNumber, Quantity> = BTreeMap::new();
    for link in links {
        let Link::Package(package) = link else { continue };
        for line in &package.lines {
            let units = shipped.entry(line.order_line).or_default();
            *units = units.plus(line.quantity);
        }
    }
    let mut wanted: BTreeMap<LineNumber, Quantity> = BTreeMap::new();
    for line in &sent.lines {
        // of a kit as many are to come as its scarcest part allows
        let units = left(line);
        wanted.entry(line.line).and_modify(|least| *least = (*least).min(units)).or_insert(units);
    }
    wanted.iter().any(|(line, units)| shipped.get(line).copied().unwrap_or_default() < *units)
}

/// Units of a line that Amazon has not cancelled; whole kits, of a part of one.
fn left(line: &SentLine) -> Quantity {
    let units = line.quantity.minus(line.closed);
    match &line.part {
        Some(part) => Quantity(units.0 / part.per_kit.0.max(1)),
        None => units,
    }
}

#[cfg(test)]
#[path = "open_tests.rs"]
mod tests;
