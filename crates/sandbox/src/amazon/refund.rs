//! Refunds as the pretend Amazon keeps them, and how it asks for them.
//!
//! Amazon moves no money: it asks, estimates, and records what the merchant reports.
//!
//! Source: Buy with Prime, `refund-interface`, `steps-to-process-refunds`, `order-objects-refunddetailsinput`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Amazon;
use super::events::Happening;
use super::json::{decimal, number, text};
use super::order::{Alias, CancellationReason, Content, Order, instant};
use super::packages::{MoveError, Moved, totals};
use super::state::State;

/// How far a refund has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundState {
    /// Asked for, nothing paid.
    Pending,
    /// Part of it is paid.
    Partial,
    /// Paid.
    Success,
    /// Could not be paid.
    Failure,
    /// Will not be paid.
    Rejected,
}

impl RefundState {
    /// Whether `update-refund-details` allows this step. For rejections, which are newer than that page,
    /// the narrowest reading.
    pub(crate) fn may_become(self, next: Self) -> bool {
        use RefundState::{Failure, Partial, Pending, Rejected, Success};
        match self {
            Pending => true,
            Failure => matches!(next, Partial | Failure | Success),
            Partial => matches!(next, Partial | Success),
            Success => next == Success,
            Rejected => false,
        }
    }
}

/// An amount, with its currency unless Amazon keeps that to itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// The amount.
    #[serde(with = "super::json::digits")]
    pub amount: Decimal,
    /// ISO code.
    pub currency_code: Option<String>,
}

impl Money {
    /// Reads `MoneyInput`.
    pub(crate) fn read(input: &Json) -> Option<Self> {
        let amount = decimal(&input["amount"])?;
        Some(Self { amount, currency_code: text(input, "currencyCode").map(str::to_owned) })
    }

    fn document(&self) -> Json {
        json!({ "amount": number(self.amount), "currencyCode": self.currency_code })
    }
}

/// One payment that the merchant reported for a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefundPayment {
    /// Given by the merchant.
    pub id: Option<String>,
    /// How much.
    pub amount: Money,
    /// How, for people.
    pub display_string: Option<String>,
    /// How, in Amazon's word.
    pub method: Option<String>,
    /// How far it has come, in Amazon's word.
    pub state: Option<String>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl RefundPayment {
    fn document(&self) -> Json {
        json!({
            "id": self.id,
            "amount": self.amount.document(),
            "paymentMethod": { "displayString": self.display_string, "type": self.method },
            "state": self.state,
            "createdAt": instant(self.recorded_at),
            "updatedAt": instant(self.recorded_at),
        })
    }
}

/// One refund of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Given by Amazon.
    pub id: String,
    /// Given by the merchant.
    pub aliases: Vec<Alias>,
    /// True when the merchant made it, false when Amazon asked for it.
    pub external: bool,
    /// How far it has come.
    pub state: RefundState,
    /// Amazon's estimate until the first report, then what was reported.
    pub total: Money,
    /// Whether the merchant has reported on it.
    pub reported: bool,
    /// Units it is for.
    pub contents: Vec<Content>,
    /// In the order of the reports; a payment reported twice is here twice.
    pub payments: Vec<RefundPayment>,
    /// Why it was asked for, in Amazon's word.
    pub request_reason: Option<String>,
    /// Why its state is what it is, in Amazon's word.
    pub status_reason: Option<String>,
    /// The cancellation it belongs to.
    pub cancellation_id: Option<String>,
    /// `createdAt`.
    pub created_at: DateTime<Utc>,
    /// `updatedAt`.
    pub updated_at: DateTime<Utc>,
}

impl Refund {
    /// The refund as `RefundDetails`.
    pub(crate) fn document(&self, order: &Order) -> Json {
        json!({
            "id": self.id,
            "aliases": self.aliases.iter().map(Alias::document).collect::<Vec<_>>(),
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.updated_at),
            "state": self.state,
            "refundTotal": { "totalAmount": self.total.document() },
            "refundFor": { "orderLineItems": order.amounts(&self.contents) },
            "paymentDetails": self.payments.iter().map(RefundPayment::document).collect::<Vec<_>>(),
            "refundRequestReason": self.request_reason,
            "refundStatusReason": self.status_reason,
        })
    }

    /// Payment ids that were recorded before under this refund, once per repetition.
    fn doubled(&self) -> impl Iterator<Item = &str> {
        let ids = self.payments.iter().map(|payment| payment.id.as_deref());
        ids.enumerate().filter_map(|(position, id)| {
            let id = id?;
            let mut earlier = self.payments[..position].iter();
            earlier.any(|payment| payment.id.as_deref() == Some(id)).then_some(id)
        })
    }
}

/// A payment that was recorded although a payment with its id stood on the refund already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoubledPayment {
    /// Amazon's id of the order.
    pub order_id: String,
    /// Amazon's id of the refund.
    pub refund_id: String,
    /// The merchant's id of the payment.
    pub payment_id: String,
}

/// A refund that Amazon asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRefund {
    /// Units it is for; may be empty.
    #[serde(default)]
    pub lines: Vec<Content>,
    /// Why, in Amazon's word, for example `ITEM_MISSING`.
    pub reason: Option<String>,
    /// Amazon's estimate; price and tax of the units, less discount, when `None`.
    pub estimate: Option<Money>,
}

impl State {
    /// Asks the merchant for a refund.
    pub(crate) fn request_refund(
        &mut self,
        order_id: &str,
        new: NewRefund,
        cancellation_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Moved<String> {
        let id = self.refund_id();
        let order = self.order_to_change(order_id, now)?;
        let NewRefund { lines, reason, estimate } = new;
        let within_order = totals(&lines).into_iter().all(|(line_id, quantity)| {
            let line = order.lines.iter().find(|line| line.id == line_id);
            line.is_some_and(|line| quantity > Decimal::ZERO && quantity <= line.quantity)
        });
        if !within_order {
            return Err(MoveError::Contents);
        }
        let total = estimate.unwrap_or_else(|| order.worth(&lines));
        order.refunds.push(Refund {
            id: id.clone(),
            aliases: Vec::new(),
            external: false,
            state: RefundState::Pending,
            total,
            reported: false,
            contents: lines,
            payments: Vec::new(),
            request_reason: reason,
            status_reason: None,
            cancellation_id: cancellation_id.map(str::to_owned),
            created_at: now,
            updated_at: now,
        });
        let requested = Happening::refund("REFUND_REQUESTED", order_id, &id);
        Ok((id, vec![requested]))
    }

    /// The refund that a cancelled package brings with it, if that is the habit.
    pub(crate) fn refund_cancelled(
        &mut self,
        order_id: &str,
        contents: Vec<Content>,
        why: CancellationReason,
        cancellation_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Happening>, MoveError> {
        if !self.habits.refund_with_cancelled_package {
            return Ok(Vec::new());
        }
        let reason = match why {
            CancellationReason::CustomerRequested | CancellationReason::Unfulfillable => "CANCELLED_ORDER",
            CancellationReason::Undeliverable => "NOT_DELIVERED",
        };
        let new = NewRefund { lines: contents, reason: Some(reason.to_owned()), estimate: None };
        let (_, happened) = self.request_refund(order_id, new, cancellation_id, now)?;
        Ok(happened)
    }
}

impl Order {
    /// The currency that everything about the order is in.
    pub(crate) fn currency(&self) -> Option<&str> {
        let of_lines = self.lines.iter().map(|line| &line.input["product"]["price"]);
        let mut prices = std::iter::once(&self.input["totalPrice"]["value"]).chain(of_lines);
        prices.find_map(|price| text(price, "currencyCode"))
    }

    /// Price and tax of some units less their part of the line's discount, to the cent: what Amazon takes for an
    /// estimate.
    fn worth(&self, contents: &[Content]) -> Money {
        let worth = |content: &Content| {
            let line = self.lines.iter().find(|line| line.id == content.line_id)?;
            let tax = &line.input["taxes"]["summary"]["collectableTaxAmount"]["amount"];
            let tax = decimal(tax).unwrap_or_default();
            let price = decimal(&line.input["product"]["price"]["amount"]).unwrap_or_default();
            let discount =
                decimal(&line.input["discounts"]["summary"]["amount"]["amount"]).unwrap_or_default();
            Some(price * content.quantity + (tax - discount) * content.quantity / line.quantity)
        };
        let amount: Decimal = contents.iter().filter_map(worth).sum();
        Money { amount: amount.round_dp(2), currency_code: self.currency().map(str::to_owned) }
    }

    /// `refunds` of the order; null when there is none.
    pub(crate) fn refunds_document(&self) -> Json {
        if self.refunds.is_empty() {
            return Json::Null;
        }
        let currency = self.currency();
        let counted = self.refunds.iter().filter(|refund| refund.total.currency_code.as_deref() == currency);
        let amount: Decimal = counted.map(|refund| refund.total.amount).sum();
        let total = Money { amount, currency_code: currency.map(str::to_owned) };
        json!({
            "summary": { "paymentSummary": null, "refundTotal": { "totalAmount": total.document() } },
            "details": self.refunds.iter().map(|refund| refund.document(self)).collect::<Vec<_>>(),
        })
    }
}

/// Refunds.
impl Amazon {
    /// Asks the merchant for a refund; returns its id.
    ///
    /// # Errors
    /// [`MoveError::Contents`] when the order does not have these units.
    pub fn request_refund(&self, order_id: &str, refund: NewRefund) -> Result<String, MoveError> {
        self.moved(|state, now| state.request_refund(order_id, refund, None, now))
    }

    /// Payments that were reported again under the same refund. A merchant that keeps its books has none.
    pub fn doubled_payments(&self) -> Vec<DoubledPayment> {
        let state = self.state();
        let of_refund = |order: &Order, refund: &Refund| -> Vec<DoubledPayment> {
            let doubled = refund.doubled().map(|payment_id| DoubledPayment {
                order_id: order.id.clone(),
                refund_id: refund.id.clone(),
                payment_id: payment_id.to_owned(),
            });
            doubled.collect()
        };
        let orders = state.orders().iter();
        orders
            .flat_map(|order| order.refunds.iter().flat_map(move |refund| of_refund(order, refund)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::RefundState::{Failure, Partial, Pending, Rejected, Success};

    #[test]
    fn refunds_take_the_documented_steps_only() {
        let all = [Pending, Partial, Success, Failure, Rejected];
        let allowed = [
            (Pending, vec![Pending, Partial, Success, Failure, Rejected]),
            (Partial, vec![Partial, Success]),
            (Success, vec![Success]),
            (Failure, vec![Partial, Success, Failure]),
            (Rejected, vec![]),
        ];
        for (from, to) in allowed {
            let found: Vec<_> = all.into_iter().filter(|next| from.may_become(*next)).collect();
            assert_eq!(found, to, "{from:?}");
        }
    }
}
