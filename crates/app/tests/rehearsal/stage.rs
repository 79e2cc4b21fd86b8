//! A stage for rehearsals: the pretend vendors and our own parts, put together and driven by hand.
//!
//! Time is one manual clock that vendors and parts share. Nothing runs by itself but HTTP: a test feeds, takes
//! notices and works when it says so, or lets [`Stage::settle`] do all of it until nothing is left to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amz_app::settings::Settings;
use amz_app::{SyncParts, Webhook};
use amz_domain::SalesOrderId;
use amz_sandbox::amazon::{Amazon, Order, SenderAuthentication, Subscription};
use amz_sandbox::netsuite::NetSuite;
use amz_sandbox::{CallSelector, Clock, Fault, FaultRule, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use amz_services::parking::Parked;
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Lane, LaneKey};
use amz_store::Store;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::configuration::configuration;
use crate::wire::WireCall;

/// Name of the stage's connection.
pub(crate) const CONNECTION: &str = "stage";

/// Key of the pretend bundle's signatures.
pub(crate) const SIGNING_SECRET: &str = "whsec_c3RhZ2Utb25seS1zaWduaW5nLXNlY3JldC0wMDE=";

/// The secret of Amazon's webhook sender.
pub(crate) const WEBHOOK_SECRET: &str = "stage-only-webhook-secret";

/// When every rehearsal begins.
pub(crate) const BEGINNING: &str = "2026-03-02T17:00:00Z";

/// More rounds than any rehearsal needs to come to rest.
const MOST_ROUNDS: usize = 2_000;

/// The vendors, our parts, and the folder of the store.
pub(crate) struct Stage {
    /// The pretend vendors as they are served.
    pub(crate) vendors: RunningSandbox,
    /// The folder that holds the store.
    pub(crate) folder: tempfile::TempDir,
    /// The settings our parts are built with.
    pub(crate) settings: Settings,
    /// For what tests post themselves.
    pub(crate) http: reqwest::Client,
    /// How much time passes whenever our parts ask what time it is.
    tick: Duration,
    parts: Option<Parts>,
}

/// Both roles of our side.
struct Parts {
    sync: SyncParts,
    webhook: Webhook,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Stage {
    /// A stage with the usual settings.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A stage with some settings changed, each by its environment variable; of the connection's settings the
    /// end of the name is enough: `("POLICY__RETRY_LIMIT", "3")`.
    pub(crate) async fn with(changes: &[(&str, &str)]) -> Self {
        Self::built(changes, |_| {}).await
    }

    /// A stage with settings changed on both sides.
    pub(crate) async fn built(changes: &[(&str, &str)], vendors: impl FnOnce(&mut SandboxSettings)) -> Self {
        Self::configured(changes, vendors, configuration, Duration::ZERO).await
    }

    /// A stage with settings changed on both sides, and a configuration of its own. `tick` passes whenever our parts
    /// ask what time it is.
    pub(crate) async fn configured(
        changes: &[(&str, &str)],
        vendors: impl FnOnce(&mut SandboxSettings),
        configuration: impl FnOnce(&RunningSandbox, &SandboxSettings, &std::path::Path) -> String,
        tick: Duration,
    ) -> Self {
        let clock = Clock::manual(BEGINNING.parse().unwrap());
        let mut wanted = SandboxSettings { clock, ..SandboxSettings::default() };
        vendors(&mut wanted);
        let vendors = Sandbox::start(wanted.clone()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let variable = |name: &str| match name.starts_with("AMZ__") {
            true => name.to_owned(),
            false => format!("AMZ__CONNECTION__{}__{name}", CONNECTION.to_uppercase()),
        };
        let environment: BTreeMap<String, String> =
            changes.iter().map(|(name, value)| (variable(name), (*value).to_owned())).collect();
        let text = configuration(&vendors, &wanted, folder.path());
        let settings = Settings::from_toml(&text, &environment, folder.path()).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut stage = Self { vendors, folder, settings, http, tick, parts: None };
        stage.start().await;
        stage
    }

    /// Starts our parts on the stage's folder. They must be at rest.
    pub(crate) async fn start(&mut self) {
        assert!(self.parts.is_none(), "the parts are running");
        let (time, tick) = (self.vendors.sandbox.clock.clone(), self.tick);
        let clock: amz_services::connection::Clock = Arc::new(move || {
            time.advance(tick);
            time.now()
        });
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let store = Store::of(&self.settings.store.options()).unwrap();
        let sync = SyncParts::assemble(&self.settings, &store, clock.clone(), Arc::new(|| 0)).await.unwrap();
        let arrived = Arc::new(Notify::new());
        let listening = Webhook::listen(&self.settings, &store, clock, arrived, stop.clone(), &tasks);
        let webhook = listening.await.unwrap();
        let address = format!("http://{}/v1/{CONNECTION}", webhook.address);
        self.amazon().subscribe(Subscription {
            id: "stage".to_owned(),
            url: format!("{address}/amazon/events"),
            event_types: Vec::new(),
            authentication: SenderAuthentication::OAuth {
                token_url: format!("{address}/oauth2/token"),
                client_id: "pretend-amazon".to_owned(),
                client_secret: WEBHOOK_SECRET.to_owned(),
                body_parameters: Vec::new(),
            },
        });
        self.parts = Some(Parts { sync, webhook, stop, tasks });
    }

    /// Ends our parts in good order.
    pub(crate) async fn stop(&mut self) {
        let Parts { sync, webhook, stop, tasks } = self.parts.take().expect("the parts are running");
        stop.cancel();
        tasks.close();
        tasks.wait().await;
        webhook.inbox.close().await;
        sync.state.close().await;
    }

    /// Ends our parts and starts them again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Ends our parts, loses all they knew, and starts them again.
    pub(crate) async fn restart_without_memory(&mut self) {
        self.stop().await;
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        self.start().await;
    }

    fn parts(&self) -> &Parts {
        self.parts.as_ref().expect("the parts are at rest")
    }

    /// The sync role.
    pub(crate) fn sync(&self) -> &SyncParts {
        &self.parts().sync
    }

    /// Base of our webhook role for the stage's connection.
    pub(crate) fn webhook_url(&self) -> String {
        format!("http://{}/v1/{CONNECTION}", self.parts().webhook.address)
    }

    /// The pretend Amazon.
    pub(crate) fn amazon(&self) -> &Amazon {
        &self.vendors.sandbox.amazon
    }

    /// The pretend NetSuite.
    pub(crate) fn netsuite(&self) -> &NetSuite {
        &self.vendors.sandbox.netsuite
    }

    /// Now, for everybody.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.vendors.sandbox.clock.now()
    }

    /// Moves time forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.vendors.sandbox.clock.advance(by);
    }

    /// Lets some calls of one operation, or of all, go wrong from now on.
    pub(crate) fn fault(&self, vendor: Vendor, operation: &str, calls: CallSelector, fault: Fault) {
        let operation = Some(operation.to_owned()).filter(|name| name != "*");
        self.vendors.sandbox.faults.add(FaultRule { vendor, operation, calls, fault });
    }

    /// Lets the vendors behave again.
    pub(crate) fn clear_faults(&self) {
        self.vendors.sandbox.faults.clear();
    }

    /// Enters sales orders in NetSuite; returns their internal ids.
    pub(crate) fn enter(&self, orders: Vec<Value>) -> Vec<u64> {
        self.netsuite().load_sales_orders(orders).unwrap()
    }

    /// Enters one sales order in NetSuite.
    pub(crate) fn enter_one(&self, order: Value) -> u64 {
        self.enter(vec![order])[0]
    }

    /// Lets the change feed report what changed, and time pass until that is due; returns how many changes were
    /// new.
    pub(crate) async fn feed(&self) -> usize {
        let new = self.try_feed().await.expect("the change feed can be read");
        if new > 0 {
            self.advance(Duration::from_secs(2));
        }
        new
    }

    /// Lets the change feeds report what changed while NetSuite may be out of order: `None` when it could not be
    /// asked. No time passes.
    pub(crate) async fn try_feed(&self) -> Option<usize> {
        let mut new = 0;
        for feed in self.sync().feeds() {
            new += feed.pass().await.ok()?;
        }
        Some(new)
    }

    /// Takes the notices that have arrived; returns how many.
    pub(crate) async fn intake(&self) -> usize {
        self.sync().intake.pass().await.unwrap()
    }

    /// Works on everything that is due now; returns the number of looks.
    pub(crate) async fn work(&self) -> usize {
        self.sync().worker.work_due().await.unwrap()
    }

    /// Feeds, takes notices, works and moves time until there is nothing left to do on our side.
    pub(crate) async fn settle(&self) {
        self.come_to_rest(true).await;
        assert!(self.sync().is_quiet().await.unwrap(), "something waits although nothing is due");
    }

    /// The same without the change feed: only notices make work.
    pub(crate) async fn settle_notices(&self) {
        self.come_to_rest(false).await;
    }

    /// The same while vendors misbehave: whether all is quiet is judged by what the rounds themselves found.
    pub(crate) async fn settle_under_faults(&self) {
        self.come_to_rest(true).await;
    }

    async fn come_to_rest(&self, with_feed: bool) {
        for _ in 0..MOST_ROUNDS {
            self.amazon().events_settled().await;
            let taken = self.intake().await;
            let fed = if with_feed { self.try_feed().await } else { Some(0) };
            let looks = self.work().await;
            if taken + looks + fed.unwrap_or(0) > 0 {
                continue;
            }
            match (self.next_due().await, fed) {
                (None, Some(_)) => return,
                (None, None) => self.advance(Duration::from_secs(1)),
                (Some(due), _) => self.advance_to(due),
            }
        }
        panic!("still not at rest after {MOST_ROUNDS} rounds: {:#?}", self.backlog().await);
    }

    /// When the next lane becomes due; `None` when no lane waits.
    pub(crate) async fn next_due(&self) -> Option<DateTime<Utc>> {
        self.sync().state.next_due().await.unwrap()
    }

    /// Moves time to an instant, or by a moment when it has passed.
    pub(crate) fn advance_to(&self, instant: DateTime<Utc>) {
        let wait = (instant - self.now()).to_std().unwrap_or_default();
        self.advance(wait.max(Duration::from_millis(1)));
    }

    /// How much waits.
    pub(crate) async fn backlog(&self) -> amz_services::ports::records::Backlog {
        self.sync().state.backlog().await.unwrap()
    }

    /// The stage's name of a lane.
    pub(crate) fn lane(order: u64) -> LaneKey {
        LaneKey {
            connection: CONNECTION.into(),
            lane: Lane::SalesOrder(SalesOrderId::new(order.to_string())),
        }
    }

    /// The timeline of an order.
    pub(crate) async fn timeline(&self, order: u64) -> Vec<TimelineEntry> {
        self.sync().state.timeline(&Self::lane(order)).await.unwrap()
    }

    /// What needs a person, oldest first.
    pub(crate) async fn parked(&self) -> Vec<Parked> {
        self.sync().state.parked_items(None).await.unwrap()
    }

    /// Codes of what is parked for one order.
    pub(crate) async fn parked_codes(&self, order: u64) -> Vec<String> {
        let all = self.parked().await;
        all.into_iter()
            .filter(|parked| parked.key == Self::lane(order))
            .map(|parked| parked.reason.code)
            .collect()
    }

    /// Asks for another look at an order, as `amz retry` does.
    pub(crate) async fn retry(&self, order: u64) {
        let LaneKey { connection, lane } = Self::lane(order);
        amz_app::operator::retry(&self.settings.store, &connection, lane, self.now()).await.unwrap();
    }

    /// Amazon's order under our alias. There must be exactly one.
    pub(crate) fn amazon_order(&self, order: u64) -> Order {
        let alias = self.alias(order);
        assert_eq!(self.amazon().orders_with_alias("OMS_ORDER_ID", &alias), 1, "orders of {alias}");
        self.amazon().order_by_alias("OMS_ORDER_ID", &alias).unwrap()
    }

    /// How many Amazon orders carry our alias of a sales order.
    pub(crate) fn amazon_orders(&self, order: u64) -> usize {
        self.amazon().orders_with_alias("OMS_ORDER_ID", &self.alias(order))
    }

    /// Our alias of a sales order.
    pub(crate) fn alias(&self, order: u64) -> String {
        format!("{}:{order}", self.netsuite().settings().account)
    }

    /// A sales order as NetSuite shows it.
    pub(crate) fn sales_order(&self, order: u64) -> Value {
        self.netsuite().sales_order(order).unwrap()
    }

    /// The fulfilments of a sales order, oldest first.
    pub(crate) fn fulfillments(&self, order: u64) -> Vec<Value> {
        self.netsuite().fulfillments_of(order)
    }

    /// Remembers how many calls the vendors have received so far.
    pub(crate) fn mark(&self) -> u64 {
        self.vendors.sandbox.calls.all().last().map_or(0, |call| call.number)
    }

    /// The operations the vendors were asked for since a mark, in our words; tokens do not count.
    pub(crate) fn calls_since(&self, mark: u64) -> Vec<String> {
        let all = self.wire().into_iter().filter(|call| call.number > mark && call.operation != "token");
        all.map(|call| call.operation).collect()
    }

    /// How many calls of one operation, in our words, the vendors have received.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.wire().iter().filter(|call| call.operation == operation).count()
    }

    /// Every call the vendors have received.
    pub(crate) fn wire(&self) -> Vec<WireCall> {
        self.vendors.sandbox.calls.all().into_iter().map(WireCall::from).collect()
    }
}
