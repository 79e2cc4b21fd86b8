//! Links: NetSuite record ↔ Amazon entity, with both ids and what we last wrote.

use amz_domain::{
    AmazonLineId, AmazonOrderId, Channel, DeliveryMarks, ExecutionState, ItemFulfillmentId, LineAlias,
    LineNumber, Money, PackageId, Quantity, Sku, TrackerKey,
};
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
}

impl LinkKey {
    /// Kind and Amazon id as stored: `("order", "322-…")`.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Order(id) => ("order", id.to_string()),
            Self::Package(id) => ("package", id.to_string()),
            Self::Tracker(key) => ("tracker", key.to_string()),
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
        }
    }
}

/// What Amazon knows of an order from us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentOrder {
    /// Amazon's id.
    pub amazon_order: AmazonOrderId,
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
    /// Units that Amazon cancelled and that were closed on the sales order for it.
    pub closed: Quantity,
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
}

/// A tracker of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerLink {
    /// The tracker.
    pub tracker: TrackerKey,
    /// The package it belongs to.
    pub package: PackageId,
}
