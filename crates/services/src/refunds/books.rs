//! What NetSuite billed and took back for one order, per line of the sales order. Pure.

use std::collections::BTreeMap;

use amz_domain::{AmazonLineId, SalesOrderId};
use amz_domain::{Document, DocumentKey, DocumentLine, ExternalId, LineNumber, Money, RefundId};
use rust_decimal::Decimal;

use crate::link::SentOrder;
use crate::parking::{Reason, Who};
use crate::settings::Billing;
use crate::shares::{Charges, GoodsCharge, shares};

/// How deep a document may hang under a sales order: order, bill, return authorization, credit.
const DEEPEST: u32 = 4;

/// The documents of one order, as read in one look.
pub(crate) struct Books<'look> {
    /// The sales order.
    pub(crate) order: &'look SalesOrderId,
    /// What Amazon has of it.
    pub(crate) sent: &'look SentOrder,
    /// All documents that were read.
    pub(crate) documents: &'look [Document],
    /// How the account bills.
    pub(crate) billing: Billing,
}

/// A goods line of a document, with all that falls on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// The document's line.
    pub(crate) line: LineNumber,
    /// The sales order's line, when it can be told.
    pub(crate) order_line: Option<LineNumber>,
    /// Units.
    pub(crate) units: Decimal,
    /// Amount after the line's share of discounts, before tax.
    pub(crate) net: Decimal,
    /// Tax.
    pub(crate) tax: Decimal,
}

/// What was billed and taken back of one sales order line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LineStanding {
    /// Units on bills.
    pub(crate) billed: Decimal,
    /// What they cost before tax, after discounts.
    pub(crate) net: Decimal,
    /// Their tax.
    pub(crate) tax: Decimal,
    /// Units on credits.
    pub(crate) refunded: Decimal,
    /// What was taken back before tax.
    pub(crate) refunded_net: Decimal,
    /// Tax that was taken back.
    pub(crate) refunded_tax: Decimal,
}

/// What was billed and taken back of a whole order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Per sales order line.
    pub(crate) lines: BTreeMap<LineNumber, LineStanding>,
    /// Sum of all bills.
    pub(crate) billed: Decimal,
    /// Sum of all credits.
    pub(crate) refunded: Decimal,
    /// Units of goods on bills.
    pub(crate) billed_units: Decimal,
    /// Units of goods on credits.
    pub(crate) refunded_units: Decimal,
    /// Shipping and handling on bills, less what credits took back of it.
    pub(crate) shipping: Decimal,
}

impl<'look> Books<'look> {
    /// The bills that count: of the kind that the account bills with, not voided.
    pub(crate) fn bills(&self) -> impl Iterator<Item = &'look Document> {
        let billing = self.billing;
        self.documents.iter().filter(move |document| {
            use amz_domain::DocumentKind::{CashSale, Invoice};
            let counts = match billing {
                Billing::Detect => document.key.kind.is_bill(),
                Billing::Invoice => document.key.kind == Invoice,
                Billing::CashSale => document.key.kind == CashSale,
            };
            counts && !document.is_voided
        })
    }

    /// A bill that stands and does not count, because the account is said to bill otherwise.
    pub(crate) fn uncounted_bill(&self) -> Option<&'look Document> {
        let counted: Vec<&DocumentKey> = self.bills().map(|bill| &bill.key).collect();
        let mut bills =
            self.documents.iter().filter(|document| document.key.kind.is_bill() && !document.is_voided);
        bills.find(|bill| !counted.contains(&&bill.key))
    }

    /// The credits that count: not voided, and not the one that an earlier try made for this very refund.
    pub(crate) fn credits(&self, except: Option<&RefundId>) -> impl Iterator<Item = &'look Document> {
        let except = except.map(ExternalId::of_refund);
        self.documents.iter().filter(move |document| {
            let is_excepted =
                except.as_ref().is_some_and(|id| document.external_id.as_deref() == Some(id.as_str()));
            document.key.kind.is_credit() && !document.is_voided && !is_excepted
        })
    }

    /// A document that was read.
    pub(crate) fn document(&self, key: &DocumentKey) -> Option<&'look Document> {
        self.documents.iter().find(|document| document.key == *key)
    }

    /// The document that was made for a refund under our external id, voided or not.
    pub(crate) fn made_for(&self, refund: &RefundId) -> Option<&'look Document> {
        let id = ExternalId::of_refund(refund);
        let credits = self.documents.iter().filter(|document| document.key.kind.is_credit());
        credits.into_iter().find(|document| document.external_id.as_deref() == Some(id.as_str()))
    }

    /// The sales order's line that a document's line comes from: by Amazon's line id, else by the line that it was
    /// made from, through the documents in between.
    pub(crate) fn order_line(&self, document: &Document, line: &DocumentLine) -> Option<LineNumber> {
        self.order_line_within(document, line, DEEPEST)
    }

    fn order_line_within(&self, document: &Document, line: &DocumentLine, depth: u32) -> Option<LineNumber> {
        let known = line.amazon_line.as_ref().and_then(|id| self.sent_line(id));
        if known.is_some() {
            return known;
        }
        let (from, source) = (document.created_from.as_ref()?, line.source_line?);
        if from.as_str() == self.order.as_str() {
            return Some(source);
        }
        let between = self.documents.iter().find(|between| between.key.id == *from)?;
        let line = between.lines.iter().find(|line| line.line == source)?;
        self.order_line_within(between, line, depth.checked_sub(1)?)
    }

    fn sent_line(&self, id: &AmazonLineId) -> Option<LineNumber> {
        self.sent.lines.iter().find(|line| line.amazon_line == *id).map(|line| line.line)
    }

    /// The goods lines of a document.
    ///
    /// # Errors
    /// A reason to park: figures that do not add up.
    pub(crate) fn positions(&self, document: &Document) -> Result<Vec<Position>, Reason> {
        let goods: Vec<&DocumentLine> = document.lines.iter().filter(|line| line.kind.is_goods()).collect();
        let others = document.lines.iter().filter(|line| line.kind.has_amount_of_its_own());
        let shares = shares(&Charges {
            name: &format!("{} {}", document.key.kind, document.key.id),
            digits: document.currency.minor_digits(),
            goods: goods.iter().map(|line| GoodsCharge { amount: line.amount, tax: line.tax }).collect(),
            others: others.map(|line| line.amount).collect(),
            discount_total: document.discount_total,
            shipping_cost: document.shipping_cost,
            handling_cost: document.handling_cost,
            tax_total: document.tax_total,
            total: document.total,
        })?;
        let positions = goods.into_iter().zip(shares).map(|(line, share)| Position {
            line: line.line,
            order_line: self.order_line(document, line),
            units: line.quantity,
            net: line.amount - share.discount,
            tax: share.tax,
        });
        Ok(positions.collect())
    }

    /// What was billed and taken back. `except` is the refund that is being worked out.
    ///
    /// # Errors
    /// A reason to park: figures that do not add up, several currencies, or a bill's line that belongs to no line of
    /// the sales order. A line of a credit that belongs to none counts in the order's sum only.
    pub(crate) fn standing(&self, except: Option<&RefundId>) -> Result<Standing, Reason> {
        let mut standing = Standing {
            lines: BTreeMap::new(),
            billed: Decimal::ZERO,
            refunded: Decimal::ZERO,
            billed_units: Decimal::ZERO,
            refunded_units: Decimal::ZERO,
            shipping: Decimal::ZERO,
        };
        self.one_currency(except)?;
        for bill in self.bills() {
            standing.billed += bill.total;
            standing.shipping += bill.shipping_cost + bill.handling_cost;
            for position in self.positions(bill)? {
                let Some(line) = position.order_line else { return Err(line_unknown(bill, position.line)) };
                standing.billed_units += position.units;
                let entry = standing.lines.entry(line).or_default();
                entry.billed += position.units;
                entry.net += position.net;
                entry.tax += position.tax;
            }
        }
        for credit in self.credits(except) {
            standing.refunded += credit.total;
            standing.shipping -= credit.shipping_cost + credit.handling_cost;
            for position in self.positions(credit)? {
                standing.refunded_units += position.units;
                let Some(line) = position.order_line else { continue };
                let entry = standing.lines.entry(line).or_default();
                entry.refunded += position.units;
                entry.refunded_net += position.net;
                entry.refunded_tax += position.tax;
            }
        }
        Ok(standing)
    }

    fn one_currency(&self, except: Option<&RefundId>) -> Result<(), Reason> {
        let mut documents = self.bills().chain(self.credits(except));
        let Some(first) = documents.next() else { return Ok(()) };
        match documents.find(|other| other.currency != first.currency) {
            None => Ok(()),
            Some(other) => Err(Reason::new(
                "document_currencies_differ",
                format!(
                    "{} is in {}, but {} is in {}; amounts of two currencies are not added",
                    first.key, first.currency, other.key, other.currency
                ),
                "refund it by hand in NetSuite; the document is then attached to Amazon's refund",
                Who::Merchant,
            )),
        }
    }
}

fn line_unknown(bill: &Document, line: LineNumber) -> Reason {
    Reason::new(
        "bill_line_unknown",
        format!("line {line} of {} belongs to no line of the sales order that we can tell", bill.key),
        "refund it by hand in NetSuite; the document is then attached to Amazon's refund",
        Who::Merchant,
    )
}

/// The smallest amount that can be paid in the currency of some money.
pub(crate) fn smallest(money: &Money) -> Decimal {
    Decimal::new(1, money.currency.minor_digits())
}
