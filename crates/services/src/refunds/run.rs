//! Applies the plan of an order's refunds.

use std::collections::BTreeSet;

use amz_domain::{
    AmazonRefund, Document, DocumentKey, DocumentKind, Money, Origin, RefundId, RefundRejection, RefundState,
    SalesOrder,
};

use super::books::Books;
use super::claims::undecided;
use super::document::{create, created_earlier};
use super::external::{is_staffs, told, within_paid};
use super::plan::{RefundFacts, RefundStep, first_sight, plan};
use super::progress::{Paid, Progress, progress, voided};
use super::reading::read;
use super::report::report;
use crate::desk::{Desk, Stop, Written};
use crate::link::{Link, RefundLink};
use crate::order_view::OrderView;
use crate::parking::{Reason, Who};
use crate::ports::documents::NewDocument;

/// How often one refund is carried on in one look: document, payout, a report that was lost, a report.
const STEPS: u32 = 6;

/// Whether the refunds that follow may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// They may.
    GoOn,
    /// The outcome of a write is not known, and they would count on it.
    Wait,
}

/// Brings both sides up to date about an order's refunds. `documents` are those that changed in NetSuite and are not
/// our own echo, `approved` the subjects that a person approved, `rejected` those that shall not be paid, and why.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    documents: &[DocumentKey],
    approved: &[String],
    rejected: &[(String, RefundRejection)],
) -> Result<(), Stop> {
    let is_ours = |kind: DocumentKind| kind.is_credit() || kind == DocumentKind::CustomerRefund;
    let separate: Vec<DocumentKey> =
        approved.iter().filter_map(|subject| approved_document(subject)).collect();
    let mut changed: Vec<DocumentKey> =
        documents.iter().chain(&separate).filter(|document| is_ours(document.kind)).cloned().collect();
    let open = worklist(view, &desk.connection.settings.account);
    if open.is_empty() && changed.is_empty() {
        return Ok(());
    }
    for refund in view.amazon.refunds.iter().filter(|refund| matches!(refund.state, RefundState::Unknown(_)))
    {
        desk.note(format!("refund {} has the unknown state {}: left alone", refund.id, refund.state));
    }
    let order = if open.is_empty() { None } else { view.sales_order(desk).await?.cloned() };
    // what we made ourselves tells all by itself
    let needs_all = !open.is_empty() || changed.iter().any(|key| !is_own(&view.links, key));
    let served = open.clone();
    let mut look = Look { desk, view, order, documents: Vec::new(), separate, rejected, served };
    // what a person said holds whatever can be read
    look.approve(approved).await?;
    let Some(read) = read(look.desk, look.view, &changed, needs_all).await? else { return Ok(()) };
    look.documents = read;
    look.attach().await?;
    changed.extend(look.undecided());
    let mut seen = BTreeSet::new();
    changed.retain(|key| seen.insert(key.clone()));
    for id in &open {
        if look.refund(id).await? == Next::Wait {
            return Ok(());
        }
    }
    for key in &changed {
        if look.changed(key).await? == Next::Wait {
            return Ok(());
        }
    }
    Ok(())
}

/// Refunds that have not come to their end, oldest first: Amazon's, and staff's that are not paid yet.
fn worklist(view: &OrderView, account: &str) -> Vec<RefundId> {
    let link = |refund: &AmazonRefund| link_of(&view.links, &refund.id);
    let is_told =
        |refund: &AmazonRefund| refund.alias.as_ref().is_some_and(|alias| alias.document(account).is_some());
    let mut refunds: Vec<&AmazonRefund> = view
        .amazon
        .refunds
        .iter()
        .filter(|refund| match link(refund) {
            Some(link) => !link.is_ended,
            None => refund.state.is_open() && !is_told(refund),
        })
        .collect();
    refunds.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    refunds.into_iter().map(|refund| refund.id.clone()).collect()
}

fn link_of<'look>(links: &'look [Link], refund: &RefundId) -> Option<&'look RefundLink> {
    links.iter().find_map(|link| match link {
        Link::Refund(link) if link.id == *refund => Some(link.as_ref()),
        _ => None,
    })
}

fn approved_document(subject: &str) -> Option<DocumentKey> {
    subject.strip_prefix("document/").and_then(DocumentKey::parse)
}

pub(super) fn subject(refund: &RefundId) -> String {
    format!("refund/{refund}")
}

/// One look at an order's refunds, with all that was read.
pub(super) struct Look<'look, 'work> {
    pub(super) desk: &'look mut Desk<'work>,
    pub(super) view: &'look mut OrderView,
    /// Read when a refund is open; absent when it cannot be read.
    pub(super) order: Option<SalesOrder>,
    pub(super) documents: Vec<Document>,
    /// Credits that a person approved as refunds of their own.
    pub(super) separate: Vec<DocumentKey>,
    /// Refunds that shall not be paid, by subject, and why.
    pub(super) rejected: &'look [(String, RefundRejection)],
    /// Refunds that this look brings as far as they go, whatever changed.
    served: Vec<RefundId>,
}

impl Look<'_, '_> {
    pub(super) fn books(&self) -> Books<'_> {
        Books {
            order: &self.view.id,
            sent: &self.view.sent,
            documents: &self.documents,
            billing: self.desk.connection.settings.refunds.billing,
        }
    }

    pub(super) fn amazon_refund(&self, id: &RefundId) -> Option<AmazonRefund> {
        self.view.amazon.refunds.iter().find(|refund| refund.id == *id).cloned()
    }

    pub(super) fn document(&self, key: &DocumentKey) -> Option<&Document> {
        self.documents.iter().find(|document| document.key == *key)
    }

    pub(super) fn is_served(&self, id: &RefundId) -> bool {
        self.served.contains(id)
    }

    /// What is known of a refund; at its first sight, what Amazon says of it.
    pub(super) fn link(&self, refund: &AmazonRefund) -> RefundLink {
        let connection = self.desk.connection;
        let first = || first_sight(refund, &connection.settings, connection.now());
        link_of(&self.view.links, &refund.id).cloned().unwrap_or_else(first)
    }

    pub(super) async fn keep(&mut self, link: &RefundLink) -> Result<(), Stop> {
        if link_of(&self.view.links, &link.id) == Some(link) {
            return Ok(());
        }
        let links = vec![Link::Refund(Box::new(link.clone()))];
        self.desk.write_links(&links).await?;
        self.view.learn(links);
        Ok(())
    }

    /// Notes what a person approved, for good.
    async fn approve(&mut self, approved: &[String]) -> Result<(), Stop> {
        for refund in self.view.amazon.refunds.clone() {
            if approved.contains(&subject(&refund.id)) {
                self.desk.note(format!("refund {} is approved", refund.id));
                let link = RefundLink { approved: true, ..self.link(&refund) };
                self.keep(&link).await?;
            }
        }
        Ok(())
    }

    /// Brings one refund of Amazon's as far as it goes.
    pub(super) async fn refund(&mut self, id: &RefundId) -> Result<Next, Stop> {
        for _ in 0..STEPS {
            let Some(refund) = self.amazon_refund(id) else { break };
            let before = self.link(&refund);
            let written = self.step(&refund, &before).await?;
            match written {
                Written::Done(after) => {
                    self.view.learn(vec![Link::Refund(Box::new(after.clone()))]);
                    if after == before || after.is_ended {
                        self.desk.unpark(&subject(id)).await?;
                        break;
                    }
                }
                Written::Wait(at) => {
                    self.keep(&self.link(&refund)).await?;
                    self.desk.settle_at(at);
                    return Ok(Next::Wait);
                }
                Written::Parked(reason) => {
                    // an open link has the refund looked at again when the sales order changes
                    self.keep(&self.link(&refund)).await?;
                    self.desk.park(&subject(id), &reason).await?;
                    break;
                }
            }
        }
        Ok(Next::GoOn)
    }

    /// The next step of a refund; the same link as before when there is none.
    pub(super) async fn step(
        &mut self,
        refund: &AmazonRefund,
        link: &RefundLink,
    ) -> Result<Written<RefundLink>, Stop> {
        let Some(key) = &link.document else { return self.begin(refund, link).await };
        let Some(mut document) = self.document(key).cloned() else {
            return Ok(Written::Parked(document_missing(key)));
        };
        if document.is_voided {
            return Ok(Written::Parked(voided(key, link.reported.as_ref())));
        }
        let total = if is_staffs(&document) {
            if let Some(parked) = self.mark(&document, &link.id).await? {
                return Ok(Written::Parked(parked));
            }
            match self.staffs_total(&document, link) {
                Ok(total) => total,
                Err(reason) => return Ok(Written::Parked(reason)),
            }
        } else {
            document = match self.correct_taxes(document, link).await? {
                Written::Done(document) => document,
                Written::Wait(at) => return Ok(Written::Wait(at)),
                Written::Parked(reason) => return Ok(Written::Parked(reason)),
            };
            Money::new(document.total, document.currency)
        };
        match self.paid(&document, link) {
            Ok(paid) => self.tell_progress(refund, link, Some(&document), total, paid).await,
            Err(payout) => self.pay_out(refund, link, &document, payout).await,
        }
    }

    /// What a document that staff made comes to for Amazon.
    fn staffs_total(&self, document: &Document, link: &RefundLink) -> Result<Money, Reason> {
        let books = self.books();
        let Some(told) = told(&books, document)? else { return Ok(Money::zero(document.currency)) };
        if link.reported.is_none() {
            within_paid(&books, &told)?;
        }
        Ok(told.total)
    }

    /// The first step: a document, or word that none is needed.
    async fn begin(&mut self, refund: &AmazonRefund, link: &RefundLink) -> Result<Written<RefundLink>, Stop> {
        if let Some(reason) = self.rejection(refund, link) {
            return self.reject(refund, link, reason).await;
        }
        if !refund.state.is_open() && link.total.is_none() && self.books().made_for(&refund.id).is_none() {
            self.desk.note(format!("refund {} was settled without us: {}", refund.id, refund.state));
            let link = RefundLink { is_ended: true, ..link.clone() };
            self.keep(&link).await?;
            return Ok(Written::Done(link));
        }
        let Some(order) = &self.order else { return Ok(Written::Parked(order_unreadable(self.view))) };
        let currency = order.currency;
        let planned = self.planned(refund, link, order);
        let contesting = if link.total.is_none() { self.contesting(refund) } else { Vec::new() };
        if let Some(key) = contesting.first() {
            let reason = undecided(key, std::slice::from_ref(&refund.id));
            // an earlier try may have made the document
            let earlier = match &planned {
                Ok(RefundStep::Create { new, link }) => created_earlier(self.desk, new, link).await?,
                _ => None,
            };
            return Ok(earlier.unwrap_or(Written::Parked(reason)));
        }
        match planned {
            Err(reason) => Ok(Written::Parked(reason)),
            Ok(RefundStep::NothingToPay(link)) => {
                let total = link.total.unwrap_or(Money::zero(currency));
                self.keep(&link).await?;
                self.tell_progress(refund, &link, None, total, Paid::AtOnce).await
            }
            Ok(RefundStep::Create { new, link }) => self.create(&new, &link).await,
        }
    }

    /// What must happen for a refund without a document.
    pub(super) fn planned(
        &self,
        refund: &AmazonRefund,
        link: &RefundLink,
        order: &SalesOrder,
    ) -> Result<RefundStep, Reason> {
        let connection = self.desk.connection;
        plan(&RefundFacts {
            refund,
            link: Some(link),
            amazon: &self.view.amazon,
            order,
            books: &self.books(),
            links: &self.view.links,
            settings: &connection.settings,
            now: connection.now(),
        })
    }

    /// Makes a document and reads it back: what NetSuite made of it counts.
    async fn create(&mut self, new: &NewDocument, link: &RefundLink) -> Result<Written<RefundLink>, Stop> {
        let mut link = match create(self.desk, new, link).await? {
            Written::Done(link) => link,
            other => return Ok(other),
        };
        let connection = self.desk.connection;
        let Some(key) = link.document.clone() else { return Ok(Written::Done(link)) };
        let Some(document) = connection.documents.read(&key).await? else {
            self.view.learn(vec![Link::Refund(Box::new(link))]);
            return Ok(Written::Wait(self.desk.settled_after(connection.now())));
        };
        link.posted_on = document.date.or(link.posted_on);
        self.documents.retain(|known| known.key != key);
        self.documents.push(document);
        self.keep(&link).await?;
        Ok(Written::Done(link))
    }

    /// Tells Amazon what it must hear about a refund.
    pub(super) async fn tell_progress(
        &mut self,
        refund: &AmazonRefund,
        link: &RefundLink,
        document: Option<&Document>,
        total: Money,
        paid: Paid,
    ) -> Result<Written<RefundLink>, Stop> {
        let order = self.view.amazon.id.clone();
        match progress(refund, link, document, total, paid) {
            Err(reason) => Ok(Written::Parked(reason)),
            Ok(Progress::Nothing) => Ok(Written::Done(link.clone())),
            Ok(Progress::Known { report: said, link }) => report(self.desk, &order, &said, &link, true).await,
            Ok(Progress::Report { report: said, link }) => {
                report(self.desk, &order, &said, &link, false).await
            }
        }
    }
}

/// True for a document that we made ourselves.
pub(super) fn is_own(links: &[Link], key: &DocumentKey) -> bool {
    let made = |link: &Link| matches!(link, Link::Document(link) if link.document == *key && link.origin == Origin::Amazon);
    links.iter().any(made)
}

pub(super) fn order_unreadable(view: &OrderView) -> Reason {
    Reason::new(
        "sales_order_unreadable",
        format!("sales order {} cannot be read, so its refunds cannot be worked out", view.id),
        "correct the sales order, or let the role see it",
        Who::Operator,
    )
}

pub(super) fn document_missing(key: &DocumentKey) -> Reason {
    Reason::new(
        "refund_document_missing",
        format!("{key}, which was made for the refund, is not there any more, or the role cannot see it"),
        "restore it, or settle the refund with Amazon by hand",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "run_tests/mod.rs"]
mod tests;
