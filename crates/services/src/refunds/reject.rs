//! A refund that a person decided not to pay.

use amz_domain::{AmazonRefund, Money, RefundRejection, RefundState};

use super::document::created_earlier;
use super::plan::RefundStep;
use super::report::report;
use super::run::{Look, order_unreadable, subject};
use crate::desk::{Stop, Written};
use crate::link::RefundLink;
use crate::ports::amazon::{RefundReport, ReportedRefund};

impl Look<'_, '_> {
    /// Why a refund shall be rejected, when it can be: it waits at Amazon, and no document was made for it.
    pub(super) fn rejection(&mut self, refund: &AmazonRefund, link: &RefundLink) -> Option<RefundRejection> {
        let subject = subject(&refund.id);
        let (_, reason) = self.rejected.iter().find(|(rejected, _)| *rejected == subject)?;
        let is_made = self.books().made_for(&refund.id).is_some_and(|made| !made.is_voided);
        let waits = matches!(refund.state, RefundState::Pending | RefundState::Rejected);
        if waits && !is_made && link.total.is_none() {
            return Some(*reason);
        }
        self.desk.note(format!("refund {} is on its way and cannot be rejected any more", refund.id));
        None
    }

    /// Tells Amazon that a refund will not be paid.
    pub(super) async fn reject(
        &mut self,
        refund: &AmazonRefund,
        link: &RefundLink,
        reason: RefundRejection,
    ) -> Result<Written<RefundLink>, Stop> {
        let Some(order) = &self.order else { return Ok(Written::Parked(order_unreadable(self.view))) };
        let total = Money::zero(order.currency);
        if let Ok(RefundStep::Create { new, link }) = self.planned(refund, link, order)
            && let Some(made) = created_earlier(self.desk, &new, &link).await?
        {
            return Ok(made);
        }
        let said = RefundReport {
            refund: ReportedRefund::Known(refund.id.clone()),
            state: RefundState::Rejected,
            total,
            payments: Vec::new(),
            status_reason: Some(reason.as_str().to_owned()),
        };
        let after = RefundLink {
            total: Some(total),
            reported: Some((RefundState::Rejected, total)),
            is_ended: true,
            ..link.clone()
        };
        let is_known = refund.state == RefundState::Rejected;
        report(self.desk, &self.view.amazon.id.clone(), &said, &after, is_known).await
    }
}
