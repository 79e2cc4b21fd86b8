//! One full synchronisation of stock, as it is remembered.

use amz_domain::{Sku, StockRunId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Who wants a full synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunBeginner {
    /// The schedule.
    Schedule,
    /// A person.
    Operator,
    /// A look at changed stock whose write was held back.
    Change,
}

/// A full synchronisation that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StockRunRequest {
    /// Its name. A request whose run is under way or [incomplete](RunPhase::Incomplete) goes on with it; one whose run
    /// ended otherwise does nothing.
    pub id: StockRunId,
    /// Who wants it.
    pub by: RunBeginner,
    /// True when nothing shall be written.
    pub plan_only: bool,
    /// Only these SKUs; all when empty.
    pub skus: Vec<Sku>,
}

/// How a run reads Amazon's stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Road {
    /// Page by page.
    Crawl,
    /// By the names of the SKUs that are known.
    Named,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunPhase {
    /// Amazon is read.
    Reading,
    /// SKUs that Amazon did not show are asked for by name.
    Confirming,
    /// What was read is compared with NetSuite.
    Comparing,
    /// Differences are written.
    Writing,
    /// The write waits for a person.
    AwaitingApproval,
    /// It ended well.
    Done,
    /// Amazon could not be read to the end: nothing follows from it.
    Incomplete,
}

impl RunPhase {
    /// The phase's name in store and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Confirming => "confirming",
            Self::Comparing => "comparing",
            Self::Writing => "writing",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Done => "done",
            Self::Incomplete => "incomplete",
        }
    }

    /// True when nothing more happens by itself.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::AwaitingApproval | Self::Done | Self::Incomplete)
    }
}

/// A full synchronisation and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockRun {
    /// What was wanted.
    pub request: StockRunRequest,
    /// How Amazon is read; `None` before that is decided.
    pub road: Option<Road>,
    /// How far it is.
    pub phase: RunPhase,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When anything last became of it.
    pub updated_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// SKUs that will be read, as far as that is known.
    pub expected_skus: Option<u64>,
    /// SKUs read.
    pub read_skus: u64,
    /// Answers of Amazon that were read.
    pub pages: u64,
    /// Items compared.
    pub compared_items: u64,
    /// Stock documents planned in the batches so far.
    pub documents: u32,
    /// What it came to.
    pub summary: StockSummary,
    /// Why it is incomplete or waits, with a stable code at its beginning.
    pub message: Option<String>,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockSummary {
    /// Items in step.
    pub in_step: u64,
    /// Items off.
    pub off: u64,
    /// Of these, items whose stock was written.
    pub written: u64,
    /// Units that were too many in NetSuite.
    #[serde(with = "amz_domain::decimal")]
    pub units_over: Decimal,
    /// Units that were too few.
    #[serde(with = "amz_domain::decimal")]
    pub units_under: Decimal,
    /// What the differences are worth at average cost, each counted as above zero, in the account's currency.
    #[serde(with = "amz_domain::decimal")]
    pub value: Decimal,
    /// Items of which nothing can be sold any more.
    pub drops_to_zero: u64,
    /// Rows of the report about what is not kept in step.
    pub mismatches: u64,
}
