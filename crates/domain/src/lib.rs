//! The words of the business: orders, packages, money, ids.
//!
//! Everything here is plain data and pure arithmetic. No IO, no async, no clock: instants come in as
//! arguments. Vendor words are enums with an `Unknown` case that keeps the word as it came, because a
//! new word must be shown and never be taken for success.

pub mod allocation;
pub mod amazon_order;
pub mod decimal;
pub mod fulfillment;
pub mod ids;
pub mod money;
pub mod package;
pub mod quantity;
pub mod sales_order;
pub mod time;
mod word;

pub use amazon_order::{AmazonLine, AmazonOrder, DeliveryAddress, ExecutionState};
pub use fulfillment::{DeliveryMarks, ItemFulfillment};
pub use ids::{
    AmazonLineId, AmazonOrderId, CarrierCode, ConnectionName, DeliveryOfferId, DeliveryPreviewId, ExternalId,
    ItemFulfillmentId, ItemId, LineAlias, LineNumber, LineUniqueKey, LocationId, OrderAlias, PackageId,
    SalesChannelId, SalesOrderId, ShipMethodId, Sku, TrackerKey, TrackingNumber,
};
pub use money::{Currency, Money, MoneyError};
pub use package::{CancelReason, MilestoneCode, Package, PackageContent, PackageState, PackageTracker};
pub use quantity::{Quantity, QuantityError};
pub use sales_order::{Channel, ItemKind, SalesOrder, SalesOrderLine, SalesOrderStatus, SyncState};
