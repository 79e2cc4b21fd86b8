//! Wire types that several operations send.

use amz_domain::{
    AmazonOrderId, CancellationAlias, ExecutionState, LineAlias, Money, OrderAlias, PackageContent, Quantity,
    RefundAlias, ReturnAlias,
};
use amz_services::failure::{Failure, PortError};

use super::scalars::Exact;
use super::schema;

/// Alias type of our order aliases at Amazon.
pub(super) const ORDER_ALIAS_TYPE: &str = "OMS_ORDER_ID";

/// Alias type of our line aliases at Amazon.
pub(super) const LINE_ALIAS_TYPE: &str = "OMS_LINE_ID";

/// Alias type of our cancellation aliases at Amazon.
pub(super) const CANCELLATION_ALIAS_TYPE: &str = "OMS_CANCEL_ID";

/// Alias type of our return aliases at Amazon.
pub(super) const RETURN_ALIAS_TYPE: &str = "OMS_RETURN_ID";

/// Alias type of our refund aliases at Amazon.
pub(super) const REFUND_ALIAS_TYPE: &str = "OMS_REFUND_ID";

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct AliasInput {
    alias_id: cynic::Id,
    alias_type: String,
}

impl AliasInput {
    pub(super) fn of_order(alias: &OrderAlias) -> Self {
        Self::new(alias.as_str(), ORDER_ALIAS_TYPE)
    }

    pub(super) fn of_line(alias: &LineAlias) -> Self {
        Self::new(alias.as_str(), LINE_ALIAS_TYPE)
    }

    pub(super) fn of_cancellation(alias: &CancellationAlias) -> Self {
        Self::new(alias.as_str(), CANCELLATION_ALIAS_TYPE)
    }

    pub(super) fn of_return(alias: &ReturnAlias) -> Self {
        Self::new(alias.as_str(), RETURN_ALIAS_TYPE)
    }

    pub(super) fn of_refund(alias: &RefundAlias) -> Self {
        Self::new(alias.as_str(), REFUND_ALIAS_TYPE)
    }

    fn new(alias: &str, alias_type: &str) -> Self {
        Self { alias_id: cynic::Id::new(alias), alias_type: alias_type.to_owned() }
    }
}

/// Amazon takes one of the two, never both.
#[derive(cynic::InputObject, Debug, Clone)]
pub(super) enum OrderIdentifierInput {
    OrderId(cynic::Id),
    Alias(AliasInput),
}

impl From<&AmazonOrderId> for OrderIdentifierInput {
    fn from(id: &AmazonOrderId) -> Self {
        Self::OrderId(cynic::Id::new(id.as_str()))
    }
}

/// An alias of an order that is not ours: its type and its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForeignAlias<'a>(pub(super) &'a str, pub(super) &'a str);

impl From<ForeignAlias<'_>> for OrderIdentifierInput {
    fn from(ForeignAlias(alias_type, alias_id): ForeignAlias<'_>) -> Self {
        Self::Alias(AliasInput::new(alias_id, alias_type))
    }
}

impl From<&OrderAlias> for OrderIdentifierInput {
    fn from(alias: &OrderAlias) -> Self {
        Self::Alias(AliasInput::of_order(alias))
    }
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct AmountInput {
    value: Exact,
}

impl From<Quantity> for AmountInput {
    fn from(quantity: Quantity) -> Self {
        Self { value: Exact(quantity.to_decimal()) }
    }
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct OrderLineItemAmountInput {
    line_item_id: LineItemIdentifierInput,
    amount: AmountInput,
}

#[derive(cynic::InputObject, Debug, Clone)]
struct LineItemIdentifierInput {
    line_item_id: cynic::Id,
}

impl From<&PackageContent> for OrderLineItemAmountInput {
    fn from(content: &PackageContent) -> Self {
        let line_item_id = LineItemIdentifierInput { line_item_id: cynic::Id::new(content.line.as_str()) };
        Self { line_item_id, amount: content.quantity.into() }
    }
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct MoneyInput {
    amount: Exact,
    currency_code: String,
}

impl From<Money> for MoneyInput {
    fn from(money: Money) -> Self {
        Self { amount: Exact(money.amount), currency_code: money.currency.as_str().to_owned() }
    }
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct TotalPriceInput {
    value: MoneyInput,
}

impl From<Money> for TotalPriceInput {
    fn from(money: Money) -> Self {
        Self { value: money.into() }
    }
}

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct TaxInput {
    summary: TaxSummaryInput,
}

#[derive(cynic::InputObject, Debug, Clone)]
struct TaxSummaryInput {
    collectable_tax_amount: MoneyInput,
}

impl From<Money> for TaxInput {
    fn from(money: Money) -> Self {
        Self { summary: TaxSummaryInput { collectable_tax_amount: money.into() } }
    }
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderExecutionStateInput {
    NotStarted,
    Started,
}

impl OrderExecutionStateInput {
    /// Amazon's word for a state; a word that we do not know is never sent.
    pub(super) fn of(operation: &'static str, state: &ExecutionState) -> Result<Self, PortError> {
        match state {
            ExecutionState::NotStarted => Ok(Self::NotStarted),
            ExecutionState::Started => Ok(Self::Started),
            ExecutionState::Unknown(word) => Err(PortError::new(
                operation,
                Failure::Refused,
                "unknown_execution_state",
                format!("{word} is not an execution state that can be asked for"),
            )),
        }
    }
}
