//! What the services need from Amazon's Buy with Prime API.

use amz_domain::{
    AmazonLineId, AmazonOrder, AmazonOrderId, CancellationAlias, CancellationReason, DeliveryAddress,
    DeliveryOfferId, DeliveryPreviewId, ExecutionState, LineAlias, Money, OrderAlias, PackageContent,
    PackageTracker, Quantity, RefundAlias, RefundId, RefundState, ReturnAlias, ReturnId, ReturnState, Sku,
    TrackerKey,
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

/// Orders at Amazon that others sent.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ForeignOrders: Send + Sync {
    /// Reads an order by an alias that is not ours, of a type in which another connector gave its own; `None` when
    /// Amazon knows no such alias.
    ///
    /// # Errors
    /// Read failures.
    async fn find_named(&self, alias_type: &str, alias_id: &str) -> Result<Option<AmazonOrder>, PortError>;
}

/// Cancellations of whole orders at Amazon.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AmazonCancellations: Send + Sync {
    /// Asks Amazon to cancel an order (`cancelOrder`): all of it, and later. What became of it shows in
    /// [`AmazonOrder::cancellations`](amz_domain::AmazonOrder).
    ///
    /// # Errors
    /// Any failure; `Refused` when Amazon will not try, because a package is under way.
    async fn request(&self, order: &AmazonOrderId, cancellation: &NewCancellation) -> Result<(), PortError>;
}

/// Returns that were made outside Amazon. Those that Amazon made are never touched here.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AmazonReturns: Send + Sync {
    /// Tells Amazon of a return (`updateOrder` with `returns`, without `returnIdentifier`). Whether it is there is
    /// found in [`AmazonOrder::returns`](amz_domain::AmazonOrder) by the alias.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the alias is taken.
    async fn tell(&self, order: &AmazonOrderId, new: &NewExternalReturn) -> Result<(), PortError>;

    /// Moves a return that was told before (with `returnIdentifier`): cancelled or completed. Repeating it leaves
    /// the same return.
    ///
    /// # Errors
    /// Any failure.
    async fn conclude(
        &self,
        order: &AmazonOrderId,
        return_id: &ReturnId,
        state: &ReturnState,
    ) -> Result<(), PortError>;
}

/// Refunds at Amazon.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AmazonRefunds: Send + Sync {
    /// Reports what became of a refund (`updateOrder` with `refunds`). The total is cumulative, the payments are
    /// only those of this report; a payment that Amazon already lists by its id must not be sent again.
    ///
    /// # Errors
    /// Any failure; `Refused` when Amazon does not allow the step, `Conflict` when the alias is taken.
    async fn report(&self, order: &AmazonOrderId, report: &RefundReport) -> Result<(), PortError>;
}

/// A cancellation as Amazon shall try it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCancellation {
    /// Our alias.
    pub alias: CancellationAlias,
    /// Why.
    pub reason: CancellationReason,
    /// Why, for people; free of personal data.
    pub comment: Option<String>,
}

/// A return made outside Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExternalReturn {
    /// Our alias.
    pub alias: ReturnAlias,
    /// What comes back, per order line.
    pub lines: Vec<PackageContent>,
}

/// What Amazon shall know of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundReport {
    /// Which refund.
    pub refund: ReportedRefund,
    /// How far it has come.
    pub state: RefundState,
    /// All that was refunded under it so far.
    pub total: Money,
    /// Payments of this report.
    pub payments: Vec<RefundPayment>,
    /// Why the state is what it is, in Amazon's word (`RefundStatusReasonInput`), for rejections and partials.
    pub status_reason: Option<String>,
}

/// Which refund is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedRefund {
    /// One that Amazon has.
    Known(RefundId),
    /// One made outside Amazon that Amazon does not have yet.
    External {
        /// Our alias.
        alias: RefundAlias,
        /// Units it is for, per order line.
        lines: Vec<PackageContent>,
        /// Why, in Amazon's word (`RefundRequestReasonInput`).
        reason: String,
    },
}

/// One payment of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundPayment {
    /// Our id, stable and unique among the refund's payments: the document's name, so that a repeat is seen.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// How, for people: `NetSuite credit memo 900`.
    pub method: String,
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
