//! Buy with Prime API, which also takes Multi-Channel Fulfillment orders: GraphQL, version 2024-11-01.
//!
//! Source: Amazon page `call-the-buy-with-prime-api`. A new operation is a new file here: wire types checked
//! against `schemas/buy_with_prime.graphql` by cynic, a `request` function, and the mapping of its answer.

mod answer;
mod auth_profiles;
mod call;
mod cancel_order;
mod catalog;
mod create_order;
mod event_subscriptions;
mod external_returns;
mod inputs;
mod inventory_item;
mod order;
mod package_tracker;
mod problem;
mod products;
mod refund_report;
mod scalars;
mod schema;
mod update_order;
mod webhook_destination;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amz_domain::{AmazonOrder, AmazonOrderId, ConnectionName, OrderAlias, PackageTracker, TrackerKey};
use amz_services::audit::Vendor;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::amazon::{AmazonOrderChange, CreatedOrder, NewAmazonOrder};
use amz_services::ports::{AmazonOrders, CallLog, ForeignOrders, PackageTrackers};
use async_trait::async_trait;
use http::HeaderValue;
use oauth2::TokenUrl;
use secrecy::SecretString;
use url::Url;

pub use self::auth_profiles::{AuthProfileWrite, WebhookCredentials};
pub use self::event_subscriptions::{EventDestination, EventSubscription, SUBSCRIPTION_ALREADY_EXISTS};

use crate::http::{Clock, HttpClient, HttpSettings, HttpSetupError};

use super::token::{Grant, TokenSource};

use self::call::GraphQl;
use self::inputs::{ForeignAlias, OrderIdentifierInput};

/// Where and as whom to call.
#[derive(Debug, Clone)]
pub struct BwpSettings {
    /// Base address; `/graphql` and `/token` lie under it.
    pub endpoint: Url,
    /// Client id of the API credentials.
    pub client_id: String,
    /// Client secret of the API credentials.
    pub client_secret: SecretString,
    /// Business product id of the API credentials (`bp-…`).
    pub target_id: String,
    /// Version of the API; `2024-11-01` is what this client is written for.
    pub api_version: String,
    /// Time limits and the like.
    pub http: HttpSettings,
}

/// Why a client cannot be built with its settings.
#[derive(Debug, thiserror::Error)]
pub enum BwpSetupError {
    /// The HTTP client or the address is not acceptable.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// The endpoint cannot have a path under it.
    #[error("{0} is no base address")]
    Endpoint(Url),
    /// A setting cannot be sent in a header.
    #[error("the setting {0} holds characters that cannot be sent in a header")]
    Header(&'static str),
}

/// Buy with Prime client of one connection. Clones share token and connections.
#[derive(Debug, Clone)]
pub struct BuyWithPrime(Arc<GraphQl>);

impl BuyWithPrime {
    /// A client that records its calls in `calls` and tells the time by `clock`. Sends nothing yet.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn new(
        connection: ConnectionName,
        calls: Arc<dyn CallLog>,
        clock: Clock,
        settings: BwpSettings,
    ) -> Result<Self, BwpSetupError> {
        let BwpSettings { endpoint, client_id, client_secret, target_id, api_version, http } = settings;
        let http = HttpClient::new(connection, Vendor::Amazon, calls, clock, http)?;
        http.check(&endpoint)?;
        let tokens = TokenSource::new(
            http.clone(),
            TokenUrl::from_url(under(&endpoint, "token")?),
            client_id,
            &client_secret,
            Grant::Client,
        );
        Ok(Self(Arc::new(GraphQl {
            http,
            tokens,
            address: under(&endpoint, "graphql")?,
            target_id: header(&target_id, "target_id")?,
            api_version: header(&api_version, "api_version")?,
            return_reasons: AtomicBool::new(true),
        })))
    }
}

impl BuyWithPrime {
    /// Reads an order. Whether Amazon knows the reasons of returns is found out by asking once.
    async fn order<Name>(&self, name: Name) -> Result<Option<AmazonOrder>, PortError>
    where
        Name: Into<OrderIdentifierInput> + Copy + Send,
    {
        let return_reasons = self.0.return_reasons.load(Ordering::Relaxed);
        match self.0.run(&order::request(name, return_reasons)?, order::amazon_order).await {
            Err(error) if return_reasons && order::knows_no_return_reasons(&error) => {
                tracing::info!("Amazon does not know the reasons of returns; they are left out from now on");
                self.0.return_reasons.store(false, Ordering::Relaxed);
                self.0.run(&order::request(name, false)?, order::amazon_order).await
            }
            result => result,
        }
    }
}

#[async_trait]
impl AmazonOrders for BuyWithPrime {
    async fn create(&self, order: &NewAmazonOrder) -> Result<CreatedOrder, PortError> {
        let created = self.0.run(&create_order::request(order)?, create_order::created_order).await?;
        created.ok_or_else(|| unreadable(create_order::OPERATION))
    }

    async fn update(&self, order: &AmazonOrderId, change: &AmazonOrderChange) -> Result<(), PortError> {
        if *change == AmazonOrderChange::default() {
            return Ok(());
        }
        let confirmed = self.0.run(&update_order::request(order, change)?, update_order::confirmed).await?;
        confirmed.ok_or_else(|| unreadable(update_order::OPERATION))
    }

    async fn read(&self, order: &AmazonOrderId) -> Result<Option<AmazonOrder>, PortError> {
        self.order(order).await
    }

    async fn find(&self, alias: &OrderAlias) -> Result<Option<AmazonOrder>, PortError> {
        self.order(alias).await
    }
}

#[async_trait]
impl ForeignOrders for BuyWithPrime {
    async fn find_named(&self, alias_type: &str, alias_id: &str) -> Result<Option<AmazonOrder>, PortError> {
        self.order(ForeignAlias(alias_type, alias_id)).await
    }
}

#[async_trait]
impl PackageTrackers for BuyWithPrime {
    async fn read(&self, tracker: &TrackerKey) -> Result<Option<PackageTracker>, PortError> {
        let tracked = self.0.run(&package_tracker::request(tracker)?, package_tracker::tracked).await?;
        Ok(tracked.map(|tracked| tracked.under(tracker.clone())))
    }
}

fn unreadable(operation: &'static str) -> PortError {
    PortError::new(operation, Failure::Unreadable, "unreadable_answer", "Amazon confirmed nothing")
}

fn under(endpoint: &Url, segment: &str) -> Result<Url, BwpSetupError> {
    let mut address = endpoint.clone();
    match address.path_segments_mut() {
        Ok(mut segments) => drop(segments.pop_if_empty().push(segment)),
        Err(()) => return Err(BwpSetupError::Endpoint(endpoint.clone())),
    }
    Ok(address)
}

fn header(value: &str, setting: &'static str) -> Result<HeaderValue, BwpSetupError> {
    HeaderValue::from_str(value).map_err(|_| BwpSetupError::Header(setting))
}
