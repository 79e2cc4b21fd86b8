//! What staff changed on an order that Amazon already has.

use amz_domain::{ExecutionState, SalesOrder, SalesOrderLine, SalesOrderStatus};

use super::create::Creation;
use super::kits::{Goods, is_other_item};
use crate::cancellation::{is_over, units_left, waiting};
use crate::link::SentOrder;
use crate::parking::{Reason, Who};
use crate::ports::amazon::AmazonOrderChange;

/// True while Amazon may still ship something of what it has from us.
pub(super) fn still_sent(sent: &SentOrder) -> bool {
    sent.lines.iter().any(|line| !is_over(line))
}

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
    goods: Goods<'_>,
) -> Result<(), Reason> {
    let refuse = |code: &str, what: String| {
        Err(Reason::new(
            code,
            format!("{what} after Amazon had got the order; Amazon cannot change that"),
            "undo the change, or cancel the order at Amazon and enter a new one",
            Who::Merchant,
        ))
    };
    for line in sent.lines.iter().filter(|line| !is_over(line)) {
        let Some(now) = order.lines.iter().find(|now| now.line == line.line) else {
            return refuse("line_removed_after_sending", format!("line {} was removed", line.line));
        };
        // a quantity that is less by what Amazon cancelled is our own doing
        let left = units_left(line);
        if now.quantity != left.to_decimal() {
            let change = format!("the quantity of line {} went from {left} to {}", line.line, now.quantity);
            return refuse("quantity_changed_after_sending", change);
        }
        if is_other_item(now, line, goods) {
            let kit = if line.part.is_some() { ", or what its kit consists of," } else { "" };
            return refuse(
                "item_changed_after_sending",
                format!("the item of line {}{kit} was changed", line.line),
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
        let before = held.and_then(|held| held.delivery.as_deref());
        if let Some(before) = before.filter(|before| *before != new.delivery.word()) {
            let change =
                format!("the delivery of line {number} went from {before} to {}", new.delivery.word());
            return refuse("delivery_changed_after_sending", change);
        }
    }
    if sent.recipient_digest.as_ref().is_some_and(|sent| sent != recipient_digest) {
        return refuse("address_changed_after_sending", "the shipping address was changed".to_owned());
    }
    Ok(())
}

/// What staff changed on an order that Amazon did not get from us, and that is never changed there by us.
///
/// # Errors
/// A reason to park.
pub(super) fn not_followed(
    order: &SalesOrder,
    sent: &SentOrder,
    is_amazons: impl Fn(&SalesOrderLine) -> bool,
) -> Result<(), Reason> {
    if !still_open(order) || !still_sent(sent) {
        return Ok(());
    }
    let refuse = |what: String| {
        Err(Reason::new(
            "foreign_order_changed",
            format!("{what}, but Amazon did not get order {} from here and is not told", sent.amazon_order),
            "undo the change, or change the order where it was placed",
            Who::Merchant,
        ))
    };
    for line in sent.lines.iter().filter(|line| !is_over(line)) {
        let left = units_left(line).to_decimal();
        match order.lines.iter().find(|now| now.line == line.line) {
            None => return refuse(format!("line {} was removed", line.line)),
            Some(now) if now.quantity != left => {
                return refuse(format!(
                    "the quantity of line {} is {}, and Amazon ships {left}",
                    line.line, now.quantity
                ));
            }
            Some(_) => {}
        }
    }
    let added = lines_to_compare(order, sent, is_amazons)
        .into_iter()
        .find(|line| !sent.lines.iter().any(|sent| sent.line == line.line));
    match added {
        Some(line) => refuse(format!("line {} was added", line.line)),
        None => Ok(()),
    }
}

/// What staff did to an order that Amazon still works on, and that Amazon is not told of. Closing it is a wish to
/// have it cancelled, and no matter of this function.
///
/// # Errors
/// A reason to park.
pub(super) fn stopped(order: &SalesOrder, sent: &SentOrder) -> Result<(), Reason> {
    if waiting(order, sent).is_empty() {
        return Ok(());
    }
    let (code, what) = match &order.status {
        SalesOrderStatus::PendingApproval => {
            ("approval_withdrawn_after_sending", "the approval was withdrawn")
        }
        _ if order.marks.hold && sent.execution == ExecutionState::Started => {
            ("hold_after_sending", "the sales order was put on hold")
        }
        _ => return Ok(()),
    };
    Err(Reason::new(
        code,
        format!("{what}, but Amazon order {} is under way and Amazon was not told", sent.amazon_order),
        "cancel the order at Amazon if it shall not ship, or undo the change",
        Who::Merchant,
    ))
}

/// What `updateOrder` can bring in line, and what Amazon has from us afterwards; `None` when nothing differs.
pub(super) fn change(
    sent: &SentOrder,
    wanted: &Creation,
    recipient_digest: &str,
) -> Option<(AmazonOrderChange, SentOrder)> {
    use ExecutionState::{NotStarted, Started};
    let release = sent.execution == NotStarted && wanted.order.execution == Started;
    let amounts_differ = sent.total != Some(wanted.order.total) || sent.tax != Some(wanted.tax);
    let change = AmazonOrderChange {
        execution: release.then_some(Started),
        total: amounts_differ.then_some(wanted.order.total),
        tax: amounts_differ.then_some(wanted.tax),
    };
    if change == AmazonOrderChange::default() {
        return None;
    }
    let mut after = sent.clone();
    after.execution = change.execution.clone().unwrap_or(after.execution);
    after.total = Some(wanted.order.total);
    after.tax = Some(wanted.tax);
    // what was not known of an order that was taken over is held against later edits from now on
    after.recipient_digest.get_or_insert_with(|| recipient_digest.to_owned());
    for new in &wanted.order.lines {
        for line in after.lines.iter_mut().filter(|line| line.alias == new.alias) {
            line.sku.get_or_insert_with(|| new.sku.clone());
            line.delivery.get_or_insert_with(|| new.delivery.word().to_owned());
        }
    }
    Some((change, after))
}
