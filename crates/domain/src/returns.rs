//! Returns as Amazon reports them.
//!
//! Source: Amazon pages `order-objects-returndetails`, `order-objects-returnlineitem`,
//! `order-objects-returnpackagedetails`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AmazonLineId, ReturnAlias, ReturnId, ReturnPackageId, TrackerKey};
use crate::package::PackageContent;
use crate::quantity::Quantity;
use crate::word::vendor_words;

vendor_words! {
    /// How far a return has come.
    ReturnState {
        /// Being negotiated with the shopper; nothing is agreed yet.
        Draft = "DRAFT",
        /// Agreed.
        Created = "CREATED",
        /// Called off; returns made outside Amazon only.
        Cancelled = "CANCELLED" | "CANCELED",
        /// Finished.
        Completed = "COMPLETED",
    }
}

vendor_words! {
    /// Where a parcel on its way back is. Delivered and failed are final.
    ReturnPackageState {
        /// Not handed over yet.
        Created = "CREATED",
        /// Handed over by the shopper.
        DroppedOff = "DROPPED_OFF",
        /// On its way.
        InTransit = "IN_TRANSIT",
        /// Reached Amazon.
        Delivered = "DELIVERED",
        /// Will not arrive.
        Failed = "FAILED",
    }
}

vendor_words! {
    /// What Amazon found when it looked at a returned unit.
    ItemCondition {
        /// Can be sold again.
        Sellable = "SELLABLE",
        /// Does not work.
        Defective = "DEFECTIVE",
        /// Damaged.
        Damaged = "DAMAGED",
        /// Grading took too long and will not happen.
        FulfillmentExpired = "FULFILLMENT_EXPIRED",
    }
}

/// One return as Amazon holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonReturn {
    /// Amazon's id.
    pub id: ReturnId,
    /// Our alias, when the return was made outside Amazon and told by us.
    pub alias: Option<ReturnAlias>,
    /// How far it has come.
    pub state: ReturnState,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// In which parcels.
    pub packages: Vec<ReturnPackage>,
}

/// Units of one order line that come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// Amazon's id of the order line.
    pub line: AmazonLineId,
    /// How many units.
    pub quantity: Quantity,
    /// Why, in Amazon's or the shopper's words.
    pub reason: Option<String>,
    /// What Amazon found so far, per condition.
    pub graded: Vec<GradedUnits>,
    /// True when Amazon graded units of this line together with those of others, so that it cannot be told which units
    /// of which line were found in which condition.
    #[serde(default)]
    pub is_graded_with_others: bool,
}

/// Units found in one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradedUnits {
    /// The condition.
    pub condition: ItemCondition,
    /// How many units.
    pub quantity: Quantity,
}

impl ReturnLine {
    /// Units whose condition is known.
    pub fn graded_units(&self) -> Quantity {
        self.graded.iter().map(|units| units.quantity).sum()
    }
}

/// One parcel on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnPackage {
    /// Amazon's id.
    pub id: ReturnPackageId,
    /// Where it is.
    pub state: ReturnPackageState,
    /// Why it failed, in Amazon's word (`CARRIER_REJECTED`, `SHIPMENT_LOST`, …).
    pub reason: Option<String>,
    /// What is in it, per order line; empty when Amazon does not say.
    pub contents: Vec<PackageContent>,
    /// Its tracker, once the carrier gave a number.
    pub tracker: Option<TrackerKey>,
}
