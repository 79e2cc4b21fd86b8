//! Parked work: what needs a person.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::work::LaneKey;

/// Who can make parked work go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Staff of the merchant, in NetSuite.
    Merchant,
    /// Whoever runs this software: a setting or a permission.
    Operator,
    /// Amazon's or NetSuite's support.
    Vendor,
    /// The developers of this software.
    Developer,
}

impl Who {
    /// The role's name in store and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Operator => "operator",
            Self::Vendor => "vendor",
            Self::Developer => "developer",
        }
    }

    /// The role of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Merchant, Self::Operator, Self::Vendor, Self::Developer]
            .into_iter()
            .find(|who| who.as_str() == name)
    }
}

/// Why work cannot go on without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable code, for example `address_incomplete`.
    pub code: String,
    /// What is wrong, with the figures; free of personal data.
    pub cause: String,
    /// What to do about it.
    pub hint: String,
    /// Who can do it.
    pub who: Who,
}

impl Reason {
    /// A reason with all its parts.
    pub fn new(code: &str, cause: impl Into<String>, hint: impl Into<String>, who: Who) -> Self {
        Self { code: code.to_owned(), cause: cause.into(), hint: hint.into(), who }
    }
}

/// One parked piece of work. A lane has at most one per subject; the lane's other subjects go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The lane.
    pub key: LaneKey,
    /// Which part of the lane's work: `order`, `package/<id>`, `kit/<line>` and so on.
    pub subject: String,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub since: DateTime<Utc>,
}
