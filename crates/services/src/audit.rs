//! The audit trail: one record per call to a vendor.

use amz_domain::ConnectionName;
use chrono::{DateTime, Utc};

use crate::intent::IntentKey;
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

    /// True unless the vendor did as asked or answered that there is no such record.
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Success | Self::Absent)
    }

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
    /// The look it was made in: the fence of its lease. None outside a lane.
    pub job: Option<i64>,
    /// The outward write that it sends or settles.
    pub intent: Option<IntentKey>,
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

/// Which part of the audit trail is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Whose.
    pub connection: ConnectionName,
    /// Only of this lane, and of the lanes that turned out to be its; all without one.
    pub lane: Option<Lane>,
    /// Not before this instant.
    pub since: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Only calls that [failed](CallOutcome::is_failure).
    pub only_failures: bool,
    /// Only what comes after this place.
    pub after: Option<AuditPosition>,
    /// At most so many entries.
    pub limit: u32,
}

/// The place of an entry in the audit trail, which is in the order of time. Text form `<microseconds since
/// 1970>-call-<id>` or `…-echo-<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditPosition {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it is.
    pub kind: AuditKind,
    /// Its number among those of its kind, in the order in which they were recorded.
    pub id: i64,
}

/// What an entry of the audit trail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditKind {
    /// A call to a vendor.
    Call,
    /// Something that was ignored, as it only told us what we did ourselves.
    Echo,
}

impl AuditKind {
    /// Its name in positions and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Echo => "echo",
        }
    }
}

impl std::fmt::Display for AuditPosition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{}-{}", self.at.timestamp_micros(), self.kind.as_str(), self.id)
    }
}

/// Text that is no place in the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place in the audit trail")]
pub struct NotAPosition(pub String);

impl std::str::FromStr for AuditPosition {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let parsed = || {
            let (rest, id) = text.rsplit_once('-')?;
            let (at, kind) = rest.rsplit_once('-')?;
            let kind = [AuditKind::Call, AuditKind::Echo].into_iter().find(|known| known.as_str() == kind)?;
            Some(Self { at: DateTime::from_timestamp_micros(at.parse().ok()?)?, kind, id: id.parse().ok()? })
        };
        parsed().ok_or_else(|| NotAPosition(text.to_owned()))
    }
}

/// One entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place.
    pub position: AuditPosition,
    /// The notices that asked for the look it belongs to, as [`NoticeReference`](crate::work::NoticeReference) names
    /// them. Known once the look has ended.
    pub notices: Vec<String>,
    /// What happened.
    pub event: AuditEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditEvent {
    /// A call to a vendor.
    Call(Box<CallRecord>),
    /// Something that was ignored, as it only told us what we did ourselves.
    Echo {
        /// The lane it was for.
        lane: Lane,
        /// The look that ignored it, by the fence of its lease; none for one that a change feed ignored.
        job: Option<i64>,
        /// What it was.
        what: String,
    },
}

/// How the audit trail and the timeline name what only told us what we did ourselves.
pub const OWN_ECHO: &str = "own echo, ignored";

/// On whose behalf calls are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// The lane.
    pub lane: Lane,
    /// The look: the fence of its lease.
    pub job: i64,
}

tokio::task_local! {
    static CONTEXT: CallContext;
    static INTENT: IntentKey;
}

/// Runs `work` so that calls made inside carry the lane and the look in their audit records.
pub async fn in_context<Work: Future>(context: CallContext, work: Work) -> Work::Output {
    CONTEXT.scope(context, work).await
}

/// Runs `work` so that calls made inside carry the outward write that they send or settle.
pub async fn for_intent<Work: Future>(intent: IntentKey, work: Work) -> Work::Output {
    INTENT.scope(intent, work).await
}

/// The lane and the look of the work that is running, if any.
pub fn current_context() -> Option<CallContext> {
    CONTEXT.try_with(Clone::clone).ok()
}

/// The outward write that the work that is running sends or settles, if any.
pub fn current_intent() -> Option<IntentKey> {
    INTENT.try_with(Clone::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_trail_come_back_from_their_text() {
        let at = DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        for (kind, text) in
            [(AuditKind::Call, "1800000000123456-call-17"), (AuditKind::Echo, "1800000000123456-echo-17")]
        {
            let position = AuditPosition { at, kind, id: 17 };
            assert_eq!(position.to_string(), text);
            assert_eq!(text.parse(), Ok(position));
        }
        for text in ["", "17", "x-call-1", "1-call-", "1-look-1", "9999999999999999999-call-1"] {
            assert_eq!(text.parse::<AuditPosition>(), Err(NotAPosition(text.to_owned())), "{text}");
        }
    }
}
