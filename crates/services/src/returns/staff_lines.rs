//! Which of Amazon's lines a return authorization of staff brings back. Pure.

use std::collections::BTreeMap;

use amz_domain::returns::ReturnLine;
use amz_domain::{AmazonLineId, AmazonReturn, DocumentLine, LineNumber, Quantity, ReturnState};

use super::external::AuthorizationFacts;
use super::plan::{coming_back, returns};
use crate::cancellation::per_unit;
use crate::link::{ReturnLink, ReturnedLine, SentLine};
use crate::parking::{Reason, Who};

/// True when lines can only be known by their items.
pub(super) fn needs_sales_order(facts: &AuthorizationFacts<'_>) -> bool {
    let lines = facts.document.lines.iter().filter(|line| line.kind.is_goods());
    lines.into_iter().any(|line| by_amazon_line(facts, line).is_none() && order_line(facts, line).is_none())
        || is_untold(facts) && coming_back_otherwise(facts, |_| true) > Quantity::ZERO
}

/// True while nothing of ours knows the authorization.
fn is_untold(facts: &AuthorizationFacts<'_>) -> bool {
    !returns(facts.links).any(|link| link.authorization == facts.document.key.id)
}

/// Units of the sales order's lines that count, which come back by other returns: those that are known here, and those
/// that Amazon has and nothing here stands for yet.
fn coming_back_otherwise(facts: &AuthorizationFacts<'_>, counts: impl Fn(LineNumber) -> bool) -> Quantity {
    let others: Vec<&ReturnLink> =
        returns(facts.links).filter(|link| link.authorization != facts.document.key.id).collect();
    let mut numbers: Vec<LineNumber> =
        others.iter().flat_map(|link| &link.lines).map(|line| line.order_line).collect();
    numbers.sort();
    numbers.dedup();
    let numbers = numbers.into_iter().filter(|number| counts(*number));
    let known: Quantity =
        numbers.map(|number| others.iter().map(|link| coming_back(link, number)).sum::<Quantity>()).sum();
    let is_new = |amazon: &&AmazonReturn| {
        !matches!(amazon.state, ReturnState::Draft | ReturnState::Cancelled)
            && !returns(facts.links).any(|link| link.id == amazon.id)
    };
    let lines = facts.amazon.returns.iter().filter(is_new).flat_map(|amazon| &amazon.lines);
    let of_line = |line: &&ReturnLine| {
        facts.sent.lines.iter().any(|sent| sent.amazon_line == line.line && counts(sent.line))
    };
    known.plus(lines.filter(of_line).map(|line| line.quantity).sum())
}

/// Why Amazon is not told: with what comes back by other returns, more would come back than was shipped.
pub(super) fn exceeds_shipped(facts: &AuthorizationFacts<'_>, lines: &[ReturnedLine]) -> Option<Reason> {
    let order = facts.sales_order?;
    lines.iter().map(|line| line.order_line).find_map(|number| {
        let otherwise = coming_back_otherwise(facts, |other| other == number);
        if otherwise.is_zero() {
            return None;
        }
        let fulfilled = order.lines.iter().find(|line| line.line == number)?.quantity_fulfilled;
        // a kit that went as its parts is counted in parts
        let each: Quantity = on_order_line(facts, number).into_iter().map(per_unit).sum();
        let shipped = fulfilled * each.to_decimal();
        let here: Quantity =
            lines.iter().filter(|line| line.order_line == number).map(|line| line.quantity).sum();
        (here.plus(otherwise).to_decimal() > shipped).then(|| {
            Reason::new(
                "return_exceeds_shipped",
                format!(
                    "{} brings back {here} units of line {number}, and {otherwise} come back by other returns already, \
                     but only {shipped} were shipped: Amazon is not told",
                    facts.document.key
                ),
                "close this authorization when another return brings back the same units, or correct its units, then \
                 retry",
                Who::Merchant,
            )
        })
    })
}

/// What an authorization brings back of Amazon's lines. Lines that are not Amazon's are left out.
pub(super) fn returned(facts: &AuthorizationFacts<'_>) -> Result<Vec<ReturnedLine>, Reason> {
    let mut lines = Vec::new();
    for line in facts.document.lines.iter().filter(|line| line.kind.is_goods()) {
        let units = if line.is_closed { line.quantity_received } else { line.quantity };
        if units.is_zero() {
            continue;
        }
        let sent = sent_lines(facts, line)?;
        if sent.is_empty() {
            continue;
        }
        let units =
            Quantity::try_from(units).map_err(|error| unknown_line(facts, line.line, error.to_string()))?;
        for sent in sent {
            let each = sent.part.as_ref().map_or(1, |part| part.per_kit.0);
            lines.push(ReturnedLine {
                amazon_line: sent.amazon_line.clone(),
                order_line: sent.line,
                authorization_line: line.line,
                quantity: Quantity(units.0.saturating_mul(each)),
            });
        }
    }
    Ok(lines)
}

/// Amazon's lines of an authorization's line: several for a kit that went to Amazon as its parts.
fn sent_lines<'facts>(
    facts: &AuthorizationFacts<'facts>,
    line: &DocumentLine,
) -> Result<Vec<&'facts SentLine>, Reason> {
    if let Some(sent) = by_amazon_line(facts, line) {
        return Ok(on_order_line(facts, sent.line));
    }
    if let Some(number) = order_line(facts, line) {
        return Ok(on_order_line(facts, number));
    }
    let (Some(order), Some(item)) = (facts.sales_order, &line.item) else {
        return Err(unknown_line(facts, line.line, "the sales order's line is not known".to_owned()));
    };
    let same: Vec<LineNumber> =
        order.lines.iter().filter(|held| held.item == *item).map(|held| held.line).collect();
    let sent: Vec<LineNumber> =
        same.iter().copied().filter(|number| !on_order_line(facts, *number).is_empty()).collect();
    match (sent.as_slice(), same.len()) {
        ([], _) => Ok(Vec::new()),
        ([number], 1) => Ok(on_order_line(facts, *number)),
        _ => {
            let cause = format!("item {item} stands on {} lines of the sales order", same.len());
            Err(unknown_line(facts, line.line, cause))
        }
    }
}

fn by_amazon_line<'facts>(
    facts: &AuthorizationFacts<'facts>,
    line: &DocumentLine,
) -> Option<&'facts SentLine> {
    let amazon_line = line.amazon_line.as_ref()?;
    facts.sent.lines.iter().find(|sent| sent.amazon_line == *amazon_line)
}

/// The sales order's line, of an authorization that was made from the sales order.
fn order_line(facts: &AuthorizationFacts<'_>, line: &DocumentLine) -> Option<LineNumber> {
    let source = facts.document.created_from.as_ref()?;
    line.source_line.filter(|_| source.as_str() == facts.order.as_str())
}

fn on_order_line<'facts>(facts: &AuthorizationFacts<'facts>, number: LineNumber) -> Vec<&'facts SentLine> {
    facts.sent.lines.iter().filter(|sent| sent.line == number).collect()
}

/// Units per Amazon line, in a fixed order.
pub(super) fn per_line(lines: &[ReturnedLine]) -> Vec<(AmazonLineId, Quantity)> {
    summed(lines.iter().map(|line| (&line.amazon_line, line.quantity)))
}

pub(super) fn amazon_units(known: &AmazonReturn) -> Vec<(AmazonLineId, Quantity)> {
    summed(known.lines.iter().map(|line| (&line.line, line.quantity)))
}

fn summed<'lines>(
    lines: impl Iterator<Item = (&'lines AmazonLineId, Quantity)>,
) -> Vec<(AmazonLineId, Quantity)> {
    let mut sums = BTreeMap::<AmazonLineId, Quantity>::new();
    for (line, quantity) in lines.filter(|(_, quantity)| !quantity.is_zero()) {
        let sum = sums.entry(line.clone()).or_default();
        *sum = sum.plus(quantity);
    }
    sums.into_iter().collect()
}

fn unknown_line(facts: &AuthorizationFacts<'_>, line: LineNumber, cause: String) -> Reason {
    Reason::new(
        "return_line_unknown",
        format!("line {line} of {} cannot be told to Amazon: {cause}", facts.document.key),
        "make the return authorization from the sales order, in whole units",
        Who::Merchant,
    )
}
