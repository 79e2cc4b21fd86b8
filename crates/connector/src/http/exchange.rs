//! One request and what came back.

use std::time::Duration;

use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Method};
use url::Url;

/// A request that is ready to go out once.
#[derive(Clone)]
pub struct Outgoing {
    /// The operation's name in audit and logs, for example `createOrder`, `salesOrder.get`, `token`.
    pub operation: String,
    /// HTTP method.
    pub method: Method,
    /// Full address with query.
    pub url: Url,
    /// Headers, credentials included. The audit trail never shows them.
    pub headers: HeaderMap,
    /// Body; its content type is set unless `headers` has one.
    pub body: Body,
    /// 1 for the first attempt of this call, counted up by immediate repeats.
    pub attempt: u32,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // headers and body carry secrets and addresses
        write!(formatter, "Outgoing({} {} {})", self.operation, self.method, self.url.path())
    }
}

/// A request body.
#[derive(Clone)]
pub enum Body {
    /// No body.
    Empty,
    /// A JSON document.
    Json(serde_json::Value),
    /// A form, URL-encoded.
    Form(Vec<(String, String)>),
}

/// What the vendor answered, whatever the status.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // the body carries secrets and addresses
        write!(formatter, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of that shape.
    pub fn json<Document: serde::de::DeserializeOwned>(&self) -> Result<Document, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// True for the 2xx statuses.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's value, when it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the vendor asks to wait (`Retry-After` in whole seconds).
    pub fn retry_after(&self) -> Option<Duration> {
        self.header(RETRY_AFTER.as_str())?.trim().parse().ok().map(Duration::from_secs)
    }
}

/// How an answer is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The vendor's error code, when it gave one.
    pub code: Option<String>,
}

impl Verdict {
    /// The vendor did as asked.
    pub fn success() -> Self {
        Self { outcome: CallOutcome::Success, code: None }
    }

    /// The call did not end well.
    pub fn of(outcome: CallOutcome, code: impl Into<String>) -> Self {
        Self { outcome, code: Some(code.into()) }
    }
}

/// Why there is no answer to judge.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request never left: bad address, no name, no connection, no TLS. Sending again is harmless.
    #[error("the request was not sent")]
    NotSent(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request went out, or may have, and no whole answer came: time-out, reset, broken body.
    #[error("no answer came")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is larger than what we are willing to read.
    #[error("the answer with status {status} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// HTTP status of the answer.
        status: u16,
        /// How much would have been read.
        limit_bytes: usize,
    },
}

impl SendError {
    /// What it means for the caller of a port. `writes` is true when the call meant to change something.
    pub fn failure(&self, writes: bool) -> Failure {
        match self {
            Self::NotSent(_) => Failure::NotSent,
            Self::NoAnswer(_) if writes => Failure::Unclear,
            Self::NoAnswer(_) => Failure::Unavailable,
            Self::TooLarge { .. } => Failure::Unreadable,
        }
    }

    /// Our stable code of it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "not_sent",
            Self::NoAnswer(_) => "no_answer",
            Self::TooLarge { .. } => "answer_too_large",
        }
    }

    /// How the audit trail records it.
    pub fn outcome(&self) -> CallOutcome {
        match self {
            Self::NotSent(_) => CallOutcome::NotSent,
            Self::NoAnswer(_) => CallOutcome::NoAnswer,
            Self::TooLarge { .. } => CallOutcome::Unreadable,
        }
    }
}
