//! The audit trail: one record per call to a vendor.

use amz_domain::ConnectionName;
use chrono::{DateTime, Utc};

use crate::work::Lane;

/// Whom the call went to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// Amazon.
    Amazon,
    /// NetSuite.
    NetSuite,
}

impl Vendor {
    /// The vendor's name in store, logs and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amazon => "amazon",
            Self::NetSuite => "netsuite",
        }
    }

    /// The vendor of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Amazon, Self::NetSuite].into_iter().find(|vendor| vendor.as_str() == name)
    }
}

/// How a call ended on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallOutcome {
    /// The vendor did as asked.
    Success,
    /// The vendor has no such record: an answer like any other to a look-up.
    Absent,
    /// The vendor refused for cause.
    Refused,
    /// The vendor asked for a slower pace.
    Throttled,
    /// The vendor answered with a server error.
    ServerError,
    /// The vendor refused the credentials.
    Credentials,
    /// The answer could not be read.
    Unreadable,
    /// The request went out and no answer came.
    NoAnswer,
    /// The request never left.
    NotSent,
}

impl CallOutcome {
    /// All outcomes.
    pub const ALL: [Self; 9] = [
        Self::Success,
        Self::Absent,
        Self::Refused,
        Self::Throttled,
        Self::ServerError,
        Self::Credentials,
        Self::Unreadable,
        Self::NoAnswer,
        Self::NotSent,
    ];

    /// The outcome's name in store, logs and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Absent => "absent",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::Credentials => "credentials",
            Self::Unreadable => "unreadable",
            Self::NoAnswer => "no_answer",
            Self::NotSent => "not_sent",
        }
    }

    /// The outcome of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// One call to a vendor, as it was on the wire, secrets and personal data taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// On whose behalf.
    pub connection: ConnectionName,
    /// The lane it was made for; none for tokens and change feeds.
    pub lane: Option<Lane>,
    /// Whom it went to.
    pub vendor: Vendor,
    /// The operation, for example `createOrder`, `salesOrder.get`, `token`.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// 1 for the first attempt of this call, counted up by immediate repeats.
    pub attempt: u32,
    /// When it was sent.
    pub started_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// HTTP status, when an answer came.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The vendor's error code, when it gave one.
    pub code: Option<String>,
    /// Request body, redacted.
    pub request: Option<String>,
    /// Response body, redacted.
    pub response: Option<String>,
}

tokio::task_local! {
    static LANE: Lane;
}

/// Runs `work` with the lane noted, so that calls made inside carry it in their audit records.
pub async fn in_lane<Work: Future>(lane: Lane, work: Work) -> Work::Output {
    LANE.scope(lane, work).await
}

/// The lane of the work that is running, if any.
pub fn current_lane() -> Option<Lane> {
    LANE.try_with(Clone::clone).ok()
}
