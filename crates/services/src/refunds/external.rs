//! What a credit memo or cash refund says to Amazon. Pure.

use amz_domain::{AmazonRefund, Document, DocumentKey, ExternalId, Money, Origin, PackageContent, Quantity};
use rust_decimal::Decimal;

use super::amount::exceeds;
use super::books::{Books, smallest};
use crate::link::{Link, RefundLink, RefundedLine};
use crate::parking::Reason;

/// The part of a document that concerns Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Units per line of Amazon's.
    pub(crate) units: Vec<PackageContent>,
    /// What was refunded, per line of the sales order.
    pub(crate) lines: Vec<RefundedLine>,
    /// What it comes to.
    pub(crate) total: Money,
}

/// What a document says about Amazon's lines; `None` when it is about none of them.
///
/// When all its goods are Amazon's, the whole document counts, shipping included; otherwise only the lines that are,
/// with their tax. A kit that Amazon has as its parts counts as all of its parts.
///
/// # Errors
/// A reason to park: figures that do not add up.
pub(crate) fn told(books: &Books<'_>, document: &Document) -> Result<Option<Told>, Reason> {
    let mut told = Told { units: Vec::new(), lines: Vec::new(), total: Money::zero(document.currency) };
    let mut all = true;
    for position in books.positions(document)? {
        let is_sent = |line: &&crate::link::SentLine| Some(line.line) == position.order_line;
        let units = Quantity::try_from(position.units).ok().filter(|units| !units.is_zero());
        let mut sent = books.sent.lines.iter().filter(is_sent).peekable();
        let (Some(units), Some(line), true) = (units, position.order_line, sent.peek().is_some()) else {
            all &= position.units.is_zero() && position.net.is_zero();
            continue;
        };
        for line in sent {
            let per_kit = line.part.as_ref().map_or(Quantity(1), |part| part.per_kit);
            let quantity = Quantity(units.0.saturating_mul(per_kit.0));
            add(&mut told.units, PackageContent { line: line.amazon_line.clone(), quantity });
        }
        told.total.amount += position.net + position.tax;
        told.lines.push(RefundedLine {
            order_line: line,
            quantity: units,
            net: position.net,
            tax: position.tax,
        });
    }
    if told.lines.is_empty() {
        return Ok(None);
    }
    if all {
        told.total.amount = document.total;
    }
    Ok(Some(told))
}

fn add(units: &mut Vec<PackageContent>, more: PackageContent) {
    match units.iter_mut().find(|known| known.line == more.line) {
        Some(known) => known.quantity = known.quantity.plus(more.quantity),
        None => units.push(more),
    }
}

/// True when a refund asks for exactly the units that a document takes back.
pub(crate) fn is_for(refund: &AmazonRefund, told: &Told) -> bool {
    let mut asked: Vec<PackageContent> = Vec::new();
    for part in refund.lines.iter().filter(|part| !part.quantity.is_zero()) {
        add(&mut asked, part.clone());
    }
    asked.len() == told.units.len() && asked.iter().all(|part| told.units.contains(part))
}

/// True when a refund and a document are about units of the same line. One that names no units may be about any.
pub(crate) fn shares_line(refund: &AmazonRefund, told: &Told) -> bool {
    let mut asked = refund.lines.iter().filter(|part| !part.quantity.is_zero()).peekable();
    asked.peek().is_none() || asked.any(|part| told.units.iter().any(|told| told.line == part.line))
}

/// True for a credit that somebody else made and that no refund has yet.
pub(crate) fn is_free(document: &Document, links: &[Link]) -> bool {
    document.key.kind.is_credit()
        && !document.is_voided
        && is_staffs(document)
        && refund_of(links, &document.key).is_none()
}

/// True for a document that staff or another integration made.
pub(crate) fn is_staffs(document: &Document) -> bool {
    !document.external_id.as_deref().is_some_and(ExternalId::is_ours) && !is_marked_as_ours(document)
}

/// True for a document whose fields say that we made it. Transforms carry our fields along: a credit that staff make
/// from the authorization of Amazon's return says that Amazon began it, but names no refund.
pub(crate) fn is_marked_as_ours(document: &Document) -> bool {
    document.marks.origin == Some(Origin::Amazon) && document.marks.amazon_refund.is_some()
}

/// The refund that a document was made for or told as.
pub(crate) fn refund_of<'look>(links: &'look [Link], document: &DocumentKey) -> Option<&'look RefundLink> {
    links.iter().find_map(|link| match link {
        Link::Refund(link) if link.document.as_ref() == Some(document) => Some(link.as_ref()),
        _ => None,
    })
}

/// Refuses a document that takes back more than was billed, of a line or of the order, rounding aside.
///
/// # Errors
/// A reason to park.
pub(crate) fn within_paid(books: &Books<'_>, told: &Told) -> Result<(), Reason> {
    let standing = books.standing(None)?;
    let rounding = smallest(&told.total) * Decimal::TWO;
    for line in &told.lines {
        let known = standing.lines.get(&line.order_line).copied().unwrap_or_default();
        let (billed, refunded) = (known.net + known.tax, known.refunded_net + known.refunded_tax);
        if known.refunded > known.billed || refunded - billed > rounding * known.refunded {
            return Err(exceeds(format!(
                "line {}: {} units for {refunded} are credited, {} units for {billed} were billed",
                line.order_line, known.refunded, known.billed
            )));
        }
    }
    if standing.refunded - standing.billed > rounding * standing.refunded_units {
        return Err(exceeds(format!(
            "{} is credited for the order, {} was billed",
            standing.refunded, standing.billed
        )));
    }
    Ok(())
}

#[cfg(test)]
#[path = "external_tests.rs"]
mod tests;
