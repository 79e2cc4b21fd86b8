//! Bills, credits and refunds for tests of this module.

use amz_domain::{
    AmazonOrder, AmazonRefund, Channel, Currency, Document, DocumentKey, DocumentKind, DocumentLine,
    DocumentMarks, ExecutionState, Generation, ItemKind, LineNumber, Money, Package, PackageContent,
    PackageState, Quantity, RefundState, RefundTotal,
};
use rust_decimal::Decimal;

use crate::link::{SentLine, SentOrder};

pub(crate) fn cents(value: i64) -> Decimal {
    Decimal::new(value, 2)
}

pub(crate) fn usd(value: i64) -> Money {
    Money::new(cents(value), Currency::USD)
}

/// Line `n` of the sales order is line `A<n>` at Amazon.
pub(crate) fn sent(units: &[u32]) -> SentOrder {
    let lines = units.iter().zip(1..).map(|(units, number)| SentLine {
        alias: format!("42:90{number}").into(),
        amazon_line: format!("A{number}").into(),
        line: LineNumber(number),
        sku: None,
        quantity: Quantity(*units),
        delivery: None,
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: None,
        item: None,
    });
    SentOrder {
        is_foreign: false,
        amazon_order: "AO-1".into(),
        generation: Generation::default(),
        channel: Channel::MultiChannel,
        execution: ExecutionState::Started,
        total: None,
        tax: None,
        recipient_digest: None,
        lines: lines.collect(),
    }
}

/// Units of line `n` at Amazon.
pub(crate) fn units(line: u32, units: u32) -> PackageContent {
    PackageContent { line: format!("A{line}").into(), quantity: Quantity(units) }
}

/// An order at Amazon of which these units were delivered.
pub(crate) fn delivered(contents: Vec<PackageContent>, refunds: Vec<AmazonRefund>) -> AmazonOrder {
    AmazonOrder {
        id: "AO-1".into(),
        alias: None,
        execution: Some(ExecutionState::Started),
        recipient: None,
        lines: Vec::new(),
        packages: vec![package("P-1", PackageState::Delivered, contents)],
        cancellations: Vec::new(),
        returns: Vec::new(),
        refunds,
        links: Vec::new(),
    }
}

pub(crate) fn package(id: &str, state: PackageState, contents: Vec<PackageContent>) -> Package {
    Package { id: id.into(), state, reason: None, contents, tracker: None }
}

pub(crate) fn refund(id: &str, lines: Vec<PackageContent>, estimate: Option<Money>) -> AmazonRefund {
    AmazonRefund {
        id: id.into(),
        alias: None,
        state: RefundState::Pending,
        total: estimate.map_or(RefundTotal::Absent, RefundTotal::Amount),
        lines,
        request_reason: Some("RETURN_RECEIVED".to_owned()),
        payments: Vec::new(),
        created_at: Some("2026-03-10T10:00:00Z".parse().unwrap()),
    }
}

/// A goods line of a document that comes from the same line of its source.
pub(crate) fn goods(number: u32, units: u32, amount: Decimal, tax: Option<Decimal>) -> DocumentLine {
    DocumentLine {
        line: LineNumber(number),
        source_line: Some(LineNumber(number)),
        amazon_line: Some(format!("A{number}").into()),
        item: Some("55".into()),
        kind: ItemKind::Inventory,
        quantity: units.into(),
        quantity_received: Decimal::ZERO,
        rate: None,
        amount,
        tax,
        is_closed: false,
    }
}

/// A document whose figures add up.
pub(crate) fn document(kind: DocumentKind, id: &str, lines: Vec<DocumentLine>) -> Document {
    let total = lines.iter().map(|line| line.amount + line.tax.unwrap_or_default()).sum();
    Document {
        key: DocumentKey::new(kind, id),
        external_id: None,
        status: "A".to_owned(),
        is_voided: false,
        created_from: Some("42".into()),
        customer: Some("501".into()),
        date: Some("2026-03-05".parse().unwrap()),
        currency: Currency::USD,
        exchange_rate: Some(Decimal::ONE),
        tax_total: lines.iter().filter_map(|line| line.tax).sum(),
        lines,
        shipping_cost: Decimal::ZERO,
        handling_cost: Decimal::ZERO,
        discount_total: Decimal::ZERO,
        total,
        amount_remaining: None,
        applied: Vec::new(),
        marks: DocumentMarks::default(),
        memo: None,
    }
}
