//! HTTP in: what Amazon's event sender and the bundle inside NetSuite call.
//!
//! | method, path | does |
//! | --- | --- |
//! | `POST /v1/{connection}/oauth2/token` | client-credentials token for Amazon's event sender |
//! | `POST /v1/{connection}/amazon/events` | takes a webhook body or an EventBridge envelope |
//! | `POST /v1/{connection}/netsuite/events` | takes signed change notices |
//! | `GET /healthz` | says that the process lives |
//! | `GET /readyz` | says whether it can take work |
//! | `GET /metrics` | Prometheus text |
//! | `/api/v1/…` | what operators use, see `api` |
//!
//! An event is answered with 2xx only after it is durable; a repeat is answered alike and changes nothing. A
//! refusal is a problem document with one of the codes of [`amz_event_handler::rejection`]. A connection
//! that is not configured is answered with 404 and not with 401: credentials belong to a connection, so there
//! are none to check, its name is no secret, and whoever misspelt an address should not go looking for a
//! wrong password.

mod amazon;
mod api;
mod body;
mod counters;
mod inbound;
mod netsuite;
mod problem;
mod status;
mod token;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_event_handler::Rule;
use amz_event_handler::amazon::WebhookAccess;
use amz_event_handler::netsuite::SigningSecret;
use amz_services::ports::Inbox;
use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;

pub use api::ApiState;
use problem::Problem;

/// What the webhook role works with.
pub struct WebhookState {
    /// What the operators' API works with; `None` when nobody may use it.
    pub api: Option<ApiState>,
    /// The connections that are served, by name.
    pub connections: HashMap<ConnectionName, ConnectionAccess>,
    /// Where notices become durable.
    pub inbox: Arc<dyn Inbox>,
    /// The time.
    pub clock: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    /// Largest body that is taken, in bytes.
    pub max_body_bytes: usize,
    /// Woken once whenever a new notice was stored.
    pub stored: Arc<Notify>,
    /// How the process says how it is.
    pub status: Status,
}

/// How a process says how it is.
#[derive(Clone)]
pub struct Status {
    /// Says whether the process can take work.
    pub ready: Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>,
    /// Makes the Prometheus text; without it there is no `/metrics`.
    pub render_metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

/// Who may speak for a connection.
#[derive(Debug, Clone)]
pub struct ConnectionAccess {
    /// What Amazon's event sender must present.
    pub amazon: WebhookAccess,
    /// The business product (`target_id`) whose events are ours.
    pub business_product: String,
    /// What the bundle inside NetSuite signs with, any of them; none when it may not speak at all.
    pub netsuite: Vec<SigningSecret>,
}

/// The router of the webhook role.
pub fn router(mut webhook: WebhookState) -> Router {
    let status = webhook.status.clone();
    let api = webhook.api.take().map(api::routes).unwrap_or_default();
    Router::new()
        .route("/v1/{connection}/oauth2/token", post(token::issue))
        .route("/v1/{connection}/amazon/events", post(amazon::receive))
        .route("/v1/{connection}/netsuite/events", post(netsuite::receive))
        .with_state(Arc::new(webhook))
        .merge(routes_of(status))
        .merge(api)
        .fallback(async || Problem(Rule::RouteNotFound.broken("there is nothing at this path")))
        .method_not_allowed_fallback(async || {
            Problem(Rule::MethodNotAllowed.broken("the Allow header names the methods of this path"))
        })
}

/// The router of a process that receives nothing: its status alone.
pub fn status_router(status: Status) -> Router {
    routes_of(status).fallback(async || Problem(Rule::RouteNotFound.broken("there is nothing at this path")))
}

fn routes_of(status: Status) -> Router {
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/metrics", get(status::metrics))
        .with_state(status)
}
