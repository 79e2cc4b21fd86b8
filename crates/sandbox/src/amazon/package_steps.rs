//! The handle to packages: each step sends the events that Amazon would send.

use chrono::{DateTime, Utc};

use super::{Amazon, CancellationReason, Content, MilestoneCode, MoveError, Place};

/// Packages.
impl Amazon {
    /// Releases a pending package into several pending ones; returns their new ids.
    ///
    /// # Errors
    /// [`MoveError`] when the package is not pending or the parts do not add up to it.
    pub fn split(
        &self,
        order_id: &str,
        package_id: &str,
        parts: Vec<Vec<Content>>,
    ) -> Result<Vec<String>, MoveError> {
        self.moved(|state, now| state.split(order_id, package_id, parts, now))
    }

    /// Hands a pending package to a carrier under a tracking number.
    ///
    /// # Errors
    /// [`MoveError`] when the package is not pending, the order on hold or the number in use.
    pub fn ship(
        &self,
        order_id: &str,
        package_id: &str,
        carrier_code: &str,
        tracking_number: &str,
    ) -> Result<(), MoveError> {
        let tracking = Some((carrier_code, tracking_number));
        self.moved(|state, now| state.ship(order_id, package_id, tracking, now))
    }

    /// Hands a pending package to a carrier that has no number for it yet.
    ///
    /// # Errors
    /// [`MoveError`] when the package is not pending or the order on hold.
    pub fn ship_without_tracking(&self, order_id: &str, package_id: &str) -> Result<(), MoveError> {
        self.moved(|state, now| state.ship(order_id, package_id, None, now))
    }

    /// Gives a package in transit its tracking number, or another one in place of the old.
    ///
    /// # Errors
    /// [`MoveError`] when the package is not in transit or the number in use.
    pub fn change_tracking_number(
        &self,
        order_id: &str,
        package_id: &str,
        carrier_code: &str,
        tracking_number: &str,
    ) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.change_tracking_number(order_id, package_id, carrier_code, tracking_number, now)
        })
    }

    /// Adds a milestone to a parcel; now, if `occurred_at` is not given. `Delivered` and
    /// `Undeliverable` also end the package's journey.
    ///
    /// # Errors
    /// [`MoveError::UnknownTrackingNumber`].
    pub fn milestone(
        &self,
        tracking_number: &str,
        code: MilestoneCode,
        place: Option<Place>,
        occurred_at: Option<DateTime<Utc>>,
    ) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.milestone(tracking_number, code, place, occurred_at.unwrap_or(now), now)
        })
    }

    /// Delivers a package in transit.
    ///
    /// # Errors
    /// [`MoveError`] when it is not in transit.
    pub fn deliver(&self, order_id: &str, package_id: &str) -> Result<(), MoveError> {
        self.moved(|state, now| state.deliver(order_id, package_id, now))
    }

    /// Cancels a package; [`Habits::refund_with_cancelled_package`](super::Habits::refund_with_cancelled_package) says whether a refund is asked for.
    ///
    /// # Errors
    /// [`MoveError`] when its state does not allow it or the reason does not fit.
    pub fn cancel_package(
        &self,
        order_id: &str,
        package_id: &str,
        reason: CancellationReason,
    ) -> Result<(), MoveError> {
        self.moved(|state, now| state.cancel_package(order_id, package_id, reason, now))
    }

    /// Cancels some units of a pending package, which splits for it; returns the id of the cancelled part.
    /// Given all units, it cancels the package as it stands.
    ///
    /// # Errors
    /// [`MoveError`] when the package is not pending, does not hold the units or the reason does not fit.
    pub fn cancel_units(
        &self,
        order_id: &str,
        package_id: &str,
        units: Vec<Content>,
        reason: CancellationReason,
    ) -> Result<String, MoveError> {
        self.moved(|state, now| state.cancel_units(order_id, package_id, units, reason, now))
    }
}
