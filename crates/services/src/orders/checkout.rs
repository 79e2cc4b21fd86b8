//! Orders that Amazon fulfils already: a shop's Buy with Prime checkout placed them there, and the shop's connector
//! brought them into NetSuite, where they look like any order for Amazon. Sent again, they would ship twice.

use amz_domain::{AmazonOrder, SalesOrder};

use super::SUBJECT;
use crate::connection::Checkout;
use crate::desk::{Desk, Stop};
use crate::link::{Link, SentOrder};
use crate::parking::{Reason, Who};
use crate::reconciliation;
use crate::settings::CheckoutSettings;

/// By which road an order may have come to Amazon. Pure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Road {
    /// By none but ours.
    Ours,
    /// Perhaps by the shop's checkout: Amazon may know it by one of these names.
    Perhaps(Vec<String>),
    /// By the shop's checkout for sure.
    Checkout(Vec<String>),
    /// By another of Amazon's programmes.
    OtherProgramme(String),
}

/// Says by which road an unsent order may have come to Amazon.
///
/// Where settings say which orders are the checkout's, others need no look-up.
pub(super) fn road(order: &SalesOrder, settings: &CheckoutSettings) -> Road {
    let channel = order.sales_channel.as_ref();
    if let Some(channel) = channel.filter(|channel| settings.other_programmes.contains(channel)) {
        return Road::OtherProgramme(format!(
            "orders of sales channel {channel} are fulfilled by another of Amazon's programmes"
        ));
    }
    let names = order.shop_names.clone();
    let ships_from = order.lines.iter().filter_map(|line| line.location.as_ref()).chain(&order.location);
    let is_checkout = channel.is_some_and(|channel| settings.sales_channels.contains(channel))
        || ships_from.into_iter().any(|location| settings.locations.contains(location));
    let all_are_told = !settings.sales_channels.is_empty() || !settings.locations.is_empty();
    match (is_checkout, names.is_empty() || all_are_told) {
        (true, _) => Road::Checkout(names),
        (false, true) => Road::Ours,
        (false, false) => Road::Perhaps(names),
    }
}

/// What became of the question whether Amazon fulfils an order already.
pub(super) enum Elsewhere {
    /// It does not.
    No,
    /// It does, and is linked now.
    Linked(Box<SentOrder>),
    /// Another programme does.
    OtherProgramme(String),
    /// Nobody can tell but a person: the order is held.
    Held(Reason),
}

/// Finds out whether Amazon fulfils an order already that is about to be sent. Costs a call per name and type of alias
/// where a checkout is configured, and nothing elsewhere.
///
/// `is_approved` is true when a person said that the order shall be sent although nobody could tell.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(super) async fn elsewhere(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    is_approved: bool,
) -> Result<Elsewhere, Stop> {
    let Some(checkout) = &desk.connection.checkout else { return Ok(Elsewhere::No) };
    let (names, is_certain) = match road(order, &checkout.settings) {
        Road::Ours => return Ok(Elsewhere::No),
        Road::OtherProgramme(why) => return Ok(Elsewhere::OtherProgramme(why)),
        Road::Perhaps(names) => (names, false),
        Road::Checkout(names) => (names, true),
    };
    match find(checkout, &names).await? {
        Some(found) => match linked(desk, order, &found).await? {
            Ok(sent) => Ok(Elsewhere::Linked(Box::new(sent))),
            Err(cause) => Ok(Elsewhere::Held(unclear(&found, &cause))),
        },
        None if is_certain && !is_approved => Ok(Elsewhere::Held(not_found(&names))),
        None => Ok(Elsewhere::No),
    }
}

/// Links a sales order with an Amazon order that another road made, or says why that cannot be told.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(super) async fn linked(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    found: &AmazonOrder,
) -> Result<Result<SentOrder, String>, Stop> {
    let links = match reconciliation::links_with(desk, order, found).await? {
        Ok(links) => links,
        Err(cause) => return Ok(Err(cause)),
    };
    let sent = links.iter().find_map(|link| match link {
        Link::Order(sent) => Some(sent.as_ref().clone()),
        _ => None,
    });
    let Some(sent) = sent else { return Ok(Err("nothing of it could be linked".to_owned())) };
    desk.write_links(&links).await?;
    desk.note(format!("Amazon fulfils it already as order {}: linked, not sent", sent.amazon_order));
    Ok(Ok(sent))
}

/// The reason to hold an order of which Amazon's counterpart is known and does not fit.
pub(super) fn unclear(found: &AmazonOrder, cause: &str) -> Reason {
    Reason::new(
        "fulfilled_elsewhere_unclear",
        format!("Amazon order {} stands for it already, and they could not be linked: {cause}", found.id),
        "bring the sales order in line with Amazon's order, then retry; it is never sent as it is",
        Who::Merchant,
    )
}

async fn find(checkout: &Checkout, names: &[String]) -> Result<Option<AmazonOrder>, Stop> {
    for name in names {
        for alias_type in &checkout.settings.alias_types {
            if let Some(found) = checkout.orders.find_named(alias_type, name).await? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn not_found(names: &[String]) -> Reason {
    let known_as = match names {
        [] => "the sales order has no name of the shop".to_owned(),
        names => format!("Amazon knows no order as {}", names.join(" / ")),
    };
    Reason::new(
        "checkout_order_not_found",
        format!("orders of the shop's checkout are at Amazon already, but {known_as}"),
        format!(
            "enter Amazon's order id in `custbody_amz_order_id`, then retry; if Amazon does not have it, \
             `amz approve ORDER {SUBJECT}` sends it"
        ),
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;
