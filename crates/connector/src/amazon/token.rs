//! Access tokens: fetched once, shared by all callers, renewed before they end.
//!
//! Source: Amazon page `authenticate-to-the-buy-with-prime-api`: OAuth 2.0 client credentials, tokens live 15
//! minutes, and asking often is throttled. Selling Partner API page `connect-to-the-selling-partner-api`: OAuth 2.0
//! refresh tokens, tokens live an hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse};
use oauth2::{
    AuthType, ClientId, ClientSecret, EndpointNotSet, EndpointSet, RefreshToken, RequestTokenError,
    TokenResponse, TokenUrl,
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
/// A refused grant is not tried again for this long, in seconds; twice as long after each further refusal.
const REFUSAL_PAUSE_S: i64 = 60;
/// Longest pause after refusals, in seconds.
const LONGEST_REFUSAL_PAUSE_S: i64 = 900;

type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;
type FetchError = RequestTokenError<TokenHttpError, BasicErrorResponse>;

/// An access token, ready to be sent. Its text never shows in debug output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccessToken(Arc<HeaderValue>);

impl AccessToken {
    /// The value of the header that the token is sent in.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.0
    }

    fn of(prefix: &str, secret: &str) -> Option<Self> {
        let mut header = HeaderValue::from_str(&format!("{prefix}{secret}")).ok()?;
        header.set_sensitive(true);
        Some(Self(Arc::new(header)))
    }
}

/// What a token is asked for with.
#[derive(Debug, Clone)]
pub(super) enum Grant {
    /// The client's own credentials; the token is sent as a bearer token.
    Client,
    /// A seller's refresh token; the token is sent as it is. Sellers revoke, so a refusal is remembered for a while.
    Seller(RefreshToken),
}

impl Grant {
    fn header_prefix(&self) -> &'static str {
        match self {
            Self::Client => "Bearer ",
            Self::Seller(_) => "",
        }
    }

    /// How long nothing is asked after so many refusals in a row.
    fn pause(&self, refusals: u32) -> TimeDelta {
        match self {
            Self::Client => TimeDelta::zero(),
            Self::Seller(_) => {
                let doubled = REFUSAL_PAUSE_S.saturating_mul(1 << refusals.saturating_sub(1).min(8));
                TimeDelta::seconds(doubled.min(LONGEST_REFUSAL_PAUSE_S))
            }
        }
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

#[derive(Debug)]
struct State {
    client: Client,
    grant: Grant,
    held: Option<Held>,
    last_failure: Option<TokenFailure>,
    /// Refusals in a row.
    refusals: u32,
    /// Until when nothing is asked because of them.
    refused_until: Option<DateTime<Utc>>,
}

/// Holds one token; concurrent callers share one fetch, and its failure too.
#[derive(Debug)]
pub(super) struct TokenSource {
    http: TokenHttp,
    state: Mutex<State>,
    /// Fetches that have ended. Tells a caller that waited whether somebody fetched meanwhile.
    fetches: AtomicU64,
}

impl TokenSource {
    pub(super) fn new(
        http: HttpClient,
        address: TokenUrl,
        client_id: String,
        secret: &SecretString,
        grant: Grant,
    ) -> Self {
        let client = BasicClient::new(ClientId::new(client_id))
            .set_client_secret(client_secret(secret))
            .set_token_uri(address)
            .set_auth_type(AuthType::RequestBody);
        let state = State { client, grant, held: None, last_failure: None, refusals: 0, refused_until: None };
        Self { http: TokenHttp(http), state: Mutex::new(state), fetches: AtomicU64::new(0) }
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
        let shared = self.fetches.load(Ordering::Acquire) != seen
            || state.refused_until.is_some_and(|until| now < until);
        if shared && let Some(failure) = &state.last_failure {
            return Err(failure.clone());
        }
        let fetched = state.fetch(&self.http, now).await;
        self.fetches.fetch_add(1, Ordering::AcqRel);
        state.settle(fetched, now)
    }

    /// Forgets a token that was refused. A newer one, fetched by somebody else meanwhile, stays.
    pub(super) async fn invalidate(&self, refused: &AccessToken) {
        let mut state = self.state.lock().await;
        state.held.take_if(|held| held.token == *refused);
    }

    /// Asks with other credentials from now on, and forgets refusals of the old ones. A token of another grant is
    /// forgotten too.
    pub(super) async fn replace(&self, secret: &SecretString, grant: Option<Grant>) {
        let mut state = self.state.lock().await;
        state.client = state.client.clone().set_client_secret(client_secret(secret));
        if let Some(grant) = grant {
            state.grant = grant;
            state.held = None;
        }
        (state.last_failure, state.refusals, state.refused_until) = (None, 0, None);
    }
}

impl State {
    async fn fetch(&mut self, http: &TokenHttp, now: DateTime<Utc>) -> Result<Held, TokenFailure> {
        let fetched: Result<BasicTokenResponse, FetchError> = match &self.grant {
            Grant::Client => self.client.exchange_client_credentials().request_async(http).await,
            Grant::Seller(refresh) => self.client.exchange_refresh_token(refresh).request_async(http).await,
        };
        let answer = fetched.map_err(token_failure)?;
        let prefix = self.grant.header_prefix();
        let token = AccessToken::of(prefix, answer.access_token().secret()).ok_or_else(|| {
            TokenFailure::new(
                Failure::NotSent,
                "token_unreadable",
                "the access token cannot be sent in a header",
            )
        })?;
        if let (Grant::Seller(held), Some(newer)) = (&mut self.grant, answer.refresh_token()) {
            *held = newer.clone();
        }
        let life_s = answer.expires_in().map_or(DEFAULT_LIFE_S, |life| {
            i64::try_from(life.as_secs()).unwrap_or(LONGEST_LIFE_S).min(LONGEST_LIFE_S)
        });
        let renew_s = (life_s - MARGIN_S).max(life_s / 2);
        let (renew_at, ends_at) = (now + TimeDelta::seconds(renew_s), now + TimeDelta::seconds(life_s));
        Ok(Held { token, renew_at, ends_at })
    }

    /// Keeps what a fetch brought. A failed renewal leaves the old token in use while it lasts.
    fn settle(
        &mut self,
        fetched: Result<Held, TokenFailure>,
        now: DateTime<Utc>,
    ) -> Result<AccessToken, TokenFailure> {
        let failure = match fetched {
            Ok(held) => {
                let token = held.token.clone();
                self.held = Some(held);
                (self.last_failure, self.refusals, self.refused_until) = (None, 0, None);
                return Ok(token);
            }
            Err(failure) => failure,
        };
        let mut pause = TimeDelta::seconds(RENEWAL_PAUSE_S);
        self.refused_until = None;
        if failure.failure == Failure::Credentials {
            self.refusals = self.refusals.saturating_add(1);
            let refused = self.grant.pause(self.refusals);
            self.refused_until = Some(now + refused);
            pause = pause.max(refused);
        }
        self.last_failure = Some(failure.clone());
        let Some(held) = self.held.as_mut().filter(|held| now < held.ends_at) else {
            return Err(failure);
        };
        tracing::warn!(code = failure.code, "an access token was not renewed; the old one still holds");
        held.renew_at = (now + pause).min(held.ends_at);
        Ok(held.token.clone())
    }
}

fn client_secret(secret: &SecretString) -> ClientSecret {
    ClientSecret::new(secret.expose_secret().to_owned())
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
