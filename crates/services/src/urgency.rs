//! How urgent work is. Calls to one NetSuite account share few slots, and lanes share few workers: what cannot wait
//! goes first, and nothing waits for ever.

use amz_domain::DocumentKind;
use serde::{Deserialize, Serialize};

use crate::work::Ask;

/// How urgent work is, most urgent first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Cancellations and refunds: goods leave and money moves while they wait.
    CancelAndRefund,
    /// Orders and shipments.
    #[default]
    Orders,
    /// Returns.
    Returns,
    /// Stock.
    Stock,
    /// Reconciliation.
    Reconciliation,
}

impl Urgency {
    /// All, most urgent first.
    pub const ALL: [Self; 5] =
        [Self::CancelAndRefund, Self::Orders, Self::Returns, Self::Stock, Self::Reconciliation];

    /// Its name in store, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CancelAndRefund => "cancel_and_refund",
            Self::Orders => "orders",
            Self::Returns => "returns",
            Self::Stock => "stock",
            Self::Reconciliation => "reconciliation",
        }
    }

    /// Its place among all, 0 for the most urgent; how the store keeps it.
    pub fn rank(self) -> u8 {
        self as u8
    }
}

impl Ask {
    /// How urgent it is.
    pub fn urgency(&self) -> Urgency {
        match self {
            Self::CancelWished
            | Self::RefundRequested(_)
            | Self::RefundCompleted(_)
            | Self::Approved { .. }
            | Self::Rejected { .. } => Urgency::CancelAndRefund,
            Self::Document { document, .. } => match document.kind {
                DocumentKind::CreditMemo | DocumentKind::CashRefund | DocumentKind::CustomerRefund => {
                    Urgency::CancelAndRefund
                }
                _ => Urgency::Returns,
            },
            Self::SalesOrder | Self::AmazonOrder | Self::Tracker(_) => Urgency::Orders,
            Self::ReturnMoved | Self::ReturnStarted(_) => Urgency::Returns,
            Self::StockChanged(_)
            | Self::StockOf(_)
            | Self::StockOfItem(_)
            | Self::StockDue
            | Self::ReadStock(_)
            | Self::CompareStock(_) => Urgency::Stock,
            Self::Reconcile(_) | Self::WalkOrders(_) => Urgency::Reconciliation,
        }
    }
}

tokio::task_local! {
    static URGENCY: Urgency;
}

/// Runs `work` with this urgency.
pub async fn with_urgency<Work: Future>(urgency: Urgency, work: Work) -> Work::Output {
    URGENCY.scope(urgency, work).await
}

/// The urgency of the work that is running; that of [orders](Urgency::Orders) where nobody said.
pub fn current_urgency() -> Urgency {
    URGENCY.try_with(|urgency| *urgency).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refunds_and_cancellations_come_before_orders_and_reconciliation_comes_last() {
        let mut asks = [
            Ask::Reconcile("r".into()),
            Ask::StockDue,
            Ask::ReturnMoved,
            Ask::AmazonOrder,
            Ask::RefundRequested("R-1".into()),
        ];
        asks.sort_by_key(Ask::urgency);
        assert_eq!(asks.map(|ask| ask.urgency()), Urgency::ALL);
        assert_eq!(Urgency::ALL.map(Urgency::rank), [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn work_inside_takes_the_urgency_of_its_scope() {
        assert_eq!(current_urgency(), Urgency::Orders);
        let inside = with_urgency(Urgency::Stock, async { current_urgency() }).await;
        assert_eq!(inside, Urgency::Stock);
    }
}
