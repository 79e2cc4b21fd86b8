//! Which units wait to be sent to Amazon, and which Amazon may or may not have counted already. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use amz_domain::{ItemId, SalesOrderId, Sku};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{StockItemKind, TakenLine, TakenOrder};
use crate::ports::netsuite::KitMember;
use crate::ports::stock::UnsentLine;
use crate::settings::Kits;

/// How long ago an order may have been taken for Amazon's figure not to count it, whatever says so.
pub(super) const LOOK_BACK: TimeDelta = TimeDelta::hours(2);

/// Amazon's clock and ours differ, and Amazon tells whole seconds.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(5);

/// The shortest wait for a new reading where nothing tells when things clear up, so that what never does is not looked
/// at all the time: a minute, or the lag where that is shorter. With no lag at all nothing would ever be waited for.
pub(super) fn shortest_wait(lag: Duration) -> TimeDelta {
    let minute = TimeDelta::minutes(1);
    match TimeDelta::from_std(lag) {
        Ok(lag) if lag > TimeDelta::zero() => lag.clamp(TimeDelta::seconds(1), minute),
        Ok(_) | Err(_) => minute,
    }
}

/// Units of items that wait to be sent to Amazon, by sales order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnsentUnits {
    by_item: HashMap<ItemId, Vec<(SalesOrderId, Decimal)>>,
}

impl UnsentUnits {
    /// Kits whose members must be known before units can be counted.
    pub fn kits_among(lines: &[UnsentLine], kits: Kits) -> Vec<ItemId> {
        let as_parts = |line: &&UnsentLine| line.kind == StockItemKind::Kit && kits == Kits::AsParts;
        let mut items: Vec<ItemId> = lines.iter().filter(as_parts).map(|line| line.item.clone()).collect();
        items.sort();
        items.dedup();
        items
    }

    /// Counts units; kits that go to Amazon as their parts count as units of their members.
    pub fn new(lines: &[UnsentLine], kits: Kits, members: &HashMap<ItemId, Vec<KitMember>>) -> Self {
        let mut unsent = Self::default();
        for line in lines {
            if line.kind == StockItemKind::Kit && kits == Kits::AsParts {
                for member in members.get(&line.item).into_iter().flatten() {
                    let units = line.quantity.saturating_mul(member.quantity.to_decimal());
                    unsent.add(&member.item, &line.sales_order, units);
                }
            } else {
                unsent.add(&line.item, &line.sales_order, line.quantity);
            }
        }
        unsent
    }

    fn add(&mut self, item: &ItemId, order: &SalesOrderId, units: Decimal) {
        if units <= Decimal::ZERO {
            return;
        }
        let orders = self.by_item.entry(item.clone()).or_default();
        match orders.iter_mut().find(|(known, _)| known == order) {
            Some((_, sum)) => *sum = sum.saturating_add(units),
            None => orders.push((order.clone(), units)),
        }
    }

    /// Items of which other units wait, or units of other orders, than `other` says.
    pub(super) fn differing(&self, other: &Self) -> BTreeSet<ItemId> {
        let in_order = |item: &ItemId, of: &Self| {
            let mut orders = of.of(item).to_vec();
            orders.sort();
            orders
        };
        let items = self.by_item.keys().chain(other.by_item.keys());
        items.filter(|item| in_order(item, self) != in_order(item, other)).cloned().collect()
    }

    /// Items of which an order waits for units.
    pub(super) fn of_order(&self, order: &SalesOrderId) -> impl Iterator<Item = &ItemId> {
        let waits = move |orders: &Vec<(SalesOrderId, Decimal)>| orders.iter().any(|(of, _)| of == order);
        self.by_item.iter().filter(move |(_, orders)| waits(orders)).map(|(item, _)| item)
    }

    /// Units of one item, by sales order.
    pub fn of(&self, item: &ItemId) -> &[(SalesOrderId, Decimal)] {
        self.by_item.get(item).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Units in orders that Amazon took lately, or may have taken.
#[derive(Debug, Clone, Default)]
pub(super) struct TakenUnits {
    by_item: HashMap<ItemId, Vec<HeldLine>>,
    /// Of lines whose items are not known.
    by_sku: HashMap<Sku, Vec<HeldLine>>,
    /// Orders of which it is not known whether Amazon took them. What they hold is told by the unsent units.
    unclear: HashSet<SalesOrderId>,
}

#[derive(Debug, Clone)]
struct HeldLine {
    order: SalesOrderId,
    sku: Option<Sku>,
    /// Amazon took it no earlier.
    sent_at: Option<DateTime<Utc>>,
    /// Amazon took it no later.
    at: DateTime<Utc>,
    units: Decimal,
}

impl TakenUnits {
    pub(super) fn new(taken: Vec<TakenOrder>) -> Self {
        let mut units = Self::default();
        for order in taken {
            let Some(at) = order.taken_at else {
                units.unclear.insert(order.sales_order);
                continue;
            };
            for TakenLine { sku, item, quantity } in order.lines {
                let (order_id, sent_at, held) =
                    (order.sales_order.clone(), order.sent_at, quantity.to_decimal());
                let line = HeldLine { order: order_id, sku: sku.clone(), sent_at, at, units: held };
                match (item, sku) {
                    (Some(item), _) => units.by_item.entry(item).or_default().push(line),
                    (None, Some(sku)) => units.by_sku.entry(sku).or_default().push(line),
                    (None, None) => {}
                }
            }
        }
        units
    }

    /// Lines that want units of an item, each with the reading that may count it: the one of the SKU under which it went
    /// to Amazon, else the earliest.
    fn of<'lines>(
        &'lines self,
        item: &ItemId,
        reads: &'lines [SkuRead<'_>],
    ) -> impl Iterator<Item = (&'lines HeldLine, SkuRead<'lines>)> {
        let by_sku = reads.iter().flat_map(|read| self.by_sku.get(read.sku)).flatten();
        let by_item = self.by_item.get(item).into_iter().flatten();
        let earliest = reads.iter().min_by_key(|read| read.read_at);
        by_item.chain(by_sku).filter_map(move |line| {
            let same = reads.iter().find(|read| Some(read.sku) == line.sku.as_ref());
            Some((line, *same.or(earliest)?))
        })
    }
}

impl HeldLine {
    /// True when a reading surely does not count it: Amazon's figures did not move since it was sent.
    fn is_surely_missing(&self, read: &SkuRead<'_>) -> bool {
        let moved_by = |changed_at| after(changed_at, CLOCKS_DIFFER);
        let is_later = self.sent_at.zip(read.changed_at).is_some_and(|(sent, at)| sent > moved_by(at));
        is_later && read.read_at <= after(self.at, LOOK_BACK)
    }
}

fn after(instant: DateTime<Utc>, wait: TimeDelta) -> DateTime<Utc> {
    instant.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When Amazon was asked for a SKU of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct SkuRead<'sku> {
    pub(super) sku: &'sku Sku,
    pub(super) read_at: DateTime<Utc>,
    /// When a figure of it last moved, as far as that is known.
    pub(super) changed_at: Option<DateTime<Utc>>,
}

/// Units of one item that orders want and Amazon's figure does not count, or may not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Surely not counted: the orders are not yet at Amazon.
    pub(super) unsent: Decimal,
    /// Surely not counted: Amazon has the orders, and its figures did not move since.
    pub(super) not_counted: Decimal,
    /// Perhaps counted.
    pub(super) in_doubt: Decimal,
    /// From when on a new reading tells.
    pub(super) look_again: Option<DateTime<Utc>>,
}

/// What orders want of one item beyond what Amazon's figure counts.
///
/// `reads` are the item's SKUs, those that do not count included: orders may have gone to Amazon under any of them.
/// Units that are unsent by NetSuite's word and taken by ours count once, as in doubt.
pub(super) fn wanted(
    item: &ItemId,
    unsent: &[(SalesOrderId, Decimal)],
    taken: &TakenUnits,
    reads: &[SkuRead<'_>],
    lag: Duration,
) -> Wanted {
    let after_lag =
        |instant: DateTime<Utc>| after(instant, TimeDelta::from_std(lag).unwrap_or(TimeDelta::MAX));
    let next_look = |read_at: DateTime<Utc>| after_lag(read_at).max(after(read_at, shortest_wait(lag)));
    let mut orders: BTreeMap<&SalesOrderId, Taken> = BTreeMap::new();
    let mut wanted = Wanted::default();
    for (line, read) in taken.of(item, reads) {
        let order = orders.entry(&line.order).or_default();
        order.all += line.units;
        if line.is_surely_missing(&read) {
            order.not_counted += line.units;
            wanted.look_again = wanted.look_again.max(Some(next_look(line.at.max(read.read_at))));
        } else if read.read_at < after_lag(line.at) {
            order.in_doubt += line.units;
            wanted.look_again = wanted.look_again.max(Some(after_lag(line.at)));
        }
    }
    let mut is_open = false;
    for (order, units) in unsent {
        let known = orders.entry(order).or_default();
        let twice = known.all.min(*units);
        // of what is unsent and taken, what surely is not counted is not in doubt
        let doubtful = (twice - known.not_counted).max(Decimal::ZERO);
        known.in_doubt = known.in_doubt.max(doubtful);
        let rest = units - twice;
        let is_unclear = taken.unclear.contains(order);
        if is_unclear {
            known.in_doubt += rest;
        } else {
            wanted.unsent = wanted.unsent.saturating_add(rest);
        }
        is_open |= is_unclear || !doubtful.is_zero();
    }
    if is_open {
        // nothing tells when this clears up
        let next = reads.iter().map(|read| next_look(read.read_at)).min();
        wanted.look_again = wanted.look_again.max(next);
    }
    wanted.not_counted = orders.values().map(|order| order.not_counted).sum();
    wanted.in_doubt = orders.values().fold(Decimal::ZERO, |sum, order| sum.saturating_add(order.in_doubt));
    wanted
}

/// Units of one order that Amazon took.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    all: Decimal,
    not_counted: Decimal,
    in_doubt: Decimal,
}

#[cfg(test)]
#[path = "doubt_tests.rs"]
mod tests;
