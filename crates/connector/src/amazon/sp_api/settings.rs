//! What the Selling Partner API needs to be talked to.

use rust_decimal::Decimal;
use secrecy::SecretString;
use url::Url;

use crate::http::{HttpSettings, HttpSetupError};

/// Where, as whom and how fast to call.
#[derive(Debug, Clone)]
pub struct SpApiSettings {
    /// The region's address, for example `https://sellingpartnerapi-na.amazon.com`.
    pub endpoint: Url,
    /// Full address of Login with Amazon's token endpoint.
    pub token_endpoint: Url,
    /// Client id of the application.
    pub client_id: String,
    /// Client secret of the application.
    pub client_secret: SecretString,
    /// What the seller authorised the application with.
    pub refresh_token: SecretString,
    /// The marketplace whose stock is read, for example `ATVPDKIKX0DER`.
    pub marketplace_id: String,
    /// Requests per second until Amazon names its rate. Amazon documents 2.
    pub calls_per_second: Decimal,
    /// Requests that may leave at once after a pause. Amazon documents 2.
    pub burst: u32,
    /// Requests for named SKUs that may be under way at once.
    pub overlap: usize,
    /// Time limits and the like.
    pub http: HttpSettings,
}

impl SpApiSettings {
    /// Settings with Amazon's documented pace.
    pub fn new(
        endpoint: Url,
        token_endpoint: Url,
        client_id: impl Into<String>,
        client_secret: SecretString,
        refresh_token: SecretString,
        marketplace_id: impl Into<String>,
    ) -> Self {
        Self {
            endpoint,
            token_endpoint,
            client_id: client_id.into(),
            client_secret,
            refresh_token,
            marketplace_id: marketplace_id.into(),
            calls_per_second: Decimal::TWO,
            burst: 2,
            overlap: 8,
            http: HttpSettings::default(),
        }
    }
}

/// Why a client cannot be built with its settings.
#[derive(Debug, thiserror::Error)]
pub enum SpApiSetupError {
    /// The HTTP client or an address is not acceptable.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// The endpoint cannot have a path under it.
    #[error("{0} is no base address")]
    Endpoint(Url),
    /// Only rates between a thousandth and a thousand make sense.
    #[error("{0} is no rate of requests per second")]
    Rate(Decimal),
    /// Nothing could ever leave.
    #[error("at least one request must be allowed at once")]
    NothingAtOnce,
}
