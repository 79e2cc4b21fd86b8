//! What the services need from Amazon's Buy with Prime API.

use amz_domain::{
    AmazonLineId, AmazonOrder, AmazonOrderId, DeliveryAddress, DeliveryOfferId, DeliveryPreviewId,
    ExecutionState, LineAlias, Money, OrderAlias, PackageTracker, Quantity, Sku, TrackerKey,
};
use async_trait::async_trait;

use crate::failure::PortError;

/// Orders at Amazon.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AmazonOrders: Send + Sync {
    /// Creates an order (`createOrder`). The order alias is unique at Amazon: a second order under it is
    /// a [`Failure::Conflict`](crate::failure::Failure::Conflict), never a second parcel.
    ///
    /// # Errors
    /// Any failure; `Unclear` when the answer was lost after the request went out, `Unreadable` when Amazon
    /// acted and its answer could not be read.
    async fn create(&self, order: &NewAmazonOrder) -> Result<CreatedOrder, PortError>;

    /// Changes an order (`updateOrder`). Repeating the same change leaves the same order.
    ///
    /// # Errors
    /// Any failure.
    async fn update(&self, order: &AmazonOrderId, change: &AmazonOrderChange) -> Result<(), PortError>;

    /// Reads an order by Amazon's id; `None` when Amazon knows no such order.
    ///
    /// # Errors
    /// Read failures.
    async fn read(&self, order: &AmazonOrderId) -> Result<Option<AmazonOrder>, PortError>;

    /// Reads an order by our alias; `None` when Amazon knows no such alias.
    ///
    /// # Errors
    /// Read failures.
    async fn find(&self, alias: &OrderAlias) -> Result<Option<AmazonOrder>, PortError>;
}

/// Trackers of packages.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait PackageTrackers: Send + Sync {
    /// Reads a tracker (`packageTracker`); `None` when Amazon knows no such number (they expire after
    /// 90 days).
    ///
    /// # Errors
    /// Read failures.
    async fn read(&self, tracker: &TrackerKey) -> Result<Option<PackageTracker>, PortError>;
}

/// An order as Amazon shall create it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAmazonOrder {
    /// Our alias of the order.
    pub alias: OrderAlias,
    /// Whom Amazon may write to.
    pub contact: Contact,
    /// Where it goes.
    pub recipient: DeliveryAddress,
    /// Start at once, or hold.
    pub execution: ExecutionState,
    /// Its lines.
    pub lines: Vec<NewAmazonLine>,
    /// Sum of all lines, charges, discounts and taxes.
    pub total: Money,
    /// Page of the order in NetSuite.
    pub page: String,
    /// Login with Amazon token of the shopper; needed as soon as a line is Prime. A secret.
    pub shopper_identity: Option<ShopperIdentity>,
}

/// A shopper's identity token. Its text never shows in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct ShopperIdentity(pub String);

impl std::fmt::Debug for ShopperIdentity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ShopperIdentity([secret])")
    }
}

/// A person's name and e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// A line as Amazon shall create it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAmazonLine {
    /// Our alias of the line.
    pub alias: LineAlias,
    /// What it is.
    pub sku: Sku,
    /// What it is, for people.
    pub title: String,
    /// Units.
    pub quantity: Quantity,
    /// Price of one unit before discount and tax.
    pub unit_price: Money,
    /// Discount on the whole line, positive or zero.
    pub discount: Money,
    /// Tax on the whole line.
    pub tax: Money,
    /// Shipping charged to the shopper with this line, positive or zero.
    pub delivery_charge: Money,
    /// How it is delivered.
    pub delivery: Delivery,
}

/// How Amazon delivers a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Buy with Prime, under the offer the shopper chose.
    Prime {
        /// The preview shown at checkout.
        preview: DeliveryPreviewId,
        /// The offer chosen at checkout.
        offer: DeliveryOfferId,
    },
    /// Multi-Channel Fulfillment at a speed (`STANDARD`, `EXPEDITED`, `PRIORITY`).
    MultiChannel {
        /// Amazon's word for the speed.
        speed: String,
    },
}

impl Delivery {
    /// One word for it: `PRIME`, or the speed.
    pub fn word(&self) -> &str {
        match self {
            Self::Prime { .. } => "PRIME",
            Self::MultiChannel { speed } => speed,
        }
    }
}

/// What Amazon made of a new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedOrder {
    /// Amazon's id.
    pub id: AmazonOrderId,
    /// Amazon's line ids with our aliases.
    pub lines: Vec<CreatedLine>,
}

/// What Amazon made of a new line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedLine {
    /// Our alias, as it came back.
    pub alias: LineAlias,
    /// Amazon's id.
    pub id: AmazonLineId,
}

/// A change of an order; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AmazonOrderChange {
    /// `STARTED` releases an order that was on hold.
    pub execution: Option<ExecutionState>,
    /// New order total.
    pub total: Option<Money>,
    /// New order tax.
    pub tax: Option<Money>,
}
