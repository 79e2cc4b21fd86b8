//! Posts messages, signed as in the Standard Webhooks specification.

use std::time::Duration;

use amz_event_handler::netsuite::{SigningSecret, SigningSecretError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use url::Url;

use super::{Answer, Receiver};
use crate::settings::NotificationWebhook;

/// How long one post may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why those who are told could not be set up. Names neither address nor secret.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// The address cannot be read.
    #[error("notifications.webhook.url: {0}")]
    Address(#[from] url::ParseError),
    /// A secret cannot be used.
    #[error("notifications.webhook.secret: {0}")]
    Secret(#[from] SigningSecretError),
    /// The HTTP stack refused, for example because the system has no root certificates.
    #[error("notifications.webhook: the HTTP client cannot be built: {0}")]
    Client(#[source] reqwest::Error),
}

/// An address that messages are posted to.
pub(super) struct Webhook {
    client: reqwest::Client,
    url: Url,
    secrets: Vec<SigningSecret>,
}

impl Webhook {
    /// Sets up the address. That it is HTTPS, or on loopback, is seen to where settings are read.
    pub(super) fn new(settings: &NotificationWebhook) -> Result<Self, NotifierError> {
        // a second installation fails and changes nothing
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            // a redirect would carry the message to a place nobody configured
            .redirect(reqwest::redirect::Policy::none())
            // a repeat needs a fresh timestamp and signature
            .retry(reqwest::retry::never())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(NotifierError::Client)?;
        let secrets = settings.secrets.iter().map(SigningSecret::parse).collect::<Result<_, _>>()?;
        Ok(Self { client, url: Url::parse(settings.url.expose_secret())?, secrets })
    }
}

#[async_trait]
impl Receiver for Webhook {
    async fn post(&self, id: &str, body: &str, now: DateTime<Utc>) -> Answer {
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(id, now, body.as_bytes())).collect();
        let sent = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now.timestamp())
            .header("webhook-signature", signatures.join(" "))
            .body(body.to_owned())
            .send()
            .await;
        match sent {
            Ok(answer) => judged(&answer),
            // the address may carry a token
            Err(error) => Answer::Later { wait: None, why: causes(&error.without_url()) },
        }
    }
}

/// What an answer means; its body is not read.
fn judged(answer: &Response) -> Answer {
    let status = answer.status();
    if status.is_success() {
        return Answer::Taken;
    }
    let passes = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if !passes && !status.is_server_error() {
        return Answer::Refused { status: status.as_u16() };
    }
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
    Answer::Later { wait: seconds.map(Duration::from_secs), why: format!("HTTP {}", status.as_u16()) }
}

/// An error with everything beneath it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        text = format!("{text}: {cause}");
        beneath = cause.source();
    }
    text
}
