//! When a write waits for a person: too much would drop to nothing at once. Pure.

use std::collections::BTreeSet;

use amz_domain::ItemId;
use rust_decimal::Decimal;

use super::difference::Difference;
use crate::settings::BrakeSettings;

/// Why a write waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brake {
    /// SKUs of which nothing could be sold any more.
    pub drops: u64,
    /// Their share of all SKUs of which something could be sold, 0 to 1.
    pub share: Decimal,
    /// Sellable units that would be lost with them.
    pub units: Decimal,
}

/// Whether a write waits for a person. Items that a person approved do not count.
pub fn brake(
    settings: &BrakeSettings,
    sold_skus: u64,
    differences: &[Difference],
    approved: &BTreeSet<ItemId>,
) -> Option<Brake> {
    let dropping = differences.iter().filter(|found| found.drops_to_zero && !approved.contains(&found.item));
    let (mut drops, mut units) = (0_u64, Decimal::ZERO);
    for found in dropping {
        // an item of several SKUs loses all of them
        drops += found.arithmetic.amazon.len().max(1) as u64;
        units = units.saturating_add(-found.units);
    }
    let share =
        Decimal::from(drops).checked_div(Decimal::from(sold_skus)).unwrap_or(Decimal::ONE).min(Decimal::ONE);
    let too_many = drops >= settings.at_least && drops > 0 && share > settings.share;
    let too_much = settings.units.is_some_and(|limit| units > limit);
    (too_many || too_much).then_some(Brake { drops, share, units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::{at, units};
    use crate::inventory::{Arithmetic, SkuUnits, StockItemKind};

    fn difference(item: usize, moved: i64, drops_to_zero: bool) -> Difference {
        let zero = Decimal::ZERO;
        let arithmetic = Arithmetic {
            amazon: vec![SkuUnits { sku: "A".into(), units: zero }],
            unsent: zero,
            in_doubt: zero,
            buffer: zero,
            demand: zero,
            on_hand: units(-moved),
            available: zero,
            target: zero,
            read_at: at(0),
        };
        Difference {
            item: ItemId::new(item.to_string()),
            name: "Item".to_owned(),
            kind: StockItemKind::Inventory,
            arithmetic,
            units: units(moved),
            value: None,
            drops_to_zero,
        }
    }

    fn drops(count: usize) -> Vec<Difference> {
        (0..count).map(|item| difference(item, -3, true)).collect()
    }

    fn braked(known: u64, differences: &[Difference]) -> Option<Brake> {
        brake(&BrakeSettings::default(), known, differences, &BTreeSet::new())
    }

    #[test]
    fn more_than_the_share_and_at_least_so_many_skus_wait() {
        assert_eq!(braked(49, &drops(9)), None);
        assert_eq!(braked(50, &drops(10)), None);
        let expected = Brake { drops: 10, share: Decimal::from(10) / Decimal::from(49), units: units(30) };
        assert_eq!(braked(49, &drops(10)), Some(expected));
        assert_eq!(braked(0, &drops(10)).map(|brake| brake.share), Some(Decimal::ONE));
        assert_eq!(braked(0, &[]), None);
    }

    #[test]
    fn differences_that_leave_something_to_sell_do_not_count() {
        let rising = (0..40).map(|item| difference(item, 3, false)).collect::<Vec<_>>();
        assert_eq!(braked(40, &rising), None);
    }

    #[test]
    fn more_units_than_the_limit_wait_however_few_the_skus() {
        let settings = BrakeSettings { units: Some(units(5)), ..BrakeSettings::default() };
        let brake = |count| brake(&settings, 1_000, &drops(count), &BTreeSet::new());
        assert_eq!(brake(1), None);
        assert_eq!(brake(2).map(|brake| (brake.drops, brake.units)), Some((2, units(6))));
    }

    #[test]
    fn approved_items_do_not_count() {
        let approved: BTreeSet<ItemId> = ["3".into()].into();
        assert_eq!(brake(&BrakeSettings::default(), 20, &drops(10), &approved), None);
        assert!(brake(&BrakeSettings::default(), 20, &drops(11), &approved).is_some());
    }
}
