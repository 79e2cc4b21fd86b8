//! One look at a lane: what was asked, what was planned, how it ended.

use chrono::{DateTime, Utc};

use crate::work::Ask;

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookOutcome {
    /// Both sides agree, as far as this order goes.
    Settled,
    /// Something must wait until a known instant.
    Waiting,
    /// A call failed: the same work is tried again, or parked when tries are used up.
    Failed,
    /// Everything was read and planned; part of the work needs a person.
    Parked,
}

impl LookOutcome {
    /// The outcome's name in store and timeline.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Parked => "parked",
        }
    }
}

/// The trace of a look, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// What was asked.
    pub asks: Vec<Ask>,
    /// The notices that asked, as [`NoticeReference::id`](crate::work::NoticeReference) names them.
    pub notices: Vec<String>,
    /// What was found, planned and done, a line each.
    pub lines: Vec<String>,
    /// What turned out to be our own echo and was ignored, for the audit trail; each is among the lines too.
    pub echoes: Vec<String>,
    /// How it ended.
    pub outcome: LookOutcome,
}
