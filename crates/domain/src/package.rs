//! Packages as Amazon reports them, and their tracking.
//!
//! Source: Amazon pages `order-objects-packageinformationdetails`, `tracking-queries-packagetracker`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AmazonLineId, PackageId, TrackerKey};
use crate::quantity::Quantity;
use crate::word::vendor_words;

vendor_words! {
    /// Where a package is. Delivered and cancelled are final.
    PackageState {
        /// Not shipped; may still split into several packages with new ids.
        Pending = "PENDING",
        /// Left the warehouse.
        InTransit = "IN_TRANSIT",
        /// Reached its destination.
        Delivered = "DELIVERED",
        /// Will not arrive; see [`CancelReason`].
        Cancelled = "CANCELLED" | "CANCELED",
    }
}

vendor_words! {
    /// Why a package was cancelled.
    CancelReason {
        /// Shopper or merchant asked for it.
        CustomerRequested = "CUSTOMER_REQUESTED",
        /// Amazon could not ship it.
        Unfulfillable = "UNFULFILLABLE",
        /// It left, and could not be delivered.
        Undeliverable = "UNDELIVERABLE",
    }
}

vendor_words! {
    /// Milestone of a package on its way.
    MilestoneCode {
        /// No tracking data yet.
        Pending = "PENDING",
        /// The carrier has the request.
        InfoReceived = "INFO_RECEIVED",
        /// The carrier accepted the parcel.
        InTransit = "IN_TRANSIT",
        /// Late.
        Delayed = "DELAYED",
        /// On the last leg. One vendor guide writes it in camel case.
        OutForDelivery = "OUT_FOR_DELIVERY" | "OutForDelivery",
        /// Waits at a pick-up point.
        AvailableForPickup = "AVAILABLE_FOR_PICKUP",
        /// A failed attempt; carriers usually retry.
        DeliveryAttempted = "DELIVERY_ATTEMPTED",
        /// Delivered.
        Delivered = "DELIVERED",
        /// Something went wrong.
        Exception = "EXCEPTION",
        /// Lost by the carrier.
        Lost = "LOST",
        /// Cannot be delivered.
        Undeliverable = "UNDELIVERABLE",
        /// Going back.
        ReturnToSender = "RETURN_TO_SENDER",
        /// The shopper must act.
        CustomerAction = "CUSTOMER_ACTION",
    }
}

impl PackageState {
    /// True once the package left the warehouse and did not come to nothing.
    pub fn has_shipped(&self) -> bool {
        matches!(self, Self::InTransit | Self::Delivered)
    }
}

/// One package of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Amazon's id of the package.
    pub id: PackageId,
    /// Where it is.
    pub state: PackageState,
    /// Why it was cancelled, when it was.
    pub reason: Option<CancelReason>,
    /// What is in it, per order line.
    pub contents: Vec<PackageContent>,
    /// Its tracker, once the carrier gave a number.
    pub tracker: Option<TrackerKey>,
}

impl Package {
    /// True once the package left the warehouse, whatever became of it.
    pub fn has_left(&self) -> bool {
        self.state.has_shipped() || self.is_undeliverable()
    }

    /// True for a package that left and then came to nothing.
    pub fn is_undeliverable(&self) -> bool {
        self.state == PackageState::Cancelled && self.reason == Some(CancelReason::Undeliverable)
    }
}

/// Units of one order line inside a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageContent {
    /// Amazon's id of the order line.
    pub line: AmazonLineId,
    /// How many units of it.
    pub quantity: Quantity,
}

/// What the carrier told Amazon about a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageTracker {
    /// What names the tracker.
    pub key: TrackerKey,
    /// The carrier's page for people.
    pub tracking_url: Option<String>,
    /// All milestones, in the order Amazon gave them.
    pub milestones: Vec<Milestone>,
}

/// One milestone of a package on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// What happened.
    pub code: MilestoneCode,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Where: town, region and country, as far as they are known.
    pub place: Option<String>,
}

impl PackageTracker {
    /// The milestone that happened last; of several at one instant the one Amazon lists last.
    pub fn latest(&self) -> Option<&Milestone> {
        self.milestones.iter().max_by_key(|milestone| milestone.occurred_at)
    }

    /// How many delivery attempts failed.
    pub fn failed_attempts(&self) -> u32 {
        let failed =
            self.milestones.iter().filter(|milestone| milestone.code == MilestoneCode::DeliveryAttempted);
        u32::try_from(failed.count()).unwrap_or(u32::MAX)
    }

    /// When the carrier delivered it.
    pub fn delivered_at(&self) -> Option<DateTime<Utc>> {
        let delivered = self.milestones.iter().filter(|milestone| milestone.code == MilestoneCode::Delivered);
        delivered.filter_map(|milestone| milestone.occurred_at).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_kept_and_are_not_success() {
        let state = PackageState::from("TELEPORTED");
        assert_eq!(state.as_str(), "TELEPORTED");
        assert!(!state.has_shipped());
        assert_eq!(serde_json::to_string(&state).unwrap(), "\"TELEPORTED\"");
    }

    #[test]
    fn the_latest_milestone_is_found_whatever_the_order_of_the_list() {
        let milestone = |code: &str, at: &str| Milestone {
            code: code.into(),
            occurred_at: Some(at.parse().unwrap()),
            place: None,
        };
        let tracker = PackageTracker {
            key: TrackerKey { carrier: "ups".into(), number: "1Z".into() },
            tracking_url: None,
            milestones: vec![
                milestone("DELIVERED", "2026-02-03T10:00:00Z"),
                milestone("IN_TRANSIT", "2026-02-01T10:00:00Z"),
                milestone("DELIVERY_ATTEMPTED", "2026-02-02T10:00:00Z"),
            ],
        };
        assert_eq!(tracker.latest().unwrap().code, MilestoneCode::Delivered);
        assert_eq!(tracker.failed_attempts(), 1);
        assert_eq!(tracker.delivered_at(), Some("2026-02-03T10:00:00Z".parse().unwrap()));
    }
}
