//! What the services need from NetSuite.

use std::collections::HashMap;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonLineId, AmazonOrderId, CancelState, Channel, DeliveryMarks, ExternalId, ItemFulfillment,
    ItemFulfillmentId, ItemId, LineNumber, LocationId, PackageId, Quantity, SalesOrder, SalesOrderId, Sku,
    SyncState, TrackingNumber,
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};

use crate::failure::PortError;

/// Sales orders.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SalesOrders: Send + Sync {
    /// Reads an order with its lines; `None` when there is no such order, or the role cannot see it.
    ///
    /// # Errors
    /// Read failures; `Unreadable` names the field that could not be understood.
    async fn read(&self, order: &SalesOrderId) -> Result<Option<SalesOrder>, PortError>;

    /// Writes our fields and closes lines. Repeating the same patch leaves the same order.
    ///
    /// # Errors
    /// Any failure.
    async fn patch(&self, order: &SalesOrderId, patch: &SalesOrderPatch) -> Result<(), PortError>;
}

/// Items.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Items: Send + Sync {
    /// The SKU of each item, by the configured item field; an item without one is absent.
    /// Adapters remember what they have read, so that a known item costs no call.
    ///
    /// # Errors
    /// Read failures.
    async fn skus(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Sku>, PortError>;

    /// What one kit consists of; empty when the item is no kit. Adapters remember what they have read.
    ///
    /// # Errors
    /// Read failures.
    async fn kit_members(&self, kit: &ItemId) -> Result<Vec<KitMember>, PortError>;
}

/// One part of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitMember {
    /// The part.
    pub item: ItemId,
    /// Units of it in one kit.
    pub quantity: Quantity,
}

/// Item fulfilments.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ItemFulfillments: Send + Sync {
    /// Makes an item fulfilment from a sales order (transform), under our external id.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id is taken.
    async fn create(&self, fulfillment: &NewItemFulfillment) -> Result<ItemFulfillmentId, PortError>;

    /// Reads an item fulfilment by our external id; `None` when there is none.
    ///
    /// # Errors
    /// Read failures.
    async fn find(&self, external_id: &ExternalId) -> Result<Option<ItemFulfillment>, PortError>;

    /// Writes our fields and the tracking number. Repeating the same patch leaves the same record.
    ///
    /// # Errors
    /// Any failure.
    async fn patch(
        &self,
        fulfillment: &ItemFulfillmentId,
        patch: &ItemFulfillmentPatch,
    ) -> Result<(), PortError>;
}

/// The change feed of sales orders.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ChangedSalesOrders: Send + Sync {
    /// One page of sales orders changed at or after a position, oldest first, that Amazon could have to
    /// ship or already ships.
    ///
    /// # Errors
    /// Read failures.
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedPage, PortError>;
}

/// Which sales orders an account has, for reconciliation and adoption.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait AccountOrders: Send + Sync {
    /// One page of sales orders touched at or after an instant, oldest first, that Amazon could have to ship or already
    /// has. `after` is the last row of the page before.
    ///
    /// # Errors
    /// Read failures.
    async fn touched(
        &self,
        since: DateTime<Utc>,
        after: Option<FeedPosition>,
    ) -> Result<ChangedPage, PortError>;

    /// One page of sales orders created from an instant until before another, by internal id, whatever became of them.
    ///
    /// # Errors
    /// Read failures.
    async fn created(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<SalesOrderId>,
    ) -> Result<Vec<SalesOrderId>, PortError>;

    /// One page of sales orders whose fields say that another connector sent them to Amazon, by internal id.
    ///
    /// # Errors
    /// Read failures.
    async fn sent_by_others(&self, after: Option<SalesOrderId>) -> Result<Vec<SentByOther>, PortError>;

    /// What another connector wrote on one sales order; `None` when nothing.
    ///
    /// # Errors
    /// Read failures.
    async fn sent_by_other(&self, order: &SalesOrderId) -> Result<Option<SentByOther>, PortError>;

    /// The item fulfilments of a sales order, whoever made them.
    ///
    /// # Errors
    /// Read failures.
    async fn fulfillments(&self, order: &SalesOrderId) -> Result<Vec<MadeFulfillment>, PortError>;
}

/// NetSuite's clock.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait ServerClock: Send + Sync {
    /// What time it is there.
    ///
    /// # Errors
    /// Read failures.
    async fn server_time(&self) -> Result<DateTime<Utc>, PortError>;
}

/// A sales order that another connector sent to Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentByOther {
    /// The sales order.
    pub sales_order: SalesOrderId,
    /// What its fields say that Amazon knows it by, in the order of the configured fields: Amazon's id, or an alias of
    /// the other connector.
    pub names: Vec<String>,
}

/// An item fulfilment, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFulfillment {
    /// Its internal id.
    pub id: ItemFulfillmentId,
    /// Its external id, when it is one of ours. Those of other systems stay away.
    pub external_id: Option<ExternalId>,
    /// Tracking numbers on its packages.
    pub tracking_numbers: Vec<TrackingNumber>,
    /// Units per line of the sales order.
    pub lines: Vec<FulfilledLine>,
}

/// A place in a change feed: the last row seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct FeedPosition {
    /// `lastmodifieddate` in NetSuite's own fixed text form, `YYYY-MM-DDTHH:MM:SS` in the account's zone.
    pub modified: String,
    /// Internal id of the record.
    pub id: String,
}

/// One page of a change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPage {
    /// The rows, oldest first.
    pub rows: Vec<FeedPosition>,
    /// True when there may be more rows now.
    pub more: bool,
}

/// What to write on a sales order; what is `None` or empty stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SalesOrderPatch {
    /// `custbody_amz_order_id`.
    pub amazon_order: Option<AmazonOrderId>,
    /// `custbody_amz_channel`.
    pub channel: Option<Channel>,
    /// `custbody_amz_sync_state`.
    pub sync_state: Option<SyncState>,
    /// `custbody_amz_sync_message`; the empty text empties it.
    pub sync_message: Option<String>,
    /// `custcol_amz_line_id` per line.
    pub amazon_lines: Vec<(LineNumber, AmazonLineId)>,
    /// Lines of which nothing more will ship.
    pub close: Vec<LineNumber>,
    /// Lines that go on with fewer units, and how many.
    pub reduce: Vec<(LineNumber, Quantity)>,
    /// Lines that Amazon shall not ship any more (`custcol_amz_fulfill` taken off): another warehouse may.
    pub release: Vec<LineNumber>,
    /// `custbody_amz_cancel_state`.
    pub cancel_state: Option<CancelState>,
}

/// An item fulfilment as NetSuite shall make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItemFulfillment {
    /// The sales order it comes from.
    pub sales_order: SalesOrderId,
    /// Our external id.
    pub external_id: ExternalId,
    /// Amazon's package.
    pub package: PackageId,
    /// Amazon's order.
    pub amazon_order: AmazonOrderId,
    /// Posting date.
    pub date: NaiveDate,
    /// What is in the package.
    pub lines: Vec<FulfilledLine>,
    /// All other goods lines of the order, to be left out explicitly: NetSuite fulfils what is not mentioned.
    pub left_out: Vec<LineNumber>,
    /// Location that the lines ship from.
    pub location: Option<LocationId>,
    /// The carrier's number, when it is known.
    pub tracking_number: Option<TrackingNumber>,
    /// Our fields.
    pub marks: DeliveryMarks,
}

/// What to write on an item fulfilment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemFulfillmentPatch {
    /// The package's tracking number, when it is new or changed.
    pub tracking: Option<TrackingChange>,
    /// Our fields; what is `None` stays as it is.
    pub marks: DeliveryMarks,
}

/// A tracking number that came or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingChange {
    /// The number that holds from now on.
    pub number: TrackingNumber,
    /// The number it replaces; noted on the package line.
    pub replaces: Option<TrackingNumber>,
}
