//! An order as Amazon holds it.
//!
//! Source: Amazon pages `order-queries-order`, `sandbox-objects-order`.

use serde::{Deserialize, Serialize};

use crate::cancellation::Cancellation;
use crate::ids::{AmazonLineId, AmazonOrderId, LineAlias, OrderAlias, Sku};
use crate::package::Package;
use crate::quantity::Quantity;
use crate::refunds::AmazonRefund;
use crate::returns::AmazonReturn;
use crate::word::vendor_words;

vendor_words! {
    /// Whether Amazon works on an order.
    ExecutionState {
        /// Accepted, fulfilment on hold.
        NotStarted = "NOT_STARTED",
        /// Being fulfilled. There is no way back.
        Started = "STARTED",
    }
}

/// One snapshot of an order at Amazon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonOrder {
    /// Amazon's id.
    pub id: AmazonOrderId,
    /// Our alias, when Amazon knows the order by one.
    pub alias: Option<OrderAlias>,
    /// Whether Amazon works on it; absent when Amazon did not say.
    pub execution: Option<ExecutionState>,
    /// Where it goes, as far as Amazon shows it.
    pub recipient: Option<DeliveryAddress>,
    /// Its lines.
    pub lines: Vec<AmazonLine>,
    /// Its packages, those not shipped yet included.
    pub packages: Vec<Package>,
    /// Attempts to cancel it.
    pub cancellations: Vec<Cancellation>,
    /// Its returns; a shopper may return line by line.
    pub returns: Vec<AmazonReturn>,
    /// Its refunds.
    pub refunds: Vec<AmazonRefund>,
    /// Addresses that belong to it: pages of other systems, or of the shop where it was bought.
    #[serde(default)]
    pub links: Vec<String>,
}

/// One line of an order at Amazon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonLine {
    /// Amazon's id.
    pub id: AmazonLineId,
    /// Our alias of the line. Lines are keyed by it, never by SKU.
    pub alias: Option<LineAlias>,
    /// The merchant's SKU, when shown.
    pub sku: Option<Sku>,
    /// Ordered units.
    pub quantity: Quantity,
    /// What others call the line: its aliases that are not ours.
    #[serde(default)]
    pub names: Vec<String>,
}

/// A complete address that Amazon can deliver to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAddress {
    /// Who receives the goods.
    pub name: String,
    /// Street and number.
    pub street: String,
    /// Flat, floor, company.
    pub extended: Option<String>,
    /// Town.
    pub locality: String,
    /// State or province.
    pub region: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166 two-letter country.
    pub country: String,
    /// Telephone for the carrier.
    pub phone: Option<String>,
}

impl AmazonOrder {
    /// The line with an alias of ours.
    pub fn line(&self, id: &AmazonLineId) -> Option<&AmazonLine> {
        self.lines.iter().find(|line| &line.id == id)
    }
}
