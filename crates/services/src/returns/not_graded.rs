//! Units that Amazon has and says nothing of although the return is over: a person must say what became of them. Pure.

use amz_domain::{AmazonLineId, AmazonReturn, Document, LineNumber, Quantity, ReturnState};

use super::grades::{lines, received};
use super::receipts::{Arrival, parcels};
use crate::link::ReturnLink;
use crate::parking::{Reason, Who};

/// Units of a completed return that arrived and are neither graded nor received, per line.
fn open_units<'amazon>(
    amazon: &'amazon AmazonReturn,
    link: &ReturnLink,
) -> Vec<(&'amazon AmazonLineId, Quantity)> {
    if amazon.state != ReturnState::Completed {
        return Vec::new();
    }
    let parcels = parcels(amazon, link);
    let arrived = |line: &AmazonLineId| -> Quantity {
        let there = parcels.iter().filter(|parcel| match parcel.arrival {
            Arrival::Delivered | Arrival::PartlyDelivered => true,
            // what was graded has arrived, whatever the parcel says
            Arrival::Unnamed | Arrival::UnderWay | Arrival::Failed => {
                amazon.lines.iter().any(|seen| seen.line == *line && seen.is_graded_with_others)
            }
        });
        let contents = there.flat_map(|parcel| &parcel.contents).filter(|(held, _)| held == line);
        contents.map(|(_, units)| *units).sum()
    };
    let open = |line: &'amazon AmazonLineId| {
        let authorized: Quantity =
            link.lines.iter().filter(|held| held.amazon_line == *line).map(|held| held.quantity).sum();
        (line, arrived(line).min(authorized).minus(received(link, line, |_| true)))
    };
    lines(amazon).into_iter().map(open).filter(|(_, units)| !units.is_zero()).collect()
}

/// True when the return authorization is needed for the plan: staff may have dealt with what Amazon did not grade.
pub(super) fn needs_authorization(amazon: &AmazonReturn, link: &ReturnLink) -> bool {
    !link.is_ended && !open_units(amazon, link).is_empty()
}

/// Why a completed return does not end: units arrived that Amazon did not grade, or not so that it can be told which
/// line they are of. They are received once they are graded; staff may receive or close their lines instead.
pub(super) fn not_graded(
    amazon: &AmazonReturn,
    link: &ReturnLink,
    authorization: Option<&Document>,
) -> Option<Reason> {
    let is_open = |line: &AmazonLineId| {
        let mut held = link.lines.iter().filter(|held| held.amazon_line == *line);
        held.any(|held| !authorization.is_some_and(|document| is_settled(document, held.authorization_line)))
    };
    let open = open_units(amazon, link);
    let units: Vec<String> = open
        .iter()
        .filter(|(line, _)| is_open(line))
        .map(|(line, units)| format!("{units} of line {line}"))
        .collect();
    (!units.is_empty()).then(|| {
        Reason::new(
            "returned_not_graded",
            format!(
                "return {} is completed, but Amazon does not say in which condition these units are: {}",
                amazon.id,
                units.join(", ")
            ),
            format!(
                "they are received once Amazon has graded them; or receive them or close their lines on return \
                 authorization {} by hand, then retry",
                link.authorization
            ),
            Who::Merchant,
        )
    })
}

/// True when nothing of a line of the return authorization is open any more.
pub(super) fn is_settled(authorization: &Document, line: LineNumber) -> bool {
    let mut held = authorization.lines.iter().filter(|held| held.line == line);
    held.all(|held| held.is_closed || held.quantity_received >= held.quantity)
}
