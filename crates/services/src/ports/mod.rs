//! The ports: what the services need from the world, a few methods each.
//!
//! With feature `testing` every port has a mock (`MockSalesOrders`, …).

pub mod amazon;
pub mod documents;
pub mod duties;
pub mod inbox;
pub mod lanes;
pub mod ledger;
pub mod netsuite;
pub mod notifications;
pub mod reconciliation;
pub mod records;
pub mod settings_history;
pub mod sharing;
pub mod stock;
pub mod vendors;

pub use amazon::{
    AmazonCancellations, AmazonOrders, AmazonRefunds, AmazonReturns, ForeignOrders, PackageTrackers,
};
pub use documents::{AccountingPeriods, ChangedDocuments, Documents};
pub use duties::Duties;
pub use inbox::{Inbox, NoticeFeed};
pub use lanes::{Intake, Lanes};
pub use ledger::{Ledger, OwnWrites};
pub use netsuite::{AccountOrders, ChangedSalesOrders, ItemFulfillments, Items, SalesOrders, ServerClock};
pub use notifications::Notifications;
pub use reconciliation::{ReconciliationReports, Reconciliations};
pub use records::{AuditMirror, CallLog, Operations};
pub use settings_history::SettingsHistory;
pub use sharing::{Paces, SlotShares};
pub use stock::{
    AmazonCatalog, AmazonStock, StockItems, StockRecords, StockReports, StockStream, StockWrites,
};
pub use vendors::{EveryVendorWorks, VendorHealth};
