//! Settings of the services: how one merchant wants things done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amz_domain::{
    AccountId, CancellationReason, Figure, ItemId, LocationId, SalesChannelId, ShipMethodId, Sku,
    SubsidiaryId,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use crate::ports::stock::StockBins;

/// How one connection's orders are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSettings {
    /// NetSuite account id in its realm spelling (`1234567_SB1`); part of our order aliases.
    pub account: String,
    /// The account's time zone, for posting dates.
    pub timezone: Tz,
    /// Address of NetSuite's pages for people, for order links, without a trailing slash.
    pub pages: String,
    /// Location that stands for Amazon's warehouses.
    pub amazon_location: Option<LocationId>,
    /// Sales channels whose orders Amazon ships.
    pub sales_channels: BTreeSet<SalesChannelId>,
    /// Rules that make a line Amazon's; any of them suffices.
    pub eligible: Vec<EligibleRule>,
    /// Amazon's delivery speed per shipping item.
    pub ship_speed: BTreeMap<ShipMethodId, String>,
    /// Delivery speed of orders without a shipping item; none parks them.
    pub default_ship_speed: Option<String>,
    /// Orders created before this instant stay out.
    pub go_live: Option<DateTime<Utc>>,
    /// How long a new order is held back before it goes to Amazon.
    pub hold: Duration,
    /// What happens while an order is on hold.
    pub on_hold: OnHold,
    /// First wait after a failure.
    pub retry_base: Duration,
    /// Tries before a person must look.
    pub retry_limit: u32,
    /// Wait before a write whose answer was lost is looked up again and, if absent, sent again.
    pub unclear_wait: Duration,
    /// Whether kits go to Amazon as they are sold, or as their parts.
    pub kits: Kits,
    /// How cancellations are handled.
    pub cancellation: CancellationSettings,
    /// How returns are handled.
    pub returns: ReturnSettings,
    /// How refunds are handled.
    pub refunds: RefundSettings,
}

/// Which sales orders Amazon may fulfil already, because a shop's checkout placed them there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckoutSettings {
    /// Types of the aliases under which Amazon may know an order by what the shop calls it.
    pub alias_types: Vec<String>,
    /// Sales channels of the checkout: Amazon has every order of them already.
    pub sales_channels: BTreeSet<SalesChannelId>,
    /// Locations of the checkout: Amazon has every order that ships from them already.
    pub locations: BTreeSet<LocationId>,
    /// Sales channels whose orders another of Amazon's programmes fulfils: they are left alone.
    pub other_programmes: BTreeSet<SalesChannelId>,
}

/// How kits go to Amazon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kits {
    /// As one line with the kit's own SKU.
    AsSold,
    /// As one line per part, with the parts' SKUs.
    AsParts,
}

/// How cancellations are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancellationSettings {
    /// What happens with units that Amazon cannot ship.
    pub when_unfulfillable: WhenUnfulfillable,
    /// What happens when staff cancel some lines only.
    pub partial_cancel: PartialCancel,
    /// Amazon's reason per reason of the merchant (the text of `custbody_amz_cancel_reason`).
    pub reasons: BTreeMap<String, CancellationReason>,
    /// Amazon's reason when the merchant's is not in the table.
    pub default_reason: CancellationReason,
    /// First wait before Amazon is asked again what became of a cancellation; doubles up to an hour.
    pub look: Duration,
}

/// What happens with units that Amazon cannot ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnfulfillable {
    /// They leave the sales order.
    Cancel,
    /// They stay open, without Amazon's flag, so that another warehouse can ship them.
    BackOrder,
}

/// What happens when staff cancel some lines only: Amazon cancels whole orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartialCancel {
    /// Nothing is sent; a person must look.
    Park,
    /// The whole order is cancelled, and what stays is sent anew.
    WholeAndReorder,
}

/// How returns are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnSettings {
    /// True when return authorizations are made approved.
    pub approve: bool,
    /// When goods are received.
    pub receive_on: ReceiveOn,
    /// Where sellable goods are received; the sales order's when absent.
    pub return_location: Option<LocationId>,
    /// Where all other goods are received; none parks them.
    pub damaged_location: Option<LocationId>,
}

/// When returned goods are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiveOn {
    /// When Amazon has the parcel; all of it to the return location.
    Delivered,
    /// When Amazon has said what condition they are in.
    Graded,
}

/// How refunds are handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundSettings {
    /// How the account bills.
    pub billing: Billing,
    /// What a credit memo is made from.
    pub credit_from: CreditFrom,
    /// When a credit memo counts as paid.
    pub payment: RefundPaymentPolicy,
    /// When shipping is refunded.
    pub shipping: ShippingRefund,
    /// How far our amount may be from Amazon's estimate, in the order's currency.
    pub tolerance: Decimal,
    /// Refunds above this amount wait for a person.
    pub approval_over: Option<Decimal>,
    /// What happens when the posting day is closed.
    pub closed_period: ClosedPeriod,
    /// Account that pays refunds out.
    pub account: Option<AccountId>,
    /// Amazon's reason of refunds that were issued in NetSuite.
    pub external_reason: String,
}

/// How an account bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// By what each order has.
    Detect,
    /// With invoices.
    Invoice,
    /// With cash sales.
    CashSale,
}

/// What a credit is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditFrom {
    /// The bill. Authorizations then stay open, and a credit of stocked items counts their stock once more.
    Bill,
    /// The received return authorization of exactly the refund's units; without one the bill.
    ReturnAuthorization,
}

/// When a credit memo counts as paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundPaymentPolicy {
    /// At once.
    CreditMemo,
    /// When the customer refund is made, which we make.
    CustomerRefund,
    /// When staff or a payment run have made a customer refund for it.
    Later,
}

/// When shipping is refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShippingRefund {
    /// Never by us.
    Never,
    /// With the last unit that was billed.
    WithLastUnit,
}

/// What happens when the posting day lies in a closed period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedPeriod {
    /// The first open day is taken.
    FirstOpenDay,
    /// A person must look.
    Park,
}

/// A rule that makes a sales order line Amazon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EligibleRule {
    /// `custcol_amz_fulfill` is ticked on the line.
    LineFlag,
    /// The line's location, or the body's when the line has none, is Amazon's.
    Location,
    /// The order's sales channel is one of the listed.
    SalesChannel,
}

/// What happens while an order is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHold {
    /// Nothing is sent until the hold ends.
    Wait,
    /// Amazon gets the order as `NOT_STARTED` and is told to start when the hold ends.
    Reserve,
}

/// How stock is kept in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InventorySettings {
    /// Location that stands for Amazon's warehouses.
    pub location: LocationId,
    /// The location's subsidiary, where the account has several.
    pub subsidiary: Option<SubsidiaryId>,
    /// The figure that counts as stock.
    pub figure: Figure,
    /// Figures that are added to it.
    pub add: Vec<Figure>,
    /// Units kept back of every item.
    pub buffer: Buffer,
    /// How SKUs are matched with items.
    pub match_by: MatchBy,
    /// What the merchant says about single SKUs; each SKU at most once.
    pub aliases: Vec<Alias>,
    /// How long after Amazon took an order its figure may or may not count the order already.
    pub reservation_lag: Duration,
    /// What happens with an item whose SKU Amazon does not show any more.
    pub absent: WhenAbsent,
    /// When a write waits for a person.
    pub brake: BrakeSettings,
    /// How stock is written.
    pub write: StockWriting,
    /// How long a stock document whose answer was lost may still arrive; until then nothing new is worked out. NetSuite
    /// lets a request run for a quarter of an hour, whether its caller waits or not.
    pub late_arrival: Duration,
    /// How a full run reads Amazon's stock.
    pub road: RoadChoice,
}

/// Units kept back; of both the larger counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Buffer {
    /// So many units.
    pub units: Decimal,
    /// This share of what could be sold, 0 to 1; rounded up to a whole unit.
    pub share: Decimal,
}

/// How SKUs are matched with items, where no alias says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchBy {
    /// The SKU stands in the item field of SKUs.
    ItemField,
    /// The SKU is the item's UPC.
    Upc,
    /// The SKU is the item's external id.
    ExternalId,
    /// The external id of the product in Amazon's catalogue is the item's external id.
    Catalog,
}

/// What the merchant says about one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The SKU.
    pub sku: Sku,
    /// The item it stands for, by internal id; `None` leaves the matching to the rule.
    pub item: Option<ItemId>,
    /// How it counts among several SKUs of one item, or among SKUs that share their units.
    pub counting: Option<Counting>,
    /// Units of its item kept back.
    pub buffer: Option<Buffer>,
}

/// How a SKU counts among several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Its units are added to those of the others.
    Sum,
    /// It alone counts.
    Primary,
    /// It does not count.
    Ignore,
}

/// What happens with an item whose SKU Amazon does not show, twice over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenAbsent {
    /// Nothing of it can be sold.
    Zero,
    /// It stays as it is, and is on the report.
    Keep,
}

/// When a write waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrakeSettings {
    /// When more than this share of the SKUs, 0 to 1, and at least [`Self::at_least`] would drop to zero.
    pub share: Decimal,
    /// See [`Self::share`].
    pub at_least: u64,
    /// When more than so many units of such items would be lost.
    pub units: Option<Decimal>,
}

impl Default for BrakeSettings {
    fn default() -> Self {
        Self { share: Decimal::new(2, 1), at_least: 10, units: None }
    }
}

/// How stock is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockWriting {
    /// Inventory adjustments at the location.
    Adjustment,
    /// Bin transfers at the location: what cannot be sold stands in the other bin.
    BinTransfer(StockBins),
    /// Only the items' own fields; NetSuite's stock stays as it is.
    Fields,
}

/// How a full run reads Amazon's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoadChoice {
    /// As fits the number of SKUs.
    Auto,
    /// Page by page.
    Crawl,
    /// By the names of known SKUs.
    Named,
}

impl InventorySettings {
    /// The defaults, for a location.
    pub fn new(location: LocationId) -> Self {
        Self {
            location,
            subsidiary: None,
            figure: Figure::Fulfillable,
            add: Vec::new(),
            buffer: Buffer::default(),
            match_by: MatchBy::ItemField,
            aliases: Vec::new(),
            reservation_lag: Duration::from_secs(600),
            absent: WhenAbsent::Keep,
            brake: BrakeSettings::default(),
            write: StockWriting::Adjustment,
            late_arrival: Duration::from_secs(16 * 60),
            road: RoadChoice::Auto,
        }
    }
}

impl Default for CancellationSettings {
    fn default() -> Self {
        Self {
            when_unfulfillable: WhenUnfulfillable::Cancel,
            partial_cancel: PartialCancel::Park,
            reasons: BTreeMap::new(),
            default_reason: CancellationReason::Other,
            look: Duration::from_secs(60),
        }
    }
}

impl Default for ReturnSettings {
    fn default() -> Self {
        Self { approve: true, receive_on: ReceiveOn::Graded, return_location: None, damaged_location: None }
    }
}

impl Default for RefundSettings {
    fn default() -> Self {
        Self {
            billing: Billing::Detect,
            credit_from: CreditFrom::ReturnAuthorization,
            payment: RefundPaymentPolicy::CreditMemo,
            shipping: ShippingRefund::Never,
            tolerance: Decimal::ONE,
            approval_over: None,
            closed_period: ClosedPeriod::FirstOpenDay,
            account: None,
            external_reason: "OTHERS".to_owned(),
        }
    }
}
