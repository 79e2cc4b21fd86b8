//! A pretend Amazon, a pretend NetSuite and a store for tests of whole looks, with crashes at any step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amz_domain::{
    AmazonLine, AmazonOrder, AmazonOrderId, Cancellation, CancellationState, ExternalId, ItemFulfillment,
    ItemFulfillmentId, ItemId, OrderAlias, Package, PackageContent, PackageState, SalesOrder, SalesOrderId,
    SalesOrderStatus, Sku,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::connection::{Connection, mocked};
use crate::failure::{Failure, PortError, StoreError};
use crate::lane::{LaneEnd, work};
use crate::link::{Link, SentOrder};
use crate::orders::fixtures::{line, sales_order, settings};
use crate::orders::reflect;
use crate::ports::amazon::{
    AmazonOrderChange, CreatedLine, CreatedOrder, MockPackageTrackers, NewAmazonOrder, NewCancellation,
};
use crate::ports::documents::MockDocuments;
use crate::ports::netsuite::{ItemFulfillmentPatch, KitMember, NewItemFulfillment, SalesOrderPatch};
use crate::ports::{AmazonCancellations, AmazonOrders, ItemFulfillments, Items, SalesOrders};
use crate::pretend::{Kept, Remembers};
use crate::settings::ServiceSettings;
use crate::work::{Ask, Claim, Lane, LaneKey, Lease};

/// What both vendors and the store hold.
pub(crate) struct State {
    pub(crate) order: SalesOrder,
    pub(crate) amazon: Vec<AmazonOrder>,
    /// What the ledger keeps.
    pub(crate) kept: Kept,
    /// Cancellations that reached Amazon.
    pub(crate) requests: Vec<NewCancellation>,
    /// What Amazon answers to the next cancellation: whether it takes it up, and how the call ends.
    pub(crate) answer: Option<(bool, Failure)>,
    pub(crate) fulfillments: Vec<NewItemFulfillment>,
    now: DateTime<Utc>,
    /// Writes left before the process dies.
    writes_left: Option<usize>,
    is_dead: bool,
}

/// Both vendors, the store, and the worker that looks at the order's lane.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
    /// An order with lines 1 and 2, one unit each, in NetSuite only.
    pub(crate) fn new() -> Self {
        let order = sales_order(vec![line(1, "A", 1, Decimal::TEN), line(2, "B", 1, Decimal::ONE)]);
        Self(Arc::new(Mutex::new(State {
            order,
            amazon: Vec::new(),
            kept: Kept::default(),
            requests: Vec::new(),
            answer: None,
            fulfillments: Vec::new(),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            writes_left: None,
            is_dead: false,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets the process die at its `write`-th write from now on, before or instead of it.
    pub(crate) fn die_at(&self, write: usize) {
        self.state().writes_left = Some(write);
    }

    /// True when the process has not died although it should have: it wrote less often.
    pub(crate) fn outlived(&self) -> bool {
        self.state().writes_left.take().is_some()
    }

    /// Looks at the lane until nothing is left but to wait for Amazon or a person. Returns how long it waits.
    pub(crate) async fn look(&self, settings: &ServiceSettings, asks: &[Ask]) -> Option<Duration> {
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        let lease = Lease { key, owner: "test".into(), fence: 1 };
        let claim = Claim { lease, asks: asks.to_vec(), notices: Vec::new(), through: 1, attempts: 0 };
        for _ in 0..50 {
            match work(&self.connection(settings), &claim, 0).await {
                Ok(LaneEnd::Complete { .. }) => return None,
                Ok(LaneEnd::Postpone { at, .. }) => {
                    let wait = (at - self.state().now).to_std().unwrap_or_default();
                    if wait >= Duration::from_secs(60) {
                        return Some(wait);
                    }
                    self.state().now = at;
                }
                Ok(other) => panic!("unexpected end {other:?}"),
                // another worker takes the lane over once the lease has lapsed
                Err(_) => self.state().is_dead = false,
            }
        }
        panic!("the lane does not come to rest")
    }

    pub(crate) fn connection(&self, settings: &ServiceSettings) -> Connection {
        let vendors = Arc::new(self.clone());
        let mut documents = MockDocuments::new();
        documents.expect_of_order().returning(|_| Ok(Vec::new()));
        let mut trackers = MockPackageTrackers::new();
        trackers.expect_read().returning(|_| Ok(None));
        let clock = self.clone();
        Connection {
            amazon_orders: vendors.clone(),
            amazon_cancellations: vendors.clone(),
            package_trackers: Arc::new(trackers),
            sales_orders: vendors.clone(),
            items: vendors.clone(),
            item_fulfillments: vendors.clone(),
            documents: Arc::new(documents),
            ledger: vendors,
            ..mocked(settings.clone(), Arc::new(move || clock.state().now))
        }
    }

    /// What Amazon decides: package states per line and the state of the newest order's cancellation.
    pub(crate) fn decide(&self, packages: &[(usize, &str)], cancellation: Option<&str>) {
        let mut state = self.state();
        let order = state.amazon.last_mut().unwrap();
        for (index, word) in packages {
            order.packages[*index].state = (*word).into();
            order.packages[*index].reason = (*word == "CANCELLED").then(|| "CUSTOMER_REQUESTED".into());
        }
        if let (Some(word), Some(cancellation)) = (cancellation, order.cancellations.last_mut()) {
            cancellation.state = word.into();
        }
    }

    pub(crate) fn edit(&self, edit: impl FnOnce(&mut SalesOrder)) {
        let mut state = self.state();
        edit(&mut state.order);
        state.settle_status();
    }

    pub(crate) fn parked(&self) -> Vec<(String, String)> {
        self.state().kept.codes()
    }

    pub(crate) fn sent(&self) -> Vec<SentOrder> {
        let state = self.state();
        let orders = state.kept.links.iter().filter_map(|link| match link {
            Link::Order(sent) => Some(sent.as_ref().clone()),
            _ => None,
        });
        orders.collect()
    }
}

impl State {
    /// One write of the process. `false` when it died before it.
    fn lives(&mut self) -> bool {
        if self.writes_left == Some(0) {
            self.writes_left = None;
            self.is_dead = true;
        }
        self.writes_left = self.writes_left.map(|left| left - 1);
        !self.is_dead
    }

    fn store(&mut self) -> Result<(), StoreError> {
        self.lives()
            .then_some(())
            .ok_or_else(|| StoreError::Unavailable { message: "dead".into(), source: None })
    }

    fn call(&mut self) -> Result<(), PortError> {
        self.lives().then_some(()).ok_or_else(|| error(Failure::Unclear))
    }

    fn settle_status(&mut self) {
        let order = &mut self.order;
        let is_settled =
            |line: &amz_domain::SalesOrderLine| line.is_closed || line.quantity_fulfilled >= line.quantity;
        if matches!(order.status, SalesOrderStatus::Cancelled) {
            return;
        }
        let fulfilled = order.lines.iter().any(|line| !line.quantity_fulfilled.is_zero());
        order.status = match (order.lines.iter().all(is_settled), fulfilled) {
            (true, true) => SalesOrderStatus::PendingBilling,
            (true, false) => SalesOrderStatus::Closed,
            (false, true) => SalesOrderStatus::PartiallyFulfilled,
            (false, false) => SalesOrderStatus::PendingFulfillment,
        };
    }
}

fn error(failure: Failure) -> PortError {
    PortError::new("call", failure, "code", "a package is under way")
}

#[async_trait]
impl AmazonOrders for World {
    async fn create(&self, new: &NewAmazonOrder) -> Result<CreatedOrder, PortError> {
        let mut state = self.state();
        state.call()?;
        if state.amazon.iter().any(|order| order.alias.as_ref() == Some(&new.alias)) {
            return Err(error(Failure::Conflict));
        }
        let number = state.amazon.len() + 1;
        let id = AmazonOrderId::from(format!("A-{number}"));
        let lines: Vec<AmazonLine> = new
            .lines
            .iter()
            .map(|line| AmazonLine {
                id: format!("{id}/{}", line.alias).into(),
                alias: Some(line.alias.clone()),
                sku: Some(line.sku.clone()),
                quantity: line.quantity,
                names: Vec::new(),
            })
            .collect();
        let packages = lines.iter().map(|line| Package {
            id: format!("P-{}", line.id).into(),
            state: PackageState::Pending,
            reason: None,
            contents: vec![PackageContent { line: line.id.clone(), quantity: line.quantity }],
            tracker: None,
        });
        let order = AmazonOrder {
            id: id.clone(),
            alias: Some(new.alias.clone()),
            execution: Some(new.execution.clone()),
            recipient: Some(new.recipient.clone()),
            packages: packages.collect(),
            lines,
            cancellations: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            links: Vec::new(),
        };
        let lines = order.lines.iter().zip(&new.lines);
        let lines =
            lines.map(|(line, new)| CreatedLine { alias: new.alias.clone(), id: line.id.clone() }).collect();
        state.amazon.push(order);
        Ok(CreatedOrder { id, lines })
    }

    async fn update(&self, _: &AmazonOrderId, _: &AmazonOrderChange) -> Result<(), PortError> {
        self.state().call()
    }

    async fn read(&self, order: &AmazonOrderId) -> Result<Option<AmazonOrder>, PortError> {
        Ok(self.state().amazon.iter().find(|known| known.id == *order).cloned())
    }

    async fn find(&self, alias: &OrderAlias) -> Result<Option<AmazonOrder>, PortError> {
        Ok(self.state().amazon.iter().find(|known| known.alias.as_ref() == Some(alias)).cloned())
    }
}

#[async_trait]
impl AmazonCancellations for World {
    async fn request(&self, order: &AmazonOrderId, new: &NewCancellation) -> Result<(), PortError> {
        let mut state = self.state();
        state.call()?;
        let answer = state.answer.take();
        if answer.as_ref().is_none_or(|(is_taken_up, _)| *is_taken_up) {
            state.requests.push(new.clone());
            let id = format!("C-{}", state.requests.len()).as_str().into();
            let order = state.amazon.iter_mut().find(|known| known.id == *order).unwrap();
            order.cancellations.push(Cancellation {
                id,
                alias: Some(new.alias.clone()),
                state: CancellationState::Pending,
                reason: None,
                requested_by: Some("MERCHANT".into()),
                refunds: Vec::new(),
                created_at: None,
            });
        }
        answer.map_or(Ok(()), |(_, failure)| Err(error(failure)))
    }
}

#[async_trait]
impl SalesOrders for World {
    async fn read(&self, _: &SalesOrderId) -> Result<Option<SalesOrder>, PortError> {
        Ok(Some(self.state().order.clone()))
    }

    async fn patch(&self, _: &SalesOrderId, patch: &SalesOrderPatch) -> Result<(), PortError> {
        let mut state = self.state();
        state.call()?;
        reflect(&mut state.order, patch);
        state.settle_status();
        Ok(())
    }
}

#[async_trait]
impl Items for World {
    async fn skus(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Sku>, PortError> {
        Ok(items.iter().map(|item| (item.clone(), format!("SKU-{item}").into())).collect())
    }

    async fn kit_members(&self, _: &ItemId) -> Result<Vec<KitMember>, PortError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl ItemFulfillments for World {
    async fn create(&self, new: &NewItemFulfillment) -> Result<ItemFulfillmentId, PortError> {
        let mut state = self.state();
        state.call()?;
        for part in &new.lines {
            let line = state.order.lines.iter_mut().find(|line| line.line == part.order_line).unwrap();
            line.quantity_fulfilled += part.quantity.to_decimal();
        }
        state.fulfillments.push(new.clone());
        state.settle_status();
        Ok(format!("IF-{}", state.fulfillments.len()).into())
    }

    async fn find(&self, external_id: &ExternalId) -> Result<Option<ItemFulfillment>, PortError> {
        let state = self.state();
        let position = state.fulfillments.iter().position(|known| known.external_id == *external_id);
        Ok(position.map(|position| ItemFulfillment {
            id: format!("IF-{}", position + 1).into(),
            sales_order: None,
            lines: state.fulfillments[position].lines.clone(),
            tracking_numbers: Vec::new(),
            delivery: state.fulfillments[position].marks.clone(),
        }))
    }

    async fn patch(&self, _: &ItemFulfillmentId, _: &ItemFulfillmentPatch) -> Result<(), PortError> {
        self.state().call()
    }
}

impl Remembers for World {
    fn kept<Seen>(&self, look: impl FnOnce(&Kept) -> Seen) -> Seen {
        look(&self.state().kept)
    }

    fn commit<Outcome>(&self, write: impl FnOnce(&mut Kept) -> Outcome) -> Result<Outcome, StoreError> {
        let mut state = self.state();
        state.store()?;
        Ok(write(&mut state.kept))
    }
}

/// Settings in which some lines only can be cancelled.
pub(crate) fn reordering() -> ServiceSettings {
    let mut settings = settings();
    settings.cancellation.partial_cancel = crate::settings::PartialCancel::WholeAndReorder;
    settings
}
