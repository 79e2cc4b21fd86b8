//! Borders between our process and the world: every call of a port, before it and after it. At a chosen one the
//! process stops for ever, as a kill would leave it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amz_domain::document::FollowedOrder;
use amz_domain::{
    AmazonOrder, AmazonOrderId, ConnectionName, Document, DocumentHead, DocumentId, DocumentKey,
    DocumentKind, ExternalId, ItemFulfillment, ItemFulfillmentId, ItemId, OrderAlias, PackageTracker,
    ReconciliationId, ReturnId, ReturnState, SalesOrder, SalesOrderId, Sku, TrackerKey,
};
use amz_services::connection::{Connection, Reconciliation};
use amz_services::failure::{PortError, StoreError};
use amz_services::intent::{Intent as Write, IntentChange, IntentKey, NewIntent};
use amz_services::link::{Link, LinkKey};
use amz_services::look::Look;
use amz_services::parking::{Parked, Reason};
use amz_services::ports::amazon::{
    AmazonOrderChange, CreatedOrder, NewAmazonOrder, NewCancellation, NewExternalReturn, RefundReport,
};
use amz_services::ports::documents::{ChangedDocumentsPage, DocumentPatch, LineTax, NewDocument};
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::{
    ChangedPage, FeedPosition, ItemFulfillmentPatch, KitMember, MadeFulfillment, NewItemFulfillment,
    SalesOrderPatch, SentByOther,
};
use amz_services::ports::{
    AccountOrders, AccountingPeriods, AmazonCancellations, AmazonOrders, AmazonRefunds, AmazonReturns,
    ChangedDocuments, ChangedSalesOrders, Documents, Intake, ItemFulfillments, Items, Lanes, Ledger,
    PackageTrackers, Reconciliations, SalesOrders,
};
use amz_services::reconciliation::{Finding, Reconciliation as Reconciled, ReconciliationSummary};
use amz_services::work::{Claim, Lane, LaneKey, LaneRequest, Lease};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Notify;

/// Counts borders and stops at one of them.
pub(crate) struct Borders {
    stop_at: Option<usize>,
    passed: Mutex<Vec<String>>,
    is_dead: AtomicBool,
    died: Notify,
}

impl Borders {
    /// Borders that stop at the one of this number, counted from 0; at none with `None`.
    pub(crate) fn new(stop_at: Option<usize>) -> Arc<Self> {
        let (passed, is_dead, died) = Default::default();
        Arc::new(Self { stop_at, passed, is_dead, died })
    }

    /// The borders that were reached, in order.
    pub(crate) fn passed(&self) -> Vec<String> {
        self.passed.lock().unwrap().clone()
    }

    /// Returns when the process has come to its end.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    async fn cross(&self, border: String) {
        if !self.is_dead.load(Ordering::SeqCst) {
            let mut passed = self.passed.lock().unwrap();
            if Some(passed.len()) != self.stop_at {
                passed.push(border);
                return;
            }
            self.is_dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        std::future::pending().await
    }

    pub(crate) async fn around<T>(&self, call: &str, made: impl Future<Output = T>) -> T {
        self.cross(format!("before {call}")).await;
        let answer = made.await;
        self.cross(format!("after {call}")).await;
        answer
    }
}

/// A port with borders around each call.
pub(crate) struct Bordered<Port: ?Sized> {
    pub(crate) port: Arc<Port>,
    pub(crate) borders: Arc<Borders>,
}

/// A connection whose every call crosses borders.
pub(crate) fn bordered(connection: &Connection, borders: &Arc<Borders>) -> Connection {
    let Connection {
        name,
        settings,
        amazon_orders,
        amazon_cancellations,
        amazon_returns,
        amazon_refunds,
        package_trackers,
        sales_orders,
        items,
        item_fulfillments,
        documents,
        accounting_periods,
        stock,
        ledger,
        clock,
        checkout,
        reconciliation,
        vendors,
    } = connection.clone();
    let borders = || borders.clone();
    Connection {
        name,
        settings,
        amazon_orders: Arc::new(Bordered { port: amazon_orders, borders: borders() }),
        amazon_cancellations: Arc::new(Bordered { port: amazon_cancellations, borders: borders() }),
        amazon_returns: Arc::new(Bordered { port: amazon_returns, borders: borders() }),
        amazon_refunds: Arc::new(Bordered { port: amazon_refunds, borders: borders() }),
        package_trackers: Arc::new(Bordered { port: package_trackers, borders: borders() }),
        sales_orders: Arc::new(Bordered { port: sales_orders, borders: borders() }),
        items: Arc::new(Bordered { port: items, borders: borders() }),
        item_fulfillments: Arc::new(Bordered { port: item_fulfillments, borders: borders() }),
        documents: Arc::new(Bordered { port: documents, borders: borders() }),
        accounting_periods: Arc::new(Bordered { port: accounting_periods, borders: borders() }),
        stock: stock.map(|stock| crate::f02_stock_borders::bordered(&stock, &borders())),
        ledger: Arc::new(Bordered { port: ledger, borders: borders() }),
        clock,
        checkout,
        vendors,
        reconciliation: reconciliation.map(|part| Reconciliation {
            orders: Arc::new(Bordered { port: part.orders, borders: borders() }),
            records: Arc::new(Bordered { port: part.records, borders: borders() }),
            ..part
        }),
    }
}

/// Writes each method of a port as the same method between two borders. What a port merely says of itself has none.
macro_rules! bordered_port {
    ($port:ident:
        $(fn $method:ident($($name:ident: $kind:ty),*) -> $answer:ty;)*
        $(says $said:ident -> $what:ty;)*
    ) => {
        #[async_trait]
        impl $port for Bordered<dyn $port> {
            $(async fn $method(&self, $($name: $kind),*) -> $answer {
                let call = concat!(stringify!($port), "::", stringify!($method));
                self.borders.around(call, self.port.$method($($name),*)).await
            })*
            $(fn $said(&self) -> $what {
                self.port.$said()
            })*
        }
    };
}

pub(crate) use bordered_port;

bordered_port! { AmazonOrders:
    fn create(order: &NewAmazonOrder) -> Result<CreatedOrder, PortError>;
    fn update(order: &AmazonOrderId, change: &AmazonOrderChange) -> Result<(), PortError>;
    fn read(order: &AmazonOrderId) -> Result<Option<AmazonOrder>, PortError>;
    fn find(alias: &OrderAlias) -> Result<Option<AmazonOrder>, PortError>;
}

bordered_port! { AmazonCancellations:
    fn request(order: &AmazonOrderId, cancellation: &NewCancellation) -> Result<(), PortError>;
}

bordered_port! { AmazonReturns:
    fn tell(order: &AmazonOrderId, new: &NewExternalReturn) -> Result<(), PortError>;
    fn conclude(order: &AmazonOrderId, return_id: &ReturnId, state: &ReturnState) -> Result<(), PortError>;
}

bordered_port! { AmazonRefunds:
    fn report(order: &AmazonOrderId, report: &RefundReport) -> Result<(), PortError>;
}

bordered_port! { Documents:
    fn of_order(order: &SalesOrderId) -> Result<Vec<DocumentHead>, PortError>;
    fn order_of(document: &DocumentKey) -> Result<Option<FollowedOrder>, PortError>;
    fn read(document: &DocumentKey) -> Result<Option<Document>, PortError>;
    fn find(kind: DocumentKind, external_id: &ExternalId) -> Result<Option<Document>, PortError>;
    fn create(new: &NewDocument) -> Result<DocumentId, PortError>;
    fn patch(document: &DocumentKey, patch: &DocumentPatch) -> Result<(), PortError>;
    fn set_line_taxes(document: &DocumentKey, taxes: &[LineTax]) -> Result<(), PortError>;
    says writes_line_taxes -> bool;
}

bordered_port! { AccountingPeriods:
    fn first_open_day(from: NaiveDate) -> Result<Option<NaiveDate>, PortError>;
}

bordered_port! { PackageTrackers:
    fn read(tracker: &TrackerKey) -> Result<Option<PackageTracker>, PortError>;
}

bordered_port! { SalesOrders:
    fn read(order: &SalesOrderId) -> Result<Option<SalesOrder>, PortError>;
    fn patch(order: &SalesOrderId, patch: &SalesOrderPatch) -> Result<(), PortError>;
}

bordered_port! { Items:
    fn skus(items: &[ItemId]) -> Result<HashMap<ItemId, Sku>, PortError>;
    fn kit_members(kit: &ItemId) -> Result<Vec<KitMember>, PortError>;
}

bordered_port! { ItemFulfillments:
    fn create(fulfillment: &NewItemFulfillment) -> Result<ItemFulfillmentId, PortError>;
    fn find(external_id: &ExternalId) -> Result<Option<ItemFulfillment>, PortError>;
    fn patch(fulfillment: &ItemFulfillmentId, patch: &ItemFulfillmentPatch) -> Result<(), PortError>;
}

bordered_port! { AccountOrders:
    fn touched(since: DateTime<Utc>, after: Option<FeedPosition>) -> Result<ChangedPage, PortError>;
    fn created(from: DateTime<Utc>, until: DateTime<Utc>, after: Option<SalesOrderId>)
        -> Result<Vec<SalesOrderId>, PortError>;
    fn sent_by_others(after: Option<SalesOrderId>) -> Result<Vec<SentByOther>, PortError>;
    fn sent_by_other(order: &SalesOrderId) -> Result<Option<SentByOther>, PortError>;
    fn fulfillments(order: &SalesOrderId) -> Result<Vec<MadeFulfillment>, PortError>;
}

bordered_port! { Reconciliations:
    fn set_open(lease: &Lease, is_open: bool, at: DateTime<Utc>) -> Result<(), StoreError>;
    fn open_orders(connection: &ConnectionName, after: Option<SalesOrderId>, limit: u32)
        -> Result<Vec<SalesOrderId>, StoreError>;
    fn begin(lease: &Lease, new: &Reconciled) -> Result<Reconciled, StoreError>;
    fn advance(lease: &Lease, run: &Reconciled, orders: &[SalesOrderId])
        -> Result<Vec<SalesOrderId>, StoreError>;
    fn note(lease: &Lease, run: &ReconciliationId, finding: &Finding) -> Result<(), StoreError>;
    fn outstanding(connection: &ConnectionName, run: &ReconciliationId, limit: u32)
        -> Result<Vec<SalesOrderId>, StoreError>;
    fn run(connection: &ConnectionName, run: &ReconciliationId) -> Result<Option<Reconciled>, StoreError>;
    fn latest(connection: &ConnectionName, limit: u32) -> Result<Vec<Reconciled>, StoreError>;
    fn last_completed(connection: &ConnectionName) -> Result<Option<DateTime<Utc>>, StoreError>;
    fn summary(connection: &ConnectionName, run: &ReconciliationId)
        -> Result<ReconciliationSummary, StoreError>;
    fn findings(connection: &ConnectionName, run: &ReconciliationId, after: Option<Lane>, limit: u32)
        -> Result<Vec<Finding>, StoreError>;
}

bordered_port! { ChangedSalesOrders:
    fn page(after: Option<FeedPosition>) -> Result<ChangedPage, PortError>;
}

bordered_port! { ChangedDocuments:
    fn page(after: Option<FeedPosition>) -> Result<ChangedDocumentsPage, PortError>;
}

bordered_port! { Ledger:
    fn links(key: &LaneKey) -> Result<Vec<Link>, StoreError>;
    fn lane_of(connection: &ConnectionName, link: &LinkKey) -> Result<Option<Lane>, StoreError>;
    fn write_links(lease: &Lease, links: &[Link]) -> Result<(), StoreError>;
    fn unsettled(key: &LaneKey) -> Result<Vec<Write>, StoreError>;
    fn plan(lease: &Lease, intent: &NewIntent, at: DateTime<Utc>) -> Result<Write, StoreError>;
    fn change(lease: &Lease, intent: &IntentKey, change: &IntentChange, at: DateTime<Utc>)
        -> Result<(), StoreError>;
    fn park(lease: &Lease, subject: &str, reason: &Reason, at: DateTime<Utc>) -> Result<bool, StoreError>;
    fn unpark(lease: &Lease, subject: &str, at: DateTime<Utc>) -> Result<bool, StoreError>;
    fn parked(key: &LaneKey) -> Result<Vec<Parked>, StoreError>;
}

bordered_port! { Lanes:
    fn claim(owner: &str, now: DateTime<Utc>, lease_for: Duration, limit: u32) -> Result<Vec<Claim>, StoreError>;
    fn renew(lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError>;
    fn set_weights(weights: &[(ConnectionName, u32)]) -> Result<(), StoreError>;
    fn complete(claim: &Claim, look: &Look, redirect: Vec<LaneRequest>) -> Result<(), StoreError>;
    fn postpone(claim: &Claim, look: &Look, at: DateTime<Utc>, failed: bool) -> Result<(), StoreError>;
    fn release(lease: &Lease) -> Result<(), StoreError>;
    fn next_due() -> Result<Option<DateTime<Utc>>, StoreError>;
    fn pause(connection: &ConnectionName, until: DateTime<Utc>, code: &str) -> Result<bool, StoreError>;
    fn resume(connection: &ConnectionName) -> Result<Option<String>, StoreError>;
    fn resume_if(connection: &ConnectionName, code: &str) -> Result<bool, StoreError>;
}

bordered_port! { Intake:
    fn cursor(feed: &str) -> Result<i64, StoreError>;
    fn accept(feed: &str, through: i64, requests: Vec<LaneRequest>) -> Result<(), StoreError>;
    fn accept_notices(feed: &str, notices: Vec<RoutedNotice>) -> Result<(), StoreError>;
    fn watermark(connection: &ConnectionName, feed: &str) -> Result<Option<FeedPosition>, StoreError>;
    fn accept_changes(
        connection: &ConnectionName, feed: &str, rows: Vec<ChangedRow>, forget_before: Option<String>
    ) -> Result<usize, StoreError>;
}
