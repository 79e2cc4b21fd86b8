//! Use case 8: documents that staff or another integration made.

use amz_domain::{Document, DocumentKey, DocumentKind, DocumentMarks, Origin, RefundId};

use super::claims::{on_document, undecided};
use super::external::{Told, is_free, is_staffs, refund_of, told, within_paid};
use super::progress::voided;
use super::report::{External, tell, told_earlier, told_links};
use super::run::{Look, Next, document_missing, is_own, subject};
use crate::desk::{Stop, Written, intent};
use crate::intent::Operation;
use crate::link::{Link, RefundLink};
use crate::orders::digest;
use crate::parking::{Reason, Who};
use crate::ports::documents::DocumentPatch;

impl Look<'_, '_> {
    /// Takes up a document that somebody else made or changed.
    pub(super) async fn changed(&mut self, key: &DocumentKey) -> Result<Next, Stop> {
        let Some(document) = self.document(key).cloned() else { return self.deleted(key).await };
        if key.kind == DocumentKind::CustomerRefund {
            return self.customer_refund(&document).await;
        }
        if let Some(link) = refund_of(&self.view.links, key).cloned() {
            return self.linked(&link, key).await;
        }
        let marked = document.marks.amazon_refund.clone();
        if document.is_voided {
            return self.voided_untold(&document).await;
        } else if let Some(refund) = marked.and_then(|id| self.amazon_refund(&id))
            && is_free(&document, &self.view.links)
            && refund.alias.is_none()
        {
            self.desk.note(format!("{key}: refund {} has another document", refund.id));
        } else if is_free(&document, &self.view.links) {
            return self.external(&document).await;
        } else {
            self.desk.note(format!("{key}: own echo, ignored"));
        }
        Ok(Next::GoOn)
    }

    /// A document that is not there any more: Amazon may have been told of it.
    async fn deleted(&mut self, key: &DocumentKey) -> Result<Next, Stop> {
        let is_behind = |link: &&RefundLink| [&link.document, &link.payout].contains(&&Some(key.clone()));
        let refunds = self.view.links.iter().filter_map(|link| match link {
            Link::Refund(link) => Some(link.as_ref()),
            _ => None,
        });
        let told = refunds.into_iter().find(is_behind).filter(|link| link.reported.is_some());
        match told.map(|link| link.id.clone()) {
            Some(refund) => self.desk.park(&subject(&refund), &document_missing(key)).await?,
            None => self.desk.unpark(&on_document(key)).await?,
        }
        Ok(Next::GoOn)
    }

    /// A voided credit of staff's that no refund has. Amazon may have been told of it all the same.
    async fn voided_untold(&mut self, document: &Document) -> Result<Next, Stop> {
        let key = &document.key;
        let told = told(&self.books(), document).ok().flatten().filter(|_| is_staffs(document));
        let earlier = match told {
            Some(told) => {
                let new = self.as_external(document, told);
                told_earlier(self.desk, &self.view.amazon.id, &new).await?
            }
            None => None,
        };
        match earlier {
            Some(Written::Done(link)) => {
                self.view.learn(told_links(&link, key));
                self.desk.unpark(&on_document(key)).await?;
                return self.linked(&link, key).await;
            }
            Some(Written::Wait(at)) => {
                self.desk.settle_at(at);
                return Ok(Next::Wait);
            }
            Some(Written::Parked(reason)) => self.desk.park(&on_document(key), &reason).await?,
            None => {
                self.desk.note(format!("{key} was voided before Amazon was told"));
                self.desk.unpark(&on_document(key)).await?;
            }
        }
        Ok(Next::GoOn)
    }

    /// A document whose refund is known changed.
    async fn linked(&mut self, link: &RefundLink, key: &DocumentKey) -> Result<Next, Stop> {
        if !link.is_ended && self.is_served(&link.id) {
            return Ok(Next::GoOn);
        }
        let Some(refund) = self.amazon_refund(&link.id) else {
            self.desk.note(format!("{key}: Amazon does not show refund {} any more", link.id));
            return Ok(Next::GoOn);
        };
        match self.step(&refund, link).await? {
            Written::Done(after) => {
                if after == *link {
                    let echo =
                        if is_own(&self.view.links, key) { "own echo, ignored" } else { "nothing new" };
                    self.desk.note(format!("{key}: {echo}"));
                }
                self.view.learn(vec![Link::Refund(Box::new(after))]);
                self.desk.unpark(&subject(&link.id)).await?;
            }
            Written::Wait(at) => {
                self.desk.settle_at(at);
                return Ok(Next::Wait);
            }
            Written::Parked(reason) => self.desk.park(&subject(&link.id), &reason).await?,
        }
        Ok(Next::GoOn)
    }

    /// A customer refund changes what is paid of the credit memo that it is applied to.
    async fn customer_refund(&mut self, document: &Document) -> Result<Next, Stop> {
        let key = &document.key;
        let paid_by = |link: &&RefundLink| link.payout.as_ref() == Some(key);
        let refunds = self.view.links.iter().filter_map(|link| match link {
            Link::Refund(link) => Some(link.as_ref()),
            _ => None,
        });
        if let Some(link) = refunds.into_iter().find(paid_by).cloned() {
            if document.is_voided {
                self.desk.park(&subject(&link.id), &voided(key, link.reported.as_ref())).await?;
            } else {
                self.desk.note(format!("{key}: own echo, ignored"));
            }
            return Ok(Next::GoOn);
        }
        let applied = |memo: &&Document| {
            memo.key.kind == DocumentKind::CreditMemo
                && document.applied.iter().any(|applied| applied.document == memo.key.id)
        };
        let Some(memo) = self.documents.iter().find(applied).cloned() else {
            self.desk.note(format!("{key} pays out nothing of this order"));
            return Ok(Next::GoOn);
        };
        match refund_of(&self.view.links, &memo.key).cloned() {
            Some(link) => self.linked(&link, &memo.key).await,
            None if is_free(&memo, &self.view.links) => self.external(&memo).await,
            None => Ok(Next::GoOn),
        }
    }

    /// Tells Amazon of a refund that staff made.
    async fn external(&mut self, document: &Document) -> Result<Next, Stop> {
        let key = &document.key;
        let on_document = on_document(key);
        let planned = told(&self.books(), document).and_then(|told| {
            told.as_ref().map_or(Ok(()), |told| within_paid(&self.books(), told)).map(|()| told)
        });
        let told = match planned {
            Ok(Some(told)) if !told.total.amount.is_zero() => told,
            Ok(None) if is_without_units(document) && !self.separate.contains(key) => {
                self.desk.park(&on_document, &without_units(document)).await?;
                return Ok(Next::GoOn);
            }
            Ok(_) => {
                self.desk.note(format!("{key} takes back nothing that Amazon has"));
                self.desk.unpark(&on_document).await?;
                return Ok(Next::GoOn);
            }
            Err(reason) => {
                self.desk.park(&on_document, &reason).await?;
                return Ok(Next::GoOn);
            }
        };
        let new = self.as_external(document, told);
        let is_known =
            self.view.amazon.refunds.iter().any(|refund| refund.alias.as_ref() == Some(&new.alias));
        let contested = if is_known { Vec::new() } else { self.contested_by(key) };
        let written = match contested.is_empty() {
            true => tell(self.desk, &self.view.amazon.id, &new, is_known).await?,
            // an earlier try may have told it
            false => match told_earlier(self.desk, &self.view.amazon.id, &new).await? {
                Some(written) => written,
                None => Written::Parked(undecided(key, &contested)),
            },
        };
        match written {
            Written::Done(link) => {
                self.view.learn(told_links(&link, key));
                match self.mark(document, &link.id).await? {
                    Some(reason) => self.desk.park(&on_document, &reason).await?,
                    None => self.desk.unpark(&on_document).await?,
                }
            }
            Written::Wait(at) => {
                self.desk.settle_at(at);
                return Ok(Next::Wait);
            }
            Written::Parked(reason) => self.desk.park(&on_document, &reason).await?,
        }
        Ok(Next::GoOn)
    }

    fn as_external(&self, document: &Document, told: Told) -> External {
        let settings = &self.desk.connection.settings;
        let paid = self.external_paid(document);
        External::of(document, told, paid, &settings.account, &settings.refunds.external_reason)
    }

    /// Writes on a document that staff made which refund it belongs to. A reason when NetSuite refuses.
    pub(super) async fn mark(
        &mut self,
        document: &Document,
        refund: &RefundId,
    ) -> Result<Option<Reason>, Stop> {
        let wanted = DocumentMarks {
            amazon_order: Some(self.view.amazon.id.clone()),
            amazon_refund: Some(refund.clone()),
            origin: Some(Origin::NetSuite),
            ..DocumentMarks::default()
        };
        let DocumentMarks { amazon_order, amazon_refund, origin, .. } = &document.marks;
        if (amazon_order, amazon_refund, origin)
            == (&wanted.amazon_order, &wanted.amazon_refund, &wanted.origin)
        {
            return Ok(None);
        }
        let key = document.key.clone();
        if let Some(known) = self.documents.iter_mut().find(|known| known.key == key) {
            known.marks.amazon_order.clone_from(&wanted.amazon_order);
            known.marks.amazon_refund.clone_from(&wanted.amazon_refund);
            known.marks.origin.clone_from(&wanted.origin);
        }
        let patch = DocumentPatch { marks: wanted, ..DocumentPatch::default() };
        let connection = self.desk.connection;
        let mark = intent(Operation::MarkDocument, format!("document {key}"), &digest(&format!("{patch:?}")));
        let send = connection.documents.patch(&key, &patch);
        match self.desk.write_repeatably(mark, send, Vec::new()).await? {
            Written::Parked(reason) => Ok(Some(reason)),
            Written::Done(()) | Written::Wait(_) => Ok(None),
        }
    }
}

/// True for a credit of money alone: shipping, or goodwill.
fn is_without_units(document: &Document) -> bool {
    let mut goods = document.lines.iter().filter(|line| line.kind.is_goods());
    !document.total.is_zero() && goods.all(|line| line.quantity.is_zero())
}

fn without_units(document: &Document) -> Reason {
    let key = &document.key;
    Reason::new(
        "refund_without_units",
        format!(
            "{key} gives {} {} back for no units of goods, and Amazon takes refunds of units only",
            document.total, document.currency
        ),
        format!(
            "enter it in Amazon's console if the shopper shall see it there, then approve document/{key}"
        ),
        Who::Merchant,
    )
}
