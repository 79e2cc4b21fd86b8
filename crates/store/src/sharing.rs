//! Instants of what processes share, alike in every store.

use std::time::Duration;

use amz_services::ports::sharing::Rate;
use chrono::{DateTime, Utc};

use crate::stored::later;

/// How long a turn lasts where processes take turns at fewer slots than there are processes.
const TURN_S: i64 = 10;

/// Which turn it is.
pub(crate) fn turn_at(now: DateTime<Utc>) -> usize {
    usize::try_from(now.timestamp() / TURN_S).unwrap_or_default()
}

/// How long after `now` a call may be made, of which the evenly spaced pace goes on at `next`.
pub(crate) fn next_turn(next: DateTime<Utc>, rate: Rate, now: DateTime<Utc>) -> Duration {
    let early = rate.interval + rate.slack;
    (next - now).to_std().unwrap_or_default().saturating_sub(early)
}

/// When the evenly spaced pace goes on, if nobody shall have a turn for so long.
pub(crate) fn held_back(now: DateTime<Utc>, rate: Rate, wait: Duration) -> DateTime<Utc> {
    later(now, wait.max(rate.interval) + rate.slack)
}
