//! Packages on their way to the shopper.
//!
//! Source: Amazon page `order-objects-packageinformationdetails`.

use amz_domain::{Package, TrackerKey};
use serde::Deserialize;

use super::{OrderLineItemAmount, content, filled, schema};
use crate::amazon::bwp::answer::Unreadable;

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PackageInformation {
    pub(super) details: Option<Vec<Option<PackageInformationDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PackageInformationDetails {
    id: Option<cynic::Id>,
    state: Option<String>,
    reason: Option<String>,
    package_information_details_for: Option<PackageInformationDetailsFor>,
    package_tracker: Option<PackageTracker>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageInformationDetailsFor {
    order_line_item_amounts: Option<Vec<Option<OrderLineItemAmount>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PackageTracker {
    package_tracker_identifier: Option<PackageTrackerIdentifier>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageTrackerIdentifier {
    tracking_number: Option<String>,
    carrier_code: Option<String>,
}

/// One package.
pub(super) fn package(package: PackageInformationDetails) -> Result<Package, Unreadable> {
    let contents =
        package.package_information_details_for.and_then(|contents| contents.order_line_item_amounts);
    let contents = contents.unwrap_or_default().into_iter().flatten().map(content);
    Ok(Package {
        id: package.id.ok_or(Unreadable("packageInformation.details.id"))?.into_inner().into(),
        state: package.state.ok_or(Unreadable("packageInformation.details.state"))?.into(),
        reason: package.reason.map(Into::into),
        contents: contents.collect::<Result<_, _>>()?,
        tracker: package.package_tracker.and_then(tracker_key),
    })
}

/// What names a tracker. A number without a carrier, or the other way round, names nothing yet.
pub(super) fn tracker_key(tracker: PackageTracker) -> Option<TrackerKey> {
    let identifier = tracker.package_tracker_identifier?;
    Some(TrackerKey {
        carrier: filled(identifier.carrier_code)?.into(),
        number: filled(identifier.tracking_number)?.into(),
    })
}
