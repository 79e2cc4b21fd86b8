//! What happens to packages between the warehouse and the shopper.
//!
//! Source: Buy with Prime, `change-the-state-of-an-outbound-package-in-the-sandbox`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::events::Happening;
use super::order::{CancellationReason, Content, ExecutionState, Order, Package, PackageState};
use super::returns::ReturnPackageState;
use super::state::State;
use super::tracking::{Milestone, MilestoneCode, Place, Tracker};

/// Why the state of the pretend Amazon cannot be moved as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoveError {
    /// No order with this id.
    #[error("no order {0}")]
    UnknownOrder(String),
    /// The order has no package with this id.
    #[error("no package {0}")]
    UnknownPackage(String),
    /// No parcel has this tracking number.
    #[error("no parcel with tracking number {0}")]
    UnknownTrackingNumber(String),
    /// Another parcel has this tracking number.
    #[error("tracking number {0} is in use")]
    TrackingNumberInUse(String),
    /// The package is not in a state from which it can go there.
    #[error("a package that is {from:?} cannot become {to:?}")]
    Transition {
        /// Where it is.
        from: PackageState,
        /// Where it was to go.
        to: PackageState,
    },
    /// The order is not released.
    #[error("order {0} is on hold")]
    OnHold(String),
    /// The parts do not add up to the package, or the units are not there.
    #[error("the units do not add up")]
    Contents,
    /// No SKU of this name is stocked.
    #[error("no stock of {0}")]
    UnknownSku(String),
    /// Not as many units are there, or orders hold them.
    #[error("not enough units of {0}")]
    OutOfStock(String),
    /// No cancellation of the order has this id.
    #[error("no cancellation {0}")]
    UnknownCancellation(String),
    /// The cancellation has its outcome already.
    #[error("cancellation {0} is settled")]
    Settled(String),
    /// A package of the order is not pending, or it has none.
    #[error("order {0} cannot be cancelled as a whole")]
    NotCancellable(String),
    /// The order has no return with this id.
    #[error("no return {0}")]
    UnknownReturn(String),
    /// The return is completed or cancelled.
    #[error("return {0} has ended")]
    ReturnEnded(String),
    /// The merchant made the return; Amazon has no part in it.
    #[error("return {0} was made outside Amazon")]
    ExternalReturn(String),
    /// The return package is not in a state from which it can go there.
    #[error("a return package that is {from:?} cannot become {to:?}")]
    ReturnTransition {
        /// Where it is.
        from: ReturnPackageState,
        /// Where it was to go.
        to: ReturnPackageState,
    },
    /// The reason does not fit the package's state.
    #[error("a package that is {from:?} is not cancelled with {reason:?}")]
    Reason {
        /// Where it is.
        from: PackageState,
        /// The reason given.
        reason: CancellationReason,
    },
}

pub(crate) type Moved<T = ()> = Result<(T, Vec<Happening>), MoveError>;

impl State {
    /// Releases a pending package into several pending ones with new ids.
    pub(crate) fn split(
        &mut self,
        order_id: &str,
        package_id: &str,
        parts: Vec<Vec<Content>>,
        now: DateTime<Utc>,
    ) -> Moved<Vec<String>> {
        let package = self.package(order_id, package_id)?;
        if package.state != PackageState::Pending {
            return Err(MoveError::Transition { from: package.state, to: PackageState::Pending });
        }
        let whole = totals(&package.contents);
        let complete = parts
            .iter()
            .all(|part| !part.is_empty() && part.iter().all(|content| content.quantity > Decimal::ZERO));
        if !complete || whole != totals(parts.iter().flatten()) {
            return Err(MoveError::Contents);
        }
        let parts: Vec<Package> = parts.into_iter().map(|contents| self.pending_package(contents)).collect();
        let ids = parts.iter().map(|part| part.id.clone()).collect();
        let order = self.order_to_change(order_id, now)?;
        if let Some(position) = order.packages.iter().position(|package| package.id == package_id) {
            order.packages.splice(position..=position, parts);
        }
        Ok((ids, Vec::new()))
    }

    /// Hands a pending package to a carrier; the tracking number may come later.
    pub(crate) fn ship(
        &mut self,
        order_id: &str,
        package_id: &str,
        tracking: Option<(&str, &str)>,
        now: DateTime<Utc>,
    ) -> Moved {
        let order = self.order(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        if order.execution == ExecutionState::NotStarted {
            return Err(MoveError::OnHold(order_id.to_owned()));
        }
        let package = self.package(order_id, package_id)?;
        let (from, contents) = (package.state, package.contents.clone());
        if from != PackageState::Pending {
            return Err(MoveError::Transition { from, to: PackageState::InTransit });
        }
        let tracker = match tracking {
            Some((carrier, number)) => Some(self.new_tracker(carrier, number, now)?),
            None => None,
        };
        self.stock.leave(&contents, now)?;
        let package = self.package_to_change(order_id, package_id, now)?;
        package.state = PackageState::InTransit;
        package.tracker = tracker;
        Ok(((), vec![Happening::package("PACKAGE_DELIVERY_IN_TRANSIT", order_id, package_id)]))
    }

    /// Gives a shipped package its tracking number, or another one. Milestones move along.
    ///
    /// Which event Amazon sends then is not published; here the package's shipping event comes again,
    /// since an event about the new number alone could not be matched to an order.
    pub(crate) fn change_tracking_number(
        &mut self,
        order_id: &str,
        package_id: &str,
        carrier: &str,
        number: &str,
        now: DateTime<Utc>,
    ) -> Moved {
        let from = self.package(order_id, package_id)?.state;
        if from != PackageState::InTransit {
            return Err(MoveError::Transition { from, to: PackageState::InTransit });
        }
        let mut tracker = self.new_tracker(carrier, number, now)?;
        let package = self.package_to_change(order_id, package_id, now)?;
        let former = package.tracker.take();
        if let Some(former) = &former {
            tracker.milestones.clone_from(&former.milestones);
        }
        package.tracker = Some(tracker);
        self.former_trackers.extend(former);
        Ok(((), vec![Happening::package("PACKAGE_DELIVERY_IN_TRANSIT", order_id, package_id)]))
    }

    /// Adds to a parcel's story. `DELIVERED` and `UNDELIVERABLE` also end the package's journey.
    pub(crate) fn milestone(
        &mut self,
        tracking_number: &str,
        code: MilestoneCode,
        place: Option<Place>,
        occurred_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Moved {
        let unknown = || MoveError::UnknownTrackingNumber(tracking_number.to_owned());
        let carries = |package: &Package| {
            package.tracker.as_ref().is_some_and(|tracker| tracker.tracking_number == tracking_number)
        };
        let (order_id, package_id) = self
            .orders()
            .iter()
            .find_map(|order| {
                let package = order.packages.iter().find(|package| carries(package))?;
                Some((order.id.clone(), package.id.clone()))
            })
            .ok_or_else(unknown)?;
        let package = self.package_to_change(&order_id, &package_id, now)?;
        let tracker = package.tracker.as_mut().ok_or_else(unknown)?;
        tracker.add(Milestone { code, place, occurred_at });
        let mut happened = vec![Happening::tracker(&tracker.carrier_code, tracking_number)];
        if package.state == PackageState::InTransit {
            let (state, event) = match code {
                MilestoneCode::Delivered => (PackageState::Delivered, "PACKAGE_DELIVERED"),
                MilestoneCode::Undeliverable => {
                    let reason = CancellationReason::Undeliverable;
                    happened.extend(self.end_package(&order_id, &package_id, reason, None, now)?);
                    return Ok(((), happened));
                }
                _ => return Ok(((), happened)),
            };
            package.state = state;
            happened.push(Happening::package(event, &order_id, &package_id));
        }
        Ok(((), happened))
    }

    /// Delivers a package, with the milestone that says so if the parcel is tracked.
    pub(crate) fn deliver(&mut self, order_id: &str, package_id: &str, now: DateTime<Utc>) -> Moved {
        let package = self.package_to_change(order_id, package_id, now)?;
        if package.state != PackageState::InTransit {
            return Err(MoveError::Transition { from: package.state, to: PackageState::Delivered });
        }
        package.state = PackageState::Delivered;
        let mut happened = Vec::new();
        if let Some(tracker) = &mut package.tracker {
            let code = MilestoneCode::Delivered;
            tracker.add(Milestone { code, place: None, occurred_at: now });
            happened.push(Happening::tracker(&tracker.carrier_code, &tracker.tracking_number));
        }
        happened.push(Happening::package("PACKAGE_DELIVERED", order_id, package_id));
        Ok(((), happened))
    }

    /// Cancels a package: before shipping as requested or unfulfillable, on the way as undeliverable.
    pub(crate) fn cancel_package(
        &mut self,
        order_id: &str,
        package_id: &str,
        reason: CancellationReason,
        now: DateTime<Utc>,
    ) -> Moved {
        let from = self.package(order_id, package_id)?.state;
        let fits = match from {
            PackageState::Pending => reason != CancellationReason::Undeliverable,
            PackageState::InTransit => reason == CancellationReason::Undeliverable,
            PackageState::Delivered | PackageState::Cancelled => {
                return Err(MoveError::Transition { from, to: PackageState::Cancelled });
            }
        };
        if !fits {
            return Err(MoveError::Reason { from, reason });
        }
        Ok(((), self.end_package(order_id, package_id, reason, None, now)?))
    }

    /// Cancels some units of a pending package, which splits for it; returns the id of the cancelled part.
    pub(crate) fn cancel_units(
        &mut self,
        order_id: &str,
        package_id: &str,
        units: Vec<Content>,
        reason: CancellationReason,
        now: DateTime<Utc>,
    ) -> Moved<String> {
        let package = self.package(order_id, package_id)?;
        let from = package.state;
        let cancelled = totals(&units);
        let rest = totals(&package.contents).into_iter().map(|(line_id, quantity)| {
            let quantity = quantity - cancelled.get(line_id).copied().unwrap_or_default();
            Content { line_id: line_id.to_owned(), quantity }
        });
        let rest: Vec<Content> = rest.filter(|content| !content.quantity.is_zero()).collect();
        if rest.is_empty() && cancelled == totals(&package.contents) {
            let ((), happened) = self.cancel_package(order_id, package_id, reason, now)?;
            return Ok((package_id.to_owned(), happened));
        }
        if from != PackageState::Pending {
            return Err(MoveError::Transition { from, to: PackageState::Cancelled });
        }
        if reason == CancellationReason::Undeliverable {
            return Err(MoveError::Reason { from, reason });
        }
        let (parts, _) = self.split(order_id, package_id, vec![units, rest], now)?;
        let cancelled = parts.into_iter().next().unwrap_or_default();
        let ((), happened) = self.cancel_package(order_id, &cancelled, reason, now)?;
        Ok((cancelled, happened))
    }

    /// Ends a package's journey, with the refund request that this brings with it.
    pub(crate) fn end_package(
        &mut self,
        order_id: &str,
        package_id: &str,
        reason: CancellationReason,
        cancellation_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Happening>, MoveError> {
        let package = self.package_to_change(order_id, package_id, now)?;
        let in_house = package.state == PackageState::Pending;
        package.state = PackageState::Cancelled;
        package.reason = Some(reason);
        let contents = package.contents.clone();
        if in_house {
            self.stock.release(&contents, self.habits.short_units, now);
        }
        let mut happened = vec![Happening::package("PACKAGE_DELIVERY_CANCELLED", order_id, package_id)];
        happened.extend(self.refund_cancelled(order_id, contents, reason, cancellation_id, now)?);
        Ok(happened)
    }

    pub(crate) fn new_tracker(
        &self,
        carrier: &str,
        number: &str,
        now: DateTime<Utc>,
    ) -> Result<Tracker, MoveError> {
        let carrier = carrier.to_ascii_lowercase();
        match self.tracker(&carrier, number, now) {
            Some(_) => Err(MoveError::TrackingNumberInUse(number.to_owned())),
            None => Ok(Tracker::new(&carrier, number, now)),
        }
    }

    fn package(&self, order_id: &str, package_id: &str) -> Result<&Package, MoveError> {
        let order = self.order(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        let mut packages = order.packages.iter();
        packages
            .find(|package| package.id == package_id)
            .ok_or_else(|| MoveError::UnknownPackage(package_id.to_owned()))
    }

    pub(crate) fn order_to_change(
        &mut self,
        order_id: &str,
        now: DateTime<Utc>,
    ) -> Result<&mut Order, MoveError> {
        let order = self.order_mut(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        order.updated_at = now;
        Ok(order)
    }

    fn package_to_change(
        &mut self,
        order_id: &str,
        package_id: &str,
        now: DateTime<Utc>,
    ) -> Result<&mut Package, MoveError> {
        let mut packages = self.order_to_change(order_id, now)?.packages.iter_mut();
        packages
            .find(|package| package.id == package_id)
            .ok_or_else(|| MoveError::UnknownPackage(package_id.to_owned()))
    }
}

/// Units per line.
pub(crate) fn totals<'a>(contents: impl IntoIterator<Item = &'a Content>) -> BTreeMap<&'a str, Decimal> {
    let mut totals = BTreeMap::new();
    for Content { line_id, quantity } in contents {
        *totals.entry(line_id.as_str()).or_insert(Decimal::ZERO) += *quantity;
    }
    totals
}
