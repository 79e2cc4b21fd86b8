//! The token bucket of one seller and one application.
//!
//! Source: Selling Partner API, `usage-plans-and-rate-limits`.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

/// Parts of one call that the bucket counts in.
const WHOLE: u128 = 1_000_000_000;

/// A bucket that is full at first.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// What is in it, in parts of a call, and when that was; full when `None`.
    level: Option<(u128, Moment)>,
}

/// An instant of one of the two times; a change from one to the other fills the bucket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Real(Instant),
    Sandbox(DateTime<Utc>),
}

impl Moment {
    fn since(self, earlier: Self) -> Option<Duration> {
        match (earlier, self) {
            (Self::Real(earlier), Self::Real(now)) => Some(now.saturating_duration_since(earlier)),
            (Self::Sandbox(earlier), Self::Sandbox(now)) => {
                Some((now - earlier).to_std().unwrap_or(Duration::ZERO))
            }
            _ => None,
        }
    }
}

impl Bucket {
    /// Takes one call out of the bucket; false when there is none.
    pub(super) fn take(&mut self, rate_per_s: u32, burst: u32, now: Moment) -> bool {
        let full = u128::from(burst) * WHOLE;
        let level = match self.level {
            Some((level, then)) => now.since(then).map_or(full, |passed| {
                // nanoseconds times calls per second are parts of a call
                (level + passed.as_nanos() * u128::from(rate_per_s)).min(full)
            }),
            None => full,
        };
        let granted = level >= WHOLE;
        self.level = Some((if granted { level - WHOLE } else { level }, now));
        granted
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_burst_goes_through_at_once_and_the_rest_at_the_rate() {
        let start: DateTime<Utc> = "2026-03-02T09:00:00Z".parse().unwrap();
        let mut bucket = Bucket::default();
        let granted = [0, 0, 0, 499, 500, 500, 999, 1000, 60_000, 60_000, 60_000]
            .map(|millis| bucket.take(2, 2, Moment::Sandbox(start + TimeDelta::milliseconds(millis))));
        assert_eq!(
            granted,
            [true, true, false, false, true, false, false, true, true, true, false],
            "never more than the burst, however long nobody called"
        );
    }

    #[test]
    fn a_change_of_time_fills_the_bucket() {
        let mut bucket = Bucket::default();
        let real = Moment::Real(Instant::now());
        assert!(bucket.take(0, 1, real) && !bucket.take(0, 1, real));
        assert!(bucket.take(0, 1, Moment::Sandbox(DateTime::UNIX_EPOCH)));
    }
}
