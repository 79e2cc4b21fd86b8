//! Makes the documents of a refund in NetSuite, once each.

use std::sync::Arc;

use amz_domain::{Document, DocumentId, DocumentKey, DocumentKind, Origin, Quantity};
use async_trait::async_trait;

use super::plan::moved;
use super::progress::voided;
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::PortError;
use crate::intent::{NewIntent, Operation};
use crate::link::{DocumentLink, Link, RefundLink};
use crate::parking::{Reason, Who};
use crate::ports::Documents;
use crate::ports::documents::{CLOSED_PERIOD, DocumentSource, NewDocument};
use crate::posting_day::PostingDays;
use crate::settings::ClosedPeriod;

/// Makes the credit memo or cash refund of a refund. A day in a closed period is answered as the settings say.
pub(super) async fn create(
    desk: &mut Desk<'_>,
    new: &NewDocument,
    link: &RefundLink,
) -> Result<Written<RefundLink>, Stop> {
    let written = create_on(desk, new, link).await?;
    let Written::Parked(reason) = written else { return Ok(written) };
    let Some(wanted) = new.date.filter(|_| reason.code == CLOSED_PERIOD) else {
        return Ok(Written::Parked(reason));
    };
    let connection = desk.connection;
    if connection.settings.refunds.closed_period == ClosedPeriod::FirstOpenDay {
        let mut refused = wanted;
        let mut days = PostingDays::after(wanted);
        while let Some(day) = days.next(&*connection.accounting_periods).await? {
            desk.note(format!("{refused} lies in a closed period, posting on {day}"));
            match create_on(desk, &moved(new, day), link).await? {
                Written::Parked(reason) if reason.code == CLOSED_PERIOD => refused = day,
                other => return Ok(other),
            }
        }
    }
    Ok(Written::Parked(Reason::new(
        "period_closed",
        format!("the refund belongs to {wanted}, and its accounting period is closed: {}", reason.cause),
        "open the period, or refund it by hand on another day; a document by hand is attached to Amazon's refund",
        Who::Merchant,
    )))
}

async fn create_on(
    desk: &mut Desk<'_>,
    new: &NewDocument,
    link: &RefundLink,
) -> Result<Written<RefundLink>, Stop> {
    let write = CreateDocument { documents: desk.connection.documents.clone(), new, link };
    let written = desk.write_once(write.intent(), &write).await?;
    Ok(write.written(written))
}

/// What became of an earlier try to make the document; `None` when there was none, or when it came to nothing.
pub(super) async fn created_earlier(
    desk: &mut Desk<'_>,
    new: &NewDocument,
    link: &RefundLink,
) -> Result<Option<Written<RefundLink>>, Stop> {
    let write = CreateDocument { documents: desk.connection.documents.clone(), new, link };
    let settled = desk.settle_earlier(&write.intent(), &write).await?;
    Ok(settled.map(|settled| write.written(settled)))
}

/// A credit under our external id.
struct CreateDocument<'plan> {
    documents: Arc<dyn Documents>,
    new: &'plan NewDocument,
    link: &'plan RefundLink,
}

impl CreateDocument<'_> {
    fn intent(&self) -> NewIntent {
        intent(Operation::CreateRefundDocument, format!("refund {}", self.link.id), "")
    }

    fn written(&self, written: Written<DocumentId>) -> Written<RefundLink> {
        match written {
            Written::Done(document) => Written::Done(self.linked(&document)),
            Written::Wait(at) => Written::Wait(at),
            Written::Parked(reason) => Written::Parked(reason),
        }
    }

    /// The link with its document. The day it was posted on is read back later.
    fn linked(&self, document: &DocumentId) -> RefundLink {
        let document = DocumentKey { kind: self.new.kind, id: document.clone() };
        RefundLink { document: Some(document), posted_on: self.new.date, ..self.link.clone() }
    }

    /// True when a document takes back the same units of the same lines.
    fn is_same(&self, found: &Document) -> bool {
        let goods = found.lines.iter().filter(|line| line.kind.is_goods() && !line.quantity.is_zero());
        let mut held: Vec<_> =
            goods.map(|line| (line.source_line, Quantity::try_from(line.quantity).ok())).collect();
        let mut wanted: Vec<_> =
            self.new.lines.iter().map(|line| (Some(line.source_line), Some(line.quantity))).collect();
        if held.iter().any(|(source, _)| source.is_none()) {
            held.iter_mut().chain(&mut wanted).for_each(|(source, _)| *source = None);
        }
        held.sort();
        wanted.sort();
        let DocumentSource::Document(source) = &self.new.source else { return false };
        let from = found.created_from.as_ref();
        held == wanted && from.is_none_or(|from| *from == source.id)
    }
}

#[async_trait]
impl OnceWrite for CreateDocument<'_> {
    type Value = DocumentId;

    async fn send(&self) -> Result<DocumentId, PortError> {
        self.documents.create(self.new).await
    }

    async fn look_up(&self) -> Result<Option<Found<DocumentId>>, PortError> {
        let found = self.documents.find(self.new.kind, &self.new.external_id).await?;
        Ok(found.map(|found| {
            if found.is_voided {
                Found::Different(voided(&found.key, None))
            } else if self.is_same(&found) {
                Found::Same(found.key.id)
            } else {
                Found::Different(taken(self.new, &found.key))
            }
        }))
    }

    fn outcome(&self, document: &DocumentId) -> (String, Vec<Link>) {
        let key = DocumentKey { kind: self.new.kind, id: document.clone() };
        let links = vec![
            Link::Refund(Box::new(self.linked(document))),
            Link::Document(DocumentLink { document: key.clone(), origin: Origin::Amazon }),
        ];
        (key.to_string(), links)
    }
}

/// Makes the customer refund that pays out a credit memo. With nothing left to pay out, only an earlier try is
/// settled; `None` when there was none.
pub(super) async fn pay_out(
    desk: &mut Desk<'_>,
    new: &NewDocument,
    link: &RefundLink,
    is_used_up: bool,
) -> Result<Option<Written<RefundLink>>, Stop> {
    let write = CreatePayout { documents: desk.connection.documents.clone(), new, link };
    let once = intent(Operation::CreatePayout, format!("refund {}", link.id), "");
    let written = match is_used_up {
        true => desk.settle_earlier(&once, &write).await?,
        false => Some(desk.write_once(once, &write).await?),
    };
    Ok(written.map(|written| match written {
        Written::Done(document) => Written::Done(write.linked(&document)),
        Written::Wait(at) => Written::Wait(at),
        Written::Parked(reason) => Written::Parked(reason),
    }))
}

/// A customer refund under our external id.
struct CreatePayout<'plan> {
    documents: Arc<dyn Documents>,
    new: &'plan NewDocument,
    link: &'plan RefundLink,
}

impl CreatePayout<'_> {
    fn linked(&self, document: &DocumentId) -> RefundLink {
        let payout = DocumentKey { kind: DocumentKind::CustomerRefund, id: document.clone() };
        RefundLink { payout: Some(payout), ..self.link.clone() }
    }
}

#[async_trait]
impl OnceWrite for CreatePayout<'_> {
    type Value = DocumentId;

    async fn send(&self) -> Result<DocumentId, PortError> {
        self.documents.create(self.new).await
    }

    async fn look_up(&self) -> Result<Option<Found<DocumentId>>, PortError> {
        let found = self.documents.find(self.new.kind, &self.new.external_id).await?;
        let memo = self.new.apply_to.as_ref().map(|application| &application.document);
        Ok(found.map(|found| {
            if found.is_voided {
                return Found::Different(voided(&found.key, None));
            }
            // not every account shows what a customer refund was applied to
            let applied = &found.applied;
            if applied.is_empty() || applied.iter().any(|applied| Some(&applied.document) == memo) {
                Found::Same(found.key.id)
            } else {
                Found::Different(taken(self.new, &found.key))
            }
        }))
    }

    fn outcome(&self, document: &DocumentId) -> (String, Vec<Link>) {
        let key = DocumentKey { kind: DocumentKind::CustomerRefund, id: document.clone() };
        let links = vec![
            Link::Refund(Box::new(self.linked(document))),
            Link::Document(DocumentLink { document: key.clone(), origin: Origin::Amazon }),
        ];
        (key.to_string(), links)
    }
}

fn taken(new: &NewDocument, found: &DocumentKey) -> Reason {
    Reason::new(
        "external_id_taken",
        format!("{found} carries our external id {}, but is not what we would make", new.external_id),
        "compare the document with Amazon's refund; correct or delete it in NetSuite, then retry",
        Who::Merchant,
    )
}
