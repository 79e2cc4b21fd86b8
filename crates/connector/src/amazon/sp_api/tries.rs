//! How often, and after which waits, a failed request is tried again.

use std::time::Duration;

use amz_services::failure::{Failure, PortError};

/// Most tries of a request that fails.
const MOST_TRIES: u32 = 4;
/// Most tries of a request that is throttled; a throttle says nothing about the request.
const MOST_THROTTLED: u32 = 8;
/// The first wait is at most this long; each further one twice as long at most.
const BASE: Duration = Duration::from_millis(500);
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(20);

/// Failures of one request so far.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failed: u32,
    throttled: u32,
}

impl Tries {
    /// Number of the next try, from 1.
    pub(super) fn next(&self) -> u32 {
        self.failed + self.throttled + 1
    }

    /// How long to wait before the next try; `None` when there is none. `jitter` is a random number; the wait lies
    /// anywhere between nothing and its limit, so that requests that failed together do not come back together.
    pub(super) fn after(&mut self, error: &PortError, jitter: u64) -> Option<Duration> {
        match error.failure {
            Failure::Throttled { wait } => {
                self.throttled += 1;
                let more = self.throttled < MOST_THROTTLED;
                // the pace, which is slower now, makes the request wait for its turn; the token endpoint has no pace
                let backoff = match error.code == "token_throttled" {
                    true => backoff(self.throttled, jitter).max(wait.unwrap_or_default().min(LONGEST)),
                    false => backoff(self.throttled - 1, jitter),
                };
                more.then_some(backoff)
            }
            Failure::NotSent | Failure::Unavailable | Failure::Unreadable => {
                self.failed += 1;
                (self.failed < MOST_TRIES).then(|| backoff(self.failed, jitter))
            }
            Failure::Unclear
            | Failure::Conflict
            | Failure::Refused
            | Failure::BadRecord
            | Failure::Credentials => None,
        }
    }
}

/// No wait after no failure; up to 0.5 s, 1 s, 2 s, … after the first, second, third.
fn backoff(failures: u32, jitter: u64) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let limit = BASE.saturating_mul(1 << doublings.min(10)).min(LONGEST);
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(jitter % limit_ms.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(failure: Failure, jitter: u64) -> Vec<u128> {
        let mut tries = Tries::default();
        let error = PortError::new("test", failure, "code", "message");
        std::iter::from_fn(|| tries.after(&error, jitter)).map(|wait| wait.as_millis()).collect()
    }

    #[test]
    fn failures_are_tried_four_times_and_throttles_eight() {
        assert_eq!(waits(Failure::Unavailable, 0), [0, 0, 0]);
        assert_eq!(waits(Failure::Unavailable, 2_000), [2_000 % 501, 2_000 % 1_001, 2_000]);
        let throttled = waits(Failure::Throttled { wait: None }, 0);
        assert_eq!(throttled.len(), 7);
        assert!(waits(Failure::Throttled { wait: None }, u64::MAX).iter().all(|wait| *wait <= 20_000));
    }

    #[test]
    fn what_a_repeat_cannot_mend_is_not_repeated() {
        for failure in [Failure::Refused, Failure::Credentials] {
            assert!(waits(failure, 5).is_empty(), "{failure:?}");
        }
    }

    #[test]
    fn a_throttle_between_failures_does_not_count_as_one() {
        let mut tries = Tries::default();
        let error = |failure| PortError::new("test", failure, "code", "message");
        for _ in 0..3 {
            assert!(tries.after(&error(Failure::Unavailable), 0).is_some());
            assert!(tries.after(&error(Failure::Throttled { wait: None }), 0).is_some());
        }
        assert_eq!(tries.next(), 7);
        assert!(tries.after(&error(Failure::Unavailable), 0).is_none());
    }
}
