//! Which orders and lines are Amazon's to ship.

use amz_domain::{ItemKind, SalesOrder, SalesOrderLine, SalesOrderStatus};
use chrono::{DateTime, Utc};

use crate::parking::{Reason, Who};
use crate::settings::{EligibleRule, ServiceSettings};

/// Whether an unsent order is Amazon's to ship.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Eligibility<'order> {
    /// These lines are; others stay out.
    Lines(Vec<&'order SalesOrderLine>),
    /// It is not, for a reason that needs nobody.
    Not(String),
    /// It cannot be told without a person.
    Undecidable(Reason),
}

/// Decides whether an order that was never sent is Amazon's to ship.
pub fn eligibility<'order>(order: &'order SalesOrder, settings: &ServiceSettings) -> Eligibility<'order> {
    if !matches!(
        order.status,
        SalesOrderStatus::PendingFulfillment
            | SalesOrderStatus::PartiallyFulfilled
            | SalesOrderStatus::PendingBillingPartiallyFulfilled
    ) {
        return Eligibility::Not(format!("its status is {}, not pending fulfilment", order.status));
    }
    if let Some(go_live) = settings.go_live.filter(|go_live| order.created_at < *go_live) {
        return Eligibility::Not(format!("it was created before go-live ({go_live})"));
    }
    if order.marks.asks_to_cancel() {
        return Eligibility::Not("staff want it cancelled".to_owned());
    }
    let amazon: Vec<&SalesOrderLine> =
        order.lines.iter().filter(|line| !line.is_closed && is_amazons(order, line, settings)).collect();
    let unknown = amazon.iter().find(|line| matches!(line.kind, ItemKind::Unknown(_)) && line.amazon_flag);
    if let Some(line) = unknown {
        return Eligibility::Undecidable(Reason::new(
            "item_kind_unknown",
            format!(
                "line {} is flagged for Amazon, but its item type {:?} is not known",
                line.line,
                line.kind.as_str()
            ),
            "take the flag off the line, or report the item type so that it can be supported",
            Who::Developer,
        ));
    }
    let goods: Vec<&SalesOrderLine> = amazon.into_iter().filter(|line| line.kind.is_goods()).collect();
    // another warehouse may have shipped its own lines of the order; Amazon's must be untouched
    if goods.iter().any(|line| !line.quantity_fulfilled.is_zero()) {
        return Eligibility::Not("some of its lines for Amazon were fulfilled already".to_owned());
    }
    if goods.is_empty() {
        return Eligibility::Not("no goods line of it is Amazon's by the rules in settings".to_owned());
    }
    Eligibility::Lines(goods)
}

/// True when any of the configured rules makes the line Amazon's.
pub(super) fn is_amazons(order: &SalesOrder, line: &SalesOrderLine, settings: &ServiceSettings) -> bool {
    settings.eligible.iter().any(|rule| match rule {
        EligibleRule::LineFlag => line.amazon_flag,
        EligibleRule::Location => {
            settings.amazon_location.is_some()
                && line.location.as_ref().or(order.location.as_ref()) == settings.amazon_location.as_ref()
        }
        EligibleRule::SalesChannel => {
            order.sales_channel.as_ref().is_some_and(|channel| settings.sales_channels.contains(channel))
        }
    })
}

/// Until when an order is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// It is not.
    None,
    /// Until this instant.
    Until(DateTime<Utc>),
    /// Until staff release it.
    ByStaff,
}

/// Whether staff or the hold window keep an order back.
pub(super) fn hold(order: &SalesOrder, settings: &ServiceSettings, now: DateTime<Utc>) -> Hold {
    if order.marks.hold {
        return Hold::ByStaff;
    }
    match chrono::Duration::from_std(settings.hold)
        .ok()
        .and_then(|hold| order.created_at.checked_add_signed(hold))
    {
        Some(until) if until > now => Hold::Until(until),
        _ => Hold::None,
    }
}
