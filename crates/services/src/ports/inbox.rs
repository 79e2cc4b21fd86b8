//! Notices: inbound events, kept verbatim.

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::failure::StoreError;

/// Who sent a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeSource {
    /// Amazon's event sender.
    Amazon,
    /// The bundle inside NetSuite.
    NetSuite,
    /// A person, through the `amz` command.
    Operator,
}

impl NoticeSource {
    /// The source's name in store and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amazon => "amazon",
            Self::NetSuite => "netsuite",
            Self::Operator => "operator",
        }
    }

    /// The source of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Amazon, Self::NetSuite, Self::Operator].into_iter().find(|source| source.as_str() == name)
    }
}

/// A notice that has just come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Whose it is.
    pub connection: ConnectionName,
    /// Who sent it.
    pub source: NoticeSource,
    /// What makes it the same notice when it comes again (Amazon's `idempotencyKey`, else `eventId`;
    /// the bundle's `webhook-id` and position).
    pub key: String,
    /// What it is about, for example `PACKAGE_DELIVERED`.
    pub kind: String,
    /// The body as it came.
    pub body: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A stored notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Row id; grows with arrival.
    pub id: i64,
    /// The notice.
    pub notice: NewNotice,
}

/// What became of a notice that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// New, and durable.
    Stored,
    /// Known already, with the same body; nothing changed.
    Duplicate,
    /// Its key is known with another body; nothing changed, and somebody should look.
    KeyReused,
}

/// Where notices become durable.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores notices, each at most once per connection, source and key. Returns only after they are
    /// durable; the receipts are in the notices' order.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError>;
}

/// Where notices are taken from, in the order of their arrival.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait NoticeFeed: Send + Sync {
    /// Name of the feed, for people: `inbox`, `commands`.
    fn name(&self) -> &'static str;

    /// Name under which the feed's cursor is kept. Another one when the notices begin anew (a lost file): row ids
    /// begin at 1 again, and a cursor of the old ones would pass them over.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn cursor_name(&self) -> Result<String, StoreError>;

    /// Notices with a row id greater than `after`, oldest first, at most `limit`. A feed that several processes write at
    /// once, whose row ids may come out of order, gives those that nobody has
    /// [taken](super::Intake::accept_notices) instead, whatever `after` says.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError>;
}
