//! An order's timeline: everything that is known to have happened, in order.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What kind of entry it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// Somebody told us something.
    Notice,
    /// We called a vendor.
    Call,
    /// A write changed its state.
    Intent,
    /// We looked, planned and applied.
    Look,
    /// Work stopped for a person.
    Parked,
    /// What happens next, and when.
    Next,
}

/// One entry of a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When it happened, or will.
    pub at: DateTime<Utc>,
    /// What kind of entry it is.
    pub kind: TimelineKind,
    /// One line for people.
    pub text: String,
}
