//! Messages about parked work, for people who do not look by themselves.

use chrono::{DateTime, Utc};

use crate::parking::Parked;

/// What happened to a parked item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationKind {
    /// It was parked, or for another cause than before.
    Parked,
    /// It is parked no longer.
    Cleared,
}

impl NotificationKind {
    /// The kind's name in store and message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "item.parked",
            Self::Cleared => "item.cleared",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Parked, Self::Cleared].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One message about a parked item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Stays the same however often it is sent, so that receivers can tell repeats.
    pub id: String,
    /// What happened.
    pub kind: NotificationKind,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The item; when it was cleared, as it was parked.
    pub item: Parked,
    /// Failed tries to deliver it so far.
    pub attempts: u32,
}

/// How a message's way ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationEnd {
    /// Everybody who is to be told was told.
    Delivered,
    /// Somebody could not be told, for too long or for good.
    GivenUp,
}

impl NotificationEnd {
    /// The end's name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
        }
    }
}
