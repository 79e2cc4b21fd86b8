//! Sends requests, once each.

use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_domain::ConnectionName;
use amz_services::audit::{CallOutcome, CallRecord, Vendor, current_context, current_intent};
use amz_services::ports::CallLog;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use url::{Host, Url};

use super::exchange::{Answer, Body, Outgoing, SendError, Verdict};
use super::fields::OpenFields;
use super::redact::Redactor;

/// Tells the time. Passed in so that tests can move it.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Operation name of token requests. A token serves all lanes, so their records name none.
pub const TOKEN_OPERATION: &str = "token";

/// Answers larger than this are not read.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// How requests are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Limit for a whole exchange, answer read.
    pub timeout: Duration,
    /// Limit for connecting, TLS included.
    pub connect_timeout: Duration,
    /// Lets plain HTTP go to other machines than this one. Loopback addresses need no permission.
    pub allow_plain_http: bool,
    /// Custom fields of NetSuite that the audit trail may show. Merchants keep anything in custom fields, so all
    /// others are hidden.
    pub open_fields: Vec<String>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            allow_plain_http: false,
            open_fields: Vec::new(),
        }
    }
}

/// Why a client cannot be built with its settings.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The HTTP stack refused, for example because the system has no root certificates.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
    /// Credentials and addresses would travel in the clear.
    #[error("{0} is plain HTTP to another machine")]
    PlainHttp(Url),
    /// Only `http` and `https` addresses can be called.
    #[error("{0} is no HTTP address")]
    NotHttp(Url),
}

/// Sends requests of one connection to one vendor and records each. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    connection: ConnectionName,
    vendor: Vendor,
    calls: Arc<dyn CallLog>,
    clock: Clock,
    allow_plain_http: bool,
    open_fields: OpenFields,
    client: reqwest::Client,
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HttpClient({} to {})", self.connection, self.vendor.as_str())
    }
}

impl HttpClient {
    /// A client of one connection to one vendor.
    ///
    /// # Errors
    /// [`HttpSetupError::Client`] when the HTTP stack refuses.
    pub fn new(
        connection: ConnectionName,
        vendor: Vendor,
        calls: Arc<dyn CallLog>,
        clock: Clock,
        settings: HttpSettings,
    ) -> Result<Self, HttpSetupError> {
        // a second installation fails and changes nothing
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            // a redirect would carry credentials and addresses to a place nobody configured
            .redirect(reqwest::redirect::Policy::none())
            // a repeat needs a fresh signature and its own audit record
            .retry(reqwest::retry::never())
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .user_agent(user_agent())
            .build()
            .map_err(HttpSetupError::Client)?;
        let HttpSettings { timeout: _, connect_timeout: _, allow_plain_http, open_fields } = settings;
        let open_fields = OpenFields::new(open_fields);
        Ok(Self { connection, vendor, calls, clock, allow_plain_http, open_fields, client })
    }

    /// The instant it is now, by the clock that was passed in.
    pub fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// Checks an address before anything is sent to it; vendors' clients do so when they are built.
    ///
    /// # Errors
    /// When it is no HTTP address, or plain HTTP to another machine without permission.
    pub fn check(&self, url: &Url) -> Result<(), HttpSetupError> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.allow_plain_http || is_loopback(url) => Ok(()),
            "http" => Err(HttpSetupError::PlainHttp(without_credentials(url))),
            _ => Err(HttpSetupError::NotHttp(without_credentials(url))),
        }
    }

    /// What makes texts about a request safe to show.
    pub fn redactor(&self, outgoing: &Outgoing) -> Redactor {
        Redactor::of(outgoing, self.open_fields.clone())
    }

    /// Sends once, writes exactly one audit record, returns what came back.
    ///
    /// `judge` reads the answer and says how the record shall show it. A record that cannot be written is
    /// logged and does not fail the call: what happened at the vendor happened.
    ///
    /// # Errors
    /// When there is no answer to judge.
    pub async fn send<Judge>(&self, outgoing: Outgoing, judge: Judge) -> Result<Answer, SendError>
    where
        Judge: FnOnce(&Answer) -> Verdict + Send,
    {
        let redactor = self.redactor(&outgoing);
        let context = current_context().filter(|_| outgoing.operation != TOKEN_OPERATION);
        let mut record = CallRecord {
            connection: self.connection.clone(),
            job: context.as_ref().map(|context| context.job),
            lane: context.map(|context| context.lane),
            intent: current_intent().filter(|_| outgoing.operation != TOKEN_OPERATION),
            vendor: self.vendor,
            operation: outgoing.operation.clone(),
            method: outgoing.method.to_string(),
            path: path_and_query(&outgoing.url),
            attempt: outgoing.attempt,
            started_at: self.now(),
            duration_ms: 0,
            status: None,
            outcome: CallOutcome::NotSent,
            code: None,
            request: redactor.request(&outgoing.body),
            response: None,
        };
        let started = Instant::now();
        let result = self.exchange(outgoing).await;
        record.duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(answer) => {
                let verdict = judge(answer);
                record.status = Some(answer.status);
                record.outcome = verdict.outcome;
                record.code = verdict.code;
                record.response = redactor.response(answer);
            }
            Err(error) => {
                if let SendError::TooLarge { status, .. } = error {
                    record.status = Some(*status);
                }
                record.outcome = error.outcome();
                record.code = Some(error.code().to_owned());
            }
        }
        self.report(&record).await;
        result
    }

    async fn exchange(&self, outgoing: Outgoing) -> Result<Answer, SendError> {
        self.check(&outgoing.url).map_err(|error| SendError::NotSent(error.into()))?;
        let mut request = self.client.request(outgoing.method, outgoing.url);
        let typed = outgoing.headers.contains_key(CONTENT_TYPE);
        request = request.headers(outgoing.headers);
        request = match outgoing.body {
            Body::Empty => request,
            Body::Json(document) if typed => request.body(document.to_string()),
            Body::Json(document) => {
                request.header(CONTENT_TYPE, "application/json").body(document.to_string())
            }
            Body::Form(fields) => request.form(&fields),
        };
        let mut response = request.send().await.map_err(send_error)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        // once a status came the request was certainly received, so nothing here is `NotSent`
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(SendError::TooLarge { status, limit_bytes: MAX_ANSWER_BYTES });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    async fn report(&self, record: &CallRecord) {
        let (operation, outcome) = (record.operation.as_str(), record.outcome.as_str());
        let (vendor, connection) = (self.vendor.as_str(), self.connection.as_str());
        let CallRecord { attempt, status, duration_ms, code, .. } = record;
        if matches!(record.outcome, CallOutcome::Success | CallOutcome::Absent) {
            tracing::debug!(vendor, connection, operation, attempt, status, outcome, duration_ms, "call");
        } else {
            tracing::warn!(
                vendor,
                connection,
                operation,
                attempt,
                status,
                outcome,
                code,
                duration_ms,
                "call"
            );
        }
        if let Err(error) = self.calls.record(record).await {
            tracing::error!(vendor, connection, operation, %error, "the audit record of a call was not stored");
        }
    }
}

/// Only failures to connect are certain to have sent nothing; a stale pooled connection is not.
fn send_error(error: reqwest::Error) -> SendError {
    if error.is_builder() || error.is_connect() {
        SendError::NotSent(error.without_url().into())
    } else {
        no_answer(error)
    }
}

fn no_answer(error: reqwest::Error) -> SendError {
    SendError::NoAnswer(error.without_url().into())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    // fails only for addresses that cannot have credentials
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url
}

fn path_and_query(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}
/// What we call ourselves. The process's number tells the processes of a deployment apart in a vendor's log.
fn user_agent() -> String {
    format!("{}/{} (process {})", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), std::process::id())
}
