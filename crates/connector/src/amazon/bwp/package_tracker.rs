//! `packageTracker`: where a package is on its way.
//!
//! Source: Amazon pages `tracking-queries-packagetracker`, `sandbox-objects-packagemilestonestatus`,
//! `track-packages`. Trackers expire after 90 days. For how answers are read see [`super::order`].

use amz_domain::package::Milestone;
use amz_domain::{PackageTracker, TrackerKey};
use amz_services::failure::PortError;
use cynic::QueryBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::scalars::InstantText;
use super::schema;

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "packageTracker";

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    package_tracker_input: PackageTrackerInput,
}

#[derive(cynic::InputObject, Debug)]
struct PackageTrackerInput {
    package_tracker_identifier: PackageTrackerIdentifierInput,
}

#[derive(cynic::InputObject, Debug)]
struct PackageTrackerIdentifierInput {
    tracking_number: String,
    carrier_code: String,
}

/// The query and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PackageTrackerQuery {
    #[arguments(packageTrackerInput: $package_tracker_input)]
    package_tracker: Option<Tracker>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "PackageTracker", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Tracker {
    tracking_url: Option<String>,
    milestones: Option<Vec<Option<PackageMilestone>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageMilestone {
    status: Option<PackageMilestoneStatus>,
    address: Option<PackageMilestoneAddress>,
    occurred_at: Option<InstantText>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageMilestoneStatus {
    code: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageMilestoneAddress {
    locality: Option<String>,
    region: Option<String>,
    country: Option<String>,
}

/// The request that reads a tracker.
pub(super) fn request(tracker: &TrackerKey) -> Result<Request, PortError> {
    let package_tracker_identifier = PackageTrackerIdentifierInput {
        tracking_number: tracker.number.as_str().to_owned(),
        carrier_code: tracker.carrier.as_str().to_owned(),
    };
    let package_tracker_input = PackageTrackerInput { package_tracker_identifier };
    Request::read(OPERATION, &PackageTrackerQuery::build(Variables { package_tracker_input }))
}

/// The parts of a tracker that Amazon answered; the caller adds the key it asked with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tracked {
    tracking_url: Option<String>,
    milestones: Vec<Milestone>,
}

impl Tracked {
    /// The tracker under the key that was asked for, which is what our index holds.
    pub(super) fn under(self, key: TrackerKey) -> PackageTracker {
        PackageTracker { key, tracking_url: self.tracking_url, milestones: self.milestones }
    }
}

/// The tracker that was read; `None` when Amazon knows none.
pub(super) fn tracked(data: PackageTrackerQuery) -> Result<Option<Tracked>, Unreadable> {
    let Some(tracker) = data.package_tracker else { return Ok(None) };
    let milestones = tracker.milestones.unwrap_or_default().into_iter().flatten();
    Ok(Some(Tracked {
        tracking_url: tracker.tracking_url.filter(|url| !url.is_empty()),
        milestones: milestones.filter_map(milestone).collect(),
    }))
}

/// A milestone that does not say what happened says nothing.
fn milestone(milestone: PackageMilestone) -> Option<Milestone> {
    let code = milestone.status?.code?;
    Some(Milestone {
        code: code.into(),
        occurred_at: milestone.occurred_at.and_then(|at| at.0.parse().ok()),
        place: milestone.address.and_then(place),
    })
}

fn place(address: PackageMilestoneAddress) -> Option<String> {
    let parts = [address.locality, address.region, address.country];
    let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use amz_domain::package::MilestoneCode;

    use super::*;

    fn key() -> TrackerKey {
        TrackerKey { carrier: "ups".into(), number: "1Z999".into() }
    }

    #[test]
    fn the_query_is_what_amazon_documents() {
        let request = request(&key()).unwrap();
        assert_eq!(
            request.body["variables"]["packageTrackerInput"]["packageTrackerIdentifier"],
            serde_json::json!({ "trackingNumber": "1Z999", "carrierCode": "ups" })
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn milestones_are_read_with_time_and_place() {
        let json = include_str!("../../../fixtures/amazon/package_tracker.json");
        let tracker = tracked(serde_json::from_str(json).unwrap()).unwrap().unwrap().under(key());
        assert_eq!(tracker.tracking_url.as_deref(), Some("https://carrier.example/1Z999"));
        let [first, second, third] = tracker.milestones.as_slice() else { panic!("three milestones") };
        assert_eq!(first.place.as_deref(), Some("Reno, NV, US"));
        assert_eq!(first.occurred_at, Some("2024-12-24T08:52:08.592403284Z".parse().unwrap()));
        assert_eq!((&second.code, &second.place), (&MilestoneCode::OutForDelivery, &None));
        assert_eq!(third.code, MilestoneCode::Unknown("ABDUCTED".into()));
        assert_eq!(third.occurred_at, None, "an instant that cannot be read is not known");
    }

    #[test]
    fn a_number_that_amazon_does_not_know_has_no_tracker() {
        assert_eq!(tracked(serde_json::from_str(r#"{"packageTracker":null}"#).unwrap()), Ok(None));
    }
}
