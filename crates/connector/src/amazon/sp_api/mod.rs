//! Selling Partner API, of which one operation is used: `getInventorySummaries` of FBA Inventory v1.
//!
//! Source: Amazon pages `connect-to-the-selling-partner-api`, `fba-inventory-api-v1-use-case-guide` and
//! `usage-plans-and-rate-limits`. A reading is a stream: of named SKUs (`named`), whose requests overlap, or of
//! everything (`crawl`), page by page. Both wait for their turn at one pace per seller (`pace`, `bucket`) and read answers
//! forgivingly (`decode`, `problem`).
//!
//! Unlike the other clients this one tries again by itself (`tries`): a page's token lives for half a minute, too short
//! to let the worker decide.

mod bucket;
mod call;
mod common_pace;
mod crawl;
mod decode;
mod named;
mod pace;
mod paging;
mod problem;
mod request;
mod settings;
mod tries;

use std::sync::Arc;

use amz_domain::{ConnectionName, Sku};
use amz_services::audit::Vendor;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::stock::{StockPriority, StockStep};
use amz_services::ports::{AmazonStock, CallLog, Paces, StockStream};
use oauth2::{RefreshToken, TokenUrl};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

pub use self::settings::{SpApiSettings, SpApiSetupError};

use self::call::Caller;
use self::common_pace::CommonPace;
use self::crawl::Crawl;
use self::named::Named;
use self::pace::{Pace, PaceKey};
use self::request::OPERATION;
use super::token::{Grant, TokenSource};
use crate::http::{Clock, HttpClient};

/// Selling Partner API client of one connection. Clones share token, pace and connections; so do clients of the same
/// seller share the pace.
#[derive(Debug, Clone)]
pub struct SpApi {
    caller: Arc<Caller>,
    overlap: usize,
}

impl SpApi {
    /// A client that records its calls in `calls` and tells the time by `clock`. Sends nothing yet.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn new(
        connection: ConnectionName,
        calls: Arc<dyn CallLog>,
        clock: Clock,
        settings: SpApiSettings,
    ) -> Result<Self, SpApiSetupError> {
        Self::sharing_pace(connection, calls, clock, settings, None)
    }

    /// The same, which keeps to one pace with other processes by `paces` when there are any.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn sharing_pace(
        connection: ConnectionName,
        calls: Arc<dyn CallLog>,
        clock: Clock,
        settings: SpApiSettings,
        paces: Option<Arc<dyn Paces>>,
    ) -> Result<Self, SpApiSetupError> {
        let SpApiSettings {
            endpoint,
            token_endpoint,
            client_id,
            client_secret,
            refresh_token,
            marketplace_id,
            calls_per_second,
            burst,
            overlap,
            http,
        } = settings;
        let http = HttpClient::new(connection, Vendor::Amazon, calls, clock.clone(), http)?;
        http.check(&endpoint)?;
        http.check(&token_endpoint)?;
        let interval = bucket::interval(calls_per_second).ok_or(SpApiSetupError::Rate(calls_per_second))?;
        if burst == 0 {
            return Err(SpApiSetupError::NothingAtOnce);
        }
        let key = PaceKey {
            host: endpoint.authority().to_owned(),
            client_id: client_id.clone(),
            seller: digest(&SHA256, refresh_token.expose_secret().as_bytes()).as_ref().to_vec(),
            operation: OPERATION,
        };
        let tokens = TokenSource::new(
            http.clone(),
            TokenUrl::from_url(token_endpoint),
            client_id,
            &client_secret,
            seller(&refresh_token),
        );
        let address = request::address(&endpoint)?;
        let common = paces.map(|paces| CommonPace::new(&key, paces, clock));
        let pace = Pace::shared(key, interval, burst);
        Ok(Self { caller: Arc::new(Caller { http, tokens, pace, common, address, marketplace_id }), overlap })
    }

    /// Replaces the client secret, and the refresh token where one is given, without a restart: Amazon demands a new
    /// secret every 180 days. The seller's pace stays.
    pub async fn replace_credentials(
        &self,
        client_secret: &SecretString,
        refresh_token: Option<&SecretString>,
    ) {
        self.caller.tokens.replace(client_secret, refresh_token.map(seller)).await;
    }
}

impl AmazonStock for SpApi {
    fn named(&self, skus: Vec<Sku>, priority: StockPriority) -> Box<dyn StockStream> {
        Box::new(Named::new(self.caller.clone(), skus, priority, self.overlap))
    }

    fn crawl(&self) -> Box<dyn StockStream> {
        Box::new(Crawl::new(self.caller.clone()))
    }
}

fn seller(refresh_token: &SecretString) -> Grant {
    Grant::Seller(RefreshToken::new(refresh_token.expose_secret().to_owned()))
}

/// A stream that ended was asked for more.
fn after_the_end(pages: u64) -> StockStep {
    let message = "the reading has ended already";
    StockStep::Incomplete {
        pages,
        error: PortError::new(OPERATION, Failure::Refused, "reading_ended", message),
    }
}
