//! Cancellations of whole orders at Amazon, and what we say about them on the sales order.
//!
//! Source: Amazon pages `order-mutations-cancelorder`, `order-objects-cancellationdetails`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{CancellationAlias, CancellationId, RefundId};
use crate::word::vendor_words;

vendor_words! {
    /// How far a cancellation has come. Asking for it is not having it.
    CancellationState {
        /// Amazon is trying.
        Pending = "PENDING",
        /// Cancelled; the items will not ship.
        Success = "SUCCESS",
        /// Could not be cancelled; the items will be delivered.
        Rejected = "REJECTED",
    }
}

vendor_words! {
    /// Why a merchant cancels.
    CancellationReason {
        /// The address is wrong.
        IncorrectShippingAddress = "INCORRECT_SHIPPING_ADDRESS",
        /// It takes too long.
        ItemsArrivingLate = "ITEMS_ARRIVING_LATE",
        /// Ordered by mistake.
        OrderedByMistake = "ORDERED_BY_MISTAKE",
        /// Anything else.
        Other = "OTHER",
        /// Out of stock.
        OutOfStock = "OUT_OF_STOCK",
        /// The payment failed.
        PaymentIssue = "PAYMENT_ISSUE",
    }
}

vendor_words! {
    /// What stands on the sales order about a cancellation (`custbody_amz_cancel_state`).
    CancelState {
        /// Staff asked for it, or Amazon has not answered yet.
        Requested = "requested",
        /// Amazon cancelled all of it.
        Accepted = "accepted",
        /// Amazon cancelled some of it; the rest had left.
        PartlyAccepted = "partly accepted",
        /// Amazon could not cancel it.
        Rejected = "rejected",
        /// It was not asked for at Amazon, because it could not succeed; the reason stands in the message.
        Refused = "refused",
    }
}

/// One cancellation as Amazon holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Amazon's id.
    pub id: CancellationId,
    /// Our alias, when we asked for it.
    pub alias: Option<CancellationAlias>,
    /// How far it has come.
    pub state: CancellationState,
    /// Why, in Amazon's word.
    pub reason: Option<String>,
    /// Who asked for it: `SHOPPER`, `MERCHANT`, `BWP_CUSTOMER_SERVICE_AGENT`.
    pub requested_by: Option<String>,
    /// Refunds that Amazon hangs under it.
    pub refunds: Vec<RefundId>,
    /// When it was asked for.
    pub created_at: Option<DateTime<Utc>>,
}
