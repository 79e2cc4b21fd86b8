//! What staff changed on an order that Amazon already has.

use std::collections::HashMap;

use amz_domain::{ItemId, SalesOrder, SalesOrderLine, SalesOrderStatus, Sku};

use super::create::Creation;
use crate::link::SentOrder;
use crate::parking::{Reason, Who};
use crate::ports::amazon::AmazonOrderChange;

/// True while a change of the order can still concern Amazon.
pub(super) fn still_open(order: &SalesOrder) -> bool {
    matches!(
        order.status,
        SalesOrderStatus::PendingFulfillment
            | SalesOrderStatus::PartiallyFulfilled
            | SalesOrderStatus::PendingBillingPartiallyFulfilled
    )
}

/// Lines to compare with: those that were sent, and Amazon's lines that came later.
pub(super) fn lines_to_compare<'order>(
    order: &'order SalesOrder,
    sent: &SentOrder,
    is_amazons: impl Fn(&SalesOrderLine) -> bool,
) -> Vec<&'order SalesOrderLine> {
    let was_sent = |line: &SalesOrderLine| sent.lines.iter().any(|sent| sent.line == line.line);
    order
        .lines
        .iter()
        .filter(|line| was_sent(line) || (line.kind.is_goods() && !line.is_closed && is_amazons(line)))
        .collect()
}

/// What Amazon cannot change any more.
///
/// # Errors
/// A reason to park that names the change and how to undo it.
pub(super) fn unchangeable(
    order: &SalesOrder,
    sent: &SentOrder,
    wanted: &Creation,
    recipient_digest: &str,
    skus: &HashMap<ItemId, Sku>,
) -> Result<(), Reason> {
    let refuse = |code: &str, what: String| {
        Err(Reason::new(
            code,
            format!("{what} after Amazon had got the order; Amazon cannot change that"),
            "undo the change, or cancel the order at Amazon and enter a new one",
            Who::Merchant,
        ))
    };
    for line in &sent.lines {
        let Some(now) = order.lines.iter().find(|now| now.line == line.line) else {
            return refuse("line_removed_after_sending", format!("line {} was removed", line.line));
        };
        if now.is_closed && line.closed.is_zero() && now.quantity_fulfilled.is_zero() {
            return refuse("line_closed_after_sending", format!("line {} was closed", line.line));
        }
        if now.quantity != line.quantity.to_decimal() {
            let change =
                format!("the quantity of line {} went from {} to {}", line.line, line.quantity, now.quantity);
            return refuse("quantity_changed_after_sending", change);
        }
        if skus.get(&now.item).is_some_and(|sku| *sku != line.sku) {
            return refuse(
                "item_changed_after_sending",
                format!("the item of line {} was changed", line.line),
            );
        }
    }
    if let Some(added) =
        wanted.lines.iter().find(|number| !sent.lines.iter().any(|line| line.line == **number))
    {
        return refuse("line_added_after_sending", format!("line {added} was added"));
    }
    for (new, number) in wanted.order.lines.iter().zip(&wanted.lines) {
        let held = sent.lines.iter().find(|line| line.line == *number);
        if let Some(held) = held.filter(|held| held.delivery != new.delivery.word()) {
            let change = format!(
                "the delivery of line {number} went from {} to {}",
                held.delivery,
                new.delivery.word()
            );
            return refuse("delivery_changed_after_sending", change);
        }
    }
    if recipient_digest != sent.recipient_digest {
        return refuse("address_changed_after_sending", "the shipping address was changed".to_owned());
    }
    Ok(())
}

/// What `updateOrder` can bring in line; `None` when nothing differs.
pub(super) fn change(sent: &SentOrder, wanted: &Creation) -> Option<AmazonOrderChange> {
    use amz_domain::ExecutionState::{NotStarted, Started};
    let release = sent.execution == NotStarted && wanted.order.execution == Started;
    let amounts_differ = sent.total != wanted.order.total || sent.tax != wanted.tax;
    let change = AmazonOrderChange {
        execution: release.then_some(Started),
        total: amounts_differ.then_some(wanted.order.total),
        tax: amounts_differ.then_some(wanted.tax),
    };
    (change != AmazonOrderChange::default()).then_some(change)
}
