//! How a call to a port ended when it did not end well, and what to do next.

use std::time::Duration;

/// What went wrong, in the terms that decide what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The request never left: no connection, no name, no token endpoint. Sending it again is harmless.
    NotSent,
    /// The vendor asked for a slower pace and did not act. The whole connection slows down.
    Throttled {
        /// How long to wait, when the vendor said so.
        wait: Option<Duration>,
    },
    /// A read found the vendor out of order (server error, time-out). Reading again is harmless.
    Unavailable,
    /// A write went out and its outcome is not known: lost answer, time-out, server error.
    Unclear,
    /// Our alias or external id is taken: an earlier write of ours worked, or somebody used our name.
    Conflict,
    /// The vendor understood and said no, for a reason that trying again does not remove.
    Refused,
    /// The vendor answered, but not in a form we can read: broken JSON, a page for people. For a write: it
    /// may have happened. Usually passes.
    Unreadable,
    /// A record was read, and one of its fields makes no sense: somebody must correct it there.
    BadRecord,
    /// The credentials were refused, after one fresh try.
    Credentials,
}

/// What the caller should do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Try again later, with growing waits.
    Retry,
    /// Slow the whole connection down; try again after this time, or with growing waits.
    SlowDown(Option<Duration>),
    /// The write may have happened: look it up by alias or external id before writing again.
    LookFirst,
    /// Trying again cannot help: a person must look at it.
    Park,
    /// Stop all work of the connection and raise an alarm; resume by itself when a try succeeds.
    PauseConnection,
}

impl Failure {
    /// What to do next. `writes` is true when the call meant to change something at the vendor.
    pub fn advice(self, writes: bool) -> Advice {
        match self {
            Self::NotSent | Self::Unavailable => Advice::Retry,
            Self::Throttled { wait } => Advice::SlowDown(wait),
            Self::Unclear | Self::Conflict => Advice::LookFirst,
            Self::Unreadable if writes => Advice::LookFirst,
            Self::Unreadable => Advice::Retry,
            Self::BadRecord | Self::Refused => Advice::Park,
            Self::Credentials => Advice::PauseConnection,
        }
    }
}

/// A failed call to a vendor, as every port reports it.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {message} [{code}]")]
pub struct PortError {
    /// The operation in the port's words, for example `createOrder` or `salesOrder.get`.
    pub operation: &'static str,
    /// What went wrong.
    pub failure: Failure,
    /// Stable code: the vendor's own where there is one (`AddressMismatch`, `INVALID_CONTENT`), else ours.
    pub code: String,
    /// What the vendor said, free of secrets and personal data.
    pub message: String,
    /// The cause underneath, when there is one.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl PortError {
    /// A failure without a cause underneath.
    pub fn new(
        operation: &'static str,
        failure: Failure,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { operation, failure, code: code.into(), message: message.into(), source: None }
    }
}

/// A failure of our own store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease lapsed and somebody else may hold the lane: drop everything, write nothing more.
    #[error("the lease on {lane} was lost")]
    LeaseLost {
        /// The lane in question.
        lane: String,
    },
    /// What is stored cannot be read back.
    #[error("stored {what} cannot be read: {message}")]
    Corrupt {
        /// Which kind of row.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The database refused or is gone.
    #[error("the store is not available: {message}")]
    Unavailable {
        /// What the database said.
        message: String,
        /// The cause underneath.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}
