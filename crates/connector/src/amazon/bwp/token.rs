//! Access tokens: fetched once, shared by all callers, renewed before they end.
//!
//! Source: Amazon page `authenticate-to-the-buy-with-prime-api`: OAuth 2.0 client credentials, tokens live 15
//! minutes, and asking often is throttled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, RequestTokenError, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use crate::http::HttpClient;

use super::token_http::{TokenHttp, TokenHttpError};

/// Life of a token whose answer does not say, in seconds.
const DEFAULT_LIFE_S: i64 = 900;
/// No token is kept longer than this, whatever its answer says, in seconds.
const LONGEST_LIFE_S: i64 = 24 * 3600;
/// Tokens are renewed this long before they end, in seconds; short-lived ones at half their life.
const MARGIN_S: i64 = 120;
/// After a failed renewal the old token is used this long before the next try, in seconds.
const RENEWAL_PAUSE_S: i64 = 5;

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type FetchError = RequestTokenError<TokenHttpError, BasicErrorResponse>;

/// An access token, ready to be sent. Its text never shows in debug output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessToken(Arc<HeaderValue>);

impl AccessToken {
    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }

    fn of(secret: &str) -> Option<Self> {
        let mut header = HeaderValue::from_str(&format!("Bearer {secret}")).ok()?;
        header.set_sensitive(true);
        Some(Self(Arc::new(header)))
    }
}

/// Why there is no token; shared by all callers that waited for the same fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenFailure {
    failure: Failure,
    code: String,
    message: String,
}

impl TokenFailure {
    fn new(failure: Failure, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { failure, code: code.into(), message: message.into() }
    }

    /// The failure of the operation that needed the token. Nothing of the operation left.
    pub(super) fn during(self, operation: &'static str) -> PortError {
        PortError::new(operation, self.failure, self.code, self.message)
    }
}

#[derive(Debug, Clone)]
struct Held {
    token: AccessToken,
    renew_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    last_failure: Option<TokenFailure>,
}

/// Holds one token; concurrent callers share one fetch, and its failure too.
#[derive(Debug)]
pub(super) struct TokenSource {
    client: Client,
    http: TokenHttp,
    state: Mutex<State>,
    /// Fetches that have ended. Tells a caller that waited whether somebody fetched meanwhile.
    fetches: AtomicU64,
}

impl TokenSource {
    pub(super) fn new(http: HttpClient, address: TokenUrl, client_id: String, secret: &SecretString) -> Self {
        let client = BasicClient::new(ClientId::new(client_id))
            .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            .set_token_uri(address)
            .set_auth_type(AuthType::RequestBody);
        let (state, fetches) = (Mutex::default(), AtomicU64::new(0));
        Self { client, http: TokenHttp(http), state, fetches }
    }

    /// A token that is good for a while yet.
    pub(super) async fn token(&self) -> Result<AccessToken, TokenFailure> {
        let seen = self.fetches.load(Ordering::Acquire);
        // held during the fetch, so that the others wait for it instead of fetching too
        let mut state = self.state.lock().await;
        let now = self.http.0.now();
        if let Some(held) = state.held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(held.token.clone());
        }
        if self.fetches.load(Ordering::Acquire) != seen
            && let Some(failure) = &state.last_failure
        {
            return Err(failure.clone());
        }
        let fetched = self.fetch(now).await;
        self.fetches.fetch_add(1, Ordering::AcqRel);
        match fetched {
            Ok(held) => {
                let token = held.token.clone();
                *state = State { held: Some(held), last_failure: None };
                Ok(token)
            }
            Err(failure) => {
                state.last_failure = Some(failure.clone());
                let Some(held) = state.held.as_mut().filter(|held| now < held.ends_at) else {
                    return Err(failure);
                };
                tracing::warn!(
                    code = failure.code,
                    "an access token was not renewed; the old one still holds"
                );
                held.renew_at = now + TimeDelta::seconds(RENEWAL_PAUSE_S);
                Ok(held.token.clone())
            }
        }
    }

    /// Forgets a token that was refused. A newer one, fetched by somebody else meanwhile, stays.
    pub(super) async fn invalidate(&self, refused: &AccessToken) {
        let mut state = self.state.lock().await;
        state.held.take_if(|held| held.token == *refused);
    }

    async fn fetch(&self, now: DateTime<Utc>) -> Result<Held, TokenFailure> {
        let fetched: Result<BasicTokenResponse, FetchError> =
            self.client.exchange_client_credentials().request_async(&self.http).await;
        let answer = fetched.map_err(token_failure)?;
        let token = AccessToken::of(answer.access_token().secret()).ok_or_else(|| {
            TokenFailure::new(
                Failure::NotSent,
                "token_unreadable",
                "the access token cannot be sent in a header",
            )
        })?;
        let life_s = answer.expires_in().map_or(DEFAULT_LIFE_S, |life| {
            i64::try_from(life.as_secs()).unwrap_or(LONGEST_LIFE_S).min(LONGEST_LIFE_S)
        });
        let renew_s = (life_s - MARGIN_S).max(life_s / 2);
        let (renew_at, ends_at) = (now + TimeDelta::seconds(renew_s), now + TimeDelta::seconds(life_s));
        Ok(Held { token, renew_at, ends_at })
    }
}

fn token_failure(error: FetchError) -> TokenFailure {
    match error {
        RequestTokenError::Request(TokenHttpError::Throttled { wait }) => TokenFailure::new(
            Failure::Throttled { wait },
            "token_throttled",
            "Amazon asked for fewer token requests",
        ),
        RequestTokenError::Request(TokenHttpError::Refused { code }) => {
            TokenFailure::new(Failure::Credentials, code, "Amazon gave no access token for these credentials")
        }
        RequestTokenError::ServerResponse(refusal) => TokenFailure::new(
            Failure::Credentials,
            refusal.error().to_string(),
            "Amazon gave no access token for these credentials",
        ),
        RequestTokenError::Request(TokenHttpError::Down { status }) => TokenFailure::new(
            Failure::NotSent,
            format!("token_http_{status}"),
            "Amazon's token endpoint is out of order",
        ),
        RequestTokenError::Request(error @ (TokenHttpError::Send(_) | TokenHttpError::Build(_))) => {
            TokenFailure::new(Failure::NotSent, "token_no_answer", error.to_string())
        }
        // the parse error holds the body, which may hold a token
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            TokenFailure::new(Failure::NotSent, "token_unreadable", "Amazon's token answer cannot be read")
        }
    }
}
