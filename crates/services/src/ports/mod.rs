//! The ports: what the services need from the world, a few methods each.
//!
//! With feature `testing` every port has a mock (`MockSalesOrders`, …).

pub mod amazon;
pub mod documents;
pub mod inbox;
pub mod lanes;
pub mod ledger;
pub mod netsuite;
pub mod notifications;
pub mod records;
pub mod stock;

pub use amazon::{AmazonCancellations, AmazonOrders, AmazonRefunds, AmazonReturns, PackageTrackers};
pub use documents::{AccountingPeriods, ChangedDocuments, Documents};
pub use inbox::{Inbox, NoticeFeed};
pub use lanes::{Intake, Lanes};
pub use ledger::Ledger;
pub use netsuite::{ChangedSalesOrders, ItemFulfillments, Items, SalesOrders};
pub use notifications::Notifications;
pub use records::{CallLog, Operations};
pub use stock::{
    AmazonCatalog, AmazonStock, StockItems, StockRecords, StockReports, StockStream, StockWrites,
};
