//! What a refund of some units of a line comes to, to the last cent. Pure.

use amz_domain::{LineNumber, Quantity};
use rust_decimal::{Decimal, RoundingStrategy};

use super::books::LineStanding;
use crate::parking::{Reason, Who};

/// Money taken back for units of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// Before tax.
    pub(crate) net: Decimal,
    /// Tax.
    pub(crate) tax: Decimal,
}

impl Part {
    /// Both together.
    pub(crate) fn gross(self) -> Decimal {
        self.net + self.tax
    }
}

/// Works out what `units` more units of a line come to, after those that were refunded before.
///
/// The rule, for the net amount and for the tax separately: the share of the first `q` of all billed units is
/// `total × q ÷ billed units`, rounded half up to what can be paid in the currency; the share of all of them is the
/// total itself. Units `k + 1` to `k + n` cost `share(k + n) − share(k)`. So the parts of a line add up to what was
/// billed, whatever the pieces, and the last piece takes what rounding left over.
///
/// When earlier credits are off their shares by rounding alone (at most one smallest payable unit per unit refunded),
/// the last piece takes exactly what is left.
///
/// # Errors
/// A reason to park when it comes to more than is left of the line, by more than rounding.
pub(crate) fn part(
    line: LineNumber,
    standing: &LineStanding,
    units: Quantity,
    digits: u32,
) -> Result<Part, Reason> {
    let LineStanding { billed, net, tax, refunded, refunded_net, refunded_tax } = *standing;
    let upto = refunded + units.to_decimal();
    if upto > billed {
        return Err(exceeds(format!(
            "line {line}: {units} units shall be refunded after {refunded}, but {billed} were billed"
        )));
    }
    let rounding = Decimal::new(1, digits) * refunded;
    let piece = |total: Decimal, before: Decimal| {
        let due = share(total, upto, billed, digits) - share(total, refunded, billed, digits);
        let left = total - before;
        let drift = before - share(total, refunded, billed, digits);
        if upto == billed && drift.abs() <= rounding { left } else { due }
    };
    let mut part = Part { net: piece(net, refunded_net), tax: piece(tax, refunded_tax) };
    let left = net + tax - refunded_net - refunded_tax;
    let excess = part.gross() - left;
    if excess > Decimal::ZERO {
        if excess > rounding * Decimal::TWO || excess > part.net {
            return Err(exceeds(format!(
                "line {line}: {units} units come to {}, but of {} that were billed only {left} are left",
                part.gross(),
                net + tax
            )));
        }
        part.net -= excess;
    }
    Ok(part)
}

/// The share of the first `units` of all billed units.
fn share(total: Decimal, units: Decimal, billed: Decimal, digits: u32) -> Decimal {
    if units == billed {
        return total;
    }
    (total * units / billed).round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// More than what is left.
pub(crate) fn exceeds(cause: String) -> Reason {
    Reason::new(
        "refund_exceeds_paid",
        cause,
        "compare the order's bills and credits with Amazon's refund; refund by hand what is due, or settle it with \
         Amazon",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;
