//! How often the change feed asks: at its interval while all goes well, less often while it is turned away.

use std::time::Duration;

use amz_services::retry::{LONGEST_WAIT, backoff};

/// First wait after refused credentials: each try is a log-in, and NetSuite locks a user after some refused ones.
const SHORTEST_REFUSED_WAIT: Duration = Duration::from_secs(60);

/// Longest wait after failures that pass by themselves: orders must not wait long once NetSuite is back.
const LONGEST_FAILED_WAIT: Duration = Duration::from_secs(5 * 60);

/// How a pass over the feed ended, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// It was read to the end.
    Well,
    /// The credentials were refused.
    Refused,
    /// NetSuite asked for a slower pace, and said for how long or not.
    Throttled(Option<Duration>),
    /// Anything else.
    Failed,
}

/// What becomes of the alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alarm {
    /// It stays as it is.
    Unchanged,
    /// It begins.
    Raised,
    /// It ends.
    Cleared,
}

/// What a feed has met since it was last read to the end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pace {
    refusals: u32,
    failures: u32,
    turned_away: bool,
}

impl Pace {
    /// How long to wait before the next pass, never less than the interval `every`. `jitter` is a random number.
    pub(super) fn after(&mut self, met: Met, every: Duration, jitter: u64) -> (Duration, Alarm) {
        self.turned_away = matches!(met, Met::Refused | Met::Throttled(_));
        let (wait, alarm) = match met {
            Met::Well => {
                let alarm = if self.refusals > 0 { Alarm::Cleared } else { Alarm::Unchanged };
                *self = Self::default();
                (every, alarm)
            }
            Met::Refused => {
                self.refusals = self.refusals.saturating_add(1);
                let alarm = if self.refusals == 1 { Alarm::Raised } else { Alarm::Unchanged };
                (backoff(self.refusals, every.max(SHORTEST_REFUSED_WAIT), jitter), alarm)
            }
            Met::Throttled(asked) => {
                self.failures = self.failures.saturating_add(1);
                let growing = backoff(self.failures, every, jitter);
                (asked.unwrap_or_default().max(growing).min(LONGEST_WAIT), Alarm::Unchanged)
            }
            Met::Failed => {
                let doublings = self.failures.min(20);
                self.failures = self.failures.saturating_add(1);
                (every.saturating_mul(1 << doublings).min(LONGEST_FAILED_WAIT), Alarm::Unchanged)
            }
        };
        (wait.max(every), alarm)
    }

    /// True when NetSuite turned the last pass away, for its credentials or its pace.
    pub(super) fn is_turned_away(&self) -> bool {
        self.turned_away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn waits(every: Duration, jitter: u64, met: impl IntoIterator<Item = Met>) -> Vec<u64> {
        let mut pace = Pace::default();
        met.into_iter().map(|met| pace.after(met, every, jitter).0.as_secs()).collect()
    }

    #[test]
    fn refused_credentials_are_tried_ever_more_rarely_and_ring_once() {
        let mut pace = Pace::default();
        let refused = |pace: &mut Pace| pace.after(Met::Refused, Duration::from_secs(10), 0);
        let met: Vec<(u64, Alarm)> =
            (0..7).map(|_| refused(&mut pace)).map(|(wait, alarm)| (wait.as_secs(), alarm)).collect();
        let rest = [60, 120, 240, 450, 450, 450].map(|wait| (wait, Alarm::Unchanged));
        assert_eq!((met[0], &met[1..]), ((30, Alarm::Raised), &rest[..]));
        assert_eq!(pace.after(Met::Failed, MINUTE, 0).1, Alarm::Unchanged, "an outage proves nothing");
        assert_eq!(pace.after(Met::Well, MINUTE, 0), (MINUTE, Alarm::Cleared));
        assert_eq!(pace.after(Met::Well, MINUTE, 0), (MINUTE, Alarm::Unchanged));
        assert_eq!(pace.after(Met::Refused, MINUTE, 0).1, Alarm::Raised, "the next time rings again");
    }

    #[test]
    fn a_throttle_is_waited_out_within_limits() {
        let asked = |seconds| Met::Throttled(Some(Duration::from_secs(seconds)));
        assert_eq!(waits(MINUTE, 0, [asked(90)]), [90]);
        assert_eq!(waits(MINUTE, 0, [asked(0), asked(0), asked(0), asked(0)]), [60, 60, 120, 240]);
        assert_eq!(waits(MINUTE, 0, [asked(86_400), asked(u64::MAX)]), [900, 900]);
        assert_eq!(waits(MINUTE, 0, [Met::Throttled(None)]), [60]);
    }

    #[test]
    fn other_failures_double_the_interval_up_to_five_minutes() {
        assert_eq!(waits(MINUTE, 0, [Met::Failed; 5]), [60, 120, 240, 300, 300]);
        assert_eq!(waits(MINUTE, 0, [Met::Failed, Met::Failed, Met::Well, Met::Failed]), [60, 120, 60, 60]);
        assert_eq!(waits(Duration::from_secs(1), 0, [Met::Failed; 4_000]).last(), Some(&300));
    }

    #[test]
    fn no_wait_is_shorter_than_the_interval() {
        let hour = Duration::from_secs(3600);
        for met in [Met::Well, Met::Refused, Met::Throttled(None), Met::Failed] {
            assert_eq!(waits(hour, 0, [met; 3]), [3600; 3], "{met:?}");
        }
    }
}
