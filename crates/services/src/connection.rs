//! One connection's services: its ports and settings together.

use std::sync::Arc;

use amz_domain::ConnectionName;
use chrono::{DateTime, Utc};

use crate::inventory::RememberedProducts;
use crate::ports::{
    AccountOrders, AccountingPeriods, AmazonCancellations, AmazonCatalog, AmazonOrders, AmazonRefunds,
    AmazonReturns, AmazonStock, Documents, ForeignOrders, ItemFulfillments, Items, Ledger, PackageTrackers,
    Reconciliations, SalesOrders, StockItems, StockRecords, StockWrites, VendorHealth,
};
use crate::settings::{CheckoutSettings, InventorySettings, ServiceSettings};

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
    /// Stock; `None` when it is not kept in step.
    pub stock: Option<Stock>,
    /// The shop's checkout, which may have placed orders at Amazon already; `None` where there is none.
    pub checkout: Option<Checkout>,
    /// Reconciliation; `None` where nobody reconciles.
    pub reconciliation: Option<Reconciliation>,
    /// What is known and intended.
    pub ledger: Arc<dyn Ledger>,
    /// Whether a vendor as a whole is out.
    pub vendors: Arc<dyn VendorHealth>,
    /// Now.
    pub clock: Clock,
}

/// Everything that tells which orders a shop's checkout placed at Amazon. Cheap to clone.
#[derive(Clone)]
pub struct Checkout {
    /// Which orders these may be.
    pub settings: Arc<CheckoutSettings>,
    /// Orders at Amazon by what the shop calls them.
    pub orders: Arc<dyn ForeignOrders>,
}

/// Everything that reconciliation needs. Cheap to clone.
#[derive(Clone)]
pub struct Reconciliation {
    /// Which sales orders the account has.
    pub orders: Arc<dyn AccountOrders>,
    /// What is remembered of reconciliations and open orders.
    pub records: Arc<dyn Reconciliations>,
    /// Orders that a reconciliation asks at once.
    pub at_once: u32,
    /// Orders that another connector sent; `None` where no field says which.
    pub others: Option<OtherConnector>,
}

/// How orders that another connector sent to Amazon are found there. Cheap to clone.
#[derive(Clone)]
pub struct OtherConnector {
    /// Orders at Amazon that others sent.
    pub orders: Arc<dyn ForeignOrders>,
    /// Type of the aliases that the fields of sales orders hold; `None` when they hold Amazon's order ids.
    pub alias_type: Option<String>,
}

/// Everything that work on stock needs. Cheap to clone.
#[derive(Clone)]
pub struct Stock {
    /// How the merchant wants stock kept.
    pub settings: Arc<InventorySettings>,
    /// Stock at Amazon.
    pub amazon: Arc<dyn AmazonStock>,
    /// Products at Amazon.
    pub catalog: Arc<dyn AmazonCatalog>,
    /// What was read of these lately.
    pub products: Arc<RememberedProducts>,
    /// Items and their stock in NetSuite.
    pub items: Arc<dyn StockItems>,
    /// Documents that change stock in NetSuite.
    pub writes: Arc<dyn StockWrites>,
    /// What is remembered of stock.
    pub records: Arc<dyn StockRecords>,
}

impl Connection {
    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }
}

/// Stock whose every port refuses to be called.
#[cfg(test)]
pub(crate) fn mocked_stock(settings: InventorySettings) -> Stock {
    use crate::ports::stock;

    Stock {
        settings: Arc::new(settings),
        amazon: Arc::new(stock::MockAmazonStock::new()),
        catalog: Arc::new(stock::MockAmazonCatalog::new()),
        products: Arc::default(),
        items: Arc::new(stock::MockStockItems::new()),
        writes: Arc::new(stock::MockStockWrites::new()),
        records: Arc::new(stock::MockStockRecords::new()),
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
        stock: None,
        checkout: None,
        reconciliation: None,
        ledger: Arc::new(ledger::MockLedger::new()),
        vendors: Arc::new(crate::ports::EveryVendorWorks),
        clock,
    }
}
