//! Taking over an order that Amazon holds under our alias. Pure.

use amz_domain::{AmazonOrder, ExecutionState, LineAlias, Quantity, SalesOrder, SalesOrderLine};

use super::address::{digest, recipient, same_destination};
use super::create::channel;
use crate::link::{SentLine, SentOrder};
use crate::parking::{Reason, Who};

/// What Amazon has from us, as it shows it.
///
/// The order is ours when every line of it carries our alias of a line of the sales order. What else differs
/// (quantity, address) is an edit like any other and is dealt with as one; what Amazon does not show (amounts) is
/// noted as not known, so that it is sent again.
///
/// # Errors
/// A reason to park when a line is not ours.
pub(super) fn adopt(order: &SalesOrder, found: &AmazonOrder) -> Result<SentOrder, Reason> {
    let line_of = |alias: &LineAlias| -> Option<&SalesOrderLine> {
        order.lines.iter().find(|line| LineAlias::of(&order.id, &line.unique_key) == *alias)
    };
    let mut adopted: Vec<&SalesOrderLine> = Vec::new();
    let mut lines = Vec::with_capacity(found.lines.len());
    for held in &found.lines {
        let Some((alias, line)) = held.alias.as_ref().and_then(|alias| Some((alias, line_of(alias)?))) else {
            return Err(different(found, format!("its line {} is no line of the sales order", held.id)));
        };
        adopted.push(line);
        lines.push(SentLine {
            alias: alias.clone(),
            amazon_line: held.id.clone(),
            line: line.line,
            sku: held.sku.clone(),
            quantity: held.quantity,
            delivery: None,
            closed: Quantity::ZERO,
        });
    }
    if lines.is_empty() {
        return Err(different(found, "it shows no lines".to_owned()));
    }
    let ours = recipient(order).ok();
    let recipient_digest = found.recipient.as_ref().map(|held| match &ours {
        Some(ours) if same_destination(held, ours) => digest(ours),
        _ => digest(held),
    });
    Ok(SentOrder {
        amazon_order: found.id.clone(),
        channel: order.marks.channel.clone().unwrap_or_else(|| channel(order, adopted)),
        execution: found.execution.clone().unwrap_or(ExecutionState::NotStarted),
        total: None,
        tax: None,
        recipient_digest,
        lines,
    })
}

fn different(found: &AmazonOrder, what: String) -> Reason {
    Reason::new(
        "alias_taken_by_different_order",
        format!("Amazon order {} carries our alias, but {what}", found.id),
        "compare both orders; if the Amazon order is wrong, cancel it at Amazon and enter a new sales order",
        Who::Merchant,
    )
}
