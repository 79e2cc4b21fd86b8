//! Item fulfilments: NetSuite's record of one Amazon package.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{CarrierCode, ItemFulfillmentId, LineNumber, SalesOrderId, TrackingNumber};
use crate::package::{MilestoneCode, PackageState};
use crate::quantity::Quantity;

/// An item fulfilment as NetSuite holds it, reduced to what adoption compares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFulfillment {
    /// Internal id.
    pub id: ItemFulfillmentId,
    /// The sales order it was made from.
    pub sales_order: Option<SalesOrderId>,
    /// Fulfilled units per order line.
    pub lines: Vec<FulfilledLine>,
    /// Tracking numbers on its package lines.
    pub tracking_numbers: Vec<TrackingNumber>,
    /// What stands in our fields.
    pub delivery: DeliveryMarks,
}

/// Units of one order line on an item fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FulfilledLine {
    /// The order's line.
    pub order_line: LineNumber,
    /// Units.
    pub quantity: Quantity,
}

/// What the fulfilment's own fields say about the package on its way.
///
/// `None` means that nothing is known yet; it is never written over something known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryMarks {
    /// `custbody_amz_delivery_state`.
    pub state: Option<PackageState>,
    /// `custbody_amz_milestone`.
    pub milestone: Option<MilestoneCode>,
    /// `custbody_amz_milestone_at`.
    pub milestone_at: Option<DateTime<Utc>>,
    /// `custbody_amz_milestone_place`.
    pub milestone_place: Option<String>,
    /// `custbody_amz_delivery_attempts`: failed attempts.
    pub failed_attempts: Option<u32>,
    /// `custbody_amz_delivered_at`.
    pub delivered_at: Option<DateTime<Utc>>,
    /// `custbody_amz_carrier`.
    pub carrier: Option<CarrierCode>,
    /// `custbody_amz_tracking_url`.
    pub tracking_url: Option<String>,
}
