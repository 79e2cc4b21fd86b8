//! Intents: one outward write each, committed before anything leaves the house.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::link::Link;

/// Deterministic name of one outward write, unique within a connection.
///
/// The same write planned again after a crash gets the same key and finds its own trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentKey(pub String);

impl std::fmt::Display for IntentKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Which outward write it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// Amazon `createOrder`.
    CreateOrder,
    /// Amazon `updateOrder`.
    UpdateOrder,
    /// NetSuite: our fields on the sales order, and lines closed.
    MarkSalesOrder,
    /// NetSuite: sales order to item fulfilment.
    CreateFulfillment,
    /// NetSuite: fields and tracking number of an item fulfilment.
    MarkFulfillment,
    /// Amazon `cancelOrder`.
    CancelOrder,
    /// Amazon `updateOrder` with a return made outside Amazon.
    TellReturn,
    /// Amazon `updateOrder` with the end of such a return.
    ConcludeReturn,
    /// Amazon `updateOrder` with what became of a refund.
    ReportRefund,
    /// Amazon `updateOrder` with a refund made outside Amazon.
    TellRefund,
    /// NetSuite: sales order to return authorization.
    CreateReturnAuthorization,
    /// NetSuite: return authorization to item receipt.
    CreateItemReceipt,
    /// NetSuite: credit memo or cash refund.
    CreateRefundDocument,
    /// NetSuite: customer refund that pays out a credit memo.
    CreatePayout,
    /// NetSuite: our fields on a document, and lines closed.
    MarkDocument,
    /// NetSuite: inventory adjustment.
    CreateStockAdjustment,
    /// NetSuite: bin transfer.
    CreateBinTransfer,
    /// NetSuite: what can be sold, on the item.
    ShowStock,
}

impl Operation {
    /// The operation's name in logs, store and timeline.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateOrder => "createOrder",
            Self::UpdateOrder => "updateOrder",
            Self::MarkSalesOrder => "markSalesOrder",
            Self::CreateFulfillment => "createFulfillment",
            Self::MarkFulfillment => "markFulfillment",
            Self::CancelOrder => "cancelOrder",
            Self::TellReturn => "tellReturn",
            Self::ConcludeReturn => "concludeReturn",
            Self::ReportRefund => "reportRefund",
            Self::TellRefund => "tellRefund",
            Self::CreateReturnAuthorization => "createReturnAuthorization",
            Self::CreateItemReceipt => "createItemReceipt",
            Self::CreateRefundDocument => "createRefundDocument",
            Self::CreatePayout => "createPayout",
            Self::MarkDocument => "markDocument",
            Self::CreateStockAdjustment => "createStockAdjustment",
            Self::CreateBinTransfer => "createBinTransfer",
            Self::ShowStock => "showStock",
        }
    }

    /// All operations.
    pub const ALL: [Self; 18] = [
        Self::CreateOrder,
        Self::UpdateOrder,
        Self::MarkSalesOrder,
        Self::CreateFulfillment,
        Self::MarkFulfillment,
        Self::CancelOrder,
        Self::TellReturn,
        Self::ConcludeReturn,
        Self::ReportRefund,
        Self::TellRefund,
        Self::CreateReturnAuthorization,
        Self::CreateItemReceipt,
        Self::CreateRefundDocument,
        Self::CreatePayout,
        Self::MarkDocument,
        Self::CreateStockAdjustment,
        Self::CreateBinTransfer,
        Self::ShowStock,
    ];

    /// The operation of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == name)
    }

    /// True when the write leaves the same state however often it happens. A look that reads the record and
    /// finds nothing left to write settles it.
    pub fn is_repeatable(self) -> bool {
        match self {
            // a refund report adds payments, so its repeat is looked up first
            Self::CreateOrder
            | Self::CreateFulfillment
            | Self::CancelOrder
            | Self::TellReturn
            | Self::ReportRefund
            | Self::TellRefund
            | Self::CreateReturnAuthorization
            | Self::CreateItemReceipt
            | Self::CreateRefundDocument
            | Self::CreatePayout
            | Self::CreateStockAdjustment
            | Self::CreateBinTransfer => false,
            Self::UpdateOrder
            | Self::MarkSalesOrder
            | Self::MarkFulfillment
            | Self::ConcludeReturn
            | Self::MarkDocument
            | Self::ShowStock => true,
        }
    }
}

/// How far a write has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentState {
    /// Committed, nothing sent.
    Planned,
    /// About to be sent or sent; the answer has not been noted. After a crash: look it up.
    Sent,
    /// Sent, and the answer was lost. Look it up.
    Unclear,
    /// It happened, once.
    Done,
    /// The vendor refused it, or somebody gave it up.
    Refused,
}

impl IntentState {
    /// The state's name in store and timeline.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Unclear => "unclear",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Planned, Self::Sent, Self::Unclear, Self::Done, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

/// A write that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// Its deterministic name.
    pub key: IntentKey,
    /// Which write.
    pub operation: Operation,
    /// What it is about, for people: `package 1a2b`, `order 42`.
    pub subject: String,
}

/// A write and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its deterministic name.
    pub key: IntentKey,
    /// Which write.
    pub operation: Operation,
    /// What it is about, for people.
    pub subject: String,
    /// How far it has come.
    pub state: IntentState,
    /// How often it was sent.
    pub sends: u32,
    /// How often it was looked up since it was last sent.
    pub lookups: u32,
    /// When it was planned.
    pub planned_at: DateTime<Utc>,
    /// When it was last sent.
    pub sent_at: Option<DateTime<Utc>>,
    /// The id the vendor gave, or the refusal's code.
    pub result: Option<String>,
}

/// What became of an intent; one commit together with what it taught us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentChange {
    /// It is about to be sent: counts a send, and the look-ups start again at zero.
    Sent,
    /// Nothing left the house after all: back to planned.
    NotSent,
    /// The answer was lost.
    Unclear,
    /// It was looked up and not found: counts a look-up, stays unclear.
    LookedUp,
    /// It happened.
    Done {
        /// The id the vendor gave.
        result: Option<String>,
        /// Links to write in the same commit (inserted, or replaced by their key).
        links: Vec<Link>,
    },
    /// It was refused.
    Refused {
        /// The refusal's code.
        code: String,
    },
}
