//! Which item receipt comes next for a return, and of which units. Pure.
//!
//! Amazon grades per order line, and parcels hold units: what was graded is handed out to the parcels one by one, in a
//! fixed order, less what earlier receipts took. A unit is received once at most, whatever Amazon says twice.

use amz_domain::{
    AmazonLineId, AmazonReturn, ExternalId, ItemCondition, LocationId, Quantity, ReturnPackage,
    ReturnPackageId, ReturnPackageState, ReturnState,
};

use super::grades::{Pool, lines, pools};
use crate::link::{ReceivedUnits, ReturnLink};
use crate::parking::{Reason, Who};
use crate::settings::{ReceiveOn, ServiceSettings};

/// Where units are received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Where they can be sold from.
    Return,
    /// Where they cannot.
    Damaged,
}

impl Place {
    fn takes(self, condition: Option<&ItemCondition>) -> bool {
        let sellable = matches!(condition, None | Some(ItemCondition::Sellable));
        sellable == (self == Self::Return)
    }
}

/// An item receipt that shall be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlannedReceipt {
    /// Our external id.
    pub(super) external_id: ExternalId,
    /// The parcel; absent when Amazon does not say what came in which.
    pub(super) package: Option<ReturnPackageId>,
    /// Which kind of place.
    pub(super) place: Place,
    /// Which place.
    pub(super) location: Option<LocationId>,
    /// What it takes in.
    pub(super) units: Vec<ReceivedUnits>,
}

/// What was found about receipts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReceiptPlan {
    /// The next one to make.
    pub(super) next: Option<PlannedReceipt>,
    /// Why others cannot be made.
    pub(super) doubts: Vec<Reason>,
}

/// Decides which receipt comes next.
pub(super) fn plan_receipts(
    amazon: &AmazonReturn,
    link: &ReturnLink,
    settings: &ServiceSettings,
) -> ReceiptPlan {
    let is_over = amazon.state == ReturnState::Completed;
    let mut plan = ReceiptPlan::default();
    let mut pools = pools(amazon, link);
    for parcel in parcels(amazon, link) {
        let arrived = match parcel.arrival {
            Arrival::Failed => continue,
            Arrival::Delivered => true,
            Arrival::Unnamed | Arrival::UnderWay | Arrival::PartlyDelivered => false,
        };
        // what was graded has arrived, whatever the parcel says
        let by_grade = settings.returns.receive_on == ReceiveOn::Graded || !arrived;
        let may_be_graded = arrived || is_over || parcel.arrival == Arrival::Unnamed;
        if by_grade && !may_be_graded {
            continue;
        }
        let Some(units) = parcel.take(link, &mut pools, by_grade, is_over) else { continue };
        let (sellable, others): (Vec<_>, Vec<_>) =
            units.into_iter().partition(|units| Place::Return.takes(units.condition.as_ref()));
        if !sellable.is_empty() {
            let location =
                settings.returns.return_location.clone().or_else(|| settings.amazon_location.clone());
            plan.next = Some(parcel.receipt(Place::Return, location, sellable));
            return plan;
        }
        if others.is_empty() {
            continue;
        }
        let Some(location) = settings.returns.damaged_location.clone() else {
            plan.doubts.push(no_damaged_location(amazon, &others));
            continue;
        };
        plan.next = Some(parcel.receipt(Place::Damaged, Some(location), others));
        return plan;
    }
    plan
}

/// All receipts that a return may have, for those whose answer was lost.
pub(super) fn possible_receipts(amazon: &AmazonReturn, link: &ReturnLink) -> Vec<PlannedReceipt> {
    let parcels = parcels(amazon, link);
    let whole = ReturnPackageId::new(amazon.id.as_str());
    let keys = amazon.packages.iter().map(|package| &package.id).chain(std::iter::once(&whole));
    let mut receipts = Vec::new();
    for key in keys {
        let single = Parcel {
            key: key.clone(),
            package: Some(key.clone()).filter(|key| *key != whole),
            contents: Vec::new(),
            arrival: Arrival::UnderWay,
        };
        let parcel = parcels.iter().find(|parcel| parcel.key == *key).unwrap_or(&single);
        for place in [Place::Return, Place::Damaged] {
            receipts.push(parcel.receipt(place, None, Vec::new()));
        }
    }
    receipts
}

/// The units that a receipt under one of our external ids took in, given what stands on it; `None` when that cannot be.
pub(super) fn adopted_units(
    amazon: &AmazonReturn,
    link: &ReturnLink,
    planned: &PlannedReceipt,
    held: &[(AmazonLineId, Quantity)],
) -> Option<Vec<ReceivedUnits>> {
    let planned_units = |line: &AmazonLineId| -> Quantity {
        planned.units.iter().filter(|units| units.amazon_line == *line).map(|units| units.quantity).sum()
    };
    let total = |units: &[ReceivedUnits]| -> Quantity { units.iter().map(|units| units.quantity).sum() };
    let held_total: Quantity = held.iter().map(|(_, quantity)| *quantity).sum();
    if held.iter().all(|(line, quantity)| planned_units(line) == *quantity)
        && held_total == total(&planned.units)
    {
        return Some(planned.units.clone());
    }
    let mut pools = pools(amazon, link);
    let mut units = Vec::new();
    for (line, quantity) in held {
        let pool = pools.iter_mut().find(|pool| pool.line == line && pool.left >= *quantity)?;
        let taken = pool.take_graded(*quantity, |condition| planned.place.takes(Some(condition)));
        let rest = quantity.minus(total(&taken));
        units.extend(taken);
        if !rest.is_zero() {
            // received before Amazon said what condition they are in
            (planned.place == Place::Return).then_some(())?;
            units.push(pool.take_ungraded(rest));
        }
    }
    Some(units)
}

/// Whether what is received together has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Amazon names no parcel.
    Unnamed,
    UnderWay,
    /// Some of the parcels are there, and none failed.
    PartlyDelivered,
    Delivered,
    Failed,
}

/// What is received together: one parcel, or those of which Amazon does not say what is in which.
pub(super) struct Parcel {
    /// What names its receipts.
    key: ReturnPackageId,
    package: Option<ReturnPackageId>,
    pub(super) contents: Vec<(AmazonLineId, Quantity)>,
    pub(super) arrival: Arrival,
}

/// The parcels of a return in a fixed order; those that were begun come first, so that what is left for them is not
/// given to others.
pub(super) fn parcels(amazon: &AmazonReturn, link: &ReturnLink) -> Vec<Parcel> {
    let mut packages: Vec<&ReturnPackage> = amazon.packages.iter().collect();
    packages.sort_by(|one, other| one.id.cmp(&other.id));
    let (told, untold): (Vec<&ReturnPackage>, Vec<&ReturnPackage>) = packages
        .into_iter()
        .partition(|package| package.contents.iter().any(|part| !part.quantity.is_zero()));
    let mut parcels: Vec<Parcel> = told
        .iter()
        .map(|package| {
            let mut contents: Vec<(AmazonLineId, Quantity)> = Vec::new();
            for part in &package.contents {
                match contents.iter_mut().find(|(line, _)| *line == part.line) {
                    Some((_, quantity)) => *quantity = quantity.plus(part.quantity),
                    None => contents.push((part.line.clone(), part.quantity)),
                }
            }
            Parcel {
                key: package.id.clone(),
                package: Some(package.id.clone()),
                contents,
                arrival: arrival(&[*package]),
            }
        })
        .collect();
    if !untold.is_empty() || told.is_empty() {
        let rest = lines(amazon).into_iter().map(|line| {
            let all: Quantity =
                amazon.lines.iter().filter(|seen| seen.line == *line).map(|seen| seen.quantity).sum();
            let told = parcels.iter().flat_map(|parcel| &parcel.contents);
            let elsewhere: Quantity = told.filter(|(told, _)| told == line).map(|(_, units)| *units).sum();
            (line.clone(), all.minus(elsewhere))
        });
        let contents = rest.collect();
        let first = untold.first().map(|package| package.id.clone());
        parcels.push(Parcel {
            key: first.clone().unwrap_or_else(|| ReturnPackageId::new(amazon.id.as_str())),
            package: first.filter(|_| untold.len() == 1),
            contents,
            arrival: arrival(&untold),
        });
    }
    parcels.sort_by_key(|parcel| !parcel.is_begun(link));
    parcels
}

fn arrival(packages: &[&ReturnPackage]) -> Arrival {
    let all = |state: &ReturnPackageState| packages.iter().all(|package| package.state == *state);
    let any = |state: &ReturnPackageState| packages.iter().any(|package| package.state == *state);
    if packages.is_empty() {
        Arrival::Unnamed
    } else if all(&ReturnPackageState::Delivered) {
        Arrival::Delivered
    } else if all(&ReturnPackageState::Failed) {
        Arrival::Failed
    } else if any(&ReturnPackageState::Delivered) && !any(&ReturnPackageState::Failed) {
        Arrival::PartlyDelivered
    } else {
        Arrival::UnderWay
    }
}

impl Parcel {
    fn external_id(&self, place: Place) -> ExternalId {
        match place {
            Place::Return => ExternalId::of_receipt(&self.key),
            Place::Damaged => ExternalId::of_damaged_receipt(&self.key),
        }
    }

    fn receipt(
        &self,
        place: Place,
        location: Option<LocationId>,
        units: Vec<ReceivedUnits>,
    ) -> PlannedReceipt {
        PlannedReceipt {
            external_id: self.external_id(place),
            package: self.package.clone(),
            place,
            location,
            units,
        }
    }

    fn is_received(&self, link: &ReturnLink, place: Place) -> bool {
        let external_id = self.external_id(place);
        link.receipts.iter().any(|receipt| receipt.external_id == external_id)
    }

    fn is_begun(&self, link: &ReturnLink) -> bool {
        self.is_received(link, Place::Return) || self.is_received(link, Place::Damaged)
    }

    /// Takes what is to be received of this parcel now out of the pools; `None` when it must wait.
    fn take(
        &self,
        link: &ReturnLink,
        pools: &mut [Pool<'_>],
        by_grade: bool,
        is_over: bool,
    ) -> Option<Vec<ReceivedUnits>> {
        // a receipt that is there is not made again
        let (no_more, no_more_damaged) =
            (self.is_received(link, Place::Return), self.is_received(link, Place::Damaged));
        let allowed = |condition: &ItemCondition| match condition {
            ItemCondition::Sellable => !no_more,
            _ => !no_more_damaged,
        };
        let ids = [self.external_id(Place::Return), self.external_id(Place::Damaged)];
        let here = link.receipts.iter().filter(|receipt| ids.contains(&receipt.external_id));
        let here: Vec<&ReceivedUnits> = here.flat_map(|receipt| &receipt.units).collect();
        let wanted = |pool: &Pool<'_>| -> Quantity {
            let contents = self.contents.iter().filter(|(line, _)| line == pool.line);
            let contents: Quantity = contents.map(|(_, units)| *units).sum();
            let taken: Quantity =
                here.iter().filter(|units| units.amazon_line == *pool.line).map(|units| units.quantity).sum();
            contents.minus(taken).min(pool.left)
        };
        if !by_grade {
            if no_more {
                return None;
            }
            let units = pools.iter_mut().map(|pool| {
                let quantity = wanted(pool);
                pool.take_ungraded(quantity)
            });
            return Some(units.filter(|units| !units.quantity.is_zero()).collect());
        }
        if !is_over && pools.iter().any(|pool| pool.graded(allowed) < wanted(pool)) {
            return None;
        }
        let units = pools.iter_mut().flat_map(|pool| {
            let quantity = wanted(pool);
            pool.take_graded(quantity, allowed)
        });
        Some(units.collect())
    }
}

fn no_damaged_location(amazon: &AmazonReturn, units: &[ReceivedUnits]) -> Reason {
    Reason::new(
        "damaged_location_missing",
        format!("return {} has units that cannot be sold: {}", amazon.id, listed(units.iter())),
        "set mapping.damaged_location to the location where they are received, then retry",
        Who::Operator,
    )
}

pub(super) fn listed<'units>(units: impl Iterator<Item = &'units ReceivedUnits>) -> String {
    let texts = units.map(|units| {
        let condition = units.condition.as_ref().map_or("not graded", ItemCondition::as_str);
        format!("{} of line {} {condition}", units.quantity, units.amazon_line)
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "receipts_tests.rs"]
mod tests;
