//! Tells Amazon what became of refunds, once each.

use std::sync::Arc;

use amz_domain::{
    AmazonOrderId, AmazonRefund, Document, DocumentKey, Money, Origin, RefundAlias, RefundId, RefundState,
};
use async_trait::async_trait;

use super::external::Told;
use super::progress::{Paid, method, paid_of, state_of};
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::{Failure, PortError};
use crate::intent::{NewIntent, Operation};
use crate::link::{DocumentLink, Link, RefundLink};
use crate::ports::amazon::{RefundPayment, RefundReport, ReportedRefund};
use crate::ports::{AmazonOrders, AmazonRefunds};

/// Reports what became of a refund that Amazon has. `is_known` when Amazon shows it already: then only an earlier try
/// is settled.
pub(super) async fn report(
    desk: &mut Desk<'_>,
    order: &AmazonOrderId,
    report: &RefundReport,
    link: &RefundLink,
    is_known: bool,
) -> Result<Written<RefundLink>, Stop> {
    let connection = desk.connection;
    let write = Report {
        orders: connection.amazon_orders.clone(),
        refunds: connection.amazon_refunds.clone(),
        order,
        report,
        link,
    };
    let once = report_intent(report, &link.id);
    if !is_known {
        return desk.write_once(once, &write).await;
    }
    if let Some(settled) = desk.settle_earlier(&once, &write).await? {
        return Ok(settled);
    }
    desk.write_links(&[Link::Refund(Box::new(link.clone()))]).await?;
    Ok(Written::Done(link.clone()))
}

/// The intent of a report: another one for every state and cumulative total.
fn report_intent(report: &RefundReport, refund: &RefundId) -> NewIntent {
    let (total, currency) = (report.total.amount.normalize(), report.total.currency);
    let distinction = format!("/{}/{total} {currency}", report.state);
    intent(Operation::ReportRefund, format!("refund {refund}"), &distinction)
}

struct Report<'plan> {
    orders: Arc<dyn AmazonOrders>,
    refunds: Arc<dyn AmazonRefunds>,
    order: &'plan AmazonOrderId,
    report: &'plan RefundReport,
    link: &'plan RefundLink,
}

#[async_trait]
impl OnceWrite for Report<'_> {
    type Value = RefundLink;

    async fn send(&self) -> Result<RefundLink, PortError> {
        self.refunds.report(self.order, self.report).await?;
        Ok(self.link.clone())
    }

    async fn look_up(&self) -> Result<Option<Found<RefundLink>>, PortError> {
        let order = self.orders.read(self.order).await?;
        let refund =
            order.and_then(|order| order.refunds.into_iter().find(|refund| refund.id == self.link.id));
        let is_there = refund.is_some_and(|refund| says(&refund, self.report));
        Ok(is_there.then(|| Found::Same(self.link.clone())))
    }

    fn outcome(&self, link: &RefundLink) -> (String, Vec<Link>) {
        let RefundReport { state, total, .. } = self.report;
        (format!("{state}, {total}"), vec![Link::Refund(Box::new(link.clone()))])
    }
}

/// True when Amazon shows what a report says.
fn says(refund: &AmazonRefund, report: &RefundReport) -> bool {
    let total = refund.total.money();
    let is_total = total
        .is_some_and(|total| total.amount == report.total.amount && total.currency == report.total.currency);
    let lists = |id: &String| refund.payments.is_empty() || refund.payments.contains(id);
    refund.state == report.state && is_total && report.payments.iter().all(|payment| lists(&payment.id))
}

/// A refund that was made outside Amazon.
pub(super) struct External {
    /// The document behind it.
    pub(super) document: DocumentKey,
    /// Our alias.
    pub(super) alias: RefundAlias,
    /// What Amazon shall know.
    report: RefundReport,
    /// What is known then; its id is Amazon's, which only Amazon can tell.
    link: RefundLink,
}

impl External {
    /// What a document comes to, as a refund of an account.
    pub(super) fn of(document: &Document, told: Told, paid: Paid, account: &str, reason: &str) -> Self {
        let Told { units, lines, total: comes_to } = told;
        let paid = paid_of(paid, Some(document), comes_to);
        let (state, total) = state_of(paid, comes_to);
        let payments = (!paid.is_zero()).then(|| RefundPayment {
            id: document.key.to_string(),
            amount: Money::new(paid, comes_to.currency),
            method: method(&document.key),
        });
        let alias = RefundAlias::of(account, &document.key.id);
        let report = RefundReport {
            refund: ReportedRefund::External {
                alias: alias.clone(),
                lines: units,
                reason: reason.to_owned(),
            },
            state: state.clone(),
            total,
            payments: payments.into_iter().collect(),
            status_reason: None,
        };
        let link = RefundLink {
            id: alias.as_str().into(),
            origin: Origin::NetSuite,
            document: Some(document.key.clone()),
            payout: None,
            lines,
            total: Some(comes_to),
            estimate: None,
            wanted_on: None,
            posted_on: document.date,
            is_ended: state == RefundState::Success,
            reported: Some((state, total)),
            approved: false,
        };
        Self { document: document.key.clone(), alias, report, link }
    }

    fn intent(&self) -> NewIntent {
        intent(Operation::TellRefund, format!("document {}", self.document), "")
    }
}

/// Tells Amazon of a refund that was made outside it. `is_known` when Amazon shows it already: then only an earlier
/// try is settled, or the refund adopted.
pub(super) async fn tell(
    desk: &mut Desk<'_>,
    order: &AmazonOrderId,
    external: &External,
    is_known: bool,
) -> Result<Written<RefundLink>, Stop> {
    let connection = desk.connection;
    let write = Tell::of(desk, order, external);
    if !is_known {
        return desk.write_once(external.intent(), &write).await;
    }
    if let Some(settled) = desk.settle_earlier(&external.intent(), &write).await? {
        return Ok(settled);
    }
    let Some(link) = write.told().await? else {
        return Ok(Written::Wait(desk.settled_after(connection.now())));
    };
    desk.write_links(&told_links(&link, &external.document)).await?;
    Ok(Written::Done(link))
}

/// What became of an earlier try to tell Amazon of a refund; `None` when there was none, or when it came to nothing.
pub(super) async fn told_earlier(
    desk: &mut Desk<'_>,
    order: &AmazonOrderId,
    external: &External,
) -> Result<Option<Written<RefundLink>>, Stop> {
    let write = Tell::of(desk, order, external);
    desk.settle_earlier(&external.intent(), &write).await
}

struct Tell<'plan> {
    orders: Arc<dyn AmazonOrders>,
    refunds: Arc<dyn AmazonRefunds>,
    order: &'plan AmazonOrderId,
    external: &'plan External,
}

impl<'plan> Tell<'plan> {
    fn of(desk: &Desk<'_>, order: &'plan AmazonOrderId, external: &'plan External) -> Self {
        let connection = desk.connection;
        Self {
            orders: connection.amazon_orders.clone(),
            refunds: connection.amazon_refunds.clone(),
            order,
            external,
        }
    }

    /// What Amazon calls the refund, and what it says of it.
    async fn told(&self) -> Result<Option<RefundLink>, PortError> {
        let order = self.orders.read(self.order).await?;
        let told = order.and_then(|order| {
            order.refunds.into_iter().find(|refund| refund.alias.as_ref() == Some(&self.external.alias))
        });
        Ok(told.map(|refund| {
            let shown = refund.total.money().map(|total| (refund.state, total));
            let reported = shown.or_else(|| self.external.link.reported.clone());
            let is_ended = matches!(reported, Some((RefundState::Success, _)));
            RefundLink { id: refund.id, reported, is_ended, ..self.external.link.clone() }
        }))
    }
}

#[async_trait]
impl OnceWrite for Tell<'_> {
    type Value = RefundLink;

    async fn send(&self) -> Result<RefundLink, PortError> {
        self.refunds.report(self.order, &self.external.report).await?;
        // from here on the refund may be there, whatever goes wrong
        let unclear = |code: &str, message: String| {
            PortError::new("order", Failure::Unclear, code, format!("the refund was told, but {message}"))
        };
        match self.told().await {
            Ok(Some(link)) => Ok(link),
            Ok(None) => Err(unclear("refund_not_visible", "Amazon does not show it yet".to_owned())),
            Err(error) => Err(unclear(&error.code, error.to_string())),
        }
    }

    async fn look_up(&self) -> Result<Option<Found<RefundLink>>, PortError> {
        Ok(self.told().await?.map(Found::Same))
    }

    fn outcome(&self, link: &RefundLink) -> (String, Vec<Link>) {
        (format!("refund {}", link.id), told_links(link, &self.external.document))
    }
}

/// The links of a refund that staff's document is behind.
pub(super) fn told_links(link: &RefundLink, document: &DocumentKey) -> Vec<Link> {
    vec![
        Link::Refund(Box::new(link.clone())),
        Link::Document(DocumentLink { document: document.clone(), origin: Origin::NetSuite }),
    ]
}
