//! A sales order as NetSuite holds it, reduced to what this product needs.
//!
//! Source: NetSuite REST API Browser, record `salesOrder`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::cancellation::CancelState;
use crate::ids::{
    AmazonLineId, AmazonOrderId, DeliveryOfferId, DeliveryPreviewId, EntityId, ItemId, LineNumber,
    LineUniqueKey, LocationId, SalesChannelId, SalesOrderId, ShipMethodId,
};
use crate::money::Currency;
use crate::word::vendor_words;

vendor_words! {
    /// NetSuite's status letter of a sales order.
    SalesOrderStatus {
        /// A person must approve it first.
        PendingApproval = "A",
        /// Approved, nothing shipped.
        PendingFulfillment = "B",
        /// Cancelled.
        Cancelled = "C",
        /// Some of it shipped.
        PartiallyFulfilled = "D",
        /// Some of it shipped and not yet billed.
        PendingBillingPartiallyFulfilled = "E",
        /// All shipped, not yet billed.
        PendingBilling = "F",
        /// Shipped and billed.
        Billed = "G",
        /// Closed.
        Closed = "H",
    }
}

vendor_words! {
    /// Which of Amazon's programmes a line goes through.
    Channel {
        /// Buy with Prime.
        BuyWithPrime = "BWP",
        /// Multi-Channel Fulfillment.
        MultiChannel = "MCF",
        /// Lines of both kinds in one order.
        Mixed = "MIXED",
    }
}

vendor_words! {
    /// What we last said about an order on the order itself (`custbody_amz_sync_state`).
    SyncState {
        /// Amazon has the order, not released yet.
        Reserved = "reserved",
        /// Amazon has the order.
        Sent = "sent",
        /// A person must look at it; the reason stands in the message field.
        Parked = "parked",
    }
}

vendor_words! {
    /// NetSuite's item type id on a line.
    ItemKind {
        /// Inventory item.
        Inventory = "InvtPart",
        /// Non-inventory item.
        NonInventory = "NonInvtPart",
        /// Kit: sold as one, shipped as members.
        Kit = "Kit",
        /// Assembly.
        Assembly = "Assembly",
        /// Service.
        Service = "Service",
        /// Other charge.
        OtherCharge = "OthCharge",
        /// Discount line.
        Discount = "Discount",
        /// Markup line.
        Markup = "Markup",
        /// Subtotal line.
        Subtotal = "Subtotal",
        /// Description line.
        Description = "Description",
        /// Gift certificate.
        GiftCertificate = "GiftCert",
        /// Item group header.
        Group = "Group",
        /// Item group end.
        EndGroup = "EndGroup",
        /// Payment line.
        Payment = "Payment",
        /// Shipping charge line.
        ShipItem = "ShipItem",
    }
}

impl ItemKind {
    /// True for items that can be put in a box. An unknown kind is not: it is shown, never guessed.
    pub fn is_goods(&self) -> bool {
        matches!(self, Self::Inventory | Self::NonInventory | Self::Kit | Self::Assembly)
    }

    /// True for lines besides the goods whose amount counts in the order total. Subtotals, descriptions and the
    /// frame of a group only repeat what other lines say.
    pub fn has_amount_of_its_own(&self) -> bool {
        !self.is_goods() && !matches!(self, Self::Subtotal | Self::Description | Self::Group | Self::EndGroup)
    }
}

/// One snapshot of a sales order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesOrder {
    /// Internal id.
    pub id: SalesOrderId,
    /// Document number that people use (`tranId`). Users may change it: never a key.
    pub number: String,
    /// Status letter.
    pub status: SalesOrderStatus,
    /// The customer it is for.
    pub customer: Option<EntityId>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Location on the body.
    pub location: Option<LocationId>,
    /// Sales channel on the body.
    pub sales_channel: Option<SalesChannelId>,
    /// Shipping item on the body.
    pub ship_method: Option<ShipMethodId>,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Shopper's e-mail address.
    pub email: Option<String>,
    /// Shopper's name, when the order's customer reference shows it.
    pub customer_name: Option<String>,
    /// Where it goes, as it stands on the order; parts may be missing.
    pub ship_to: ShipTo,
    /// Sum of tax, as NetSuite worked it out.
    pub tax_total: Decimal,
    /// Shipping charge.
    pub shipping_cost: Decimal,
    /// Handling charge.
    pub handling_cost: Decimal,
    /// Discount on the whole order as a positive amount.
    pub discount_total: Decimal,
    /// What the shopper pays.
    pub total: Decimal,
    /// Its lines, those that are no goods included.
    pub lines: Vec<SalesOrderLine>,
    /// What stands in our fields on the body.
    pub marks: OrderFields,
    /// What the shop calls the order, by the fields that settings name; empty where none do.
    pub shop_names: Vec<String>,
}

/// Our own body fields of a sales order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderFields {
    /// `custbody_amz_order_id`.
    pub amazon_order: Option<AmazonOrderId>,
    /// `custbody_amz_channel`.
    pub channel: Option<Channel>,
    /// `custbody_amz_sync_state`.
    pub sync_state: Option<SyncState>,
    /// `custbody_amz_sync_message`.
    pub sync_message: Option<String>,
    /// `custbody_amz_cancel_state`.
    pub cancel_state: Option<CancelState>,
    /// `custbody_amz_cancel_reason`: why staff want it cancelled, in the merchant's words.
    pub cancel_reason: Option<String>,
    /// `custbody_amz_hold`: staff keep the order back.
    pub hold: bool,
    /// `custbody_amz_shopper_identity`: the shopper's identity token, needed for Prime lines.
    pub shopper_identity: Option<String>,
}

impl OrderFields {
    /// True when staff ask for the order to be cancelled, however they spell the word.
    pub fn asks_to_cancel(&self) -> bool {
        let word = self.cancel_state.as_ref().map(CancelState::as_str).unwrap_or_default();
        word.trim().eq_ignore_ascii_case(CancelState::Requested.as_str())
    }
}

/// A shipping address as NetSuite holds it: any part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShipTo {
    /// Person or company the parcel is addressed to.
    pub addressee: Option<String>,
    /// Attention line.
    pub attention: Option<String>,
    /// Street and number.
    pub line_one: Option<String>,
    /// Second line.
    pub line_two: Option<String>,
    /// Third line.
    pub line_three: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166 two-letter country.
    pub country: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
}

/// One line of a sales order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesOrderLine {
    /// Key within the order.
    pub line: LineNumber,
    /// Key within the account, for good.
    pub unique_key: LineUniqueKey,
    /// The item.
    pub item: ItemId,
    /// The item's name as the line shows it.
    pub item_name: Option<String>,
    /// What kind of item it is.
    pub kind: ItemKind,
    /// Text on the line.
    pub description: Option<String>,
    /// Ordered units. Services may have fractions, so it is a decimal until it is known to be goods.
    pub quantity: Decimal,
    /// Units on item fulfilments so far.
    pub quantity_fulfilled: Decimal,
    /// Price of one unit, when the line has one.
    pub rate: Option<Decimal>,
    /// Line amount before tax.
    pub amount: Decimal,
    /// Tax on the line, where the account shows it per line.
    pub tax: Option<Decimal>,
    /// Location on the line.
    pub location: Option<LocationId>,
    /// True when nothing more of the line will ship.
    pub is_closed: bool,
    /// `custcol_amz_fulfill`: staff or a script say that Amazon ships this line.
    pub amazon_flag: bool,
    /// `custcol_amz_line_id`.
    pub amazon_line: Option<AmazonLineId>,
    /// `custcol_amz_offer_id`.
    pub offer: Option<DeliveryOfferId>,
    /// `custcol_amz_preview_id`.
    pub preview: Option<DeliveryPreviewId>,
}
