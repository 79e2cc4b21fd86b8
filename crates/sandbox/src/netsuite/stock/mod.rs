//! Stock: what stands where, what open orders demand of it, and what moved it.
//!
//! On hand moves by documents and by staff; demand follows from open sales orders. Committed is the part of the
//! demand that is on hand, back-ordered the rest. An item that was never stocked at a place has no figure there
//! (`None`), and nothing that is shipped or received changes that, so accounts that do not care about stock see
//! none of it.

mod control;
mod documents;
mod follow;
mod handle;
mod seed;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::number::total;

pub(crate) use control::routes;
pub(crate) use documents::{complete_adjustment, complete_transfer};
pub(crate) use follow::{check_commitment, follow, forget, recompute_demand};
pub use handle::StockLevel;
pub(crate) use handle::{declare_item_fields, locations_of};

/// An item at a location.
pub(crate) type Spot = (u64, u64);

/// What stands at one spot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// Units on hand; `None` when the item was never stocked here.
    pub(crate) on_hand: Option<Decimal>,
    /// Units ordered from suppliers.
    pub(crate) on_order: Decimal,
    /// Units on the way from other locations.
    pub(crate) in_transit: Decimal,
    /// Average cost of a unit.
    pub(crate) average_cost: Option<Decimal>,
    /// Units per bin; what is in none of them stands outside.
    pub(crate) bins: BTreeMap<u64, Decimal>,
    /// When what can be promised last moved.
    pub(crate) changed: Option<DateTime<Utc>>,
}

/// All figures of one spot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// See [`Level::on_hand`].
    pub(crate) on_hand: Option<Decimal>,
    /// Units that orders demand and that are on hand.
    pub(crate) committed: Decimal,
    /// Units that orders demand beyond what is on hand.
    pub(crate) back_ordered: Decimal,
    /// Units on hand that nobody demands.
    pub(crate) available: Decimal,
}

/// What a document does to one spot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Movement {
    /// Where.
    pub(crate) spot: Spot,
    /// Change of what is on hand.
    pub(crate) units: Decimal,
    /// Changes of bins, where the document names them.
    pub(crate) bins: Vec<(u64, Decimal)>,
    /// Whether it counts although the item was never stocked here.
    pub(crate) stocks: bool,
}

/// A movement as it was carried out.
#[derive(Debug)]
struct Moved {
    movement: Movement,
    /// False when the item was not stocked then: it is never counted later.
    counted: bool,
}

#[derive(Debug, Default)]
struct Demand {
    by_order: BTreeMap<u64, Decimal>,
    total: Decimal,
}

/// The account's stock.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    levels: BTreeMap<Spot, Level>,
    moved: HashMap<u64, Vec<Moved>>,
    demand: HashMap<Spot, Demand>,
    demanded: HashMap<u64, BTreeMap<Spot, Decimal>>,
}

impl Stock {
    /// The level of a spot.
    pub(crate) fn level(&self, spot: Spot) -> Option<&Level> {
        self.levels.get(&spot)
    }

    /// Changes the level of a spot; an unknown one begins without figures.
    pub(crate) fn edit(&mut self, spot: Spot, now: DateTime<Utc>) -> &mut Level {
        let level = self.levels.entry(spot).or_default();
        level.changed = Some(now);
        level
    }

    /// Every spot from this one on, by item and location.
    pub(crate) fn from(&self, first: Spot) -> impl Iterator<Item = (Spot, &Level)> {
        self.levels.range(first..).map(|(spot, level)| (*spot, level))
    }

    /// Spots of an item.
    pub(crate) fn of(&self, item: u64) -> impl Iterator<Item = (Spot, &Level)> {
        self.levels.range((item, 0)..=(item, u64::MAX)).map(|(spot, level)| (*spot, level))
    }

    /// Units that open orders demand at a spot.
    pub(crate) fn demand(&self, spot: Spot) -> Decimal {
        self.demand.get(&spot).map_or(Decimal::ZERO, |demand| demand.total)
    }

    /// All figures of a spot.
    pub(crate) fn standing(&self, spot: Spot) -> Standing {
        let on_hand = self.levels.get(&spot).and_then(|level| level.on_hand);
        let (held, demand) = (on_hand.unwrap_or_default(), self.demand(spot));
        let committed = demand.min(held).max(Decimal::ZERO);
        let back_ordered = demand.saturating_sub(committed);
        Standing { on_hand, committed, back_ordered, available: held.saturating_sub(committed) }
    }

    /// Units of a spot that are committed to an order: orders are served in the order of their ids.
    pub(crate) fn committed_to(&self, order: u64, spot: Spot) -> Decimal {
        let Some(demand) = self.demand.get(&spot) else { return Decimal::ZERO };
        let own = demand.by_order.get(&order).copied().unwrap_or_default();
        let earlier = total(demand.by_order.range(..order).map(|(_, units)| *units));
        let held = self.levels.get(&spot).and_then(|level| level.on_hand).unwrap_or_default();
        held.saturating_sub(earlier).min(own).max(Decimal::ZERO)
    }

    /// Whether the item is stocked at the spot.
    pub(crate) fn is_stocked(&self, spot: Spot) -> bool {
        self.levels.get(&spot).is_some_and(|level| level.on_hand.is_some())
    }

    /// Replaces what an order demands.
    fn set_demand(&mut self, order: u64, wanted: BTreeMap<Spot, Decimal>, now: DateTime<Utc>) {
        let before = self.demanded.remove(&order).unwrap_or_default();
        if before != wanted {
            let spots: BTreeSet<Spot> = before.keys().chain(wanted.keys()).copied().collect();
            for spot in spots {
                let units = wanted.get(&spot).copied().unwrap_or_default();
                self.set_demand_at(order, spot, units);
                self.edit(spot, now);
            }
        }
        if !wanted.is_empty() {
            self.demanded.insert(order, wanted);
        }
    }

    fn set_demand_at(&mut self, order: u64, spot: Spot, units: Decimal) {
        let demand = self.demand.entry(spot).or_default();
        let before = match units.is_zero() {
            true => demand.by_order.remove(&order),
            false => demand.by_order.insert(order, units),
        };
        demand.total = demand.total.saturating_sub(before.unwrap_or_default()).saturating_add(units);
    }

    /// Replaces what a document moved.
    fn set_movements(&mut self, document: u64, movements: Vec<Movement>, now: DateTime<Utc>) {
        let before = self.moved.remove(&document).unwrap_or_default();
        if before.is_empty() && movements.is_empty() {
            return;
        }
        let spots = before.iter().map(|moved| moved.movement.spot);
        let spots: BTreeSet<Spot> = spots.chain(movements.iter().map(|movement| movement.spot)).collect();
        let saved: Vec<(Spot, Option<Level>)> =
            spots.iter().map(|spot| (*spot, self.levels.get(spot).cloned())).collect();
        let passed: BTreeSet<Spot> =
            before.iter().filter(|moved| !moved.counted).map(|moved| moved.movement.spot).collect();
        for Moved { movement, .. } in before.iter().filter(|moved| moved.counted) {
            let back = movement.bins.iter().map(|(bin, units)| (*bin, -*units)).collect();
            self.carry_out(movement.spot, -movement.units, back);
        }
        let mut done = Vec::with_capacity(movements.len());
        for mut movement in movements {
            let spot = movement.spot;
            let arrives =
                movement.units > Decimal::ZERO && self.of(spot.0).any(|(other, _)| self.is_stocked(other));
            let counted = movement.stocks || (!passed.contains(&spot) && (self.is_stocked(spot) || arrives));
            if counted {
                if movement.bins.is_empty() && movement.units < Decimal::ZERO {
                    movement.bins = self.taken_from_bins(spot, -movement.units);
                }
                self.carry_out(spot, movement.units, movement.bins.clone());
            }
            done.push(Moved { movement, counted });
        }
        for (spot, saved) in saved {
            if self.levels.get(&spot) != saved.as_ref() {
                self.edit(spot, now);
            }
        }
        if !done.is_empty() {
            self.moved.insert(document, done);
        }
    }

    fn carry_out(&mut self, spot: Spot, units: Decimal, bins: Vec<(u64, Decimal)>) {
        let level = self.levels.entry(spot).or_default();
        level.on_hand = Some(level.on_hand.unwrap_or_default().saturating_add(units));
        for (bin, units) in bins {
            let held = level.bins.entry(bin).or_default();
            *held = held.saturating_add(units);
        }
    }

    /// Bins that so many units leave when nobody says which: those of the lowest ids first.
    fn taken_from_bins(&self, spot: Spot, units: Decimal) -> Vec<(u64, Decimal)> {
        let mut left = units;
        let mut taken = Vec::new();
        for (bin, held) in self.levels.get(&spot).into_iter().flat_map(|level| &level.bins) {
            let from_here = left.min(*held).max(Decimal::ZERO);
            if !from_here.is_zero() {
                taken.push((*bin, -from_here));
                left = left.saturating_sub(from_here);
            }
        }
        taken
    }

    /// Units that a document moved at a spot: in all, and in a bin.
    fn moved_by(&self, document: u64, spot: Spot, bin: Option<u64>) -> Decimal {
        let moved = self.moved.get(&document).into_iter().flatten();
        let here = moved.filter(|moved| moved.counted && moved.movement.spot == spot);
        total(here.map(|Moved { movement, .. }| match bin {
            None => movement.units,
            Some(bin) => total(movement.bins.iter().filter(|(of, _)| *of == bin).map(|(_, units)| *units)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movement(spot: Spot, units: i64) -> Movement {
        Movement { spot, units: units.into(), bins: Vec::new(), stocks: false }
    }

    #[test]
    fn demand_is_committed_up_to_what_is_on_hand() {
        let (mut stock, now, spot) = (Stock::default(), Utc::now(), (301, 7));
        stock.edit(spot, now).on_hand = Some(5.into());
        stock.set_demand(2, BTreeMap::from([(spot, 3.into())]), now);
        stock.set_demand(1, BTreeMap::from([(spot, 4.into())]), now);
        let standing = stock.standing(spot);
        assert_eq!((standing.committed, standing.back_ordered), (5.into(), 2.into()));
        assert_eq!(standing.available, Decimal::ZERO);
        assert_eq!((stock.committed_to(1, spot), stock.committed_to(2, spot)), (4.into(), 1.into()));
        stock.set_demand(1, BTreeMap::new(), now);
        assert_eq!(stock.standing(spot).available, 2.into());
    }

    #[test]
    fn what_left_before_an_item_was_stocked_is_never_counted() {
        let (mut stock, now, spot) = (Stock::default(), Utc::now(), (301, 7));
        stock.set_movements(10, vec![movement(spot, -2)], now);
        stock.edit(spot, now).on_hand = Some(5.into());
        stock.set_movements(10, vec![movement(spot, -2)], now);
        assert_eq!(stock.standing(spot).on_hand, Some(5.into()));
        stock.set_movements(11, vec![movement(spot, -2)], now);
        assert_eq!(stock.standing(spot).on_hand, Some(3.into()));
        stock.set_movements(11, Vec::new(), now);
        assert_eq!(stock.standing(spot).on_hand, Some(5.into()));
    }
}
