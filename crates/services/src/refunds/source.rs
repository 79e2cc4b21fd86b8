//! What the document of a refund is made from. Pure.

use std::collections::BTreeMap;

use amz_domain::{Document, DocumentId, DocumentKey, DocumentKind, LineNumber, Quantity, RefundId};
use rust_decimal::Decimal;

use super::books::Books;
use super::kind::Asked;
use super::plan::RefundFacts;
use crate::link::{Link, ReturnLink};
use crate::parking::{Reason, Who};
use crate::settings::CreditFrom;

/// What a credit is made from.
pub(super) struct Source<'look> {
    /// The bill that it takes back.
    pub(super) bill: &'look Document,
    /// What it is made from: the bill, or the return authorization.
    pub(super) document: &'look Document,
    /// Per refunded line of the sales order: the source's line.
    pub(super) lines: Vec<(LineNumber, LineNumber)>,
}

/// The one bill that holds the units.
pub(super) fn source<'look>(
    books: &Books<'look>,
    refund: &RefundId,
    units: &[(LineNumber, Quantity)],
) -> Result<Source<'look>, Reason> {
    let mut unattributed: BTreeMap<LineNumber, Decimal> = BTreeMap::new();
    let mut taken: Vec<(&DocumentId, LineNumber, Decimal)> = Vec::new();
    for credit in books.credits(Some(refund)) {
        let bill = books.bills().find(|bill| {
            credit.created_from.as_ref() == Some(&bill.key.id)
                || credit.applied.iter().any(|applied| applied.document == bill.key.id)
        });
        for position in books.positions(credit)? {
            match (bill, position.order_line) {
                (Some(bill), Some(line)) => taken.push((&bill.key.id, line, position.units)),
                (None, Some(line)) => *unattributed.entry(line).or_default() += position.units,
                (_, None) => {}
            }
        }
    }
    for bill in books.bills() {
        let positions = books.positions(bill)?;
        let mut lines = Vec::with_capacity(units.len());
        let mut holds = true;
        for (order_line, units) in units {
            let of_line = || positions.iter().filter(|position| position.order_line == Some(*order_line));
            let mut left: Decimal = of_line().map(|position| position.units).sum();
            let credited = taken.iter().filter(|(id, line, _)| **id == bill.key.id && line == order_line);
            left -= credited.map(|(_, _, units)| *units).sum::<Decimal>();
            if let Some(owed) = unattributed.get_mut(order_line) {
                let here = left.min(*owed).max(Decimal::ZERO);
                left -= here;
                *owed -= here;
            }
            let line = of_line().find(|position| position.units >= units.to_decimal());
            match line {
                Some(position) if left >= units.to_decimal() => lines.push((*order_line, position.line)),
                _ => holds = false,
            }
        }
        if holds {
            return Ok(Source { bill, document: bill, lines });
        }
    }
    Err(Reason::new(
        "refund_spans_bills",
        "no single bill holds all units of the refund",
        "credit the bills by hand in NetSuite; one document with all lines is attached to Amazon's refund",
        Who::Merchant,
    ))
}

/// The return authorization of a return of exactly the refunded units, when credits shall be made from it.
pub(super) fn authorization<'look>(
    facts: &RefundFacts<'look>,
    asked: &[Asked<'_>],
    source: &Source<'look>,
) -> Option<Source<'look>> {
    if facts.settings.refunds.credit_from != CreditFrom::ReturnAuthorization {
        return None;
    }
    let covers = |link: &ReturnLink| {
        let units = |line| -> Quantity {
            let lines = link.lines.iter().filter(|returned| returned.order_line == line);
            lines.map(|returned| returned.quantity).sum()
        };
        asked.iter().all(|asked| units(asked.sent.line) == asked.units)
            && link.lines.iter().all(|line| asked.iter().any(|asked| asked.sent.line == line.order_line))
    };
    // the warehouse's hand shows on the authorization, ours on the link first
    let is_received = |link: &ReturnLink, document: &Document| {
        let mut lines = link.lines.iter().map(|line| {
            let known = document.lines.iter().find(|known| known.line == line.authorization_line);
            known.is_some_and(|known| known.quantity_received >= line.quantity.to_decimal())
        });
        !link.receipts.is_empty() || lines.all(|is_there| is_there)
    };
    facts.links.iter().find_map(|link| {
        let Link::Return(link) = link else { return None };
        let key = DocumentKey { kind: DocumentKind::ReturnAuthorization, id: link.authorization.clone() };
        let document = facts.books.document(&key).filter(|document| !document.is_voided)?;
        let mut credits = facts.books.credits(Some(&facts.refund.id));
        let is_used = credits.any(|credit| credit.created_from.as_ref() == Some(&key.id));
        (covers(link) && is_received(link, document) && !is_used).then(|| Source {
            bill: source.bill,
            document,
            lines: link.lines.iter().map(|line| (line.order_line, line.authorization_line)).collect(),
        })
    })
}
