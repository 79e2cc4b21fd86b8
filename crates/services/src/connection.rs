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

/// A connection whose every port refuses to be called; tests replace those that they expect to be.
#[cfg(test)]
pub(crate) fn mocked(settings: ServiceSettings, clock: Clock) -> Connection {
    use crate::ports::{amazon, documents, ledger, netsuite};
    Connection {
        name: "main".into(),
        settings: Arc::new(settings),
        amazon_orders: Arc::new(amazon::MockAmazonOrders::new()),
        amazon_cancellations: Arc::new(amazon::MockAmazonCancellations::new()),
        amazon_returns: Arc::new(amazon::MockAmazonReturns::new()),
        amazon_refunds: Arc::new(amazon::MockAmazonRefunds::new()),
        package_trackers: Arc::new(amazon::MockPackageTrackers::new()),
        sales_orders: Arc::new(netsuite::MockSalesOrders::new()),
        items: Arc::new(netsuite::MockItems::new()),
        item_fulfillments: Arc::new(netsuite::MockItemFulfillments::new()),
        documents: Arc::new(documents::MockDocuments::new()),
        accounting_periods: Arc::new(documents::MockAccountingPeriods::new()),
        ledger: Arc::new(ledger::MockLedger::new()),
        clock,
    }
}
