//! Wire types that several operations send.

use amz_domain::{AmazonOrderId, ExecutionState, LineAlias, Money, OrderAlias};
use amz_services::failure::{Failure, PortError};

use super::scalars::Exact;
use super::schema;

/// Alias type of our order aliases at Amazon.
pub(super) const ORDER_ALIAS_TYPE: &str = "OMS_ORDER_ID";

/// Alias type of our line aliases at Amazon.
pub(super) const LINE_ALIAS_TYPE: &str = "OMS_LINE_ID";

#[derive(cynic::InputObject, Debug, Clone)]
pub(super) struct AliasInput {
    alias_id: cynic::Id,
    alias_type: String,
}

impl AliasInput {
    pub(super) fn of_order(alias: &OrderAlias) -> Self {
        Self { alias_id: cynic::Id::new(alias.as_str()), alias_type: ORDER_ALIAS_TYPE.to_owned() }
    }

    pub(super) fn of_line(alias: &LineAlias) -> Self {
        Self { alias_id: cynic::Id::new(alias.as_str()), alias_type: LINE_ALIAS_TYPE.to_owned() }
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

impl From<&OrderAlias> for OrderIdentifierInput {
    fn from(alias: &OrderAlias) -> Self {
        Self::Alias(AliasInput::of_order(alias))
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
