//! Why a refund is not paid, in Amazon's words.
//!
//! Source: Amazon page `order-objects-refundstatusreasoninput`.

use serde::{Deserialize, Serialize};

/// Why a refund is rejected (`RefundStatusReasonInput`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundRejection {
    /// The shopper returns too much.
    ExcessiveReturns,
    /// No proof of purchase was shown.
    FailureToProvideProofOfPurchase,
    /// The return was an attempt at fraud.
    FraudulentReturnAttempt,
    /// The item came back in another condition.
    ItemNotReturnedInOriginalCondition,
    /// The original packaging is missing.
    MissingOriginalPackaging,
    /// Receipt or proof of purchase is missing.
    MissingReceiptOrProofOfPurchase,
    /// Shipping is not refunded.
    NonRefundableShippingFees,
    /// The items cannot be returned.
    NonReturnableItems,
    /// Another reason.
    Others,
    /// A part of it is declined.
    PartiallyDeclined,
    /// It was refunded already.
    RefundAlreadyProcessed,
    /// It would break the refund policy.
    RefundViolation,
    /// The return was not authorized.
    ReturnNotAuthorized,
    /// The time for returns is over.
    ReturnWindowExpired,
    /// The item is used or damaged.
    UsedOrDamagedItem,
}

impl RefundRejection {
    const ALL: [Self; 15] = [
        Self::ExcessiveReturns,
        Self::FailureToProvideProofOfPurchase,
        Self::FraudulentReturnAttempt,
        Self::ItemNotReturnedInOriginalCondition,
        Self::MissingOriginalPackaging,
        Self::MissingReceiptOrProofOfPurchase,
        Self::NonRefundableShippingFees,
        Self::NonReturnableItems,
        Self::Others,
        Self::PartiallyDeclined,
        Self::RefundAlreadyProcessed,
        Self::RefundViolation,
        Self::ReturnNotAuthorized,
        Self::ReturnWindowExpired,
        Self::UsedOrDamagedItem,
    ];

    /// Amazon's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExcessiveReturns => "EXCESSIVE_RETURNS",
            Self::FailureToProvideProofOfPurchase => "FAILURE_TO_PROVIDE_PROOF_OF_PURCHASE",
            Self::FraudulentReturnAttempt => "FRAUDULENT_RETURN_ATTEMPT",
            Self::ItemNotReturnedInOriginalCondition => "ITEM_NOT_RETURNED_IN_ORIGINAL_CONDITION",
            Self::MissingOriginalPackaging => "MISSING_ORIGINAL_PACKAGING",
            Self::MissingReceiptOrProofOfPurchase => "MISSING_RECEIPT_OR_PROOF_OF_PURCHASE",
            Self::NonRefundableShippingFees => "NON_REFUNDABLE_SHIPPING_FEES",
            Self::NonReturnableItems => "NON_RETURNABLE_ITEMS",
            Self::Others => "OTHERS",
            Self::PartiallyDeclined => "PARTIALLY_DECLINED",
            Self::RefundAlreadyProcessed => "REFUND_ALREADY_PROCESSED",
            Self::RefundViolation => "REFUND_VIOLATION",
            Self::ReturnNotAuthorized => "RETURN_NOT_AUTHORIZED",
            Self::ReturnWindowExpired => "RETURN_WINDOW_EXPIRED",
            Self::UsedOrDamagedItem => "USED_OR_DAMAGED_ITEM",
        }
    }

    /// The reason of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// All words.
    pub fn words() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::as_str).collect()
    }
}

impl std::fmt::Display for RefundRejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_amazons_in_the_store_too() {
        for reason in RefundRejection::ALL {
            assert_eq!(RefundRejection::parse(reason.as_str()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        assert_eq!(RefundRejection::parse("NO"), None);
    }
}
