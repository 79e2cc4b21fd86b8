//! What must happen with the packages of an order, decided from what is known. Pure.

use std::collections::HashMap;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::time::posting_date;
use amz_domain::{
    AmazonOrder, DeliveryMarks, ExternalId, LineNumber, Package, PackageId, PackageTracker, Quantity,
    SalesOrder, SalesOrderStatus, TrackerKey,
};
use chrono::{DateTime, Utc};

use super::kits::{KitStanding, WholeKits, needs_person, open_kits, standings};
use super::marks::{difference, is_news, marks, merged};
use crate::link::{AppliedPackage, SentOrder, TrackerLink};
use crate::parking::{Reason, Who};
use crate::ports::netsuite::{ItemFulfillmentPatch, NewItemFulfillment, TrackingChange};
use crate::settings::ServiceSettings;

/// What else must be read before a plan can be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The sales order.
    pub sales_order: bool,
    /// These trackers.
    pub trackers: Vec<TrackerKey>,
    /// Trackers to remember first, so that their events find this order.
    pub links: Vec<TrackerLink>,
}

/// Decides what must be read: nothing for a repeat or a stale event.
///
/// `asked` are trackers whose events are waiting, `known` are the trackers of the lane.
pub fn needs(
    amazon: &AmazonOrder,
    sent: &SentOrder,
    applied: &[AppliedPackage],
    known: &[TrackerLink],
    asked: &[TrackerKey],
) -> Needs {
    let kits = WholeKits::count(amazon, sent, applied);
    let mut needs = Needs { sales_order: needs_person(amazon, sent), ..Needs::default() };
    for package in &amazon.packages {
        let before = applied.iter().find(|applied| applied.package == package.id);
        let ships = package.has_left();
        let loose = before.is_none() && kits.is_loose(package, sent);
        needs.sales_order |= ships && before.is_none() && !loose;
        let Some(tracker) = package.tracker.as_ref().filter(|_| ships) else { continue };
        let link = TrackerLink { tracker: tracker.clone(), package: package.id.clone() };
        if !known.contains(&link) {
            needs.links.push(link);
        }
        let news = before
            .is_none_or(|before| is_news(&before.marks, package) || before.tracker.as_ref() != Some(tracker));
        if !loose && (news || asked.contains(tracker)) {
            needs.trackers.push(tracker.clone());
        }
    }
    needs
}

/// What is known of an order's packages.
#[derive(Debug, Clone, Copy)]
pub struct FulfillmentFacts<'facts> {
    /// Amazon's order as just read.
    pub amazon: &'facts AmazonOrder,
    /// What Amazon has from us.
    pub sent: &'facts SentOrder,
    /// Packages that have their item fulfilment.
    pub applied: &'facts [AppliedPackage],
    /// The sales order, when [`needs`] asked for it.
    pub sales_order: Option<&'facts SalesOrder>,
    /// The trackers, as far as they could be read.
    pub trackers: &'facts HashMap<TrackerKey, PackageTracker>,
    /// How the merchant wants it.
    pub settings: &'facts ServiceSettings,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Everything that must happen with an order's packages, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FulfillmentPlan {
    /// Steps per package.
    pub steps: Vec<FulfillmentStep>,
    /// How the kits stand that were sent as their parts.
    pub kits: Vec<KitStanding>,
    /// Packages of parts that make no kit whole: they need nothing in NetSuite.
    pub loose: Vec<PackageId>,
}

impl FulfillmentStep {
    /// The package it is for.
    pub fn package(&self) -> &PackageId {
        match self {
            Self::Create { fulfillment, .. } => &fulfillment.package,
            Self::Patch { after, .. } => &after.package,
            Self::Park { package, .. } => package,
        }
    }
}

/// One step for one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FulfillmentStep {
    /// Make its item fulfilment.
    Create {
        /// What NetSuite gets.
        fulfillment: Box<NewItemFulfillment>,
        /// Its tracker.
        tracker: Option<TrackerKey>,
        /// Why NetSuite would not take it now. An earlier try whose answer was lost may have made it all the
        /// same, and then uses up the units that seem to be missing: it is settled before this is parked.
        obstacle: Option<Reason>,
    },
    /// Bring its item fulfilment up to date.
    Patch {
        /// What the fulfilment says afterwards.
        after: Box<AppliedPackage>,
        /// What to write.
        patch: ItemFulfillmentPatch,
    },
    /// A person must look at this package.
    Park {
        /// The package.
        package: PackageId,
        /// Why.
        reason: Reason,
    },
}

/// Decides what must happen with the packages of an order.
pub fn plan(facts: FulfillmentFacts<'_>) -> FulfillmentPlan {
    let mut plan = FulfillmentPlan::default();
    let kits = WholeKits::count(facts.amazon, facts.sent, facts.applied);
    let mut open: HashMap<LineNumber, Quantity> =
        facts.sales_order.map(|order| open_units(&facts, order)).unwrap_or_default();
    for package in &facts.amazon.packages {
        let tracker = package.tracker.as_ref().and_then(|key| facts.trackers.get(key));
        match facts.applied.iter().find(|applied| applied.package == package.id) {
            Some(before) => plan.steps.extend(update(before, package, tracker)),
            None if package.has_left() && kits.is_loose(package, facts.sent) => {
                plan.loose.push(package.id.clone());
            }
            None if package.has_left() => match create(&facts, package, tracker, &kits, &mut open) {
                Ok((fulfillment, obstacle)) => plan.steps.push(FulfillmentStep::Create {
                    fulfillment: Box::new(fulfillment),
                    tracker: package.tracker.clone(),
                    obstacle,
                }),
                Err(reason) => {
                    plan.steps.push(FulfillmentStep::Park { package: package.id.clone(), reason });
                }
            },
            None => {}
        }
    }
    plan.kits = standings(facts.amazon, facts.sent, facts.sales_order);
    plan
}

/// Decides what a tracker's news means for its package, without a look at Amazon's order.
pub fn plan_tracker(before: &AppliedPackage, tracker: &PackageTracker) -> Option<FulfillmentStep> {
    let after = marks(&before.marks, None, None, Some(tracker));
    patch_step(before, AppliedPackage { marks: after, ..before.clone() }, None)
}

/// Decides what a fulfilment that an earlier try made must still be told: less may have been known then.
pub(super) fn catch_up(
    held: &AppliedPackage,
    wanted: &NewItemFulfillment,
    key: Option<&TrackerKey>,
) -> Option<FulfillmentStep> {
    let after = AppliedPackage {
        tracker: key.cloned().or_else(|| held.tracker.clone()),
        marks: merged(&held.marks, wanted.marks.clone()),
        ..held.clone()
    };
    let tracking = tracking_change(held.tracker.as_ref(), key);
    patch_step(held, after, tracking)
}

fn update(
    before: &AppliedPackage,
    package: &Package,
    tracker: Option<&PackageTracker>,
) -> Option<FulfillmentStep> {
    let key = package.tracker.as_ref().or(before.tracker.as_ref());
    let news = is_news(&before.marks, package).then_some(&package.state);
    let after = AppliedPackage {
        package: before.package.clone(),
        fulfillment: before.fulfillment.clone(),
        tracker: key.cloned(),
        marks: marks(&before.marks, news, key, tracker),
        lines: before.lines.clone(),
    };
    patch_step(before, after, tracking_change(before.tracker.as_ref(), key))
}

fn tracking_change(before: Option<&TrackerKey>, now: Option<&TrackerKey>) -> Option<TrackingChange> {
    let (old, new) = (before.map(|key| &key.number), &now?.number);
    (old != Some(new)).then(|| TrackingChange { number: new.clone(), replaces: old.cloned() })
}

fn patch_step(
    before: &AppliedPackage,
    after: AppliedPackage,
    tracking: Option<TrackingChange>,
) -> Option<FulfillmentStep> {
    let patch = ItemFulfillmentPatch { tracking, marks: difference(&before.marks, &after.marks) };
    (patch != ItemFulfillmentPatch::default())
        .then(|| FulfillmentStep::Patch { after: Box::new(after), patch })
}

fn create(
    facts: &FulfillmentFacts<'_>,
    package: &Package,
    tracker: Option<&PackageTracker>,
    kits: &WholeKits,
    open: &mut HashMap<LineNumber, Quantity>,
) -> Result<(NewItemFulfillment, Option<Reason>), Reason> {
    let FulfillmentFacts { amazon, sent, applied: _, sales_order, trackers: _, settings, now } = *facts;
    let order = sales_order.ok_or_else(|| unshippable("the sales order could not be read".to_owned()))?;
    let lines = contents(package, sent, kits)?;
    let obstacle = obstacle(order, package, &lines, open);
    if obstacle.is_none() {
        for part in &lines {
            open.entry(part.order_line).and_modify(|units| *units = units.minus(part.quantity));
        }
    }
    let goods = order.lines.iter().filter(|line| line.kind.is_goods()).map(|line| line.line);
    let left_out = goods.filter(|number| !lines.iter().any(|part| part.order_line == *number)).collect();
    let shipped_at = tracker
        .and_then(|tracker| tracker.milestones.iter().filter_map(|milestone| milestone.occurred_at).min());
    let fulfillment = NewItemFulfillment {
        sales_order: order.id.clone(),
        external_id: ExternalId::of_fulfillment(&package.id),
        package: package.id.clone(),
        amazon_order: amazon.id.clone(),
        date: posting_date(shipped_at.unwrap_or(now), &settings.timezone),
        lines,
        left_out,
        location: settings.amazon_location.clone(),
        tracking_number: package.tracker.as_ref().map(|key| key.number.clone()),
        marks: marks(&DeliveryMarks::default(), Some(&package.state), package.tracker.as_ref(), tracker),
    };
    Ok((fulfillment, obstacle))
}

/// Why NetSuite would not take a fulfilment of these lines.
fn obstacle(
    order: &SalesOrder,
    package: &Package,
    lines: &[FulfilledLine],
    open: &HashMap<LineNumber, Quantity>,
) -> Option<Reason> {
    if matches!(
        order.status,
        SalesOrderStatus::PendingApproval | SalesOrderStatus::Cancelled | SalesOrderStatus::Closed
    ) {
        return Some(unshippable(format!("the sales order has status {}", order.status)));
    }
    lines.iter().find_map(|part| {
        let units = open.get(&part.order_line).copied().unwrap_or_default();
        (units < part.quantity).then(|| {
            unshippable(format!(
                "package {} holds {} units of line {}, but only {units} of it are open",
                package.id, part.quantity, part.order_line
            ))
        })
    })
}

/// What is in a package, in terms of NetSuite's lines: of kits that were sent as their parts, the kits that it makes
/// whole.
fn contents(package: &Package, sent: &SentOrder, kits: &WholeKits) -> Result<Vec<FulfilledLine>, Reason> {
    let mut lines: Vec<FulfilledLine> = kits.of(package).to_vec();
    for part in package.contents.iter().filter(|part| !part.quantity.is_zero()) {
        let line = sent.lines.iter().find(|line| line.amazon_line == part.line).ok_or_else(|| {
            unshippable(format!(
                "package {} holds the line {}, which is none of the order's lines",
                package.id, part.line
            ))
        })?;
        if line.part.is_some() {
            continue;
        }
        match lines.iter_mut().find(|known| known.order_line == line.line) {
            Some(known) => known.quantity = known.quantity.plus(part.quantity),
            None => lines.push(FulfilledLine { order_line: line.line, quantity: part.quantity }),
        }
    }
    if lines.is_empty() {
        return Err(unshippable(format!("Amazon does not say what is in package {}", package.id)));
    }
    Ok(lines)
}

fn open_units(facts: &FulfillmentFacts<'_>, order: &SalesOrder) -> HashMap<LineNumber, Quantity> {
    let kits = open_kits(facts.amazon, facts.sent, facts.applied, order);
    let open = order.lines.iter().filter(|line| line.kind.is_goods() && !line.is_closed);
    open.map(|line| {
        (line.line, Quantity::try_from(line.quantity - line.quantity_fulfilled).unwrap_or_default())
    })
    .chain(kits)
    .collect()
}

fn unshippable(cause: String) -> Reason {
    Reason::new(
        "shipment_does_not_fit",
        format!("Amazon shipped, but NetSuite cannot take the fulfilment: {cause}"),
        "bring the sales order in line with what Amazon shipped (reopen or correct the line), then retry",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "plan_tests/mod.rs"]
mod tests;
