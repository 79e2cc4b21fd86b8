//! Writes about returns that must happen once, and how they are found again.

use std::sync::Arc;

use amz_domain::{
    AmazonLineId, AmazonOrderId, AmazonReturn, Document, DocumentId, DocumentKey, DocumentKind, LineNumber,
    Quantity, ReturnAlias,
};
use async_trait::async_trait;

use super::receipts::{PlannedReceipt, adopted_units};
use crate::desk::{Found, OnceWrite};
use crate::failure::{Failure, PortError};
use crate::link::{DocumentLink, Link, ReceiptLink, ReturnLink};
use crate::parking::{Reason, Who};
use crate::ports::amazon::NewExternalReturn;
use crate::ports::documents::{DocumentSource, NewDocument};
use crate::ports::{AmazonOrders, AmazonReturns, Documents};

/// What a return and its return authorization teach us.
pub(super) fn links_of(link: &ReturnLink) -> Vec<Link> {
    let document = DocumentKey::new(DocumentKind::ReturnAuthorization, link.authorization.clone());
    vec![
        Link::Return(Box::new(link.clone())),
        Link::Document(DocumentLink { document, origin: link.origin.clone() }),
    ]
}

/// A sales order's transform to a return authorization, under our external id.
pub(super) struct CreateAuthorization<'plan> {
    pub(super) documents: Arc<dyn Documents>,
    pub(super) new: &'plan NewDocument,
    /// What is known of it, but for what NetSuite gives.
    pub(super) link: &'plan ReturnLink,
}

#[async_trait]
impl OnceWrite for CreateAuthorization<'_> {
    type Value = ReturnLink;

    async fn send(&self) -> Result<ReturnLink, PortError> {
        let id = self.documents.create(self.new).await?;
        let unclear = |message: String| {
            let (operation, code) = ("createReturnAuthorization", "return_authorization_not_visible");
            PortError::new(operation, Failure::Unclear, code, message)
        };
        // its line numbers are NetSuite's own; NetSuite has it from here on, whatever fails now
        let made = self.documents.find(self.new.kind, &self.new.external_id).await.map_err(|error| {
            unclear(format!("the return authorization was made, and reading it failed: {error}"))
        })?;
        let link = made.as_ref().and_then(|made| self.placed(made));
        let link = link.map(|link| ReturnLink { authorization: id, ..link });
        link.ok_or_else(|| {
            unclear("the return authorization was made, and does not show as it was made".into())
        })
    }

    async fn look_up(&self) -> Result<Option<Found<ReturnLink>>, PortError> {
        let found = self.documents.find(self.new.kind, &self.new.external_id).await?;
        Ok(found.map(|found| match self.placed(&found) {
            Some(link) => Found::Same(ReturnLink {
                // less may have been known when it was made
                delivery_state: found.marks.delivery_state.clone(),
                memo: found.memo.clone(),
                ..link
            }),
            None => Found::Different(taken(&found.key.id, self.new)),
        }))
    }

    fn outcome(&self, link: &ReturnLink) -> (String, Vec<Link>) {
        (format!("return authorization {}", link.authorization), links_of(link))
    }
}

impl CreateAuthorization<'_> {
    /// The link with the line numbers of a document that holds exactly what was meant.
    fn placed(&self, found: &Document) -> Option<ReturnLink> {
        let order = match &self.new.source {
            DocumentSource::SalesOrder(order) => order.as_str(),
            DocumentSource::Document(_) | DocumentSource::Customer(_) => "",
        };
        let is_from_order = found.created_from.as_ref().is_none_or(|source| source.as_str() == order);
        let goods = found.lines.iter().filter(|line| line.kind.is_goods() && !line.quantity.is_zero());
        let mut link = self.link.clone();
        let mut count = 0;
        for line in goods {
            count += 1;
            let returned = link.lines.iter_mut().find(|returned| match line.source_line {
                Some(source) => returned.order_line == source,
                None => line.amazon_line.as_ref() == Some(&returned.amazon_line),
            })?;
            (returned.quantity.to_decimal() == line.quantity).then_some(())?;
            returned.authorization_line = line.line;
        }
        (is_from_order && count == link.lines.len()).then_some(())?;
        link.authorization = found.key.id.clone();
        Some(link)
    }
}

/// A return authorization's transform to an item receipt, under our external id.
pub(super) struct CreateReceipt<'plan> {
    pub(super) documents: Arc<dyn Documents>,
    /// What NetSuite gets; absent when an earlier try is only looked up.
    pub(super) new: Option<&'plan NewDocument>,
    pub(super) planned: &'plan PlannedReceipt,
    pub(super) amazon: &'plan AmazonReturn,
    pub(super) link: &'plan ReturnLink,
}

#[async_trait]
impl OnceWrite for CreateReceipt<'_> {
    type Value = ReturnLink;

    async fn send(&self) -> Result<ReturnLink, PortError> {
        let new = self.new.ok_or_else(|| {
            PortError::new("createItemReceipt", Failure::NotSent, "not_planned", "nothing was to be sent")
        })?;
        let document = self.documents.create(new).await?;
        Ok(self.with(document, self.planned.units.clone()))
    }

    async fn look_up(&self) -> Result<Option<Found<ReturnLink>>, PortError> {
        let found = self.documents.find(DocumentKind::ItemReceipt, &self.planned.external_id).await?;
        Ok(found.map(|found| {
            let is_from_authorization =
                found.created_from.as_ref().is_none_or(|source| *source == self.link.authorization);
            let held = self.held(&found).filter(|_| is_from_authorization);
            match held.and_then(|held| adopted_units(self.amazon, self.link, self.planned, &held)) {
                Some(units) => Found::Same(self.with(found.key.id, units)),
                None => Found::Different(Reason::new(
                    "external_id_taken",
                    format!(
                        "item receipt {} carries our external id {}, but not what came back by return {}",
                        found.key.id, self.planned.external_id, self.amazon.id
                    ),
                    "compare the receipt with the return; correct or delete it in NetSuite, then retry",
                    Who::Merchant,
                )),
            }
        }))
    }

    fn outcome(&self, link: &ReturnLink) -> (String, Vec<Link>) {
        let made = link.receipts.last().map(|receipt| receipt.document.to_string());
        (format!("item receipt {}", made.unwrap_or_default()), vec![Link::Return(Box::new(link.clone()))])
    }
}

impl CreateReceipt<'_> {
    fn with(&self, document: DocumentId, units: Vec<crate::link::ReceivedUnits>) -> ReturnLink {
        let mut link = self.link.clone();
        link.receipts.push(ReceiptLink {
            external_id: self.planned.external_id.clone(),
            package: self.planned.package.clone(),
            document,
            units,
        });
        link
    }

    /// What stands on a receipt, in terms of Amazon's lines; `None` when some of it is none of the return's.
    fn held(&self, found: &Document) -> Option<Vec<(AmazonLineId, Quantity)>> {
        let mut held: Vec<(AmazonLineId, Quantity)> = Vec::new();
        for line in found.lines.iter().filter(|line| line.kind.is_goods() && !line.quantity.is_zero()) {
            let returned = self.link.lines.iter().find(|returned| match line.source_line {
                Some(source) => returned.authorization_line == source,
                None => line.amazon_line.as_ref() == Some(&returned.amazon_line),
            })?;
            let quantity = Quantity::try_from(line.quantity).ok()?;
            match held.iter_mut().find(|(known, _)| *known == returned.amazon_line) {
                Some((_, units)) => *units = units.plus(quantity),
                None => held.push((returned.amazon_line.clone(), quantity)),
            }
        }
        Some(held)
    }
}

/// A return of staff that Amazon shall know of, under our alias.
pub(super) struct TellReturn<'plan> {
    pub(super) orders: Arc<dyn AmazonOrders>,
    pub(super) returns: Arc<dyn AmazonReturns>,
    pub(super) amazon_order: &'plan AmazonOrderId,
    pub(super) new: &'plan NewExternalReturn,
    /// What is known of it, but for what Amazon gives.
    pub(super) link: &'plan ReturnLink,
}

#[async_trait]
impl OnceWrite for TellReturn<'_> {
    type Value = (AmazonReturn, ReturnLink);

    async fn send(&self) -> Result<Self::Value, PortError> {
        self.returns.tell(self.amazon_order, self.new).await?;
        // Amazon has it from here on: whatever fails now, it is looked up and not told again
        match self.told().await {
            Ok(Some(told)) => Ok(told),
            Ok(None) => Err(not_visible("Amazon took the return and does not show it yet")),
            Err(error) => Err(not_visible(format!("Amazon took the return, and reading it failed: {error}"))),
        }
    }

    async fn look_up(&self) -> Result<Option<Found<Self::Value>>, PortError> {
        Ok(self.told().await?.map(Found::Same))
    }

    fn outcome(&self, (amazon, link): &Self::Value) -> (String, Vec<Link>) {
        (format!("return {}", amazon.id), links_of(link))
    }
}

impl TellReturn<'_> {
    async fn told(&self) -> Result<Option<(AmazonReturn, ReturnLink)>, PortError> {
        let order = self.orders.read(self.amazon_order).await?;
        let told = order.and_then(|order| with_alias(order.returns, &self.new.alias));
        Ok(told.map(|told| {
            let link = super::external::told_link(&told, self.link);
            (told, link)
        }))
    }
}

fn not_visible(message: impl Into<String>) -> PortError {
    PortError::new("tellReturn", Failure::Unclear, "return_not_visible", message)
}

fn with_alias(returns: Vec<AmazonReturn>, alias: &ReturnAlias) -> Option<AmazonReturn> {
    returns.into_iter().find(|amazon| amazon.alias.as_ref() == Some(alias))
}

fn taken(found: &DocumentId, new: &NewDocument) -> Reason {
    let lines: Vec<(LineNumber, Quantity)> =
        new.lines.iter().map(|line| (line.source_line, line.quantity)).collect();
    let lines: Vec<String> = lines.iter().map(|(line, units)| format!("{units} of line {line}")).collect();
    Reason::new(
        "external_id_taken",
        format!(
            "return authorization {found} carries our external id {}, but does not hold {}",
            new.external_id,
            lines.join(", ")
        ),
        "compare the authorization with Amazon's return; correct or delete it in NetSuite, then retry",
        Who::Merchant,
    )
}
