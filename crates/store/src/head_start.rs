//! In which order due work is taken: what is more urgent has a head start, so that it goes first and nothing else
//! waits for ever.

use amz_services::urgency::Urgency;
use amz_services::work::Ask;
use chrono::{DateTime, TimeDelta, Utc};

/// How much later than it is due a lane of an urgency counts as due, among those that are.
pub(crate) fn handicap(urgency: Urgency) -> TimeDelta {
    TimeDelta::seconds(match urgency {
        Urgency::CancelAndRefund => 0,
        Urgency::Orders => 30,
        Urgency::Returns => 60,
        Urgency::Stock => 120,
        Urgency::Reconciliation => 300,
    })
}

/// The place of a lane in the order in which due lanes are taken.
pub(crate) fn turn(claimable_at: DateTime<Utc>, urgency: Urgency) -> DateTime<Utc> {
    claimable_at.checked_add_signed(handicap(urgency)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How urgent a lane is with these asks: as the most urgent of them.
pub(crate) fn most_urgent<'asks>(asks: impl IntoIterator<Item = &'asks Ask>) -> Urgency {
    asks.into_iter().map(Ask::urgency).min().unwrap_or_default()
}
