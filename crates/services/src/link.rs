//! Links: NetSuite record ↔ Amazon entity, with both ids and what we last wrote.

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonLineId, AmazonOrderId, CancelState, Channel, DeliveryMarks, DocumentId, DocumentKey,
    ExecutionState, ExternalId, Generation, ItemCondition, ItemFulfillmentId, ItemId, LineAlias, LineNumber,
    Money, Origin, PackageId, Quantity, RefundId, RefundState, ReturnId, ReturnPackageId, ReturnState, Sku,
    TrackerKey,
};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A link of a lane. Unique by connection and [`Link::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// The order itself.
    Order(Box<SentOrder>),
    /// A package that left, and its item fulfilment.
    Package(Box<AppliedPackage>),
    /// A tracker, so that its events find their order.
    Tracker(TrackerLink),
    /// A cancellation that we asked Amazon for.
    Cancellation(CancellationLink),
    /// A return, and its return authorization.
    Return(Box<ReturnLink>),
    /// A refund, and its document.
    Refund(Box<RefundLink>),
    /// A document that follows from the order, so that its changes find their order.
    Document(DocumentLink),
}

/// The Amazon side of a link: what an Amazon event can be resolved by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LinkKey {
    /// An Amazon order.
    Order(AmazonOrderId),
    /// A package.
    Package(PackageId),
    /// A tracker.
    Tracker(TrackerKey),
    /// The cancellation of an Amazon order.
    Cancellation(AmazonOrderId),
    /// A return.
    Return(ReturnId),
    /// A refund.
    Refund(RefundId),
    /// A document in NetSuite.
    Document(DocumentKey),
}

impl LinkKey {
    /// Kind and id as stored: `("order", "322-…")`.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Order(id) => ("order", id.to_string()),
            Self::Package(id) => ("package", id.to_string()),
            Self::Tracker(key) => ("tracker", key.to_string()),
            Self::Cancellation(id) => ("cancellation", id.to_string()),
            Self::Return(id) => ("return", id.to_string()),
            Self::Refund(id) => ("refund", id.to_string()),
            Self::Document(key) => ("document", key.to_string()),
        }
    }
}

impl Link {
    /// What the link is found by.
    pub fn key(&self) -> LinkKey {
        match self {
            Self::Order(order) => LinkKey::Order(order.amazon_order.clone()),
            Self::Package(package) => LinkKey::Package(package.package.clone()),
            Self::Tracker(tracker) => LinkKey::Tracker(tracker.tracker.clone()),
            Self::Cancellation(cancellation) => LinkKey::Cancellation(cancellation.amazon_order.clone()),
            Self::Return(link) => LinkKey::Return(link.id.clone()),
            Self::Refund(link) => LinkKey::Refund(link.id.clone()),
            Self::Document(link) => LinkKey::Document(link.document.clone()),
        }
    }
}

/// What Amazon knows of an order from us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentOrder {
    /// Amazon's id.
    pub amazon_order: AmazonOrderId,
    /// How often the sales order was sent before; the newest generation counts.
    #[serde(default)]
    pub generation: Generation,
    /// True when Amazon did not get it from us: its shop or another connector sent it. Its lines, amounts and address are
    /// never changed at Amazon, and nothing of it is sent anew; parcels, cancellations, returns and refunds are kept in
    /// step like any order's.
    #[serde(default)]
    pub is_foreign: bool,
    /// Programme of its lines.
    pub channel: Channel,
    /// Whether Amazon was told to start.
    pub execution: ExecutionState,
    /// Order total as last sent; not known of an order that was taken over.
    pub total: Option<Money>,
    /// Order tax as last sent; not known of an order that was taken over.
    pub tax: Option<Money>,
    /// SHA-256 of the address as sent; the address itself is not kept. Not known when an order was taken over
    /// and Amazon did not show where it goes.
    pub recipient_digest: Option<String>,
    /// Its lines.
    pub lines: Vec<SentLine>,
}

/// What Amazon knows of an order line from us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentLine {
    /// Our alias.
    pub alias: LineAlias,
    /// Amazon's id.
    pub amazon_line: AmazonLineId,
    /// NetSuite's key of the line within the order.
    pub line: LineNumber,
    /// The SKU as sent, as far as it is known.
    pub sku: Option<Sku>,
    /// Ordered units as sent.
    pub quantity: Quantity,
    /// How it is delivered, as sent: `PRIME`, or the speed. Not known of an order that was taken over.
    pub delivery: Option<String>,
    /// Units that Amazon cancelled and for which the sales order was brought in line: closed, reduced or released. Of a
    /// part of a kit, units of the part that Amazon cancelled; the line itself is a person's to bring in line.
    pub closed: Quantity,
    /// Of these, units that were taken off the line's quantity.
    #[serde(default)]
    pub reduced: Quantity,
    /// True once the line was given back for another warehouse to ship.
    #[serde(default)]
    pub released: bool,
    /// Of a kit that was sent as its parts: which part this is. Parts of one kit share `line`.
    #[serde(default)]
    pub part: Option<KitPart>,
    /// The item whose units it wants: the sales order line's, or the part. Not known of links from before this was kept.
    #[serde(default)]
    pub item: Option<ItemId>,
}

impl SentLine {
    /// The item whose units it wants, as far as that is known.
    pub fn item(&self) -> Option<&ItemId> {
        self.item.as_ref().or(self.part.as_ref().map(|part| &part.item))
    }

    /// Ordered units as the sales order counts them: kits, where this is a part of one.
    pub fn ordered(&self) -> Decimal {
        let per_kit = self.part.as_ref().map_or(1, |part| part.per_kit.0.max(1));
        self.quantity.to_decimal() / Decimal::from(per_kit)
    }
}

/// One part of a kit that Amazon got as its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitPart {
    /// The part.
    pub item: ItemId,
    /// Units of it in one kit.
    pub per_kit: Quantity,
}

/// What an item fulfilment says about a package, as last written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedPackage {
    /// Amazon's id of the package.
    pub package: PackageId,
    /// The item fulfilment.
    pub fulfillment: ItemFulfillmentId,
    /// Tracker as last written.
    pub tracker: Option<TrackerKey>,
    /// Fields as last written.
    pub marks: DeliveryMarks,
    /// What is on it. Not known of links from before this was kept; no kit was sent as its parts then.
    #[serde(default)]
    pub lines: Vec<FulfilledLine>,
}

/// A tracker of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerLink {
    /// The tracker.
    pub tracker: TrackerKey,
    /// The package it belongs to.
    pub package: PackageId,
}

/// A cancellation that we asked Amazon for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationLink {
    /// The order that shall be cancelled.
    pub amazon_order: AmazonOrderId,
    /// What stands on the sales order about it, as last written.
    pub state: CancelState,
    /// Lines that shall go to Amazon again, in an order of their own, once this one is cancelled.
    pub reorder: Vec<LineNumber>,
    /// Looks in a row that found Amazon still trying.
    pub looks: u32,
}

/// A return and its return authorization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLink {
    /// Amazon's id.
    pub id: ReturnId,
    /// Who began it.
    pub origin: Origin,
    /// The return authorization.
    pub authorization: DocumentId,
    /// State at Amazon as last applied on the authorization, or as last told to Amazon.
    pub state: ReturnState,
    /// Its lines.
    pub lines: Vec<ReturnedLine>,
    /// Receipts that were made for it.
    pub receipts: Vec<ReceiptLink>,
    /// Parcel state as last written on the authorization.
    pub delivery_state: Option<String>,
    /// Text on the authorization as last written.
    pub memo: Option<String>,
    /// True once nothing more will happen.
    pub is_ended: bool,
}

/// Units of one order line that come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedLine {
    /// Amazon's line.
    pub amazon_line: AmazonLineId,
    /// The sales order's line.
    pub order_line: LineNumber,
    /// The return authorization's line.
    pub authorization_line: LineNumber,
    /// Units.
    pub quantity: Quantity,
}

/// An item receipt of what came back in one package to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLink {
    /// Our external id.
    pub external_id: ExternalId,
    /// The package; absent when Amazon does not say what came in which.
    pub package: Option<ReturnPackageId>,
    /// The receipt.
    pub document: DocumentId,
    /// What it took in.
    pub units: Vec<ReceivedUnits>,
}

/// Units of one line that were received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedUnits {
    /// Amazon's line.
    pub amazon_line: AmazonLineId,
    /// The condition as graded; absent when they were received before that was known.
    pub condition: Option<ItemCondition>,
    /// Units.
    pub quantity: Quantity,
}

/// A refund and its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLink {
    /// Amazon's id.
    pub id: RefundId,
    /// Who began it.
    pub origin: Origin,
    /// The credit memo, cash refund or customer refund; absent when no money moved.
    pub document: Option<DocumentKey>,
    /// The customer refund that pays out the credit memo.
    pub payout: Option<DocumentKey>,
    /// What was refunded, per line.
    pub lines: Vec<RefundedLine>,
    /// What it comes to, shipping and tax included.
    pub total: Option<Money>,
    /// Amazon's figure when the refund was first seen.
    pub estimate: Option<Money>,
    /// The day that Amazon's date falls on in the account's zone.
    pub wanted_on: Option<NaiveDate>,
    /// The day it was posted on.
    pub posted_on: Option<NaiveDate>,
    /// State and cumulative total as last reported.
    pub reported: Option<(RefundState, Money)>,
    /// True once a person approved it.
    pub approved: bool,
    /// True once nothing more will happen.
    pub is_ended: bool,
}

/// Money refunded for units of one order line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    /// The sales order's line.
    pub order_line: LineNumber,
    /// Units.
    pub quantity: Quantity,
    /// Net of discount and tax.
    #[serde(with = "amz_domain::decimal")]
    pub net: Decimal,
    /// Tax.
    #[serde(with = "amz_domain::decimal")]
    pub tax: Decimal,
}

/// A document that follows from the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLink {
    /// The document.
    pub document: DocumentKey,
    /// Who began what it is about: of [`Origin::Amazon`] we made the document ourselves.
    pub origin: Origin,
}
