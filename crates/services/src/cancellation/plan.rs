//! Which order lines have come to an end because Amazon cancelled the rest of them. Pure.

use amz_domain::{AmazonLineId, AmazonOrder, LineNumber, Package, PackageState, Quantity};

use crate::link::SentOrder;

/// A line of which nothing more will ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// NetSuite's line.
    pub line: LineNumber,
    /// Amazon's line.
    pub amazon_line: AmazonLineId,
    /// Units that Amazon cancelled before shipping.
    pub cancelled: Quantity,
}

/// Lines whose shipped and cancelled units make up all that was ordered, and that are not closed yet.
///
/// Units of one line are counted per package, by Amazon's line id, so two lines with the same SKU never mix.
/// A parcel that left and came to nothing counts as shipped: its refund has an event of its own.
pub fn closings(amazon: &AmazonOrder, sent: &SentOrder) -> Vec<Closing> {
    let units = |line: &AmazonLineId, counts: fn(&Package) -> bool| -> Quantity {
        let packages = amazon.packages.iter().filter(|package| counts(package));
        packages
            .flat_map(|package| &package.contents)
            .filter(|part| part.line == *line)
            .map(|part| part.quantity)
            .sum()
    };
    let cancelled_unshipped =
        |package: &Package| package.state == PackageState::Cancelled && !package.is_undeliverable();
    let ended = sent.lines.iter().filter_map(|line| {
        let cancelled = units(&line.amazon_line, cancelled_unshipped);
        let shipped = units(&line.amazon_line, Package::has_left);
        let all = cancelled.plus(shipped) >= line.quantity;
        (all && cancelled > line.closed).then(|| Closing {
            line: line.line,
            amazon_line: line.amazon_line.clone(),
            cancelled,
        })
    });
    ended.collect()
}
