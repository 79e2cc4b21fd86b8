//! Stock as Amazon counts it.
//!
//! Source: Selling Partner API, FBA Inventory v1, `getInventorySummaries`. Every figure may be absent, and an absent
//! figure is unknown, not zero.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{FulfillmentSku, Quantity, Sku};

/// One of Amazon's figures by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Can be picked, packed and shipped now (`fulfillableQuantity`).
    Fulfillable,
    /// Held for customer orders (`pendingCustomerOrderQuantity`).
    PendingCustomerOrder,
    /// On the way between Amazon's warehouses (`pendingTransshipmentQuantity`).
    PendingTransshipment,
    /// Set aside in a warehouse for extra processing (`fcProcessingQuantity`).
    Processing,
    /// Announced by the merchant (`inboundWorkingQuantity`).
    InboundWorking,
    /// On the way to Amazon (`inboundShippedQuantity`).
    InboundShipped,
    /// Arriving (`inboundReceivingQuantity`).
    InboundReceiving,
    /// Misplaced or perhaps damaged (`totalResearchingQuantity`).
    Researching,
    /// Not sellable (`totalUnfulfillableQuantity`).
    Unfulfillable,
    /// All of it, inbound included (`totalQuantity`).
    Total,
}

impl Figure {
    /// All figures.
    pub const ALL: [Self; 10] = [
        Self::Fulfillable,
        Self::PendingCustomerOrder,
        Self::PendingTransshipment,
        Self::Processing,
        Self::InboundWorking,
        Self::InboundShipped,
        Self::InboundReceiving,
        Self::Researching,
        Self::Unfulfillable,
        Self::Total,
    ];

    /// The figure's name in settings and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fulfillable => "fulfillable",
            Self::PendingCustomerOrder => "pending_customer_order",
            Self::PendingTransshipment => "pending_transshipment",
            Self::Processing => "processing",
            Self::InboundWorking => "inbound_working",
            Self::InboundShipped => "inbound_shipped",
            Self::InboundReceiving => "inbound_receiving",
            Self::Researching => "researching",
            Self::Unfulfillable => "unfulfillable",
            Self::Total => "total",
        }
    }
}

/// Amazon's figures of one SKU; what Amazon did not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockFigures {
    /// See [`Figure::Fulfillable`].
    pub fulfillable: Option<Quantity>,
    /// See [`Figure::PendingCustomerOrder`].
    pub pending_customer_order: Option<Quantity>,
    /// See [`Figure::PendingTransshipment`].
    pub pending_transshipment: Option<Quantity>,
    /// See [`Figure::Processing`].
    pub processing: Option<Quantity>,
    /// See [`Figure::InboundWorking`].
    pub inbound_working: Option<Quantity>,
    /// See [`Figure::InboundShipped`].
    pub inbound_shipped: Option<Quantity>,
    /// See [`Figure::InboundReceiving`].
    pub inbound_receiving: Option<Quantity>,
    /// See [`Figure::Researching`].
    pub researching: Option<Quantity>,
    /// See [`Figure::Unfulfillable`].
    pub unfulfillable: Option<Quantity>,
    /// See [`Figure::Total`].
    pub total: Option<Quantity>,
}

impl StockFigures {
    /// A figure by name.
    pub fn of(&self, figure: Figure) -> Option<Quantity> {
        match figure {
            Figure::Fulfillable => self.fulfillable,
            Figure::PendingCustomerOrder => self.pending_customer_order,
            Figure::PendingTransshipment => self.pending_transshipment,
            Figure::Processing => self.processing,
            Figure::InboundWorking => self.inbound_working,
            Figure::InboundShipped => self.inbound_shipped,
            Figure::InboundReceiving => self.inbound_receiving,
            Figure::Researching => self.researching,
            Figure::Unfulfillable => self.unfulfillable,
            Figure::Total => self.total,
        }
    }
}

/// What Amazon said of one SKU at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockReading {
    /// The SKU, byte for byte as Amazon has it.
    pub sku: Sku,
    /// Which physical stock it stands for, when Amazon says so.
    pub fulfillment_sku: Option<FulfillmentSku>,
    /// Amazon's word for the condition, for example `NewItem`.
    pub condition: Option<String>,
    /// The figures; `None` when Amazon listed the SKU without any: unknown, not zero.
    pub figures: Option<StockFigures>,
    /// When a figure last moved, as Amazon says. Not when it was read.
    pub changed_at: Option<DateTime<Utc>>,
    /// When the request that brought it was sent. A reading never replaces a later one.
    pub read_at: DateTime<Utc>,
}
