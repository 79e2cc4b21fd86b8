//! Taking over an order that Amazon holds under our alias. Pure.

use std::collections::HashMap;

use amz_domain::{AmazonOrder, ExecutionState, Generation, ItemId, Quantity, SalesOrder, SalesOrderLine};

use super::address::{digest, recipient, same_destination};
use super::create::channel;
use super::kits::named;
use crate::link::{SentLine, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::netsuite::KitMember;

/// What Amazon has from us, as it shows it.
///
/// The order is ours when every line of it carries our alias of a line of the sales order, or of a part of a kit
/// line; for the parts, `kits` says what the kits consist of. What else differs
/// (quantity, address) is an edit like any other and is dealt with as one; what Amazon does not show (amounts) is
/// noted as not known, so that it is sent again.
///
/// # Errors
/// A reason to park when a line is not ours.
pub(super) fn adopt(
    order: &SalesOrder,
    found: &AmazonOrder,
    generation: Generation,
    kits: &HashMap<ItemId, Vec<KitMember>>,
) -> Result<SentOrder, Reason> {
    let mut adopted: Vec<&SalesOrderLine> = Vec::new();
    let mut lines = Vec::with_capacity(found.lines.len());
    for held in &found.lines {
        let ours = held
            .alias
            .as_ref()
            .and_then(|alias| named(order, alias, generation, kits).map(|(line, part)| (alias, line, part)));
        let Some((alias, line, part)) = ours else {
            return Err(different(found, format!("its line {} is no line of the sales order", held.id)));
        };
        let item = part.as_ref().map_or_else(|| line.item.clone(), |part| part.item.clone());
        adopted.push(line);
        lines.push(SentLine {
            alias: alias.clone(),
            amazon_line: held.id.clone(),
            line: line.line,
            sku: held.sku.clone(),
            quantity: held.quantity,
            delivery: None,
            closed: Quantity::ZERO,
            reduced: Quantity::ZERO,
            released: false,
            part,
            item: Some(item),
        });
    }
    if lines.is_empty() {
        return Err(different(found, "it shows no lines".to_owned()));
    }
    Ok(taken_over(order, found, (generation, false), lines, adopted))
}

/// What Amazon has of an order that was taken over with these lines, which are these of the sales order. `is_foreign`
/// says that it did not come from us.
pub(crate) fn taken_over(
    order: &SalesOrder,
    found: &AmazonOrder,
    (generation, is_foreign): (Generation, bool),
    lines: Vec<SentLine>,
    adopted: Vec<&SalesOrderLine>,
) -> SentOrder {
    let ours = recipient(order).ok();
    let recipient_digest = found.recipient.as_ref().map(|held| match &ours {
        Some(ours) if same_destination(held, ours) => digest(ours),
        _ => digest(held),
    });
    SentOrder {
        amazon_order: found.id.clone(),
        generation,
        is_foreign,
        channel: order.marks.channel.clone().unwrap_or_else(|| channel(order, adopted)),
        execution: found.execution.clone().unwrap_or(ExecutionState::NotStarted),
        total: None,
        tax: None,
        recipient_digest,
        lines,
    }
}

fn different(found: &AmazonOrder, what: String) -> Reason {
    Reason::new(
        "alias_taken_by_different_order",
        format!("Amazon order {} carries our alias, but {what}", found.id),
        "compare both orders; if the Amazon order is wrong, cancel it at Amazon and enter a new sales order",
        Who::Merchant,
    )
}
