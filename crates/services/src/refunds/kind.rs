//! Which units a refund of Amazon's is for, and whether money moved for them. Pure.

use amz_domain::{
    AmazonLineId, AmazonOrder, AmazonRefund, Package, PackageState, Quantity, RefundId, RefundState,
    SalesOrder,
};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::books::LineStanding;
use crate::link::{SentLine, SentOrder};
use crate::parking::{Reason, Who};

/// Units of one order line that a refund asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked<'look> {
    /// What Amazon has of the line.
    pub(crate) sent: &'look SentLine,
    /// Units.
    pub(crate) units: Quantity,
}

/// The lines that a refund asks for, each once.
///
/// # Errors
/// A reason to park: no lines, a line that is not ours, or a part of a kit.
pub(crate) fn asked<'look>(
    refund: &AmazonRefund,
    sent: &'look SentOrder,
) -> Result<Vec<Asked<'look>>, Reason> {
    let mut asked: Vec<Asked<'look>> = Vec::new();
    for part in refund.lines.iter().filter(|part| !part.quantity.is_zero()) {
        let Some(line) = sent.lines.iter().find(|line| line.amazon_line == part.line) else {
            return Err(Reason::new(
                "refund_line_unknown",
                format!("the refund names Amazon's line {}, which is none of this order", part.line),
                "refund it by hand in NetSuite, and settle it with Amazon",
                Who::Merchant,
            ));
        };
        if let Some(kit_part) = &line.part {
            return Err(Reason::new(
                "refund_of_kit_part",
                format!(
                    "{} units of item {}, a part of the kit on line {}, shall be refunded; a part is not credited as \
                     a whole kit",
                    part.quantity, kit_part.item, line.line
                ),
                "credit what is due by hand in NetSuite, and settle it with Amazon",
                Who::Merchant,
            ));
        }
        match asked.iter_mut().find(|asked| asked.sent.line == line.line) {
            Some(asked) => asked.units = asked.units.plus(part.quantity),
            None => asked.push(Asked { sent: line, units: part.quantity }),
        }
    }
    if asked.is_empty() {
        return Err(Reason::new(
            "refund_without_lines",
            "Amazon does not say which units the refund is for",
            "refund it by hand in NetSuite, and settle it with Amazon",
            Who::Merchant,
        ));
    }
    Ok(asked)
}

/// What the credits of a line say about units that were cancelled before they shipped.
pub(crate) struct Taken<'look> {
    /// Units of the line that another refund of Amazon's took back.
    pub(crate) by_refund: &'look dyn Fn(&AmazonRefund) -> Quantity,
    /// Units that were credited by hand, for no refund of Amazon's and no return.
    pub(crate) by_hand: Quantity,
    /// True when a person approved the refund.
    pub(crate) is_approved: bool,
}

/// How many units of a line to take back.
///
/// Units that were cancelled before they shipped are taken back only as far as they were billed: what was billed
/// beyond what ships, less what earlier refunds of cancelled units took back.
///
/// # Errors
/// A reason to park: units that shipped and are not billed yet, more units than were billed, or cancelled units that
/// may have been credited by hand.
pub(crate) fn billed_units(
    asked: &Asked<'_>,
    refund: &AmazonRefund,
    amazon: &AmazonOrder,
    order: &SalesOrder,
    standing: &LineStanding,
    taken: &Taken<'_>,
) -> Result<Quantity, Reason> {
    let line = asked.sent;
    let left = units_in(amazon, &line.amazon_line, Package::has_left);
    let cancelled = units_in(amazon, &line.amazon_line, is_cancelled_unsent);
    let covered = !cancelled.is_zero() && cancelled >= asked.units;
    let never_left = left.is_zero() && covered;
    // a parcel that left and came to nothing is refunded like one that came back, whatever the reason's word
    let by_reason = is_cancellation(refund, amazon) && (left.is_zero() || covered);
    let claims = claims(amazon, &line.amazon_line, cancelled);
    if by_reason || never_left || claims.contains(&&refund.id) {
        let cancelled = cancelled.max(asked.units);
        let ships = line.quantity.minus(cancelled).max(left).to_decimal();
        let others = amazon.refunds.iter().filter(|other| other.id != refund.id && other.alias.is_none());
        let earlier: Quantity = others
            .filter(|other| never_left || is_cancellation(other, amazon) || claims.contains(&&other.id))
            .map(taken.by_refund)
            .sum();
        let beyond = (standing.billed - ships).max(Decimal::ZERO);
        let beyond = Quantity(beyond.trunc().to_u32().unwrap_or(u32::MAX)).minus(earlier);
        let due = asked.units.min(beyond);
        let certain = due.min(beyond.minus(taken.by_hand));
        return match certain == due || left.is_zero() {
            true => Ok(certain),
            false if taken.is_approved => Ok(due),
            false => Err(credited_by_hand(asked, taken.by_hand)),
        };
    }
    if standing.refunded + asked.units.to_decimal() > standing.billed {
        let fulfilled = order.lines.iter().find(|known| known.line == line.line);
        let fulfilled = fulfilled.map_or(Decimal::ZERO, |line| line.quantity_fulfilled);
        let shipped = left.to_decimal().max(fulfilled);
        if shipped.is_zero() || standing.billed < shipped {
            return Err(not_billed_yet(asked, standing, shipped));
        }
    }
    Ok(asked.units)
}

fn units_in(amazon: &AmazonOrder, line: &AmazonLineId, counts: fn(&Package) -> bool) -> Quantity {
    let packages = amazon.packages.iter().filter(|package| counts(package));
    let contents = packages.flat_map(|package| &package.contents);
    contents.filter(|part| part.line == *line).map(|part| part.quantity).sum()
}

/// True for a package that was cancelled before it left.
fn is_cancelled_unsent(package: &Package) -> bool {
    package.state == PackageState::Cancelled && !package.is_undeliverable()
}

/// The refunds that are for a line's cancelled units: those that say so, and as far as units are left, the oldest of
/// those that do not say that goods were sent.
fn claims<'look>(
    amazon: &'look AmazonOrder,
    line: &AmazonLineId,
    cancelled: Quantity,
) -> Vec<&'look RefundId> {
    let on_its_way =
        units_in(amazon, line, |package| package.has_left() && package.state != PackageState::Delivered);
    let units = |refund: &AmazonRefund| -> Quantity {
        let parts = refund.lines.iter().filter(|part| part.line == *line);
        parts.map(|part| part.quantity).sum()
    };
    let counts = |refund: &&AmazonRefund| {
        refund.alias.is_none() && refund.state != RefundState::Rejected && !units(refund).is_zero()
    };
    let mut refunds: Vec<&AmazonRefund> = amazon.refunds.iter().filter(counts).collect();
    refunds.sort_by_key(|refund| (!is_cancellation(refund, amazon), refund.created_at, &refund.id));
    let mut left = cancelled;
    let mut claims = Vec::new();
    for refund in refunds {
        let says_sent = match refund.request_reason.as_deref() {
            Some("NOT_DELIVERED") => !on_its_way.is_zero(),
            Some(word) => SENT.contains(&word),
            None => false,
        };
        let is_for = is_cancellation(refund, amazon) || !says_sent;
        if is_for && units(refund) <= left {
            left = left.minus(units(refund));
            claims.push(&refund.id);
        }
    }
    claims
}

/// Amazon's words for refunds of goods that were sent.
const SENT: [&str; 13] = [
    "DAMAGED_DEFECTIVE_ITEM",
    "DELIVERED_NOT_RECEIVED",
    "DELIVERY_ISSUES",
    "EXPIRATION_DATE_PROBLEM",
    "FOOD_SAFETY_ISSUE",
    "ITEM_MISSING",
    "LOST_IN_TRANSIT",
    "RECEIVED_ITEM_TOO_LATE",
    "RETURN_DROPPED_OFF_PICKED_UP",
    "RETURN_NO_SCAN",
    "RETURN_RECEIVED",
    "RETURN_RELATED_ERROR",
    "WRONG_ITEM_RECEIVED",
];

/// True for a refund that Amazon asks for because units were cancelled before they shipped.
fn is_cancellation(refund: &AmazonRefund, amazon: &AmazonOrder) -> bool {
    refund.request_reason.as_deref() == Some("CANCELLED_ORDER")
        || amazon.cancellations.iter().any(|cancellation| cancellation.refunds.contains(&refund.id))
}

fn credited_by_hand(asked: &Asked<'_>, by_hand: Quantity) -> Reason {
    Reason::new(
        "refund_credited_by_hand",
        format!(
            "line {}: {} cancelled units shall be refunded, and {by_hand} units were credited by hand; whether for \
             these cannot be told",
            asked.sent.line, asked.units
        ),
        "if they were credited for these, reject the refund as REFUND_ALREADY_PROCESSED; if for others, approve it",
        Who::Merchant,
    )
}

fn not_billed_yet(asked: &Asked<'_>, standing: &LineStanding, shipped: Decimal) -> Reason {
    Reason::new(
        "order_not_billed_yet",
        format!(
            "line {}: {} units shall be refunded after {}; {shipped} shipped, {} are billed",
            asked.sent.line, asked.units, standing.refunded, standing.billed
        ),
        "bill the order; the refund then goes on by itself",
        Who::Merchant,
    )
}
