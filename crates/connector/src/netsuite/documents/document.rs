//! A document as the record service shows it.

use amz_domain::document::{AppliedAmount, DocumentLine};
use amz_domain::{Document, DocumentKey, DocumentKind, DocumentMarks, ItemKind, LineNumber};
use rust_decimal::Decimal;

use crate::netsuite::currency::currency;
use crate::netsuite::reading::{FieldProblem, Node};
use crate::netsuite::{FieldNames, NetSuiteSettings};

/// Status letter of what was voided.
const VOIDED: &str = "V";

/// Reads a record of a kind. What takes money back may come with amounts below zero; it is turned around as a whole,
/// so that a discount line keeps its sign against the others.
pub(super) fn document(
    kind: DocumentKind,
    record: &Node<'_>,
    settings: &NetSuiteSettings,
) -> Result<Document, FieldProblem> {
    let (id, total) = (record.field("id"), total(kind, record)?);
    let sign = if total.is_sign_negative() { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let amount = |name: &str| record.field(name).decimal().map(|amount| amount.unwrap_or_default() * sign);
    let status = status(record)?;
    let customer = match record.field("entity").id()? {
        Some(entity) => Some(entity),
        None => record.field("customer").id()?,
    };
    Ok(Document {
        key: DocumentKey::new(kind, id.require(id.id()?, "an internal id")?),
        external_id: record.field("externalId").text()?,
        is_voided: status == VOIDED || record.field("voided").ticked()?,
        status,
        created_from: record.field("createdFrom").id()?.map(Into::into),
        customer: customer.map(Into::into),
        date: record.field("tranDate").day()?,
        currency: currency(&record.field("currency"), settings)?,
        exchange_rate: record.field("exchangeRate").decimal()?,
        lines: lines(kind, record, sign, &settings.fields)?,
        shipping_cost: amount("shippingCost")?,
        handling_cost: amount("handlingCost")?,
        discount_total: amount("discountTotal")?.abs(),
        tax_total: amount("taxTotal")?,
        total: total * sign,
        amount_remaining: record.field("amountRemaining").decimal()?.map(|remaining| remaining * sign),
        applied: applied(record)?,
        marks: marks(record, &settings.fields)?,
        memo: record.field("memo").text()?,
    })
}

/// What the document comes to. Where money moves it must be told; goods have none.
fn total(kind: DocumentKind, record: &Node<'_>) -> Result<Decimal, FieldProblem> {
    let total = record.field("total");
    match (kind, total.decimal()?) {
        (_, Some(amount)) => Ok(amount),
        (DocumentKind::ReturnAuthorization | DocumentKind::ItemReceipt, None) => Ok(Decimal::ZERO),
        (_, None) => total.require(None, "an amount"),
    }
}

/// The status letter; receipts have none. A return shows it in a field of its own too.
fn status(record: &Node<'_>) -> Result<String, FieldProblem> {
    let letter = match record.field("status").id()? {
        Some(letter) => Some(letter),
        None => record.field("orderStatus").id()?,
    };
    let letter = letter.unwrap_or_default();
    // some places write the type in front: `RtnAuth:B`
    Ok(letter.rsplit(':').next().unwrap_or(&letter).to_owned())
}

fn lines(
    kind: DocumentKind,
    record: &Node<'_>,
    sign: Decimal,
    fields: &FieldNames,
) -> Result<Vec<DocumentLine>, FieldProblem> {
    // it pays out, and has no goods
    if kind == DocumentKind::CustomerRefund {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    for line in record.field("item").lines()? {
        lines.extend(document_line(&line, sign, fields)?);
    }
    Ok(lines)
}

/// One line; `None` for one that was left out and for members of a kit, which the kit stands for.
fn document_line(
    line: &Node<'_>,
    sign: Decimal,
    fields: &FieldNames,
) -> Result<Option<DocumentLine>, FieldProblem> {
    let taken = line.field("itemReceive");
    if !taken.is_absent() && !taken.ticked()? || !line.field("kitMemberOf").is_absent() {
        return Ok(None);
    }
    let (number, kind) =
        (line.field("line"), ItemKind::from(line.field("itemType").id()?.unwrap_or_default()));
    let units = |name: &str| line.field(name).decimal().map(|units| units.unwrap_or_default().abs());
    let amount = |name: &str| line.field(name).decimal().map(|amount| amount.map(|amount| amount * sign));
    Ok(Some(DocumentLine {
        line: LineNumber(number.require(number.whole()?, "a line number")?),
        source_line: line.field("orderLine").whole()?.map(LineNumber),
        amazon_line: line.field(&fields.line_id).text()?.map(Into::into),
        item: line.field("item").id()?.map(Into::into),
        quantity: units("quantity")?,
        quantity_received: units("quantityReceived")?,
        rate: line.field("rate").price(&kind)?,
        amount: amount("amount")?.unwrap_or_default(),
        tax: amount("tax1Amt")?,
        is_closed: line.field("isClosed").ticked()?,
        kind,
    }))
}

/// What the document is applied to. The list also offers everything else that is open for the customer, which may
/// be thousands of documents, so it need not be whole.
fn applied(record: &Node<'_>) -> Result<Vec<AppliedAmount>, FieldProblem> {
    let mut applied = Vec::new();
    for line in record.field("apply").lines_that_came() {
        let amount = line.field("amount").decimal()?.unwrap_or_default().abs();
        if !line.field("apply").ticked()? || amount.is_zero() {
            continue;
        }
        let document = line.field("doc");
        let id = document.require(document.id()?, "an internal id")?;
        applied.push(AppliedAmount { document: id.into(), amount });
    }
    Ok(applied)
}

fn marks(record: &Node<'_>, fields: &FieldNames) -> Result<DocumentMarks, FieldProblem> {
    let text = |name: &str| record.field(name).text();
    Ok(DocumentMarks {
        amazon_order: text(&fields.order_id)?.map(Into::into),
        amazon_return: text(&fields.return_id)?.map(Into::into),
        amazon_refund: text(&fields.refund_id)?.map(Into::into),
        origin: text(&fields.origin)?.map(Into::into),
        delivery_state: text(&fields.delivery_state)?,
        message: text(&fields.sync_message)?,
    })
}
