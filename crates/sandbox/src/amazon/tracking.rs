//! Parcels on their way.
//!
//! Source: Buy with Prime, `tracking-queries-packagetracker`, `sandbox-objects-packagemilestonestatus`.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::order::instant;

/// Tracking data is gone after this many days.
const KEPT_DAYS: i64 = 90;

/// What a carrier says about a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MilestoneCode {
    /// No tracking data yet.
    Pending,
    /// The carrier has the request.
    InfoReceived,
    /// The carrier accepted the parcel.
    InTransit,
    /// Late.
    Delayed,
    /// On the last leg.
    OutForDelivery,
    /// At a pick-up point.
    AvailableForPickup,
    /// A failed attempt; the carrier usually tries again.
    DeliveryAttempted,
    /// Delivered.
    Delivered,
    /// Something is wrong.
    Exception,
    /// Lost by the carrier.
    Lost,
    /// Cannot be delivered.
    Undeliverable,
    /// Going back.
    ReturnToSender,
    /// The shopper has to act.
    CustomerAction,
}

impl MilestoneCode {
    fn message(self) -> &'static str {
        match self {
            Self::Pending => "No tracking information yet",
            Self::InfoReceived => "Carrier received the shipping information",
            Self::InTransit => "Package is on its way",
            Self::Delayed => "Package is delayed",
            Self::OutForDelivery => "Out for delivery",
            Self::AvailableForPickup => "Available for pickup",
            Self::DeliveryAttempted => "Delivery attempted",
            Self::Delivered => "Delivered",
            Self::Exception => "There is a problem with the package",
            Self::Lost => "Package was lost",
            Self::Undeliverable => "Package cannot be delivered",
            Self::ReturnToSender => "Package is being returned to the sender",
            Self::CustomerAction => "Action needed from the recipient",
        }
    }
}

/// A place as milestones give it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Town.
    pub locality: Option<String>,
    /// State.
    pub region: Option<String>,
    /// Country.
    pub country: Option<String>,
}

impl Place {
    /// A place in the United States.
    pub fn new(locality: &str, region: &str) -> Self {
        Self {
            locality: Some(locality.to_owned()),
            region: Some(region.to_owned()),
            country: Some("US".to_owned()),
        }
    }
}

/// One entry of a parcel's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Milestone {
    /// What happened.
    pub code: MilestoneCode,
    /// Where, if known.
    pub place: Option<Place>,
    /// When.
    pub occurred_at: DateTime<Utc>,
}

impl Milestone {
    fn document(&self) -> Json {
        let place = self.place.as_ref();
        json!({
            "status": {
                "code": self.code,
                "message": { "locale": "en-US", "value": self.code.message() },
            },
            "address": place.map(|Place { locality, region, country }| {
                json!({ "locality": locality, "region": region, "country": country })
            }),
            "occurredAt": instant(self.occurred_at),
        })
    }
}

/// What is known about one tracking number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tracker {
    /// Lower case, for example `ups`.
    pub carrier_code: String,
    /// The carrier's number.
    pub tracking_number: String,
    /// By time of occurrence, oldest first.
    pub milestones: Vec<Milestone>,
    /// When the number came to be.
    pub created_at: DateTime<Utc>,
}

impl Tracker {
    pub(crate) fn new(carrier_code: &str, tracking_number: &str, created_at: DateTime<Utc>) -> Self {
        Self {
            carrier_code: carrier_code.to_owned(),
            tracking_number: tracking_number.to_owned(),
            milestones: Vec::new(),
            created_at,
        }
    }

    pub(crate) fn is(&self, carrier_code: &str, tracking_number: &str) -> bool {
        self.tracking_number == tracking_number && self.carrier_code.eq_ignore_ascii_case(carrier_code)
    }

    pub(crate) fn is_gone(&self, now: DateTime<Utc>) -> bool {
        now - self.created_at > TimeDelta::days(KEPT_DAYS)
    }

    pub(crate) fn add(&mut self, milestone: Milestone) {
        let later = self.milestones.partition_point(|known| known.occurred_at <= milestone.occurred_at);
        self.milestones.insert(later, milestone);
    }

    /// The tracker as `PackageTracker` of the GraphQL schema.
    pub fn document(&self) -> Json {
        let Self { carrier_code, tracking_number, milestones, created_at } = self;
        json!({
            "packageTrackerIdentifier": { "trackingNumber": tracking_number, "carrierCode": carrier_code },
            "estimatedDeliveryDate": {
                "earliest": instant(*created_at + TimeDelta::days(2)),
                "latest": instant(*created_at + TimeDelta::days(4)),
            },
            "latestMilestone": milestones.last().map(Milestone::document),
            "milestones": milestones.iter().map(Milestone::document).collect::<Vec<_>>(),
            "trackingUrl": format!("https://tracking.example/{carrier_code}/{tracking_number}"),
        })
    }
}
