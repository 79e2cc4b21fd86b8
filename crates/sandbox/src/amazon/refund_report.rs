//! What a merchant reports of refunds with `updateOrder`.
//!
//! Source: Buy with Prime, `order-objects-refunddetailsinput`, `update-refund-details`,
//! `add-an-external-refund`, `troubleshoot-refund-errors`. Error codes that Amazon does not publish are
//! ours; clients branch on the class.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::create::{aliases, identifier};
use super::errors::Refusal;
use super::events::Happening;
use super::json::{decimal, items, text};
use super::order::{Alias, Content, Order};
use super::refund::{Money, Refund, RefundPayment, RefundState};
use super::state::State;

impl State {
    /// Carries out `refunds.details` of `updateOrder` on a copy of the order.
    pub(crate) fn report_refunds(
        &mut self,
        order: &mut Order,
        reports: &Json,
        now: DateTime<Utc>,
    ) -> Result<Vec<Happening>, Refusal> {
        let mut reported: HashSet<String> = HashSet::new();
        let mut happened = Vec::new();
        for (position, report) in items(reports).iter().enumerate() {
            let id = identifier(&report["id"]);
            if let Some(id) = &id
                && !reported.insert(id.clone())
            {
                return Err(Refusal::invalid("DuplicateRefundId", "A refund is reported twice in one call.")
                    .with("refund", position));
            }
            let happening = self
                .report_refund(order, id, report, now)
                .map_err(|refusal| refusal.with("refund", position))?;
            happened.extend(happening);
        }
        Ok(happened)
    }

    fn report_refund(
        &mut self,
        order: &mut Order,
        id: Option<String>,
        report: &Json,
        now: DateTime<Utc>,
    ) -> Result<Option<Happening>, Refusal> {
        let new_aliases = refund_aliases(&report["aliases"])?;
        let total = total(order, &report["refundTotal"]["totalAmount"])?;
        let payments = payments(order, &report["paymentDetails"], now)?;
        let contents = contents(order, &report["refundFor"]["orderLineItems"])?;
        let position = match &id {
            Some(id) => order.refunds.iter().position(|refund| refund.id == *id).ok_or_else(|| {
                Refusal::invalid("InvalidRefundId", "The order has no refund with this id.")
            })?,
            None if new_aliases.is_empty() => {
                let message = "A refund is named by its id, or by an alias if it is new.";
                return Err(Refusal::invalid("MissingRefundId", message));
            }
            None => order.refunds.len(),
        };
        self.refund_aliases_are_free(order, position, &new_aliases)?;
        if position == order.refunds.len() {
            order.refunds.push(Refund {
                id: self.refund_id(),
                aliases: Vec::new(),
                external: true,
                state: RefundState::Pending,
                total: total.clone(),
                reported: false,
                contents: Vec::new(),
                payments: Vec::new(),
                request_reason: None,
                status_reason: None,
                cancellation_id: None,
                created_at: now,
                updated_at: now,
            });
        }
        let Some(refund) = order.refunds.get_mut(position) else { return Ok(None) };
        if let Some(reason) = text(report, "refundRequestReason") {
            if !refund.external {
                let message = "The reason of a refund that Amazon asked for cannot be changed.";
                return Err(Refusal::invalid("InvalidRefundRequestReasonUpdate", message));
            }
            refund.request_reason = Some(reason.to_owned());
        }
        if !contents.is_empty() {
            if !refund.external && contents != refund.contents {
                let message = "The items of a refund that Amazon asked for cannot be changed.";
                return Err(Refusal::invalid("InvalidRefundItemsUpdate", message));
            }
            refund.contents = contents;
        }
        if refund.reported && total.amount < refund.total.amount {
            let message = "The total of a refund is cumulative and cannot fall.";
            return Err(Refusal::invalid("InvalidRefundTotal", message));
        }
        let before = refund.state;
        if let Some(next) = state(&report["state"]) {
            if !before.may_become(next) {
                let message = format!("A refund cannot go from {before:?} to {next:?}.");
                return Err(Refusal::invalid("InvalidRefundStateTransition", message));
            }
            refund.state = next;
        }
        if let Some(reason) = text(report, "refundStatusReason") {
            refund.status_reason = Some(reason.to_owned());
        }
        for alias in new_aliases {
            refund.aliases.retain(|known| known.alias_type != alias.alias_type);
            refund.aliases.push(alias);
        }
        refund.total = total;
        // As they come: a payment whose id stands here already is recorded once more.
        refund.payments.extend(payments);
        refund.reported = true;
        refund.updated_at = now;
        let completed = before != RefundState::Success && refund.state == RefundState::Success;
        Ok((completed && self.habits.refund_completed)
            .then(|| Happening::refund("REFUND_COMPLETED", &order.id, &refund.id)))
    }

    /// Unique among the order's other refunds, and in the store.
    fn refund_aliases_are_free(&self, order: &Order, own: usize, wanted: &[Alias]) -> Result<(), Refusal> {
        for alias in wanted {
            for (position, refund) in order.refunds.iter().enumerate() {
                if position != own && refund.aliases.contains(alias) {
                    let message = "Another refund of the order has this alias.";
                    return Err(Refusal::invalid("DuplicateAliasId", message)
                        .with("aliasType", alias.alias_type.as_str())
                        .with("aliasId", alias.alias_id.as_str()));
                }
            }
            let own_already = order.refunds.get(own).is_some_and(|refund| refund.aliases.contains(alias));
            if !own_already {
                self.aliases_are_free([alias])?;
            }
        }
        Ok(())
    }
}

fn refund_aliases(input: &Json) -> Result<Vec<Alias>, Refusal> {
    let unusable =
        |alias: &Json| text(alias, "aliasType").is_none() || identifier(&alias["aliasId"]).is_none();
    if items(input).iter().any(unusable) {
        return Err(Refusal::invalid("InvalidAliasId", "An alias needs a type and an id."));
    }
    aliases(input)
}

/// Reads an amount in the order's currency, zero or more.
fn total(order: &Order, input: &Json) -> Result<Money, Refusal> {
    let unusable = |message: &str| Refusal::invalid("InvalidRefundTotal", message);
    let money = Money::read(input).ok_or_else(|| unusable("A refund needs its total."))?;
    if money.amount < Decimal::ZERO {
        return Err(unusable("An amount cannot be below zero."));
    }
    match order.currency() {
        Some(currency) if money.currency_code.as_deref() != Some(currency) => {
            Err(unusable("The order is in another currency.").with("currencyCode", currency))
        }
        _ => Ok(money),
    }
}

fn payments(order: &Order, input: &Json, now: DateTime<Utc>) -> Result<Vec<RefundPayment>, Refusal> {
    let mut read: Vec<RefundPayment> = Vec::new();
    for payment in items(input) {
        let id = identifier(&payment["id"]);
        if id.is_some() && read.iter().any(|earlier| earlier.id == id) {
            let message = "Payment ids are unique within one list.";
            return Err(Refusal::invalid("DuplicatePaymentId", message));
        }
        let method = &payment["paymentMethod"];
        read.push(RefundPayment {
            id,
            amount: total(order, &payment["amount"])?,
            display_string: text(method, "displayString").map(str::to_owned),
            method: text(method, "type").map(str::to_owned),
            state: text(payment, "state").map(str::to_owned),
            recorded_at: now,
        });
    }
    Ok(read)
}

fn contents(order: &Order, input: &Json) -> Result<Vec<Content>, Refusal> {
    let read = |item: &Json| {
        let line = order.identified_line(&item["lineItemId"])?;
        let quantity = [&item["amount"]["value"], &item["refundedQuantity"]["value"]]
            .into_iter()
            .chain([&item["refundedQuantity"]["amount"]])
            .find_map(decimal);
        match quantity.filter(|quantity| *quantity > Decimal::ZERO && *quantity <= line.quantity) {
            Some(quantity) => Ok(Content { line_id: line.id.clone(), quantity }),
            None => {
                let message = "The quantity must be above zero and not beyond the line.";
                Err(Refusal::invalid("InvalidRefundQuantity", message).with("lineItemId", line.id.as_str()))
            }
        }
    };
    items(input).iter().map(read).collect()
}

fn state(input: &Json) -> Option<RefundState> {
    input.as_str().and_then(|word| serde_json::from_value(json!(word)).ok())
}
