//! What of an order has left, as far as NetSuite knows too. Pure.

use std::borrow::Cow;

use amz_domain::{AmazonOrder, CancelReason, Package, PackageState};

use crate::link::Link;

/// Amazon's order in which every package that stands on an item fulfilment has left.
///
/// Of a package that came to nothing Amazon may give no reason, or one that is not known: that it stands on an item
/// fulfilment says that it shipped, and its units were not cancelled before shipping.
pub(crate) fn as_shipped<'amazon>(amazon: &'amazon AmazonOrder, links: &[Link]) -> Cow<'amazon, AmazonOrder> {
    let is_applied = |package: &Package| {
        links.iter().any(|link| matches!(link, Link::Package(applied) if applied.package == package.id))
    };
    let came_to_nothing = |package: &Package| {
        package.state == PackageState::Cancelled && !package.is_undeliverable() && is_applied(package)
    };
    if !amazon.packages.iter().any(came_to_nothing) {
        return Cow::Borrowed(amazon);
    }
    let mut amazon = amazon.clone();
    for package in amazon.packages.iter_mut().filter(|package| came_to_nothing(package)) {
        package.reason = Some(CancelReason::Undeliverable);
    }
    Cow::Owned(amazon)
}
