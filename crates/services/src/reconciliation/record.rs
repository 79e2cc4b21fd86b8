//! One reconciliation, as it is remembered.

use amz_domain::{AmazonOrderId, ReconciliationId, SalesOrderId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ports::netsuite::FeedPosition;
use crate::work::Lane;

/// Who wants a reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationBeginner {
    /// The schedule.
    Schedule,
    /// A person.
    Operator,
}

/// Which orders are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationScope {
    /// Open orders, and sales orders touched since an instant; without one, since the last reconciliation of this scope
    /// that was completed began, less the overlap.
    Open {
        /// Since when.
        since: Option<DateTime<Utc>>,
    },
    /// These sales orders alone.
    Orders(Vec<SalesOrderId>),
    /// Sales orders created in a range; the end is not part of it.
    Created {
        /// From when.
        from: DateTime<Utc>,
        /// Until when.
        until: DateTime<Utc>,
    },
    /// Sales orders that another connector sent to Amazon: they are linked, nothing is sent.
    SentByOthers,
}

/// A reconciliation that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReconciliationRequest {
    /// Its name. A request whose reconciliation is under way goes on with it; one that is ended does nothing.
    pub id: ReconciliationId,
    /// Who wants it.
    pub by: ReconciliationBeginner,
    /// True when nothing shall be written, at vendors or in what we know of orders.
    pub plan_only: bool,
    /// Which orders.
    pub scope: ReconciliationScope,
}

/// How far a reconciliation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationPhase {
    /// Orders that are open by what we know are walked.
    Open,
    /// Sales orders that NetSuite names are walked.
    Named,
    /// All were asked; some have not answered yet.
    Waiting,
    /// Every order has answered.
    Done,
}

impl ReconciliationPhase {
    /// The phase's name in store and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Named => "named",
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }
}

/// A reconciliation and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// What was wanted.
    pub request: ReconciliationRequest,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// From when on sales orders count as touched; decided when it begins.
    pub since: Option<DateTime<Utc>>,
    /// How far it is.
    pub phase: ReconciliationPhase,
    /// The last open order that was asked.
    pub open_through: Option<SalesOrderId>,
    /// The last sales order that NetSuite named and that was asked.
    pub named_through: Option<FeedPosition>,
    /// Orders asked so far, each once.
    pub asked: u64,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What a look for a reconciliation came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingOutcome {
    /// Both sides agreed.
    Unchanged,
    /// They did not, and do now.
    Repaired,
    /// They do not, and would be brought in step: the reconciliation only plans.
    ToRepair,
    /// A person must look.
    Parked,
    /// It waits for something that comes by itself.
    Waiting,
    /// An order of another connector was linked.
    Adopted,
    /// An order of another connector could not be linked without a person.
    Undecided,
    /// It is not Amazon's to ship.
    OutOfScope,
}

impl FindingOutcome {
    /// All outcomes.
    pub const ALL: [Self; 8] = [
        Self::Unchanged,
        Self::Repaired,
        Self::ToRepair,
        Self::Parked,
        Self::Waiting,
        Self::Adopted,
        Self::Undecided,
        Self::OutOfScope,
    ];

    /// The outcome's name in store and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Repaired => "repaired",
            Self::ToRepair => "to_repair",
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Adopted => "adopted",
            Self::Undecided => "undecided",
            Self::OutOfScope => "out_of_scope",
        }
    }

    /// The outcome of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }
}

/// What a reconciliation found at one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The order's lane.
    pub lane: Lane,
    /// What it came to.
    pub outcome: FindingOutcome,
    /// Why: what was done, would be done, or stands in the way, a line each.
    pub causes: Vec<String>,
    /// Amazon's order, as far as it is known.
    pub amazon_order: Option<AmazonOrderId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// How many orders a reconciliation found in which state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconciliationSummary {
    /// Findings by outcome; outcomes that nothing came to are absent.
    pub outcomes: std::collections::BTreeMap<FindingOutcome, u64>,
    /// Orders that were asked and have not answered.
    pub outstanding: u64,
}
