//! Splitting an amount over lines to the last cent.

use rust_decimal::Decimal;

/// Splits `total` over `weights` in proportion, in units of `10^-digits`, so that the parts add up to it.
///
/// Rule: each part is cut down to the unit; the units left over go one each to the parts that lost most,
/// earlier parts first. All weights zero: everything goes to the first part. `total` may be negative;
/// weights count by their size. The total is split exactly even when it is finer than the unit: what is
/// finer than the unit stays on the first part.
///
/// Returns one part per weight; empty when there are no weights.
pub fn allocate(total: Decimal, weights: &[Decimal], digits: u32) -> Vec<Decimal> {
    if weights.is_empty() {
        return Vec::new();
    }
    let unit = Decimal::new(1, digits);
    let sum: Decimal = weights.iter().map(Decimal::abs).sum();
    if sum.is_zero() {
        let mut parts = vec![Decimal::ZERO; weights.len()];
        parts[0] = total;
        return parts;
    }
    let size = total.abs();
    let exact: Vec<Decimal> = weights.iter().map(|weight| size * weight.abs() / sum).collect();
    let mut parts: Vec<Decimal> = exact
        .iter()
        .map(|part| part.round_dp_with_strategy(digits, rust_decimal::RoundingStrategy::ToZero))
        .collect();
    let mut left = size - parts.iter().sum::<Decimal>();
    let mut by_loss: Vec<usize> = (0..parts.len()).collect();
    by_loss.sort_by(|a, b| (exact[*b] - parts[*b]).cmp(&(exact[*a] - parts[*a])).then(a.cmp(b)));
    for index in by_loss {
        if left < unit {
            break;
        }
        parts[index] += unit;
        left -= unit;
    }
    parts[0] += left;
    if total.is_sign_negative() {
        for part in &mut parts {
            *part = -*part;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cents(value: i64) -> Decimal {
        Decimal::new(value, 2)
    }

    #[test]
    fn the_left_over_cent_goes_to_the_part_that_lost_most() {
        assert_eq!(
            allocate(cents(100), &[cents(1), cents(1), cents(1)], 2),
            [cents(34), cents(33), cents(33)]
        );
        assert_eq!(allocate(cents(-100), &[cents(1), cents(2)], 2), [cents(-33), cents(-67)]);
        assert_eq!(allocate(cents(5), &[Decimal::ZERO, Decimal::ZERO], 2), [cents(5), Decimal::ZERO]);
        assert!(allocate(cents(5), &[], 2).is_empty());
    }

    proptest! {
        #[test]
        fn parts_always_add_up(total in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..100_000, 1..40)) {
            let weights: Vec<Decimal> = weights.into_iter().map(cents).collect();
            let parts = allocate(cents(total), &weights, 2);
            prop_assert_eq!(parts.len(), weights.len());
            prop_assert_eq!(parts.iter().sum::<Decimal>(), cents(total));
        }
    }
}
