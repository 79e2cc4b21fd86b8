//! Quantities of goods.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// A whole number of sellable units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub u32);

/// Why a number is not a quantity of goods.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a whole, non-negative number of units")]
pub struct QuantityError(pub Decimal);

impl Quantity {
    /// No units.
    pub const ZERO: Self = Self(0);

    /// True for no units.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; stays at the largest quantity instead of wrapping.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after `other` is taken away; never below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The quantity as a decimal, for arithmetic with money.
    pub fn to_decimal(self) -> Decimal {
        Decimal::from(self.0)
    }
}

impl TryFrom<Decimal> for Quantity {
    type Error = QuantityError;

    fn try_from(number: Decimal) -> Result<Self, QuantityError> {
        let whole = number.is_integer() && number >= Decimal::ZERO;
        whole.then(|| number.to_u32()).flatten().map(Self).ok_or(QuantityError(number))
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::ZERO, Self::plus)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_units_are_quantities() {
        assert_eq!(Quantity::try_from(Decimal::new(30, 1)), Ok(Quantity(3)));
        assert!(Quantity::try_from(Decimal::new(15, 1)).is_err());
        assert!(Quantity::try_from(Decimal::from(-1)).is_err());
        assert!(Quantity::try_from(Decimal::from(u64::MAX)).is_err());
    }
}
