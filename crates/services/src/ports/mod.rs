//! The ports: what the services need from the world, a few methods each.
//!
//! With feature `testing` every port has a mock (`MockSalesOrders`, …).

pub mod amazon;
pub mod inbox;
pub mod lanes;
pub mod ledger;
pub mod netsuite;
pub mod records;

pub use amazon::{AmazonOrders, PackageTrackers};
pub use inbox::{Inbox, NoticeFeed};
pub use lanes::{Intake, Lanes};
pub use ledger::Ledger;
pub use netsuite::{ChangedSalesOrders, ItemFulfillments, Items, SalesOrders};
pub use records::{CallLog, Operations};
