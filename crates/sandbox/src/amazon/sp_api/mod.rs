//! The pretend Selling Partner API: stock by `getInventorySummaries`, and the Login with Amazon tokens for it.
//!
//! `GET /fba/inventory/v1/summaries` lies below [`RunningSandbox::sp_api_url`](crate::RunningSandbox::sp_api_url),
//! the token endpoint is [`RunningSandbox::lwa_token_url`](crate::RunningSandbox::lwa_token_url). In fault
//! scripts and lists of calls they are `getInventorySummaries` and `lwaToken`.
//!
//! Source: Selling Partner API, `connecting-to-the-selling-partner-api`, `fbaInventory.json`,
//! `usage-plans-and-rate-limits`, `authorization-errors`.

pub(crate) mod control;
mod cursor;
mod document;
mod envelope;
mod handle;
mod pace;
mod parameters;
mod settings;
mod summaries;
mod token;

use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State as Shared};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};

pub use settings::{Pace, PageFault, SpApiHabits, SpApiSettings};

use self::cursor::Cursors;
use self::pace::Bucket;
use self::token::AccessTokens;
use super::Amazon;
use crate::Vendor;
use crate::exchange::{Manners, exchange, read};

/// Name of the stock operation in calls and faults.
const SUMMARIES: &str = "getInventorySummaries";
/// Name of the token operation in calls and faults.
pub(crate) const TOKEN: &str = "lwaToken";

/// All that the pretend Selling Partner API remembers beside the stock itself.
#[derive(Debug)]
pub(crate) struct SpApi {
    state: Mutex<SpApiState>,
}

#[derive(Debug)]
struct SpApiState {
    habits: SpApiHabits,
    client_secret: String,
    /// `None` once it was revoked.
    refresh_token: Option<String>,
    access_denied: bool,
    tokens: AccessTokens,
    cursors: Cursors,
    bucket: Bucket,
    page_faults: Vec<PageFault>,
    answers: u64,
}

impl SpApi {
    pub(crate) fn new(seed: u64, settings: &SpApiSettings) -> Self {
        let state = SpApiState {
            habits: settings.habits.clone(),
            client_secret: settings.client_secret.clone(),
            refresh_token: Some(settings.refresh_token.clone()),
            access_denied: false,
            tokens: AccessTokens::new(seed),
            cursors: Cursors::new(seed),
            bucket: Bucket::default(),
            page_faults: Vec::new(),
            answers: 0,
        };
        Self { state: Mutex::new(state) }
    }
}

/// How the Selling Partner API words the failures of the fault script.
struct ApiManners<'a>(&'a Amazon);

impl Manners for ApiManners<'_> {
    fn too_many_requests(&self, retry_after_s: Option<u64>) -> Response {
        let mut answer = self.0.sp_api().envelope(envelope::throttled()).into_response();
        if let Some(seconds) = retry_after_s {
            answer.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn server_error(&self) -> Response {
        self.0.sp_api().envelope(envelope::of_status(500)).into_response()
    }

    fn revoke_presented_token(&self, parts: &Parts) -> Option<Response> {
        let presented = token::presented(parts)?.to_owned();
        let mut state = self.0.sp_api();
        state.tokens.end(&presented);
        let in_message = state.habits.texts_in_message;
        Some(state.envelope(envelope::expired_token(in_message)).into_response())
    }
}

/// How Login with Amazon words the failures of the fault script.
struct TokenManners;

impl Manners for TokenManners {
    fn too_many_requests(&self, retry_after_s: Option<u64>) -> Response {
        let mut answer = token::refuse(429, "temporarily_unavailable", "Too many requests.");
        if let Some(seconds) = retry_after_s {
            answer.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        answer
    }

    fn server_error(&self) -> Response {
        token::refuse(500, "server_error", "An internal error occurred.")
    }

    fn revoke_presented_token(&self, _: &Parts) -> Option<Response> {
        None
    }
}

/// The addresses of the pretend Selling Partner API.
pub(crate) fn router(amazon: Amazon) -> Router {
    Router::new()
        .route("/fba/inventory/v1/summaries", get(inventory_summaries))
        .fallback(any(unknown_path))
        .with_state(amazon)
}

/// The address of Login with Amazon.
pub(crate) fn token_router(amazon: Amazon) -> Router {
    Router::new().route("/auth/o2/token", post(access_token)).with_state(amazon)
}

async fn inventory_summaries(Shared(amazon): Shared<Amazon>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let act = async |parts: Parts, body: Bytes| {
        let latency = amazon.sp_api().habits.latency_ms;
        let answer = summaries::answer(&amazon, &parts, &body);
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        answer
    };
    exchange(&amazon.core, &ApiManners(&amazon), Vendor::Amazon, SUMMARIES, parts, body, act).await
}

async fn unknown_path(Shared(amazon): Shared<Amazon>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let act = async |_: Parts, _: Bytes| amazon.sp_api().envelope(envelope::unknown_path()).into_response();
    exchange(&amazon.core, &ApiManners(&amazon), Vendor::Amazon, "unknownPath", parts, body, act).await
}

async fn access_token(Shared(amazon): Shared<Amazon>, request: Request) -> Response {
    let (parts, body) = match read(request).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let act = async |parts: Parts, body: Bytes| token::answer(&amazon, &parts, &body);
    exchange(&amazon.core, &TokenManners, Vendor::Amazon, TOKEN, parts, body, act).await
}
