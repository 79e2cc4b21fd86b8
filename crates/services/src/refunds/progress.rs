//! What Amazon must hear about a refund whose document is there. Pure.

use amz_domain::{AmazonRefund, Document, DocumentKey, DocumentKind, ExternalId, Money, RefundState};
use rust_decimal::Decimal;

use super::books::smallest;
use crate::link::RefundLink;
use crate::parking::{Reason, Who};
use crate::ports::amazon::{RefundPayment, RefundReport, ReportedRefund};

/// When a document counts as paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paid {
    /// With the document itself, or by a payout that is made.
    AtOnce,
    /// As far as the credit was applied or paid out.
    AsApplied,
}

/// What Amazon must hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing new.
    Nothing,
    /// Amazon heard it already, and the link does not say so: that comes first.
    Known {
        /// What the earlier try said.
        report: RefundReport,
        /// The link afterwards.
        link: Box<RefundLink>,
    },
    /// A report.
    Report {
        /// What to say.
        report: RefundReport,
        /// The link afterwards.
        link: Box<RefundLink>,
    },
}

/// Works out what Amazon must hear. `told` is what the document comes to for Amazon.
///
/// # Errors
/// A reason to park.
pub(crate) fn progress(
    refund: &AmazonRefund,
    link: &RefundLink,
    document: Option<&Document>,
    told: Money,
    paid: Paid,
) -> Result<Progress, Reason> {
    let key = document.map(|document| &document.key);
    if let Some(document) = document {
        if document.is_voided {
            return Err(voided(&document.key, link.reported.as_ref()));
        }
        if link.reported.is_none() && !refund.payments.is_empty() && payments_of(refund, &document.key) == 0 {
            return Err(paid_elsewhere(refund));
        }
    }
    if let Some((state, total)) = unnoted(refund, link, key) {
        let report = RefundReport {
            refund: ReportedRefund::Known(refund.id.clone()),
            state: state.clone(),
            total,
            payments: Vec::new(),
            status_reason: None,
        };
        let mut after = link.clone();
        after.total = after.total.or(Some(told));
        after.is_ended = state == RefundState::Success;
        after.reported = Some((state, total));
        return Ok(Progress::Known { report, link: Box::new(after) });
    }
    let reported = &link.reported;
    if let Some(document) = document.filter(|_| reported.is_none()) {
        as_planned(link, document, told)?;
    }
    let before = match reported {
        Some((RefundState::Partial | RefundState::Success, total)) => total.amount,
        _ => Decimal::ZERO,
    };
    let paid = paid_of(paid, document, told);
    if paid < before {
        return Err(lowered(key, before, paid, told));
    }
    let (state, total) = state_of(paid, told);
    let mut after = link.clone();
    after.total = Some(told);
    after.reported = Some((state.clone(), total));
    after.is_ended = state == RefundState::Success;
    let payments = key.filter(|_| paid > before).map(|key| RefundPayment {
        id: payment_id(refund, key, before),
        amount: Money::new(paid - before, told.currency),
        method: method(key),
    });
    let report = RefundReport {
        refund: ReportedRefund::Known(refund.id.clone()),
        state: state.clone(),
        total,
        payments: payments.into_iter().collect(),
        status_reason: None,
    };
    if let Some((reported_state, reported_total)) = reported {
        if *reported_state == state && same(*reported_total, total) {
            return Ok(Progress::Nothing);
        }
        if *reported_state == RefundState::Success && paid == before {
            return Ok(Progress::Nothing);
        }
    }
    if !refund.state.may_become(&state) {
        // that it waits need not be said
        if state == RefundState::Pending && refund.state.is_open() {
            return Ok(Progress::Nothing);
        }
        return Err(forbidden(refund, &state, total));
    }
    Ok(Progress::Report { report, link: Box::new(after) })
}

/// What of a refund is paid.
pub(crate) fn paid_of(paid: Paid, document: Option<&Document>, told: Money) -> Decimal {
    match (paid, document) {
        (Paid::AtOnce, _) | (Paid::AsApplied, None) => told.amount,
        (Paid::AsApplied, Some(document)) => (told.amount - remaining(document)).max(Decimal::ZERO),
    }
}

/// State and total of a refund of which so much is paid.
pub(crate) fn state_of(paid: Decimal, told: Money) -> (RefundState, Money) {
    match paid {
        paid if paid >= told.amount => (RefundState::Success, told),
        // Amazon takes the total of every report as refunded so far, and it cannot fall
        paid if paid.is_zero() => (RefundState::Pending, Money::zero(told.currency)),
        paid => (RefundState::Partial, Money::new(paid, told.currency)),
    }
}

/// What Amazon heard from us and the link does not say yet: a report whose answer was lost.
fn unnoted(
    refund: &AmazonRefund,
    link: &RefundLink,
    document: Option<&DocumentKey>,
) -> Option<(RefundState, Money)> {
    let total = refund.total.money()?;
    let is_paid = matches!(refund.state, RefundState::Partial | RefundState::Success);
    let is_ours = match (&link.reported, document) {
        (Some((RefundState::Success, noted)), _) => total.amount > noted.amount,
        (Some((RefundState::Partial, noted)), _) => {
            total.amount > noted.amount || refund.state == RefundState::Success
        }
        (Some(_), _) => true,
        (None, Some(key)) => payments_of(refund, key) > 0,
        (None, None) => refund.state == RefundState::Success,
    };
    (is_paid && is_ours).then(|| (refund.state.clone(), total))
}

/// How many payments by a document Amazon lists.
fn payments_of(refund: &AmazonRefund, document: &DocumentKey) -> usize {
    let name = document.to_string();
    let is_ours = |id: &&String| {
        id.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    refund.payments.iter().filter(is_ours).count()
}

/// The document's name; of a later payment followed by which one it is.
fn payment_id(refund: &AmazonRefund, document: &DocumentKey, before: Decimal) -> String {
    let earlier = payments_of(refund, document).max(usize::from(!before.is_zero()));
    if earlier == 0 { document.to_string() } else { format!("{document}-{}", earlier + 1) }
}

/// What of a credit memo is neither applied nor paid out.
pub(crate) fn remaining(document: &Document) -> Decimal {
    let is_used_up = document.key.kind != DocumentKind::CreditMemo || document.status == FULLY_APPLIED;
    let unknown = if is_used_up { Decimal::ZERO } else { document.total };
    document.amount_remaining.unwrap_or(unknown)
}

/// NetSuite's status letter of a credit memo that is fully applied.
const FULLY_APPLIED: &str = "B";

/// Refuses a document of ours that NetSuite made otherwise, by more than rounding.
pub(super) fn as_planned(link: &RefundLink, document: &Document, told: Money) -> Result<(), Reason> {
    let is_ours = document.external_id.as_deref().is_some_and(ExternalId::is_ours);
    let Some(planned) = link.total.filter(|_| is_ours) else { return Ok(()) };
    let lines = Decimal::from(link.lines.len().max(1));
    let differs = planned.currency != told.currency
        || (planned.amount - told.amount).abs() > smallest(&planned) * lines;
    if !differs {
        return Ok(());
    }
    Err(Reason::new(
        "refund_document_differs",
        format!(
            "{} comes to {told}, planned was {planned}; it stands, and Amazon was not told",
            document.key
        ),
        "correct the document in NetSuite; the refund then goes on by itself",
        Who::Merchant,
    ))
}

fn same(one: Money, other: Money) -> bool {
    one.currency == other.currency && one.amount == other.amount
}

/// Payments that somebody else reported.
pub(crate) fn paid_elsewhere(refund: &AmazonRefund) -> Reason {
    Reason::new(
        "refund_paid_elsewhere",
        format!("Amazon lists payments that we did not report: {}", refund.payments.join(", ")),
        "compare with NetSuite; enter there what was paid, and settle the rest with Amazon",
        Who::Merchant,
    )
}

/// A document that was taken back.
pub(crate) fn voided(document: &DocumentKey, reported: Option<&(RefundState, Money)>) -> Reason {
    let told = match reported {
        Some((state, total)) => format!("Amazon was told {state}, {total}, and that cannot be taken back"),
        None => "Amazon was not told of it, and still waits for the refund".to_owned(),
    };
    Reason::new(
        "refund_document_voided",
        format!("{document} was voided; {told}"),
        "refund it anew by hand, or settle it with Amazon",
        Who::Merchant,
    )
}

fn lowered(document: Option<&DocumentKey>, before: Decimal, paid: Decimal, told: Money) -> Reason {
    let name = document.map_or_else(|| "the refund".to_owned(), ToString::to_string);
    Reason::new(
        "refund_lowered_after_report",
        format!(
            "{name} comes to {told}, of which {paid} is paid; Amazon was told {before}, and that cannot be lowered"
        ),
        "restore the document, or settle the difference with Amazon",
        Who::Merchant,
    )
}

fn forbidden(refund: &AmazonRefund, state: &RefundState, total: Money) -> Reason {
    Reason::new(
        "refund_state_forbids",
        format!("Amazon has the refund as {}, which cannot become {state} with {total}", refund.state),
        "settle it with Amazon",
        Who::Merchant,
    )
}

/// How a document pays, for people.
pub(crate) fn method(document: &DocumentKey) -> String {
    format!("NetSuite {} {}", words(document.kind), document.id)
}

fn words(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::CreditMemo => "credit memo",
        DocumentKind::CashRefund => "cash refund",
        DocumentKind::CustomerRefund => "customer refund",
        DocumentKind::ReturnAuthorization
        | DocumentKind::ItemReceipt
        | DocumentKind::Invoice
        | DocumentKind::CashSale => kind.as_str(),
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
