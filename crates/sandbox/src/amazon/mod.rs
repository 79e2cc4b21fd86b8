//! The pretend Amazon: Buy with Prime API of version 2024-11-01, orders, packages, tracking and events.
//!
//! Two addresses: `POST /token` (client credentials, tokens of 15 minutes) and `POST /graphql`
//! (`createOrder`, `updateOrder`, `cancelOrder`, `order`, `packageTracker`, `product`, `products`,
//! `inventoryItem`, and event subscriptions with their auth profiles). Stock is also shown by the Selling Partner API, which has addresses and tokens of its
//! own: see [`SpApiSettings`]. An order comes to life with one
//! pending package that covers all lines Amazon fulfils; [`Amazon`] then splits, ships, delivers and cancels
//! packages, settles cancellations, asks for refunds and takes returns back, and each step sends the events
//! that Amazon would send. What it does by itself is said in [`Habits`].
//!
//! An order can also come from the checkout of the shop, without `createOrder`: [`Amazon::place_checkout_order`].
//!
//! SKUs that were stocked with [`Amazon::set_stock`] have a product, figures that orders and returns move,
//! and an `INVENTORY_CHANGED` event for each change of what is fulfillable. Other SKUs can be ordered
//! without end.

mod cancellation;
mod catalog;
mod checkout;
pub(crate) mod control;
mod create;
mod errors;
mod events;
mod external_return;
mod graphql;
mod json;
mod order;
mod package_steps;
mod packages;
mod refund;
mod refund_report;
mod return_steps;
mod returns;
mod sender;
mod settings;
mod sp_api;
mod state;
mod stock;
mod subscribing;
mod tokens;
mod tracking;
mod update;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use async_graphql::dynamic::Schema;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

pub use cancellation::{Cancellation, CancellationState, RequestedBy};
pub use checkout::{CheckoutError, CheckoutLine, CheckoutOrder, OrderLink};
pub use events::{Delivery, WebhookEvent};
pub use order::{Alias, CancellationReason, Content, ExecutionState, Line, Order, Package, PackageState};
pub use packages::MoveError;
pub use refund::{DoubledPayment, Money, NewRefund, Refund, RefundPayment, RefundState};
pub use return_steps::{NewReturn, NewReturnLine, NewReturnPackage};
pub use returns::{
    GradedUnits, ItemCondition, Return, ReturnFailure, ReturnLine, ReturnPackage, ReturnPackageState,
    ReturnReason, ReturnState,
};
pub use settings::{
    AmazonSettings, DeliveryPreview, Habits, ReturnRefund, SenderAuthentication, Subscription,
    WebhookSettings,
};
pub use sp_api::{Pace, PageFault, SpApiHabits, SpApiSettings};
pub(crate) use sp_api::{TOKEN as SP_API_TOKEN, router as sp_api_router, token_router as lwa_router};
pub use stock::{OrderedUnits, ShortUnits, SkuFault, StockEventScript, StockFigures, StockedItem};
pub use tracking::{Milestone, MilestoneCode, Place, Tracker};

use self::errors::{Class, Refusal};
use self::events::{Happening, Outbox};
use self::json::text;
use self::sp_api::SpApi;
use self::state::State;
use self::subscribing::Registry;
use self::tokens::Tokens;
use crate::exchange::{Core, Manners, exchange, read};
use crate::{SandboxError, Vendor, locked};

/// The handle to the pretend Amazon. Cheap to clone.
#[derive(Clone)]
pub struct Amazon {
    core: Core,
    settings: Arc<AmazonSettings>,
    state: Arc<Mutex<State>>,
    tokens: Arc<Tokens>,
    sp_api: Arc<SpApi>,
    outbox: Arc<Outbox>,
    registry: Arc<Mutex<Registry>>,
    schema: Schema,
    http: reqwest::Client,
}

impl fmt::Debug for Amazon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Amazon").field("address", &self.core.address).finish_non_exhaustive()
    }
}

impl Amazon {
    pub(crate) fn new(core: Core, settings: AmazonSettings) -> Result<Self, SandboxError> {
        // Harmless when the program has chosen a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().map_err(SandboxError::Webhook)?;
        let outbox = Outbox::new(core.seed, settings.webhooks.clone(), settings.target_id.clone());
        Ok(Self {
            state: Arc::new(Mutex::new(State::new(core.seed, settings.habits.clone()))),
            tokens: Arc::new(Tokens::default()),
            sp_api: Arc::new(SpApi::new(core.seed, &settings.sp_api)),
            outbox: Arc::new(outbox),
            registry: Arc::default(),
            schema: graphql::schema().map_err(SandboxError::Schema)?,
            http,
            settings: Arc::new(settings),
            core,
        })
    }

    /// How it was set up.
    pub fn settings(&self) -> &AmazonSettings {
        &self.settings
    }

    /// All orders, oldest first.
    pub fn orders(&self) -> Vec<Order> {
        self.state().orders().to_vec()
    }

    /// One order by Amazon's id.
    pub fn order(&self, id: &str) -> Option<Order> {
        self.state().order(id).cloned()
    }

    /// The order that carries this alias.
    pub fn order_by_alias(&self, alias_type: &str, alias_id: &str) -> Option<Order> {
        self.state().order_by_alias(alias_type, alias_id).cloned()
    }

    /// How many orders carry this alias. More than one would be a fault of the sandbox itself.
    pub fn orders_with_alias(&self, alias_type: &str, alias_id: &str) -> usize {
        let state = self.state();
        state.orders().iter().filter(|order| order.has_alias(alias_type, alias_id)).count()
    }

    /// What Amazon does by itself.
    pub fn habits(&self) -> Habits {
        self.state().habits.clone()
    }

    /// Changes what Amazon does by itself, from now on.
    pub fn set_habits(&self, habits: Habits) {
        self.state().habits = habits;
        self.outbox.work.notify_one();
    }

    /// Ends all access tokens at once.
    pub fn revoke_all_tokens(&self) {
        self.tokens.revoke_all();
    }

    /// Adds a receiver of events, or replaces the one with the same id. Events still on their way
    /// follow it to its new address.
    pub fn subscribe(&self, subscription: Subscription) {
        self.outbox.subscribe(subscription);
    }

    /// Removes a receiver; events on their way to it are given up.
    pub fn unsubscribe(&self, id: &str) {
        self.outbox.unsubscribe(id);
    }

    /// The receivers of events.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.outbox.subscriptions()
    }

    /// From now on events are kept back instead of sent.
    pub fn hold_events(&self) {
        self.settle_due();
        self.outbox.hold();
    }

    /// The events kept back, oldest first.
    pub fn pending_events(&self) -> Vec<WebhookEvent> {
        self.settle_due();
        self.outbox.held()
    }

    /// Hands the events kept back over to the caller; they will not be sent.
    pub fn take_pending_events(&self) -> Vec<WebhookEvent> {
        self.settle_due();
        self.outbox.take_held()
    }

    /// Sends the kept-back events at these positions of [`Amazon::pending_events`], in this order; a
    /// position named twice is sent twice. The others, and new ones, stay kept back.
    pub fn release_events_in_order(&self, positions: &[usize]) {
        self.outbox.release_in_order(positions);
    }

    /// Sends all events kept back and keeps back no more.
    pub fn release_events(&self) {
        self.outbox.release();
    }

    /// Waits until every event that is not kept back was accepted or given up.
    pub async fn events_settled(&self) {
        self.settle_due();
        self.outbox.settled().await;
    }

    /// All events made so far, oldest first, sent or not.
    pub fn events(&self) -> Vec<WebhookEvent> {
        self.settle_due();
        self.outbox.all()
    }

    /// All attempts to hand over an event.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.outbox.deliveries()
    }

    fn moved<T>(
        &self,
        step: impl FnOnce(&mut State, DateTime<Utc>) -> Result<(T, Vec<Happening>), MoveError>,
    ) -> Result<T, MoveError> {
        let now = self.core.clock.now();
        let mut state = self.state();
        let (result, happened) = step(&mut state, now)?;
        self.emit(&state, &happened, now);
        self.emit_stock_events(&mut state, now);
        Ok(result)
    }

    fn emit(&self, state: &State, happened: &[Happening], now: DateTime<Utc>) {
        for happening in happened {
            let order = happening.order_id.as_deref().and_then(|id| state.order(id));
            self.outbox.emit(happening, order, now);
        }
    }

    /// Sends the events of stock that are due, and wakes the sender for those that are not.
    fn emit_stock_events(&self, state: &mut State, now: DateTime<Utc>) {
        let changed = state.stock.take_events(now);
        self.emit(state, &changed, now);
        if state.stock.is_waiting() {
            self.outbox.work.notify_one();
        }
    }

    /// The books as they are by now: whoever looks settles first what time has settled.
    fn state(&self) -> MutexGuard<'_, State> {
        let now = self.core.clock.now();
        let mut state = locked(&self.state);
        let happened = state.settle_due(now);
        self.emit(&state, &happened, now);
        state.stock.settle_due(now);
        let changed = state.stock.take_events(now);
        self.emit(&state, &changed, now);
        state
    }

    /// Settles what time has settled.
    fn settle_due(&self) {
        drop(self.state());
    }

    /// Whether time will settle anything.
    fn is_waiting(&self) -> bool {
        let state = self.state();
        let cancellations = state.habits.cancellation_delay_s.is_some() && !state.waiting.is_empty();
        cancellations || state.stock.is_waiting()
    }

    /// Carries out one root field of the schema.
    fn operation(&self, field: &str, arguments: &Json) -> Result<Json, Refusal> {
        if let Some(answer) = self.subscribing(field, arguments) {
            return answer;
        }
        let now = self.core.clock.now();
        let mut state = self.state();
        let order = |state: &State, id: &str| state.order(id).map(Order::document);
        match field {
            "createOrder" => {
                let id = state.create_order(&self.settings, &arguments["input"], now)?;
                let confirmed = Happening::order("ORDER_CONFIRMED", &id);
                self.outbox.emit(&confirmed, state.order(&id), now);
                self.emit_stock_events(&mut state, now);
                Ok(json!({ "order": order(&state, &id) }))
            }
            "updateOrder" => {
                let (id, happened) =
                    state.update_order(&arguments["orderIdentifier"], &arguments["input"], now)?;
                self.emit(&state, &happened, now);
                Ok(json!({ "order": order(&state, &id) }))
            }
            "cancelOrder" => {
                let cancellation =
                    state.cancel_order(&arguments["orderIdentifier"], &arguments["input"], now)?;
                self.outbox.work.notify_one();
                Ok(json!({ "cancellation": cancellation }))
            }
            "order" => state.identified(&arguments["orderIdentifier"]).map(Order::document),
            "product" => state.product(&arguments["identifier"], &self.settings.sp_api.marketplace_id),
            "products" => state.products(arguments, &self.settings.sp_api.marketplace_id),
            "inventoryItem" => {
                let id = text(arguments, "inventoryItemId").unwrap_or_default();
                state.inventory_item(id, &self.settings.sp_api.marketplace_id)
            }
            "packageTracker" => {
                let wanted = &arguments["packageTrackerInput"]["packageTrackerIdentifier"];
                let carrier = text(wanted, "carrierCode").unwrap_or_default();
                let number = text(wanted, "trackingNumber").unwrap_or_default();
                match state.tracker(carrier, number, now) {
                    Some(tracker) => Ok(tracker.document()),
                    None => Err(Refusal::new(Class::NotFound, "Package tracker not found.")),
                }
            }
            _ => Err(Refusal::new(Class::Internal, format!("{field} is not built"))),
        }
    }
}

impl Manners for Amazon {
    fn too_many_requests(&self, retry_after_s: Option<u64>) -> Response {
        let body = axum::Json(Refusal::new(Class::Throttling, "Rate exceeded").body());
        let mut answer = (StatusCode::TOO_MANY_REQUESTS, body).into_response();
        if let Some(seconds) = retry_after_s {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn server_error(&self) -> Response {
        let body = axum::Json(Refusal::new(Class::Internal, "Internal server error").body());
        (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
    }

    fn graphql_throttle(&self) -> Response {
        axum::Json(Refusal::new(Class::Throttling, "Rate exceeded").body()).into_response()
    }

    fn revoke_presented_token(&self, parts: &Parts) -> Option<Response> {
        self.tokens.revoke(tokens::bearer(parts)?);
        Some(graphql::refused_token(self))
    }
}

/// The addresses of the pretend Amazon.
pub(crate) fn router(amazon: Amazon) -> Router {
    Router::new().route("/graphql", post(graphql)).route("/token", post(token)).with_state(amazon)
}

async fn graphql(Shared(amazon): Shared<Amazon>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let operation = graphql::operation_name(&body);
    let act = async |parts: Parts, body: axum::body::Bytes| graphql::answer(&amazon, &parts, &body).await;
    exchange(&amazon.core, &amazon, Vendor::Amazon, &operation, parts, body, act).await
}

async fn token(Shared(amazon): Shared<Amazon>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let act = async |parts: Parts, body: axum::body::Bytes| tokens::answer(&amazon, &parts, &body);
    exchange(&amazon.core, &amazon, Vendor::Amazon, "token", parts, body, act).await
}
