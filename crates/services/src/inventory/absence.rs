//! What follows when Amazon does not show a SKU. Pure.
//!
//! Missing is not zero. Once missing, a SKU is asked for by name; missing again, the settings decide.

use amz_domain::StockReading;
use chrono::{DateTime, Utc};

use super::KnownStock;
use crate::settings::WhenAbsent;

/// How often a SKU must have been missing, at different instants, before anything follows from it.
const CONFIRMED_AFTER: u32 = 2;

/// Where a SKU stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'known> {
    /// Amazon shows it.
    Shown(&'known StockReading),
    /// Amazon did not show it, but that is not confirmed; or it was never asked for and has stock in NetSuite. It is
    /// asked for by name.
    Unconfirmed,
    /// Amazon does not show it, and nothing of it can be sold.
    Nothing(DateTime<Utc>),
    /// Amazon does not show it, and its stock stays as it is.
    Kept(DateTime<Utc>),
    /// Amazon never showed it, and NetSuite has no stock of it.
    NobodysBusiness,
}

/// Where a SKU stands. `known` is `None` when nothing was ever heard of it; `has_stock` tells whether NetSuite has any.
pub fn standing(known: Option<&KnownStock>, has_stock: bool, when_absent: WhenAbsent) -> Standing<'_> {
    let reading = known.and_then(|known| known.reading.as_ref());
    match (known.and_then(|known| known.absence), reading) {
        (None, Some(reading)) => Standing::Shown(reading),
        (_, None) if !has_stock => Standing::NobodysBusiness,
        (None, None) => Standing::Unconfirmed,
        (Some(absence), _) if absence.times < CONFIRMED_AFTER => Standing::Unconfirmed,
        (Some(absence), _) => match when_absent {
            WhenAbsent::Zero => Standing::Nothing(absence.last),
            WhenAbsent::Keep => Standing::Kept(absence.last),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::{at, known, missing};

    #[test]
    fn absence_counts_when_it_is_confirmed_and_then_as_the_settings_say() {
        let shown = known("A", 3);
        let never = KnownStock { reading: None, ..known("A", 0) };
        let read = shown.reading.as_ref().unwrap();
        let (zero, keep) = (WhenAbsent::Zero, WhenAbsent::Keep);
        let table = [
            (Some(shown.clone()), true, zero, Standing::Shown(read)),
            (Some(shown.clone()), false, keep, Standing::Shown(read)),
            (Some(missing(shown.clone(), 1)), true, zero, Standing::Unconfirmed),
            (Some(missing(shown.clone(), 1)), false, zero, Standing::Unconfirmed),
            (Some(missing(shown.clone(), 2)), true, zero, Standing::Nothing(at(0))),
            (Some(missing(shown.clone(), 9)), true, keep, Standing::Kept(at(0))),
            (None, false, zero, Standing::NobodysBusiness),
            (None, true, zero, Standing::Unconfirmed),
            (Some(never.clone()), true, zero, Standing::Unconfirmed),
            (Some(missing(never.clone(), 2)), false, zero, Standing::NobodysBusiness),
            (Some(missing(never.clone(), 1)), true, zero, Standing::Unconfirmed),
            (Some(missing(never.clone(), 2)), true, zero, Standing::Nothing(at(0))),
            (Some(missing(never, 2)), true, keep, Standing::Kept(at(0))),
        ];
        for (known, has_stock, when_absent, expected) in table {
            assert_eq!(standing(known.as_ref(), has_stock, when_absent), expected, "{known:?} {has_stock}");
        }
    }
}
