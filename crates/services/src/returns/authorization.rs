//! Item receipts made from a return authorization as it stands in NetSuite. Pure.

use amz_domain::{
    AmazonReturn, Document, DocumentKind, DocumentMarks, ItemCondition, LineNumber, Origin, Quantity,
};

use super::receipts::{Place, PlannedReceipt};
use crate::link::ReturnLink;
use crate::parking::{Reason, Who};
use crate::ports::documents::{DocumentSource, NewDocument, NewDocumentLine};

/// What NetSuite gets, and why it should not make it now: an earlier try whose answer was lost is settled before that
/// is parked.
pub(super) fn receipt_document(
    planned: &PlannedReceipt,
    amazon: &AmazonReturn,
    link: &ReturnLink,
    authorization: &Document,
) -> (NewDocument, Option<Reason>) {
    let mut lines: Vec<NewDocumentLine> = Vec::new();
    let mut missing = Quantity::ZERO;
    // what was received before it was graded counts as sellable, here as elsewhere
    let restock = planned.place == Place::Return;
    for units in &planned.units {
        let mut wanted = units.quantity;
        for held in link.lines.iter().filter(|held| held.amazon_line == units.amazon_line) {
            let taken: Quantity = lines
                .iter()
                .filter(|line| line.source_line == held.authorization_line)
                .map(|line| line.quantity)
                .sum();
            let part = open_units(authorization, held.authorization_line).minus(taken).min(wanted);
            wanted = wanted.minus(part);
            add(&mut lines, held.authorization_line, part, restock);
        }
        missing = missing.plus(wanted);
        if let Some(held) = link.lines.iter().find(|held| held.amazon_line == units.amazon_line) {
            add(&mut lines, held.authorization_line, wanted, restock);
        }
    }
    let goods = authorization.lines.iter().filter(|line| line.kind.is_goods()).map(|line| line.line);
    let left_out = goods.filter(|number| !lines.iter().any(|line| line.source_line == *number)).collect();
    let new = NewDocument {
        kind: DocumentKind::ItemReceipt,
        source: DocumentSource::Document(authorization.key.clone()),
        external_id: planned.external_id.clone(),
        date: None,
        memo: Some(memo(planned, amazon)),
        lines,
        left_out,
        location: planned.location.clone(),
        approved: false,
        shipping: None,
        handling: None,
        account: None,
        apply_to: None,
        marks: DocumentMarks {
            amazon_order: authorization.marks.amazon_order.clone(),
            amazon_return: Some(amazon.id.clone()),
            origin: Some(Origin::Amazon),
            ..DocumentMarks::default()
        },
    };
    (new, obstacle(amazon, authorization, missing))
}

fn add(lines: &mut Vec<NewDocumentLine>, line: LineNumber, quantity: Quantity, restock: bool) {
    if quantity.is_zero() {
        return;
    }
    match lines.iter_mut().find(|known| known.source_line == line) {
        Some(known) => known.quantity = known.quantity.plus(quantity),
        None => lines.push(NewDocumentLine {
            source_line: line,
            quantity,
            amount: None,
            tax: None,
            reason: None,
            restock: Some(restock),
        }),
    }
}

/// Which return and parcel it is, and in which condition the units are.
fn memo(planned: &PlannedReceipt, amazon: &AmazonReturn) -> String {
    let mut memo = format!("Amazon return {}", amazon.id);
    if let Some(package) = &planned.package {
        memo = memo + "; parcel " + package.as_str();
    }
    let mut counts: Vec<(&ItemCondition, Quantity)> = Vec::new();
    for units in &planned.units {
        let Some(condition) = &units.condition else { continue };
        match counts.iter_mut().find(|(known, _)| *known == condition) {
            Some((_, count)) => *count = count.plus(units.quantity),
            None => counts.push((condition, units.quantity)),
        }
    }
    counts.iter().fold(memo, |memo, (condition, units)| format!("{memo}; {units} {condition}"))
}

/// Units of a line that may still be received.
fn open_units(authorization: &Document, line: LineNumber) -> Quantity {
    let line = authorization.lines.iter().find(|held| held.line == line && !held.is_closed);
    line.and_then(|held| Quantity::try_from(held.quantity - held.quantity_received).ok()).unwrap_or_default()
}

fn obstacle(amazon: &AmazonReturn, authorization: &Document, missing: Quantity) -> Option<Reason> {
    let id = &authorization.key.id;
    if authorization.status == "A" {
        return Some(Reason::new(
            "return_not_approved",
            format!("return {} has arrived, but its return authorization {id} is not approved", amazon.id),
            "approve the return authorization in NetSuite; the rest follows by itself",
            Who::Merchant,
        ));
    }
    let cause = if matches!(authorization.status.as_str(), "C" | "H") {
        format!("it has the status {}", authorization.status)
    } else if missing.is_zero() {
        return None;
    } else {
        format!("{missing} of the units are not open on it any more")
    };
    Some(Reason::new(
        "receipt_does_not_fit",
        format!("return {} has arrived, but return authorization {id} cannot take it: {cause}", amazon.id),
        "reopen the lines, or delete the receipt that took these units by mistake, then retry",
        Who::Merchant,
    ))
}

#[cfg(test)]
#[path = "authorization_tests.rs"]
mod tests;
