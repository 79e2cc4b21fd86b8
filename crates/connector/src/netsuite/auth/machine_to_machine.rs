//! OAuth 2.0 machine to machine: client credentials with a signed assertion.
//!
//! Source: NetSuite help, sections 162755359851, 162686838198. The form holds exactly the three documented
//! fields; the `oauth2` crate would add a `client_id`.

use std::sync::Arc;

use amz_services::failure::{Failure, PortError};
use http::{HeaderMap, Method};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::AuthSetupError;
use super::assertion::{Claims, SigningAlgorithm, SigningKey, assertion};
use super::token::{Token, TokenCache, TokenFailure};
use crate::http::{Body, HttpClient, Outgoing, Verdict};
use crate::netsuite::rest::address;

/// What an access token is asked for with.
#[derive(Debug, Clone)]
pub struct MachineToMachineSettings {
    /// Client id of the integration record.
    pub client_id: String,
    /// Id of the mapped certificate.
    pub certificate_id: String,
    /// Private key of that certificate, PKCS#8 PEM.
    pub private_key: SecretString,
    /// How assertions are signed.
    pub algorithm: SigningAlgorithm,
    /// What the token shall allow: `rest_webservices`, `restlets`, `suite_analytics`.
    pub scope: Vec<String>,
    /// Token endpoint; by default the one of the account's REST services.
    pub token_url: Option<Url>,
}

/// Gets access tokens and remembers the current one.
#[derive(Debug)]
pub(super) struct MachineToMachine {
    client_id: String,
    certificate_id: String,
    scope: Vec<String>,
    key: SigningKey,
    token_url: Url,
    http: HttpClient,
    tokens: TokenCache,
}

impl MachineToMachine {
    pub(super) fn new(
        settings: MachineToMachineSettings,
        endpoint: &Url,
        http: HttpClient,
    ) -> Result<Self, AuthSetupError> {
        let MachineToMachineSettings { client_id, certificate_id, private_key, algorithm, scope, token_url } =
            settings;
        let token_url = token_url.unwrap_or_else(|| address(endpoint, &["auth", "oauth2", "v1", "token"]));
        http.check(&token_url).map_err(AuthSetupError::TokenUrl)?;
        Ok(Self {
            client_id,
            certificate_id,
            scope,
            key: SigningKey::from_pem(private_key.expose_secret(), algorithm)?,
            token_url,
            http,
            tokens: TokenCache::default(),
        })
    }

    /// The current token, or a new one shortly before it expires.
    pub(super) async fn token(&self, operation: &'static str, attempt: u32) -> Result<Arc<str>, PortError> {
        let token = self.tokens.get(self.http.now(), async || self.ask(attempt).await).await;
        token.map_err(|failure| failure.into_port_error(operation))
    }

    /// Drops a token that was refused; a newer one stays.
    pub(super) async fn forget(&self, refused: &str) {
        self.tokens.forget(refused).await;
    }

    /// Asks for a token once, with a fresh assertion.
    async fn ask(&self, attempt: u32) -> Result<Token, TokenFailure> {
        let now = self.http.now();
        let claims = Claims {
            client_id: &self.client_id,
            certificate_id: &self.certificate_id,
            scope: &self.scope,
            audience: &self.token_url,
        };
        let assertion = assertion(&self.key, &claims, now).map_err(|_| {
            TokenFailure::new(Failure::NotSent, "not_signable", "the assertion could not be signed")
        })?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        let outgoing = Outgoing {
            operation: "token".to_owned(),
            method: Method::POST,
            url: self.token_url.clone(),
            headers: HeaderMap::new(),
            body: Body::Form(form.map(|(name, value)| (name.to_owned(), value.to_owned())).into()),
            attempt,
        };
        let mut read = None;
        let sent = self.http.send(outgoing, |answer| {
            let result = if answer.is_success() {
                Token::read(answer, now).ok_or_else(TokenFailure::unreadable)
            } else {
                Err(TokenFailure::of(answer))
            };
            let verdict = result.as_ref().map_or_else(TokenFailure::verdict, |_| Verdict::success());
            read = Some(result);
            verdict
        });
        match sent.await {
            Ok(_) => read.unwrap_or_else(|| Err(TokenFailure::unreadable())),
            // without a token the request itself never went out
            Err(error) => Err(TokenFailure::new(Failure::NotSent, error.code(), &error.to_string())),
        }
    }
}
