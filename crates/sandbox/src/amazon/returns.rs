//! Returns as the pretend Amazon keeps and shows them.
//!
//! Source: Buy with Prime, `order-objects-returndetails`, `order-objects-returnlineitem`,
//! `order-objects-returnpackagedetails`, `steps-to-process-returns`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::json::number;
use super::order::{Alias, Content, Order, instant};
use super::packages::totals;
use super::tracking::Tracker;

/// How far a return has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnState {
    /// Agreed.
    Created,
    /// Called off; returns made outside Amazon only.
    Cancelled,
    /// Finished.
    Completed,
}

/// Where a package on its way back is. Delivered and failed are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnPackageState {
    /// Not handed over yet.
    Created,
    /// Handed over by the shopper.
    DroppedOff,
    /// With the carrier.
    InTransit,
    /// At Amazon's.
    Delivered,
    /// Will not arrive.
    Failed,
}

impl ReturnPackageState {
    pub(crate) fn may_become(self, next: Self) -> bool {
        use ReturnPackageState::{Created, Delivered, DroppedOff, Failed, InTransit};
        match self {
            Created => matches!(next, DroppedOff | InTransit),
            DroppedOff => next == InTransit,
            InTransit => matches!(next, Delivered | Failed),
            Delivered | Failed => false,
        }
    }
}

/// Why a package did not come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReturnFailure {
    /// The carrier did not take it. Amazon's order pages spell the word with three R.
    #[serde(rename = "CARRRIER_REJECTED", alias = "CARRIER_REJECTED")]
    CarrierRejected,
    /// Lost.
    ShipmentLost,
    /// Nobody was there when the carrier came.
    PickupMissed,
    /// Could not be delivered.
    Undeliverable,
    /// Anything else.
    Others,
}

/// What Amazon finds when it looks at a returned unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemCondition {
    /// Can be sold again.
    Sellable,
    /// Does not work.
    Defective,
    /// Damaged.
    Damaged,
    /// Grading took too long and will not happen.
    FulfillmentExpired,
}

/// Units found in one condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GradedUnits {
    /// The condition.
    pub condition: ItemCondition,
    /// How many.
    #[serde(with = "super::json::digits")]
    pub quantity: Decimal,
}

/// Why the shopper returns something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnReason {
    /// A code.
    pub code: String,
    /// In words.
    pub description: Option<String>,
}

/// Something that comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReturnLine {
    /// Given by Amazon.
    pub id: String,
    /// What; Amazon's own returns have one order line in each.
    pub contents: Vec<Content>,
    /// Why.
    pub reason: Option<ReturnReason>,
    /// In which condition, as far as Amazon has looked.
    pub graded: Vec<GradedUnits>,
}

impl ReturnLine {
    /// Units that come back in this line.
    pub(crate) fn units(&self) -> Decimal {
        self.contents.iter().map(|content| content.quantity).sum()
    }

    /// Units whose condition is known.
    pub(crate) fn graded_units(&self) -> Decimal {
        self.graded.iter().map(|graded| graded.quantity).sum()
    }

    fn document(&self, order: &Order) -> Json {
        let units = |quantity: Decimal| json!({ "value": number(quantity), "unit": "ONE" });
        let condition =
            |graded: &GradedUnits| json!({ "condition": graded.condition, "amount": units(graded.quantity) });
        let grading = (!self.graded.is_empty()).then(|| {
            json!({ "summary": {
                "gradedAmount": units(self.graded_units()),
                "unitWiseCondition": self.graded.iter().map(condition).collect::<Vec<_>>(),
            } })
        });
        let reason = self.reason.as_ref();
        json!({
            "id": self.id,
            "returnFor": { "orderLineItemAmounts": order.amounts(&self.contents) },
            "grading": grading,
            "returnReasonTerm": reason.map(|ReturnReason { code, description }| {
                json!({ "reasonCode": code, "description": description })
            }),
        })
    }
}

/// A package on its way back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReturnPackage {
    /// Given by Amazon.
    pub id: String,
    /// Where it is.
    pub state: ReturnPackageState,
    /// Why it failed.
    pub reason: Option<ReturnFailure>,
    /// What is in it; empty when Amazon does not say.
    pub contents: Vec<Content>,
    /// Its tracker, if the carrier has a number for it.
    pub tracker: Option<Tracker>,
}

impl ReturnPackage {
    fn document(&self, order: &Order) -> Json {
        let contents = (!self.contents.is_empty())
            .then(|| json!({ "orderLineItemAmounts": order.amounts(&self.contents) }));
        json!({
            "id": self.id,
            "state": self.state,
            "reason": self.reason,
            "packageTracker": self.tracker.as_ref().map(Tracker::document),
            "returnPackageFor": contents,
        })
    }
}

/// One return of an order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Return {
    /// Given by Amazon.
    pub id: String,
    /// Given by the merchant.
    pub aliases: Vec<Alias>,
    /// True when the merchant made it.
    pub external: bool,
    /// How far it has come.
    pub state: ReturnState,
    /// What comes back.
    pub lines: Vec<ReturnLine>,
    /// In which packages.
    pub packages: Vec<ReturnPackage>,
    /// `createdAt`.
    pub created_at: DateTime<Utc>,
    /// `updatedAt`.
    pub updated_at: DateTime<Utc>,
}

impl Return {
    /// All that comes back.
    pub(crate) fn contents(&self) -> impl Iterator<Item = &Content> {
        self.lines.iter().flat_map(|line| &line.contents)
    }

    /// The return as `ReturnDetails`.
    pub(crate) fn document(&self, order: &Order) -> Json {
        let packages = self.packages.iter().map(|package| package.document(order));
        json!({
            "id": self.id,
            "aliases": self.aliases.iter().map(Alias::document).collect::<Vec<_>>(),
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.updated_at),
            "state": self.state,
            "returnLineItems": self.lines.iter().map(|line| line.document(order)).collect::<Vec<_>>(),
            "returnPackageDetails": packages.collect::<Vec<_>>(),
        })
    }
}

impl Order {
    /// Whether these units can still come back: they are in the order, and in no return but `own`.
    pub(crate) fn can_come_back(&self, wanted: &[Content], own: Option<&str>) -> bool {
        let mut left: BTreeMap<&str, Decimal> =
            self.lines.iter().map(|line| (line.id.as_str(), line.quantity)).collect();
        let is_other =
            |known: &&Return| known.state != ReturnState::Cancelled && own != Some(known.id.as_str());
        let others = self.returns.iter().filter(is_other);
        for (line_id, quantity) in totals(others.flat_map(Return::contents)) {
            left.entry(line_id).and_modify(|left| *left -= quantity);
        }
        let positive = wanted.iter().all(|content| content.quantity > Decimal::ZERO);
        let there = |(line_id, quantity)| left.get(line_id).is_some_and(|left| quantity <= *left);
        !wanted.is_empty() && positive && totals(wanted).into_iter().all(there)
    }
}
