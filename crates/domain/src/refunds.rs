//! Refunds as Amazon records them. Amazon moves no money: it records what the merchant reports.
//!
//! Source: Amazon pages `order-objects-refunddetailsinput`, `order-objects-refundstateinput`,
//! `best-practices-for-refunds`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{RefundAlias, RefundId};
use crate::money::Money;
use crate::package::PackageContent;
use crate::word::vendor_words;

vendor_words! {
    /// How far a refund has come.
    RefundState {
        /// Asked for, nothing paid yet.
        Pending = "PENDING",
        /// Part of it is paid.
        Partial = "PARTIAL",
        /// Paid.
        Success = "SUCCESS",
        /// Could not be paid.
        Failure = "FAILURE",
        /// Will not be paid.
        Rejected = "REJECTED",
    }
}

impl RefundState {
    /// True when Amazon allows to report `next` on a refund in this state (`update-refund-details`; that a refund
    /// can be rejected only while it is pending is inferred).
    pub fn may_become(&self, next: &Self) -> bool {
        use RefundState::{Failure, Partial, Pending, Rejected, Success};
        match self {
            Pending => matches!(next, Pending | Partial | Failure | Success | Rejected),
            Failure => matches!(next, Partial | Failure | Success),
            Partial => matches!(next, Partial | Success),
            Success => matches!(next, Success),
            Rejected | Self::Unknown(_) => false,
        }
    }

    /// True while the merchant still has something to do about it.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Partial | Self::Failure)
    }
}

/// One refund as Amazon holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmazonRefund {
    /// Amazon's id.
    pub id: RefundId,
    /// Our alias, when the refund was made outside Amazon and told by us.
    pub alias: Option<RefundAlias>,
    /// How far it has come.
    pub state: RefundState,
    /// Total: Amazon's estimate before the first report, afterwards what was reported.
    pub total: RefundTotal,
    /// Units it is for, per order line; empty when Amazon does not say.
    pub lines: Vec<PackageContent>,
    /// Why it was asked for, in Amazon's word (`RETURN_RECEIVED`, `CANCELLED_ORDER`, …).
    pub request_reason: Option<String>,
    /// Ids of the payments reported so far.
    pub payments: Vec<String>,
    /// When it was asked for.
    pub created_at: Option<DateTime<Utc>>,
}

/// A refund's total as Amazon shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundTotal {
    /// Not shown.
    Absent,
    /// An amount with its currency.
    Amount(Money),
    /// An amount without a usable currency: never worked with.
    WithoutCurrency(#[serde(with = "crate::decimal")] Decimal),
}

impl RefundTotal {
    /// The amount, when it has a currency.
    pub fn money(&self) -> Option<Money> {
        match self {
            Self::Amount(money) => Some(*money),
            Self::Absent | Self::WithoutCurrency(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_backwards_and_unknown_words_go_nowhere() {
        use RefundState::{Failure, Partial, Pending, Rejected, Success};
        assert!(Pending.may_become(&Rejected) && Failure.may_become(&Success));
        for (from, to) in [(Partial, Pending), (Success, Partial), (Failure, Pending), (Rejected, Success)] {
            assert!(!from.may_become(&to), "{from} to {to}");
        }
        assert!(!RefundState::from("BEAMED").may_become(&Success));
    }
}
