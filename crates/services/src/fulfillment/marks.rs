//! What a fulfilment's fields say about its package. States never move back. Pure.

use amz_domain::{DeliveryMarks, Package, PackageState, PackageTracker, TrackerKey};

/// What the fields should say, given what they said before.
///
/// The package's state is taken from Amazon's order, the milestone from the tracker; an older milestone
/// never replaces a newer one, and a final state stays.
pub fn marks(
    before: &DeliveryMarks,
    state: Option<&PackageState>,
    key: Option<&TrackerKey>,
    tracker: Option<&PackageTracker>,
) -> DeliveryMarks {
    let latest = tracker.and_then(PackageTracker::latest);
    let seen = DeliveryMarks {
        state: state.cloned(),
        milestone: latest.map(|latest| latest.code.clone()),
        milestone_at: latest.and_then(|latest| latest.occurred_at),
        milestone_place: latest.and_then(|latest| latest.place.clone()),
        failed_attempts: tracker.map(PackageTracker::failed_attempts),
        delivered_at: tracker.and_then(PackageTracker::delivered_at),
        carrier: key.map(|key| key.carrier.clone()),
        tracking_url: tracker.and_then(|tracker| tracker.tracking_url.clone()),
    };
    merged(before, seen)
}

/// What fields that said `before` should say after something was seen.
pub(super) fn merged(before: &DeliveryMarks, seen: DeliveryMarks) -> DeliveryMarks {
    let DeliveryMarks {
        state,
        milestone,
        milestone_at,
        milestone_place,
        failed_attempts,
        delivered_at,
        carrier,
        tracking_url,
    } = seen;
    let mut marks = before.clone();
    if let Some(state) = state.filter(|state| moves_forward(before.state.as_ref(), state)) {
        marks.state = Some(state);
    }
    marks.carrier = carrier.or(marks.carrier);
    marks.tracking_url = tracking_url.or(marks.tracking_url);
    let newer = match (before.milestone_at, milestone_at) {
        (Some(known), Some(occurred)) => occurred >= known,
        (Some(_), None) => false,
        (None, _) => true,
    };
    if milestone.is_some() && newer {
        (marks.milestone, marks.milestone_at, marks.milestone_place) =
            (milestone, milestone_at, milestone_place);
    }
    marks.failed_attempts = before.failed_attempts.max(failed_attempts).filter(|attempts| *attempts > 0);
    marks.delivered_at = before.delivered_at.or(delivered_at);
    marks
}

/// What to write so that fields which say `before` come to say `after`; what stays is `None`.
pub(super) fn difference(before: &DeliveryMarks, after: &DeliveryMarks) -> DeliveryMarks {
    let DeliveryMarks {
        state,
        milestone,
        milestone_at,
        milestone_place,
        failed_attempts,
        delivered_at,
        carrier,
        tracking_url,
    } = after.clone();
    DeliveryMarks {
        state: state.filter(|_| after.state != before.state),
        milestone: milestone.filter(|_| after.milestone != before.milestone),
        milestone_at: milestone_at.filter(|_| after.milestone_at != before.milestone_at),
        milestone_place: milestone_place.filter(|_| after.milestone_place != before.milestone_place),
        failed_attempts: failed_attempts.filter(|_| after.failed_attempts != before.failed_attempts),
        delivered_at: delivered_at.filter(|_| after.delivered_at != before.delivered_at),
        carrier: carrier.filter(|_| after.carrier != before.carrier),
        tracking_url: tracking_url.filter(|_| after.tracking_url != before.tracking_url),
    }
}

fn moves_forward(before: Option<&PackageState>, state: &PackageState) -> bool {
    match before {
        None => true,
        Some(PackageState::Delivered | PackageState::Cancelled) => false,
        Some(PackageState::InTransit) => !matches!(state, PackageState::Pending | PackageState::InTransit),
        Some(PackageState::Pending | PackageState::Unknown(_)) => before != Some(state),
    }
}

/// True when the package's own state is news to a fulfilment.
pub(super) fn is_news(before: &DeliveryMarks, package: &Package) -> bool {
    moves_forward(before.state.as_ref(), &package.state)
}
