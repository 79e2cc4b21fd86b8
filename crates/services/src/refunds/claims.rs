//! Which refund of Amazon's a credit belongs to that staff made.
//!
//! A credit of exactly a refund's units is given to it, and so is one that names the refund. One that shares lines with
//! a refund without a document, but not the units, may be for it or for something else: a person must say so.

use amz_domain::{AmazonRefund, Document, DocumentKey, RefundId, RefundState};

use super::external::{Told, is_for, is_free, shares_line, told};
use super::report::told_links;
use super::run::Look;
use crate::desk::Stop;
use crate::link::RefundLink;
use crate::parking::{Reason, Who};

impl Look<'_, '_> {
    /// Gives credits that staff made to the refunds that they are for, so that none is made or told twice.
    pub(super) async fn attach(&mut self) -> Result<(), Stop> {
        let mut refunds = self.view.amazon.refunds.clone();
        refunds.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        for refund in refunds.iter().filter(|refund| refund.alias.is_none()) {
            let Some((key, told)) = self.credit_for(refund) else { continue };
            self.desk.note(format!("refund {}: {key} was made for it, attached", refund.id));
            let link = self.link(refund);
            let is_replaced = link.document.is_some();
            let settled = refund.state == RefundState::Success && link.reported.is_none();
            let link = RefundLink {
                posted_on: self.document(&key).and_then(|document| document.date),
                document: Some(key.clone()),
                lines: told.lines,
                total: Some(told.total),
                // what somebody else settled is not reported once more
                reported: match settled {
                    true => Some((RefundState::Success, refund.total.money().unwrap_or(told.total))),
                    false => link.reported.clone(),
                },
                is_ended: settled || (is_replaced && link.is_ended),
                ..link
            };
            let links = told_links(&link, &key);
            self.desk.write_links(&links).await?;
            self.view.learn(links);
            self.desk.unpark(&on_document(&key)).await?;
        }
        Ok(())
    }

    /// The free credit that names a refund, or that takes back exactly its units.
    fn credit_for(&self, refund: &AmazonRefund) -> Option<(DocumentKey, Told)> {
        let link = self.link(refund);
        if !self.lacks_document(&link) {
            return None;
        }
        let books = self.books();
        let free = || self.documents.iter().filter(|document| is_free(document, &self.view.links));
        let told_of = |document: &Document| told(&books, document).ok().flatten();
        let names = |document: &&Document| document.marks.amazon_refund.as_ref() == Some(&refund.id);
        let named =
            free().filter(names).find_map(|document| Some((document.key.clone(), told_of(document)?)));
        if named.is_some() || !self.needs_credit(refund) {
            return named;
        }
        let unnamed = free().filter(|document| self.is_undecided(document));
        let mut told = unnamed.filter_map(|document| Some((document.key.clone(), told_of(document)?)));
        told.find(|(_, told)| is_for(refund, told))
    }

    fn lacks_document(&self, link: &RefundLink) -> bool {
        let is_gone = |key| self.document(key).is_none_or(|document| document.is_voided);
        link.document.as_ref().is_none_or(is_gone)
    }

    /// True for a refund that a credit by staff may be for: it is open or paid, and no credit stands behind it.
    fn needs_credit(&self, refund: &AmazonRefund) -> bool {
        let link = self.link(refund);
        let is_paid_out = refund.state.is_open() || refund.state == RefundState::Success;
        let moved_nothing = link.document.is_none() && link.reported.is_some();
        let is_made = || self.books().made_for(&refund.id).is_some_and(|made| !made.is_voided);
        refund.alias.is_none() && is_paid_out && self.lacks_document(&link) && !moved_nothing && !is_made()
    }

    /// True for a credit that names no refund, was not told as one, and was not approved as one of its own.
    fn is_undecided(&self, document: &Document) -> bool {
        document.marks.amazon_refund.is_none()
            && !self.separate.contains(&document.key)
            && !self.is_told(&document.key)
    }

    /// True for a document that Amazon shows as a refund made outside it, whether our links say so or not.
    fn is_told(&self, document: &DocumentKey) -> bool {
        let account = &self.desk.connection.settings.account;
        let aliases = self.view.amazon.refunds.iter().filter_map(|refund| refund.alias.as_ref());
        aliases.into_iter().any(|alias| alias.document(account).as_ref() == Some(&document.id))
    }

    /// The credits that may be for a refund, and of which nobody can tell.
    pub(super) fn contesting(&self, refund: &AmazonRefund) -> Vec<DocumentKey> {
        if !self.needs_credit(refund) {
            return Vec::new();
        }
        let books = self.books();
        let undecided = self.documents.iter().filter(|document| {
            is_free(document, &self.view.links)
                && self.is_undecided(document)
                && told(&books, document).ok().flatten().is_some_and(|told| shares_line(refund, &told))
        });
        undecided.map(|document| document.key.clone()).collect()
    }

    /// The refunds that a credit may be for.
    pub(super) fn contested_by(&self, document: &DocumentKey) -> Vec<RefundId> {
        let refunds = self.view.amazon.refunds.iter();
        let contested = refunds.filter(|refund| self.contesting(refund).contains(document));
        contested.map(|refund| refund.id.clone()).collect()
    }

    /// Credits by staff that wait for a person to say what they are for.
    pub(super) fn undecided(&self) -> Vec<DocumentKey> {
        self.view.amazon.refunds.iter().flat_map(|refund| self.contesting(refund)).collect()
    }
}

pub(super) fn on_document(key: &DocumentKey) -> String {
    format!("document/{key}")
}

/// A refund and a credit by staff that share lines and not the units.
pub(super) fn undecided(document: &DocumentKey, refunds: &[RefundId]) -> Reason {
    let refunds: Vec<String> = refunds.iter().map(ToString::to_string).collect();
    Reason::new(
        "refund_credit_undecided",
        format!(
            "{document} credits units of the same lines as Amazon's refund {}, but not the same units; whether it is \
             for it cannot be told",
            refunds.join(", ")
        ),
        format!(
            "if it is for one refund, write the refund's id on it; if it is for several, void it and credit each by \
             itself; if it is for something else, approve document/{document}"
        ),
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
