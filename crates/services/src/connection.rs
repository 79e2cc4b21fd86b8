//! One connection's services: its ports and settings together.

use std::sync::Arc;

use amz_domain::ConnectionName;
use chrono::{DateTime, Utc};

use crate::ports::{
    AccountingPeriods, AmazonCancellations, AmazonOrders, AmazonRefunds, AmazonReturns, Documents,
    ItemFulfillments, Items, Ledger, PackageTrackers, SalesOrders,
};
use crate::settings::ServiceSettings;

/// Where instants come from. Services never read a clock of their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Everything that work on one connection's lanes needs. Cheap to clone.
#[derive(Clone)]
pub struct Connection {
    /// Its name.
    pub name: ConnectionName,
    /// How the merchant wants things done.
    pub settings: Arc<ServiceSettings>,
    /// Orders at Amazon.
    pub amazon_orders: Arc<dyn AmazonOrders>,
    /// Cancellations at Amazon.
    pub amazon_cancellations: Arc<dyn AmazonCancellations>,
    /// Returns at Amazon that were made outside it.
    pub amazon_returns: Arc<dyn AmazonReturns>,
    /// Refunds at Amazon.
    pub amazon_refunds: Arc<dyn AmazonRefunds>,
    /// Trackers at Amazon.
    pub package_trackers: Arc<dyn PackageTrackers>,
    /// Sales orders in NetSuite.
    pub sales_orders: Arc<dyn SalesOrders>,
    /// Items in NetSuite.
    pub items: Arc<dyn Items>,
    /// Item fulfilments in NetSuite.
    pub item_fulfillments: Arc<dyn ItemFulfillments>,
    /// Transactions in NetSuite that follow from sales orders.
    pub documents: Arc<dyn Documents>,
    /// Accounting periods in NetSuite.
    pub accounting_periods: Arc<dyn AccountingPeriods>,
    /// What is known and intended.
    pub ledger: Arc<dyn Ledger>,
    /// Now.
    pub clock: Clock,
}

impl Connection {
    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}
