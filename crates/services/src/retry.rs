//! Waits between tries.

use std::time::Duration;

/// The longest wait between two tries.
pub const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Wait before try number `attempts + 1`: doubles from `base`, at most [`LONGEST_WAIT`], with full jitter.
///
/// `jitter` is a random number; the wait lies between half of the doubled base and all of it, so that
/// many lanes that failed together do not come back together.
pub fn backoff(attempts: u32, base: Duration, jitter: u64) -> Duration {
    let doubled =
        base.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1).min(20))).min(LONGEST_WAIT);
    let half = doubled / 2;
    let spread_ms = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_millis(jitter % spread_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        let base = Duration::from_secs(2);
        for (attempts, least_s, most_s) in
            [(1, 1, 2), (2, 2, 4), (5, 16, 32), (12, 450, 900), (4_000_000, 450, 900)]
        {
            for jitter in [0, 1, 999_999_937, u64::MAX] {
                let wait = backoff(attempts, base, jitter);
                assert!(
                    wait >= Duration::from_secs(least_s) && wait <= Duration::from_secs(most_s),
                    "{attempts} {wait:?}"
                );
            }
        }
    }
}
