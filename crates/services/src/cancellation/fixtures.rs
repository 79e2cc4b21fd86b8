//! A pretend Amazon, a pretend NetSuite and a store for tests of whole looks, with crashes at any step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use amz_domain::{
    AmazonLine, AmazonOrder, AmazonOrderId, Cancellation, CancellationState, ConnectionName, ExternalId,
    ItemFulfillment, ItemFulfillmentId, ItemId, OrderAlias, Package, PackageContent, PackageState,
    SalesOrder, SalesOrderId, SalesOrderStatus, Sku,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::connection::{Connection, mocked};
use crate::failure::{Failure, PortError, StoreError};
use crate::intent::{Intent, IntentChange, IntentKey, IntentState, NewIntent};
use crate::lane::{LaneEnd, work};
use crate::link::{Link, LinkKey, SentOrder};
use crate::orders::fixtures::{line, sales_order, settings};
use crate::orders::reflect;
use crate::parking::{Parked, Reason};
use crate::ports::amazon::{
    AmazonOrderChange, CreatedLine, CreatedOrder, MockPackageTrackers, NewAmazonOrder, NewCancellation,
};
use crate::ports::documents::MockDocuments;
use crate::ports::netsuite::{ItemFulfillmentPatch, KitMember, NewItemFulfillment, SalesOrderPatch};
use crate::ports::{AmazonCancellations, AmazonOrders, ItemFulfillments, Items, Ledger, SalesOrders};
use crate::settings::ServiceSettings;
use crate::work::{Ask, Claim, Lane, LaneKey, Lease};

/// What both vendors and the store hold.
pub(super) struct State {
    pub(super) order: SalesOrder,
    pub(super) amazon: Vec<AmazonOrder>,
    pub(super) links: Vec<Link>,
    pub(super) intents: HashMap<IntentKey, Intent>,
    pub(super) parked: Vec<Parked>,
    /// Cancellations that reached Amazon.
    pub(super) requests: Vec<NewCancellation>,
    /// What Amazon answers to the next cancellation: whether it takes it up, and how the call ends.
    pub(super) answer: Option<(bool, Failure)>,
    pub(super) fulfillments: Vec<NewItemFulfillment>,
    now: DateTime<Utc>,
    /// Writes left before the process dies.
    writes_left: Option<usize>,
    is_dead: bool,
}

/// Both vendors, the store, and the worker that looks at the order's lane.
#[derive(Clone)]
pub(super) struct World(Arc<Mutex<State>>);

impl World {
    /// An order with lines 1 and 2, one unit each, in NetSuite only.
    pub(super) fn new() -> Self {
        let order = sales_order(vec![line(1, "A", 1, Decimal::TEN), line(2, "B", 1, Decimal::ONE)]);
        Self(Arc::new(Mutex::new(State {
            order,
            amazon: Vec::new(),
            links: Vec::new(),
            intents: HashMap::new(),
            parked: Vec::new(),
            requests: Vec::new(),
            answer: None,
            fulfillments: Vec::new(),
            now: "2026-03-01T12:00:00Z".parse().unwrap(),
            writes_left: None,
            is_dead: false,
        })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets the process die at its `write`-th write from now on, before or instead of it.
    pub(super) fn die_at(&self, write: usize) {
        self.state().writes_left = Some(write);
    }

    /// True when the process has not died although it should have: it wrote less often.
    pub(super) fn outlived(&self) -> bool {
        self.state().writes_left.take().is_some()
    }

    /// Looks at the lane until nothing is left but to wait for Amazon or a person. Returns how long it waits.
    pub(super) async fn look(&self, settings: &ServiceSettings, asks: &[Ask]) -> Option<Duration> {
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        let lease = Lease { key, owner: "test".into(), fence: 1 };
        let claim = Claim { lease, asks: asks.to_vec(), through: 1, attempts: 0 };
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

    fn connection(&self, settings: &ServiceSettings) -> Connection {
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
    pub(super) fn decide(&self, packages: &[(usize, &str)], cancellation: Option<&str>) {
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

    pub(super) fn edit(&self, edit: impl FnOnce(&mut SalesOrder)) {
        let mut state = self.state();
        edit(&mut state.order);
        state.settle_status();
    }

    pub(super) fn parked(&self) -> Vec<(String, String)> {
        let state = self.state();
        let parked = state.parked.iter();
        parked.map(|parked| (parked.subject.clone(), parked.reason.code.clone())).collect()
    }

    pub(super) fn sent(&self) -> Vec<SentOrder> {
        let state = self.state();
        let orders = state.links.iter().filter_map(|link| match link {
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

    fn learn(&mut self, links: &[Link]) {
        for link in links {
            self.links.retain(|known| known.key() != link.key());
            self.links.push(link.clone());
        }
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

#[async_trait]
impl Ledger for World {
    async fn links(&self, _: &LaneKey) -> Result<Vec<Link>, StoreError> {
        Ok(self.state().links.clone())
    }

    async fn lane_of(&self, _: &ConnectionName, _: &LinkKey) -> Result<Option<Lane>, StoreError> {
        Ok(None)
    }

    async fn write_links(&self, _: &Lease, links: &[Link]) -> Result<(), StoreError> {
        let mut state = self.state();
        state.store()?;
        state.learn(links);
        Ok(())
    }

    async fn unsettled(&self, _: &LaneKey) -> Result<Vec<Intent>, StoreError> {
        let state = self.state();
        let open = |intent: &&Intent| matches!(intent.state, IntentState::Sent | IntentState::Unclear);
        Ok(state.intents.values().filter(open).cloned().collect())
    }

    async fn plan(&self, _: &Lease, new: &NewIntent, at: DateTime<Utc>) -> Result<Intent, StoreError> {
        let mut state = self.state();
        state.store()?;
        let intent = state.intents.entry(new.key.clone()).or_insert_with(|| Intent {
            key: new.key.clone(),
            operation: new.operation,
            subject: new.subject.clone(),
            state: IntentState::Planned,
            sends: 0,
            lookups: 0,
            planned_at: at,
            sent_at: None,
            result: None,
        });
        Ok(intent.clone())
    }

    async fn change(
        &self,
        _: &Lease,
        key: &IntentKey,
        change: &IntentChange,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state.store()?;
        let intent = state.intents.get_mut(key).unwrap();
        intent.state = match change {
            IntentChange::Sent => {
                intent.sent_at = Some(at);
                IntentState::Sent
            }
            IntentChange::NotSent => IntentState::Planned,
            IntentChange::Unclear | IntentChange::LookedUp => IntentState::Unclear,
            IntentChange::Done { .. } => IntentState::Done,
            IntentChange::Refused { .. } => IntentState::Refused,
        };
        if let IntentChange::Done { links, .. } = change {
            state.learn(links);
        }
        Ok(())
    }

    async fn park(
        &self,
        lease: &Lease,
        subject: &str,
        reason: &Reason,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.store()?;
        state.parked.retain(|parked| parked.subject != subject);
        let (key, subject, reason) = (lease.key.clone(), subject.to_owned(), reason.clone());
        state.parked.push(Parked { key, subject, reason, since: at });
        Ok(true)
    }

    async fn unpark(&self, _: &Lease, subject: &str, _: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.store()?;
        state.parked.retain(|parked| parked.subject != subject);
        Ok(true)
    }

    async fn parked(&self, _: &LaneKey) -> Result<Vec<Parked>, StoreError> {
        Ok(self.state().parked.clone())
    }
}

/// Settings in which some lines only can be cancelled.
pub(super) fn reordering() -> ServiceSettings {
    let mut settings = settings();
    settings.cancellation.partial_cancel = crate::settings::PartialCancel::WholeAndReorder;
    settings
}
