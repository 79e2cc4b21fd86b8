//! The words of the business: orders, packages, money, ids.
//!
//! Everything here is plain data and pure arithmetic. No IO, no async, no clock: instants come in as
//! arguments. Vendor words are enums with an `Unknown` case that keeps the word as it came, because a
//! new word must be shown and never be taken for success.

pub mod allocation;
pub mod amazon_order;
pub mod cancellation;
pub mod decimal;
pub mod document;
pub mod fulfillment;
pub mod ids;
pub mod money;
pub mod package;
pub mod quantity;
pub mod refund_rejection;
pub mod refunds;
pub mod returns;
pub mod sales_order;
pub mod stock;
pub mod time;
mod word;

pub use amazon_order::{AmazonLine, AmazonOrder, DeliveryAddress, ExecutionState};
pub use cancellation::{CancelState, Cancellation, CancellationReason, CancellationState};
pub use document::{Document, DocumentHead, DocumentKey, DocumentKind, DocumentLine, DocumentMarks, Origin};
pub use fulfillment::{DeliveryMarks, ItemFulfillment};
pub use ids::{
    AccountId, AmazonLineId, AmazonOrderId, BinId, CancellationAlias, CancellationId, CarrierCode,
    ConnectionName, DeliveryOfferId, DeliveryPreviewId, DocumentId, EntityId, ExternalId, FulfillmentSku,
    Generation, InventoryItemId, ItemFulfillmentId, ItemId, LineAlias, LineNumber, LineUniqueKey, LocationId,
    OrderAlias, PackageId, ReconciliationId, RefundAlias, RefundId, ReturnAlias, ReturnId, ReturnPackageId,
    SalesChannelId, SalesOrderId, ShipMethodId, Sku, StockRunId, SubsidiaryId, TrackerKey, TrackingNumber,
};
pub use money::{Currency, Money, MoneyError};
pub use package::{CancelReason, MilestoneCode, Package, PackageContent, PackageState, PackageTracker};
pub use quantity::{Quantity, QuantityError};
pub use refund_rejection::RefundRejection;
pub use refunds::{AmazonRefund, RefundState, RefundTotal};
pub use returns::{
    AmazonReturn, GradedUnits, ItemCondition, ReturnLine, ReturnPackage, ReturnPackageState, ReturnState,
};
pub use sales_order::{Channel, ItemKind, SalesOrder, SalesOrderLine, SalesOrderStatus, SyncState};
pub use stock::{Figure, StockFigures, StockReading};
