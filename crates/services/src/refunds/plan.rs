//! What must happen for a refund that Amazon asks for and that has no document yet. Pure.

use amz_domain::time::posting_date;
use amz_domain::{
    AmazonOrder, AmazonRefund, Document, DocumentKind, DocumentMarks, ExternalId, LineNumber, Money, Origin,
    Quantity, RefundTotal, SalesOrder,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::amount::{exceeds, part};
use super::books::{Books, Standing};
use super::external::{is_staffs, refund_of};
use super::kind::{Taken, asked, billed_units};
use super::progress::paid_elsewhere;
use super::source::{Source, authorization, source};
use crate::link::{Link, RefundLink, RefundedLine};
use crate::parking::{Reason, Who};
use crate::ports::documents::{Application, DocumentSource, NewDocument, NewDocumentLine};
use crate::settings::{RefundSettings, ServiceSettings, ShippingRefund};

/// What the plan is made from.
pub(crate) struct RefundFacts<'look> {
    /// The refund.
    pub(crate) refund: &'look AmazonRefund,
    /// What is known of it, when that is something.
    pub(crate) link: Option<&'look RefundLink>,
    /// Amazon's order.
    pub(crate) amazon: &'look AmazonOrder,
    /// The sales order.
    pub(crate) order: &'look SalesOrder,
    /// What was billed and taken back.
    pub(crate) books: &'look Books<'look>,
    /// The lane's links.
    pub(crate) links: &'look [Link],
    /// How the merchant wants things done.
    pub(crate) settings: &'look ServiceSettings,
    /// Now.
    pub(crate) now: DateTime<Utc>,
}

/// The next step of a refund without a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefundStep {
    /// No money moved: Amazon is told so.
    NothingToPay(Box<RefundLink>),
    /// A credit memo or cash refund is made.
    Create {
        /// As NetSuite shall make it.
        new: Box<NewDocument>,
        /// What is known of the refund then; its document follows.
        link: Box<RefundLink>,
    },
}

/// What is known of a refund before anything was done about it.
pub(crate) fn first_sight(
    refund: &AmazonRefund,
    settings: &ServiceSettings,
    now: DateTime<Utc>,
) -> RefundLink {
    RefundLink {
        id: refund.id.clone(),
        origin: Origin::Amazon,
        document: None,
        payout: None,
        lines: Vec::new(),
        total: None,
        estimate: refund.total.money(),
        wanted_on: Some(posting_date(refund.created_at.unwrap_or(now), &settings.timezone)),
        posted_on: None,
        reported: None,
        approved: false,
        is_ended: false,
    }
}

/// Plans a refund without a document.
///
/// # Errors
/// A reason to park.
pub(crate) fn plan(facts: &RefundFacts<'_>) -> Result<RefundStep, Reason> {
    let RefundFacts { refund, link, amazon, order, books, links, settings, now } = facts;
    let mut link = link.cloned().unwrap_or_else(|| first_sight(refund, settings, *now));
    let is_made = books.made_for(&refund.id).is_some();
    if !is_made && !refund.payments.is_empty() {
        return Err(paid_elsewhere(refund));
    }
    link.estimate = link.estimate.or_else(|| refund.total.money());
    let asked = asked(refund, books.sent)?;
    let standing = books.standing(Some(&refund.id))?;
    let mut is_whole = true;
    let mut units = Vec::with_capacity(asked.len());
    for asked in &asked {
        let line = standing.lines.get(&asked.sent.line).copied().unwrap_or_default();
        let taken = Taken {
            by_refund: &|other| taken_back(links, other, asked.sent.line),
            by_hand: credited_by_hand(facts, asked.sent.line)?,
            is_approved: link.approved,
        };
        let billed = billed_units(asked, refund, amazon, order, &line, &taken)?;
        is_whole &= billed == asked.units;
        units.push((asked.sent.line, billed));
    }
    units.retain(|(_, units)| !units.is_zero());
    let currency = books.bills().next().map_or(order.currency, |bill| bill.currency);
    let digits = currency.minor_digits();
    let lines = amounts(&standing, &units, digits)?;
    let goods: Decimal = lines.iter().map(|line| line.net + line.tax).sum();
    let shipping = shipping(&standing, &units, goods, &settings.refunds);
    let total = goods + shipping;
    link.lines = lines;
    link.total = Some(Money::new(total, currency));
    if !is_made {
        check(refund, &link, total, is_whole, currency, &settings.refunds)?;
    }
    if total.is_zero() {
        if let Some(bill) = books.uncounted_bill() {
            return Err(billed_otherwise(bill));
        }
        link.lines.clear();
        return Ok(RefundStep::NothingToPay(Box::new(link)));
    }
    let source = source(books, &refund.id, &units)?;
    let source = match authorization(facts, &asked, &source) {
        Some(authorization) if is_whole => authorization,
        _ => source,
    };
    let wanted_on = link.wanted_on.unwrap_or_else(|| posting_date(*now, &settings.timezone));
    link.wanted_on = Some(wanted_on);
    let new = document(facts, &link, source, shipping);
    Ok(RefundStep::Create { new: Box::new(new), link: Box::new(link) })
}

/// Units of a line that another refund took back.
fn taken_back(links: &[Link], refund: &AmazonRefund, line: LineNumber) -> Quantity {
    let link = links.iter().find_map(|link| match link {
        Link::Refund(link) if link.id == refund.id && link.document.is_some() => Some(link),
        _ => None,
    });
    let lines = link.into_iter().flat_map(|link| &link.lines);
    lines.filter(|refunded| refunded.order_line == line).map(|refunded| refunded.quantity).sum()
}

/// Units of a line on credits that belong to no refund of Amazon's and were not made from a return authorization.
fn credited_by_hand(facts: &RefundFacts<'_>, line: LineNumber) -> Result<Quantity, Reason> {
    let RefundFacts { refund, books, links, .. } = facts;
    let is_return = |credit: &Document| {
        let from = credit.created_from.as_ref();
        let authorizations =
            books.documents.iter().filter(|known| known.key.kind == DocumentKind::ReturnAuthorization);
        let mut known = authorizations.map(|known| &known.key.id);
        let mut linked = links.iter().filter_map(|link| match link {
            Link::Return(link) => Some(&link.authorization),
            _ => None,
        });
        known.any(|id| Some(id) == from) || linked.any(|id| Some(id) == from)
    };
    let is_by_hand = |credit: &Document| match refund_of(links, &credit.key) {
        Some(link) => link.origin == Origin::NetSuite,
        None => is_staffs(credit),
    };
    let mut units = Decimal::ZERO;
    for credit in books.credits(Some(&refund.id)).filter(|credit| is_by_hand(credit) && !is_return(credit)) {
        let positions = books.positions(credit)?;
        let of_line = positions.iter().filter(|position| position.order_line == Some(line));
        units += of_line.map(|position| position.units).sum::<Decimal>();
    }
    Ok(Quantity(units.ceil().to_u32().unwrap_or(u32::MAX)))
}

/// Nothing would be paid back although the shopper was charged.
fn billed_otherwise(bill: &Document) -> Reason {
    Reason::new(
        "bill_of_other_kind",
        format!(
            "nothing would be refunded, but {} bills the order, and `billing` says that it does not count",
            bill.key
        ),
        "set `billing` to `detect`, or refund it by hand; the document is then attached to Amazon's refund",
        Who::Operator,
    )
}

/// What every line comes to; never more than is left of the line and of the order.
fn amounts(
    standing: &Standing,
    units: &[(LineNumber, Quantity)],
    digits: u32,
) -> Result<Vec<RefundedLine>, Reason> {
    let mut lines = Vec::with_capacity(units.len());
    for (line, units) in units {
        let known = standing.lines.get(line).copied().unwrap_or_default();
        let part = part(*line, &known, *units, digits)?;
        lines.push(RefundedLine { order_line: *line, quantity: *units, net: part.net, tax: part.tax });
    }
    let total: Decimal = lines.iter().map(|line| line.net + line.tax).sum();
    let left = standing.billed - standing.refunded;
    let excess = total - left;
    if excess > Decimal::ZERO {
        let rounding = Decimal::new(1, digits) * standing.refunded_units * Decimal::TWO;
        let taker = lines.iter_mut().find(|line| line.net >= excess).filter(|_| excess <= rounding);
        let Some(line) = taker else {
            return Err(exceeds(format!(
                "the refund comes to {total}, but of {} that were billed for the order only {left} are left",
                standing.billed
            )));
        };
        line.net -= excess;
    }
    Ok(lines)
}

/// Shipping that is taken back with this refund.
fn shipping(
    standing: &Standing,
    units: &[(LineNumber, Quantity)],
    goods: Decimal,
    settings: &RefundSettings,
) -> Decimal {
    let now: Quantity = units.iter().map(|(_, units)| *units).sum();
    let is_last = !now.is_zero() && standing.refunded_units + now.to_decimal() >= standing.billed_units;
    match settings.shipping {
        ShippingRefund::WithLastUnit if is_last => {
            let left = standing.billed - standing.refunded - goods;
            standing.shipping.min(left).max(Decimal::ZERO)
        }
        ShippingRefund::WithLastUnit | ShippingRefund::Never => Decimal::ZERO,
    }
}

/// The checks that a person's approval answers, and those that it does not.
fn check(
    refund: &AmazonRefund,
    link: &RefundLink,
    total: Decimal,
    is_whole: bool,
    currency: amz_domain::Currency,
    settings: &RefundSettings,
) -> Result<(), Reason> {
    if let RefundTotal::WithoutCurrency(amount) = &refund.total {
        return Err(Reason::new(
            "refund_without_currency",
            format!("Amazon's figure of {amount} has no currency; ours is {total} {currency}"),
            "ask Amazon to correct the refund, or refund it by hand in NetSuite",
            Who::Vendor,
        ));
    }
    if link.approved {
        return Ok(());
    }
    if let Some(estimate) = link.estimate {
        if estimate.currency != currency {
            return Err(Reason::new(
                "refund_currency_differs",
                format!("Amazon expects {estimate}, the order was billed in {currency} and comes to {total}"),
                "compare the two, then approve the refund",
                Who::Merchant,
            ));
        }
        // Amazon cannot know that cancelled units were never charged
        if is_whole && (total - estimate.amount).abs() > settings.tolerance {
            return Err(Reason::new(
                "refund_differs_from_estimate",
                format!(
                    "the refund comes to {total} {currency}, Amazon expects {estimate}; allowed is a difference of {}",
                    settings.tolerance
                ),
                "compare the bill with Amazon's figure, then approve the refund",
                Who::Merchant,
            ));
        }
    }
    match settings.approval_over {
        Some(limit) if total > limit => Err(Reason::new(
            "refund_needs_approval",
            format!("the refund comes to {total} {currency}; refunds above {limit} wait for a person"),
            "approve the refund",
            Who::Merchant,
        )),
        _ => Ok(()),
    }
}

/// The credit memo of an invoice, or the cash refund of a cash sale.
fn document(
    facts: &RefundFacts<'_>,
    link: &RefundLink,
    source: Source<'_>,
    shipping: Decimal,
) -> NewDocument {
    let RefundFacts { refund, amazon, settings, .. } = facts;
    let Source { bill, document, lines: places } = source;
    let kind = match bill.key.kind {
        DocumentKind::CashSale => DocumentKind::CashRefund,
        _ => DocumentKind::CreditMemo,
    };
    let place =
        |line: LineNumber| places.iter().find(|(order_line, _)| *order_line == line).map(|(_, at)| *at);
    let lines: Vec<NewDocumentLine> = link
        .lines
        .iter()
        .filter_map(|line| {
            Some(NewDocumentLine {
                source_line: place(line.order_line)?,
                quantity: line.quantity,
                amount: Some(line.net),
                tax: Some(line.tax),
                reason: None,
                restock: None,
            })
        })
        .collect();
    let left_out = document.lines.iter().map(|line| line.line);
    let left_out = left_out.filter(|line| !lines.iter().any(|taken| taken.source_line == *line)).collect();
    // a bill that is paid in full takes no credit: the money goes back instead
    let is_open = bill.key.kind == DocumentKind::Invoice && bill.status != PAID_IN_FULL;
    // what staff took back of both before is mostly the freight
    let handling = shipping.min(bill.handling_cost);
    NewDocument {
        kind,
        source: DocumentSource::Document(document.key.clone()),
        external_id: ExternalId::of_refund(&refund.id),
        date: link.wanted_on,
        memo: Some(memo(refund, link, bill)),
        lines,
        left_out,
        location: None,
        approved: false,
        shipping: Some(shipping - handling),
        handling: (!bill.handling_cost.is_zero()).then_some(handling),
        account: settings.refunds.account.clone().filter(|_| kind == DocumentKind::CashRefund),
        apply_to: is_open.then(|| Application { document: bill.key.id.clone(), amount: None }),
        marks: DocumentMarks {
            amazon_order: Some(amazon.id.clone()),
            amazon_refund: Some(refund.id.clone()),
            origin: Some(Origin::Amazon),
            ..DocumentMarks::default()
        },
    }
}

/// NetSuite's status letter of an invoice that is paid in full.
const PAID_IN_FULL: &str = "B";

/// What stands on the document for people: where it comes from, and on what its figures rest.
fn memo(refund: &AmazonRefund, link: &RefundLink, bill: &Document) -> String {
    let mut memo = format!("Amazon refund {}", refund.id);
    if let Some(reason) = &refund.request_reason {
        memo += &format!(" ({reason})");
    }
    if let Some(estimate) = &link.estimate {
        memo += &format!("; Amazon's estimate {estimate}");
    }
    let rate = bill.exchange_rate.map(|rate| format!(", rate {}", rate.normalize())).unwrap_or_default();
    memo + &format!("; amounts in {}{rate} from {} {}", bill.currency, bill.key.kind, bill.key.id)
}

/// The same document on another day, because the wanted day lies in a closed period.
pub(crate) fn moved(new: &NewDocument, day: NaiveDate) -> NewDocument {
    let mut moved = NewDocument { date: Some(day), ..new.clone() };
    if let (Some(memo), Some(wanted)) = (&new.memo, new.date) {
        moved.memo = Some(format!("{memo}; of {wanted}, posted on {day} because its period is closed"));
    }
    moved
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
