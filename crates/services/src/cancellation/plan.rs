//! What units that Amazon cancelled before shipping mean for the sales order. Pure.

use amz_domain::{
    AmazonLineId, AmazonOrder, CancelReason, CancelState, LineNumber, Package, PackageState, Quantity,
    SalesOrder,
};

use super::wish::per_unit;
use crate::link::{CancellationLink, SentLine, SentOrder};
use crate::ports::netsuite::SalesOrderPatch;
use crate::settings::WhenUnfulfillable;

/// What is known when cancelled units are dealt with.
#[derive(Debug, Clone, Copy)]
pub struct ClosingFacts<'facts> {
    /// Amazon's order as just read.
    pub amazon: &'facts AmazonOrder,
    /// What Amazon has from us.
    pub sent: &'facts SentOrder,
    /// The sales order as just read.
    pub order: &'facts SalesOrder,
    /// The cancellation that we asked for, if we did.
    pub cancellation: Option<&'facts CancellationLink>,
    /// Amazon's lines whose shipped units do not all stand on item fulfilments yet: they wait.
    pub held: &'facts [AmazonLineId],
    /// What happens with units that Amazon cannot ship.
    pub when_unfulfillable: WhenUnfulfillable,
}

/// What to write, and what is remembered once it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closings {
    /// What to write on the sales order; may be empty.
    pub patch: SalesOrderPatch,
    /// What Amazon has from us, with the cancelled units that were dealt with.
    pub after: SentOrder,
}

/// Units of one of Amazon's lines, by what became of them. What is in neither may still ship.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Units {
    /// Left the warehouse, whatever became of them: the refund of a lost parcel has an event of its own.
    shipped: Quantity,
    /// Cancelled before shipping.
    cancelled: Quantity,
    /// Of these, those that Amazon could not ship.
    unfulfillable: Quantity,
}

/// Units are counted per package and by Amazon's line id, so two lines with the same SKU never mix. Once a
/// cancellation is accepted, units that Amazon shows in no package are cancelled too.
fn units(amazon: &AmazonOrder, line: &SentLine, cancellation: Option<&CancellationLink>) -> Units {
    let count = |counts: fn(&Package) -> bool| -> Quantity {
        let packages = amazon.packages.iter().filter(|package| counts(package));
        packages
            .flat_map(|package| &package.contents)
            .filter(|part| part.line == line.amazon_line)
            .map(|part| part.quantity)
            .sum()
    };
    let shipped = count(Package::has_left);
    let is_accepted = cancellation.is_some_and(|link| link.state == CancelState::Accepted);
    let missing = if is_accepted { line.quantity.minus(shipped) } else { Quantity::ZERO };
    Units {
        shipped,
        cancelled: count(cancelled_unshipped).max(missing),
        unfulfillable: count(|package| {
            cancelled_unshipped(package) && package.reason == Some(CancelReason::Unfulfillable)
        }),
    }
}

fn cancelled_unshipped(package: &Package) -> bool {
    package.state == PackageState::Cancelled && !package.is_undeliverable()
}

/// True when Amazon cancelled units that were not dealt with yet: the sales order must be read.
pub fn has_news(amazon: &AmazonOrder, sent: &SentOrder, cancellation: Option<&CancellationLink>) -> bool {
    sent.lines.iter().any(|line| units(amazon, line, cancellation).cancelled > line.closed)
}

/// Brings the sales order in line with what Amazon cancelled before shipping. `None` when it is.
///
/// A line of which units may still ship goes on with fewer; a line of which nothing more will ship is closed, or
/// given back with its unfulfillable units by policy. A kit that went as its parts moves only in whole kits.
pub fn closings(facts: ClosingFacts<'_>) -> Option<Closings> {
    let mut closings = Closings { patch: SalesOrderPatch::default(), after: facts.sent.clone() };
    let mut numbers: Vec<LineNumber> = facts.sent.lines.iter().map(|line| line.line).collect();
    numbers.sort();
    numbers.dedup();
    for number in numbers {
        let parts: Vec<&SentLine> = facts.sent.lines.iter().filter(|line| line.line == number).collect();
        let Some(end) = line_end(&facts, number, &parts) else {
            note_parts(&facts, number, &mut closings.after);
            continue;
        };
        let now = facts.order.lines.iter().find(|line| line.line == number);
        if let Some(now) = now.filter(|now| !now.is_closed) {
            if end.closes {
                closings.patch.close.push(number);
            }
            if end.releases && now.amazon_flag {
                closings.patch.release.push(number);
            }
            if let Some(units) = end.reduces_to.filter(|units| now.quantity != units.to_decimal()) {
                closings.patch.reduce.push((number, units));
            }
        }
        for line in closings.after.lines.iter_mut().filter(|line| line.line == number) {
            let units = units(facts.amazon, line, facts.cancellation);
            let per = per_unit(line);
            let reduced = Quantity(end.reduced.0.saturating_mul(per.0));
            line.reduced = reduced;
            line.closed = if end.closes || end.releases { units.cancelled } else { reduced.max(line.closed) };
            line.released |= end.releases;
        }
    }
    (closings.after != *facts.sent).then_some(closings)
}

/// Notes the cancelled units of a kit whose parts do not make whole kits. A person must deal with its line, and may
/// close it without that being held for a wish to cancel it at Amazon.
fn note_parts(facts: &ClosingFacts<'_>, number: LineNumber, after: &mut SentOrder) {
    if goes_again(facts, number) {
        return;
    }
    let parts = after.lines.iter_mut().filter(|line| line.line == number && line.part.is_some());
    for part in parts.filter(|part| !facts.held.contains(&part.amazon_line)) {
        part.closed = part.closed.max(units(facts.amazon, part, facts.cancellation).cancelled);
    }
}

/// What becomes of one line of the sales order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LineEnd {
    closes: bool,
    releases: bool,
    /// The line's new quantity.
    reduces_to: Option<Quantity>,
    /// All that was taken off the line's quantity by then, in the line's own units.
    reduced: Quantity,
}

/// Everything is counted in the line's own units: a kit that went as parts counts whole kits.
fn line_end(facts: &ClosingFacts<'_>, number: LineNumber, parts: &[&SentLine]) -> Option<LineEnd> {
    let counted: Vec<(&SentLine, Units)> =
        parts.iter().map(|part| (*part, units(facts.amazon, part, facts.cancellation))).collect();
    let is_news = counted.iter().any(|(line, units)| units.cancelled > line.closed);
    let is_held = parts.iter().any(|part| facts.held.contains(&part.amazon_line));
    if !is_news || is_held || goes_again(facts, number) {
        return None;
    }
    let ordered = whole(&counted, |line, _| line.quantity)?;
    let cancelled = whole(&counted, |_, units| units.cancelled)?;
    whole(&counted, |_, units| units.shipped)?;
    let before = whole(&counted, |line, _| line.reduced)?;
    let kept = if stays_open(facts, number) {
        // a kit that misses any part that Amazon could not ship is a kit that Amazon could not ship
        let leaves = counted
            .iter()
            .map(|(line, units)| units.cancelled.minus(units.unfulfillable).0 / per_unit(line).0);
        let leaves = if was_asked_to_go_on(facts, number) { 0 } else { leaves.min().unwrap_or_default() };
        cancelled.minus(Quantity(leaves))
    } else {
        Quantity::ZERO
    };
    let leaves = cancelled.minus(kept);
    let ended = counted.iter().all(|(line, units)| units.shipped.plus(units.cancelled) >= line.quantity);
    if ended && kept.is_zero() {
        return Some(LineEnd { closes: true, releases: false, reduces_to: None, reduced: before });
    }
    let fulfilled =
        facts.order.lines.iter().find(|line| line.line == number).map(|line| line.quantity_fulfilled);
    let fulfilled = fulfilled.and_then(|units| Quantity::try_from(units.ceil()).ok()).unwrap_or_default();
    let target = ordered.minus(leaves.max(before)).max(fulfilled);
    let reduced = ordered.minus(target);
    Some(LineEnd {
        closes: false,
        releases: ended,
        reduces_to: (reduced > before).then_some(target),
        reduced: reduced.max(before),
    })
}

/// Units of a line in its own units; `None` when parts of a kit do not make whole kits.
fn whole(parts: &[(&SentLine, Units)], count: impl Fn(&SentLine, &Units) -> Quantity) -> Option<Quantity> {
    let mut kits = parts.iter().map(|(line, units)| {
        let (count, per) = (count(line, units), per_unit(line));
        (count.0 % per.0 == 0).then_some(Quantity(count.0 / per.0))
    });
    let first = kits.next()??;
    kits.all(|kits| kits == Some(first)).then_some(first)
}

/// True for a line that goes to Amazon again once the order is cancelled: what Amazon cancels of it stays open.
fn goes_again(facts: &ClosingFacts<'_>, number: LineNumber) -> bool {
    let is_open = facts.order.lines.iter().any(|line| line.line == number && !line.is_closed);
    facts.cancellation.is_some_and(|link| {
        is_open
            && link.reorder.contains(&number)
            && matches!(link.state, CancelState::Requested | CancelState::Accepted)
    })
}

/// True for a line that should have gone to Amazon again and cannot, because Amazon ships the rest of the order.
fn was_asked_to_go_on(facts: &ClosingFacts<'_>, number: LineNumber) -> bool {
    facts
        .cancellation
        .is_some_and(|link| link.state == CancelState::PartlyAccepted && link.reorder.contains(&number))
}

/// True for a line whose cancelled units another warehouse may ship. What staff wanted cancelled leaves the order,
/// whatever reason Amazon gives.
fn stays_open(facts: &ClosingFacts<'_>, number: LineNumber) -> bool {
    match facts.cancellation.filter(|link| link.state != CancelState::Rejected) {
        Some(_) => was_asked_to_go_on(facts, number),
        None => facts.when_unfulfillable == WhenUnfulfillable::BackOrder,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
