//! Units that orders hold.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Stock;
use crate::amazon::errors::Refusal;
use crate::amazon::order::{Content, Line};
use crate::amazon::packages::MoveError;
use crate::amazon::returns::ItemCondition;

/// What becomes of ordered units that Amazon does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShortUnits {
    /// The order is taken; units that arrive later go to it first, the oldest order before the others.
    #[default]
    WaitForStock,
    /// The order is taken; units that arrive later become fulfillable, and the order takes them only when
    /// its package leaves.
    StayUnreserved,
    /// The order is refused.
    Refuse,
}

/// Units of one SKU in orders that have not left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OrderedUnits {
    /// Held: no longer fulfillable, part of `pendingCustomerOrderQuantity`.
    pub held: i64,
    /// Ordered a moment ago: still counted as fulfillable.
    pub lagging: i64,
    /// Ordered, and not there.
    pub short: i64,
}

/// Units of one order line that have not left.
#[derive(Debug)]
struct Reservation {
    line_id: String,
    sku: String,
    units: OrderedUnits,
}

/// Reservations by age.
#[derive(Debug, Default)]
pub(super) struct Reservations {
    count: u64,
    by_age: BTreeMap<u64, Reservation>,
    by_line: HashMap<String, u64>,
    by_sku: HashMap<String, BTreeSet<u64>>,
    /// Those that do not show in the figures yet, by the time when they will.
    lagging: VecDeque<(DateTime<Utc>, u64)>,
}

impl Reservations {
    pub(super) fn is_lagging(&self) -> bool {
        !self.lagging.is_empty()
    }

    fn add(&mut self, line_id: &str, sku: &str, units: OrderedUnits) -> u64 {
        self.count += 1;
        self.by_line.insert(line_id.to_owned(), self.count);
        self.by_sku.entry(sku.to_owned()).or_default().insert(self.count);
        let made = Reservation { line_id: line_id.to_owned(), sku: sku.to_owned(), units };
        self.by_age.insert(self.count, made);
        self.count
    }

    /// Forgets a reservation without units.
    fn drop_if_empty(&mut self, age: u64) {
        let is_empty = |known: &Reservation| known.units == OrderedUnits::default();
        if !self.by_age.get(&age).is_some_and(is_empty) {
            return;
        }
        if let Some(Reservation { line_id, sku, units: _ }) = self.by_age.remove(&age) {
            self.by_line.remove(&line_id);
            if let Some(of_sku) = self.by_sku.get_mut(&sku) {
                of_sku.remove(&age);
            }
        }
    }

    fn of_sku(&self, sku: &str) -> Vec<u64> {
        self.by_sku.get(sku).into_iter().flatten().copied().collect()
    }

    /// A line's reservation: its age, SKU and units.
    fn of_line(&self, line_id: &str) -> Option<(u64, String, OrderedUnits)> {
        let age = *self.by_line.get(line_id)?;
        let known = self.by_age.get(&age)?;
        Some((age, known.sku.clone(), known.units))
    }

    fn set(&mut self, age: u64, units: OrderedUnits) {
        if let Some(known) = self.by_age.get_mut(&age) {
            known.units = units;
        }
        self.drop_if_empty(age);
    }
}

impl Stock {
    /// Refuses lines that ask for more than there is.
    pub(crate) fn refuse_short(&self, lines: &[Line]) -> Result<(), Refusal> {
        let mut wanted: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.by_amazon) {
            if let Some(item) = self.named_item(&line.input["product"]["identifier"]) {
                let lagging = self.ordered_units(&item.sku).lagging;
                let there = item.figures.fulfillable - lagging;
                wanted.entry(&item.sku).or_insert((0, there)).0 += whole(line.quantity);
            }
        }
        match wanted.into_iter().find(|(_, (wanted, there))| wanted > there) {
            Some((sku, (wanted, there))) => {
                Err(Refusal::invalid("ItemAmountUnavailable", "Not as many units are available.")
                    .with("sku", sku)
                    .with("requested", wanted)
                    .with("available", there))
            }
            None => Ok(()),
        }
    }

    /// Holds units for the lines of a new order; what is not there stays short.
    pub(crate) fn reserve(&mut self, lines: &[Line], delay_s: Option<u32>, now: DateTime<Utc>) {
        for line in lines.iter().filter(|line| line.by_amazon) {
            let Some(item) = self.named_item(&line.input["product"]["identifier"]) else { continue };
            let (sku, wanted) = (item.sku.clone(), whole(line.quantity));
            let there = item.figures.fulfillable - self.ordered_units(&sku).lagging;
            let found = wanted.min(there.max(0));
            let units = OrderedUnits { held: 0, lagging: found, short: wanted - found };
            let age = self.reservations.add(&line.id, &sku, units);
            match delay_s {
                Some(delay) => {
                    let due = now + TimeDelta::seconds(delay.into());
                    self.reservations.lagging.push_back((due, age));
                }
                None => self.show(age, now),
            }
        }
    }

    /// Lets the figures show units that lagged behind.
    fn show(&mut self, age: u64, now: DateTime<Utc>) {
        let Some(known) = self.reservations.by_age.get_mut(&age) else { return };
        let shown = std::mem::take(&mut known.units.lagging);
        known.units.held += shown;
        let sku = known.sku.clone();
        self.change(&sku, now, |figures| {
            figures.fulfillable -= shown;
            figures.pending_customer_order += shown;
        });
    }

    /// Lets the figures show what has lagged long enough.
    pub(crate) fn settle_due(&mut self, now: DateTime<Utc>) {
        let lagging = std::mem::take(&mut self.reservations.lagging);
        for (due, age) in lagging {
            if due <= now {
                self.show(age, now);
            } else if self.reservations.by_age.get(&age).is_some_and(|known| known.units.lagging > 0) {
                self.reservations.lagging.push_back((due, age));
            }
        }
    }

    /// Units of a SKU in orders that have not left.
    pub(crate) fn ordered_units(&self, sku: &str) -> OrderedUnits {
        let ages = self.reservations.by_sku.get(sku).into_iter().flatten();
        ages.filter_map(|age| self.reservations.by_age.get(age)).fold(
            OrderedUnits::default(),
            |sum, Reservation { units: OrderedUnits { held, lagging, short }, .. }| OrderedUnits {
                held: sum.held + held,
                lagging: sum.lagging + lagging,
                short: sum.short + short,
            },
        )
    }

    /// Gives arrived units to the orders that wait for them.
    pub(crate) fn serve_short(&mut self, sku: &str, now: DateTime<Utc>) {
        if self.ordered_units(sku).short == 0 {
            return;
        }
        let mut there = self.free(sku);
        for age in self.reservations.of_sku(sku) {
            let Some(known) = self.reservations.by_age.get_mut(&age) else { continue };
            let found = known.units.short.min(there);
            if found > 0 {
                there -= found;
                known.units.short -= found;
                known.units.held += found;
                self.change(sku, now, |figures| {
                    figures.fulfillable -= found;
                    figures.pending_customer_order += found;
                });
            }
        }
    }

    /// Fulfillable units that no order is waiting for the figures to lose.
    fn free(&self, sku: &str) -> i64 {
        let fulfillable = self.item(sku).map_or(0, |item| item.figures.fulfillable);
        (fulfillable - self.ordered_units(sku).lagging).max(0)
    }

    /// Takes units away that leave in a package. Short ones are taken from what is fulfillable.
    pub(crate) fn leave(&mut self, contents: &[Content], now: DateTime<Utc>) -> Result<(), MoveError> {
        // Checked before anything moves, so that a package leaves as a whole or not at all.
        let mut needed: BTreeMap<String, i64> = BTreeMap::new();
        for content in contents {
            let Some((_, sku, units)) = self.reservations.of_line(&content.line_id) else { continue };
            let beyond = whole(content.quantity) - units.held - units.lagging;
            *needed.entry(sku).or_default() += beyond.max(0);
        }
        if let Some((sku, _)) = needed.into_iter().find(|(sku, needed)| *needed > self.free(sku)) {
            return Err(MoveError::OutOfStock(sku));
        }
        for content in contents {
            let Some((age, sku, mut units)) = self.reservations.of_line(&content.line_id) else { continue };
            let leaving = whole(content.quantity);
            let held = take(&mut units.held, leaving);
            let lagging = take(&mut units.lagging, leaving - held);
            let short = take(&mut units.short, leaving - held - lagging);
            self.reservations.set(age, units);
            self.change(&sku, now, |figures| {
                figures.pending_customer_order -= held;
                figures.fulfillable -= lagging + short;
            });
        }
        Ok(())
    }

    /// Frees units that will not leave: those that are not there first, then those that do not show yet.
    pub(crate) fn release(&mut self, contents: &[Content], short_units: ShortUnits, now: DateTime<Utc>) {
        for content in contents {
            let Some((age, sku, mut units)) = self.reservations.of_line(&content.line_id) else { continue };
            let freed = whole(content.quantity);
            let short = take(&mut units.short, freed);
            let lagging = take(&mut units.lagging, freed - short);
            let held = take(&mut units.held, freed - short - lagging);
            self.reservations.set(age, units);
            self.change(&sku, now, |figures| {
                figures.pending_customer_order -= held;
                figures.fulfillable += held;
            });
            if short_units == ShortUnits::WaitForStock {
                self.serve_short(&sku, now);
            }
        }
    }

    /// Takes a returned unit back in.
    pub(crate) fn take_back(
        &mut self,
        identifier: &Json,
        quantity: Decimal,
        condition: ItemCondition,
        short_units: ShortUnits,
        now: DateTime<Utc>,
    ) {
        let Some(sku) = self.named_item(identifier).map(|item| item.sku.clone()) else { return };
        let units = whole(quantity);
        self.change(&sku, now, |figures| match condition {
            ItemCondition::Sellable => figures.fulfillable += units,
            ItemCondition::Defective => figures.defective += units,
            ItemCondition::Damaged => figures.customer_damaged += units,
            ItemCondition::FulfillmentExpired => figures.expired += units,
        });
        if short_units == ShortUnits::WaitForStock {
            self.serve_short(&sku, now);
        }
    }
}

/// Takes up to `wanted` out of `units`; answers how many.
fn take(units: &mut i64, wanted: i64) -> i64 {
    let taken = wanted.clamp(0, *units);
    *units -= taken;
    taken
}

/// Orders are in whole units; `createOrder` sees to it.
fn whole(quantity: Decimal) -> i64 {
    i64::try_from(quantity).unwrap_or_default()
}

#[cfg(test)]
#[path = "conservation_tests.rs"]
mod tests;
