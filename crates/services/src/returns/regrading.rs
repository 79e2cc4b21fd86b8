//! What Amazon found of a return's units after they were received, and what it found that is not understood. Pure.

use amz_domain::{AmazonReturn, DocumentId, ExternalId, ItemCondition, Quantity};

use super::grades::{grades, lines, received};
use super::receipts::listed;
use crate::link::{ReceivedUnits, ReturnLink};
use crate::parking::{Reason, Who};

/// Units that were received as sellable and are not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Regraded {
    /// What the link says afterwards.
    pub(super) after: ReturnLink,
    /// Under what it is parked: every time under something else, so that no instruction takes the place of one that
    /// a person has not followed yet.
    pub(super) subject: String,
    /// What a person must do.
    pub(super) reason: Reason,
}

/// Units that were received before Amazon said that they cannot be sold: what is known of them now, and why a person
/// must look.
pub(super) fn regraded(amazon: &AmazonReturn, link: &ReturnLink) -> Option<Regraded> {
    let mut after = link.clone();
    let mut found = Vec::new();
    for line in lines(amazon) {
        for (condition, graded) in grades(amazon, line) {
            if condition == ItemCondition::Sellable {
                continue;
            }
            let known = received(link, line, |held| held == Some(&condition));
            let mut open = graded.minus(known);
            for receipt in &mut after.receipts {
                let ungraded =
                    |units: &&mut ReceivedUnits| units.amazon_line == *line && units.condition.is_none();
                let Some(units) = receipt.units.iter_mut().find(ungraded) else { continue };
                let moved = units.quantity.min(open);
                if moved.is_zero() {
                    continue;
                }
                open = open.minus(moved);
                units.quantity = units.quantity.minus(moved);
                let condition = Some(condition.clone());
                let news = ReceivedUnits { amazon_line: line.clone(), condition, quantity: moved };
                receipt.units.retain(|units| !units.quantity.is_zero());
                receipt.units.push(news.clone());
                found.push((receipt.document.clone(), news));
            }
        }
    }
    (!found.is_empty()).then(|| Regraded {
        after,
        subject: subject(amazon, link),
        reason: graded_after_receipt(amazon, &found),
    })
}

/// Units with a condition that is not understood and that were not received before it was known.
pub(super) fn units_in_unknown_condition(
    amazon: &AmazonReturn,
    link: &ReturnLink,
) -> Vec<(String, Quantity)> {
    let mut unknown = Vec::new();
    for line in lines(amazon) {
        for (condition, graded) in grades(amazon, line) {
            if let ItemCondition::Unknown(word) = &condition {
                let known = received(link, line, |held| held.is_none_or(|held| *held == condition));
                let open = graded.minus(known);
                if !open.is_zero() {
                    unknown.push((word.clone(), open));
                }
            }
        }
    }
    unknown
}

fn subject(amazon: &AmazonReturn, link: &ReturnLink) -> String {
    let damaged = |id: &ExternalId| id.as_str().ends_with("-damaged");
    let as_sellable = link.receipts.iter().filter(|receipt| !damaged(&receipt.external_id));
    let is_bad = |units: &&ReceivedUnits| {
        units.condition.as_ref().is_some_and(|condition| *condition != ItemCondition::Sellable)
    };
    let known: Quantity =
        as_sellable.flat_map(|receipt| &receipt.units).filter(is_bad).map(|units| units.quantity).sum();
    match known {
        Quantity::ZERO => format!("return/{}/graded", amazon.id),
        known => format!("return/{}/after {known}/graded", amazon.id),
    }
}

fn graded_after_receipt(amazon: &AmazonReturn, found: &[(DocumentId, ReceivedUnits)]) -> Reason {
    let units: Vec<String> = found
        .iter()
        .map(|(receipt, units)| format!("receipt {receipt}: {}", listed(std::iter::once(units))))
        .collect();
    Reason::new(
        "graded_after_receipt",
        format!(
            "Amazon graded units of return {} that were received as sellable before: {}",
            amazon.id,
            units.join(", ")
        ),
        "move these units from the return location to the damaged location, then approve this item",
        Who::Merchant,
    )
}
