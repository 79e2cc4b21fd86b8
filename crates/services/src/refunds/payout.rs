//! When a document counts as paid, and the customer refund that pays it.

use amz_domain::time::posting_date;
use amz_domain::{
    AmazonRefund, Document, DocumentKey, DocumentKind, DocumentMarks, ExternalId, Money, Origin, RefundState,
};

use super::document::pay_out;
use super::external::is_staffs;
use super::progress::{Paid, remaining};
use super::run::Look;
use crate::desk::{Stop, Written};
use crate::link::RefundLink;
use crate::parking::{Reason, Who};
use crate::ports::documents::{Application, DocumentSource, NewDocument};
use crate::settings::RefundPaymentPolicy;

impl Look<'_, '_> {
    /// When a document counts as paid, or else the payout that comes first.
    pub(super) fn paid(
        &self,
        document: &Document,
        link: &RefundLink,
    ) -> Result<Paid, Option<Box<NewDocument>>> {
        let connection = self.desk.connection;
        let is_memo = document.key.kind == DocumentKind::CreditMemo;
        let is_told_paid = matches!(link.reported, Some((RefundState::Success, _)));
        match connection.settings.refunds.payment {
            RefundPaymentPolicy::CreditMemo => Ok(Paid::AtOnce),
            _ if !is_memo => Ok(Paid::AtOnce),
            // told as paid before the merchant wanted it otherwise
            _ if link.origin == Origin::NetSuite && is_told_paid => Ok(Paid::AtOnce),
            RefundPaymentPolicy::Later => Ok(Paid::AsApplied),
            // who made the credit memo pays it out
            RefundPaymentPolicy::CustomerRefund if is_staffs(document) => Ok(Paid::AsApplied),
            // what waits or is paid in part is not paid yet
            RefundPaymentPolicy::CustomerRefund if link.payout.is_some() || is_told_paid => Ok(Paid::AtOnce),
            RefundPaymentPolicy::CustomerRefund => Err(self.payout(document, link)),
        }
    }

    /// When a document that staff made and that Amazon has not heard of counts as paid.
    pub(super) fn external_paid(&self, document: &Document) -> Paid {
        match self.desk.connection.settings.refunds.payment {
            RefundPaymentPolicy::CreditMemo => Paid::AtOnce,
            _ if document.key.kind != DocumentKind::CreditMemo => Paid::AtOnce,
            RefundPaymentPolicy::Later | RefundPaymentPolicy::CustomerRefund => Paid::AsApplied,
        }
    }

    /// The customer refund of a credit memo; `None` without a customer or an account to pay from.
    fn payout(&self, document: &Document, link: &RefundLink) -> Option<Box<NewDocument>> {
        let connection = self.desk.connection;
        let customer = document.customer.clone().or_else(|| self.order.as_ref()?.customer.clone())?;
        let account = connection.settings.refunds.account.clone()?;
        Some(Box::new(NewDocument {
            kind: DocumentKind::CustomerRefund,
            source: DocumentSource::Customer(customer),
            external_id: ExternalId::of_payout(&link.id),
            date: Some(posting_date(connection.now(), &connection.settings.timezone)),
            memo: Some(format!(
                "Pays out {} {} of Amazon refund {}",
                document.key.kind, document.key.id, link.id
            )),
            lines: Vec::new(),
            left_out: Vec::new(),
            location: None,
            approved: false,
            shipping: None,
            handling: None,
            account: Some(account),
            apply_to: Some(Application {
                document: document.key.id.clone(),
                amount: Some(remaining(document)),
            }),
            marks: DocumentMarks {
                amazon_order: Some(self.view.amazon.id.clone()),
                amazon_refund: Some(link.id.clone()),
                origin: Some(Origin::Amazon),
                ..DocumentMarks::default()
            },
        }))
    }

    /// Pays a credit memo out. One that reduced what is owed leaves nothing to pay out.
    pub(super) async fn pay_out(
        &mut self,
        refund: &AmazonRefund,
        link: &RefundLink,
        document: &Document,
        payout: Option<Box<NewDocument>>,
    ) -> Result<Written<RefundLink>, Stop> {
        let is_used_up = remaining(document).is_zero();
        let Some(new) = payout else {
            if is_used_up {
                return self.tell_paid(refund, link, document).await;
            }
            let has_account = self.desk.connection.settings.refunds.account.is_some();
            let reason = if has_account { no_customer(&document.key) } else { no_account(&document.key) };
            return Ok(Written::Parked(reason));
        };
        match pay_out(self.desk, &new, link, is_used_up).await? {
            Some(written) => Ok(written),
            None => self.tell_paid(refund, link, document).await,
        }
    }

    async fn tell_paid(
        &mut self,
        refund: &AmazonRefund,
        link: &RefundLink,
        document: &Document,
    ) -> Result<Written<RefundLink>, Stop> {
        let total = Money::new(document.total, document.currency);
        self.tell_progress(refund, link, Some(document), total, Paid::AtOnce).await
    }
}

fn no_account(memo: &DocumentKey) -> Reason {
    Reason::new(
        "refund_account_missing",
        format!("{memo} shall be paid out by a customer refund, and no account to pay from is configured"),
        "set mapping.refund_account to the account that pays refunds out, then retry",
        Who::Operator,
    )
}

fn no_customer(memo: &DocumentKey) -> Reason {
    Reason::new(
        "refund_customer_missing",
        format!("neither {memo} nor the sales order shows the customer to pay out to"),
        "let the role see the customer, or pay the credit memo out by hand",
        Who::Operator,
    )
}
