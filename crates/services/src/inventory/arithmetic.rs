//! How much stock shall stand at Amazon's location, worked out from Amazon's figures. Pure.
//!
//! NetSuite sells what stands at the location beyond what sales orders want from it. So what stands there is steered,
//! such that exactly what Amazon can ship and nobody else has ordered is left to sell.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Arithmetic, SkuUnits, StockLevels};
use crate::settings::{Buffer, InventorySettings};
use amz_domain::StockReading;

/// What a figure comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// Units kept back. Never more than what could be sold, so that orders that Amazon has are not touched.
    pub buffer: Decimal,
    /// Units that shall be sellable; never below zero.
    pub available: Decimal,
    /// Units that shall stand at the location; never below zero.
    pub target: Decimal,
}

/// Where stock shall be: a band when Amazon's figure may or may not count orders that it took lately, else a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steering {
    /// When Amazon's figure does not count the units in doubt yet.
    pub low: Aim,
    /// When it does.
    pub high: Aim,
}

/// A change of stock that brings it into the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The end of the band it leads to.
    pub aim: Aim,
    /// By how many units.
    pub units: Decimal,
}

/// Units that Amazon has of a SKU, as the settings add its figures up; `None` when any of them is not known.
pub fn figure_of(reading: &StockReading, settings: &InventorySettings) -> Option<Decimal> {
    let figures = reading.figures.as_ref()?;
    let named = figures.of(settings.figure)?.to_decimal();
    settings.add.iter().try_fold(named, |sum, added| Some(sum + figures.of(*added)?.to_decimal()))
}

/// Where stock shall be.
///
/// `figure` is what Amazon has, `unsent` what eligible orders want that are not yet sent to Amazon, `in_doubt` what
/// Amazon's figure may or may not count already, `demand` what open sales orders want from the location.
pub fn steer(
    demand: Decimal,
    figure: Decimal,
    unsent: Decimal,
    in_doubt: Decimal,
    buffer: Buffer,
) -> Steering {
    let sellable = figure - unsent;
    Steering {
        low: aim(sellable - in_doubt.max(Decimal::ZERO), demand, buffer),
        high: aim(sellable, demand, buffer),
    }
}

fn aim(sellable: Decimal, demand: Decimal, buffer: Buffer) -> Aim {
    let kept = kept_back(buffer, sellable.max(Decimal::ZERO));
    // Not clamped before demand is added: units that are oversold must show as back orders, or stock would be invented.
    let left = sellable - kept;
    Aim { buffer: kept, available: left.max(Decimal::ZERO), target: (left + demand).max(Decimal::ZERO) }
}

/// Units kept back of what could be sold.
fn kept_back(buffer: Buffer, sellable: Decimal) -> Decimal {
    let share = buffer.share.clamp(Decimal::ZERO, Decimal::ONE);
    // What is left is rounded down rather than the share rounded up: the same for whole units, and for parts of units
    // one more to sell never leaves less to sell.
    let by_share = if share.is_zero() {
        Decimal::ZERO
    } else {
        let left = sellable - sellable * share;
        sellable - left.round_dp_with_strategy(0, RoundingStrategy::ToNegativeInfinity)
    };
    buffer.units.max(by_share).clamp(Decimal::ZERO, sellable)
}

impl Steering {
    /// How what stands at the location must change; `None` when it is right, or may be. What is outside the band goes to
    /// its low end, from whichever side: of what may be sold or not, nothing is ever written that may be sold twice.
    pub fn step_from(&self, on_hand: Decimal) -> Option<Step> {
        let may_be_right = on_hand >= self.low.target && on_hand <= self.high.target;
        (!may_be_right).then(|| Step { aim: self.low, units: self.low.target - on_hand })
    }

    /// How what an item's own field shows must change; `None` when it is right, or may be. An empty field is always
    /// written.
    pub fn step_from_shown(&self, shown: Option<Decimal>) -> Option<Step> {
        let may_be_right = |shows: &Decimal| *shows >= self.low.available && *shows <= self.high.available;
        let units = || self.low.available - shown.unwrap_or_default();
        (!shown.as_ref().is_some_and(may_be_right)).then(|| Step { aim: self.low, units: units() })
    }

    /// True when there is only one answer.
    pub fn is_certain(&self) -> bool {
        self.low.target == self.high.target && self.low.available == self.high.available
    }
}

/// What goes into an [`Arithmetic`] besides the aim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// Amazon's figures by SKU.
    pub amazon: Vec<SkuUnits>,
    /// Units not yet sent.
    pub unsent: Decimal,
    /// Units in doubt.
    pub in_doubt: Decimal,
    /// When Amazon was asked; of several SKUs the earliest.
    pub read_at: DateTime<Utc>,
}

impl Inputs {
    /// Amazon's figures, added up.
    pub fn figure(&self) -> Decimal {
        self.amazon.iter().map(|amazon| amazon.units).sum()
    }

    /// The record of how an aim was worked out.
    pub fn record(self, levels: &StockLevels, aim: Aim) -> Arithmetic {
        Arithmetic {
            amazon: self.amazon,
            unsent: self.unsent,
            in_doubt: self.in_doubt,
            buffer: aim.buffer,
            demand: levels.demand(),
            on_hand: levels.on_hand,
            available: aim.available,
            target: aim.target,
            read_at: self.read_at,
        }
    }
}

impl Arithmetic {
    /// The arithmetic on one line, for memos and reports: `Amazon 10 - unsent 2 - buffer 1 + ordered 5 = 12; was 9`.
    pub fn line(&self) -> String {
        let amazon: Decimal = self.amazon.iter().map(|amazon| amazon.units).sum();
        let sum = amazon - self.in_doubt - self.unsent - self.buffer + self.demand;
        let doubt = if self.in_doubt.is_zero() {
            String::new()
        } else {
            format!(" - in doubt {}", self.in_doubt.normalize())
        };
        let floor =
            if sum < Decimal::ZERO { format!("{}, at least ", sum.normalize()) } else { String::new() };
        format!(
            "Amazon {}{doubt} - unsent {} - buffer {} + ordered {} = {floor}{}; was {}",
            amazon.normalize(),
            self.unsent.normalize(),
            self.buffer.normalize(),
            self.demand.normalize(),
            self.target.normalize(),
            self.on_hand.normalize(),
        )
    }
}

#[cfg(test)]
#[path = "arithmetic_tests.rs"]
mod tests;
