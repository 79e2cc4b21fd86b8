//! The token bucket: how many requests may leave now, and when the next one may.
//!
//! Source: Selling Partner API page `usage-plans-and-rate-limits`. Plain arithmetic over instants that are passed in.

use std::time::Duration;

use amz_services::ports::sharing::Rate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tokio::time::Instant;

/// One request, in the parts that the bucket counts in. Whole numbers, so that nothing drifts.
const REQUEST: u128 = 1_000_000_000;
/// We stay this much below the rate, as one part in so many: requests that bunch up on their way find room at Amazon.
const ALLOWANCE: u32 = 200;
/// A single throttle at the exact rate is chance: two requests came closer together than they left. A second one within
/// the time that this many requests take at full pace (10 seconds at 2 per second) halves the pace for as long.
const SLOW_REQUESTS: u32 = 20;
/// Rates outside of this are not believed, in requests per second.
const BELIEVABLE: (Decimal, Decimal) =
    (Decimal::from_parts(1, 0, 0, false, 3), Decimal::from_parts(1000, 0, 0, false, 0));
/// Amazon never makes us wait longer than this at a time.
const LONGEST_BLOCK: Duration = Duration::from_secs(300);

/// Time from one request to the next, allowance included; `None` when the rate makes no sense.
pub(super) fn interval(per_second: Decimal) -> Option<Duration> {
    if per_second < BELIEVABLE.0 || per_second > BELIEVABLE.1 {
        return None;
    }
    let nanoseconds = Decimal::from(1_000_000_000_u64).checked_div(per_second)?.ceil().to_u64()?;
    let exact = Duration::from_nanos(nanoseconds);
    Some(exact + exact / ALLOWANCE)
}

/// A bucket that is filled evenly and holds at most `burst` requests, or half a request less where that leaves one:
/// the first request after a pause is often longer on its way, so that those behind it come too soon for Amazon.
#[derive(Debug)]
pub(super) struct Bucket {
    interval: Duration,
    full: u128,
    held: u128,
    counted_at: Instant,
    slow_until: Instant,
    /// Until when another throttle is no chance any more.
    wary_until: Instant,
    blocked_until: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(interval: Duration, burst: u32, now: Instant) -> Self {
        let full = match burst {
            0 | 1 => REQUEST,
            more => u128::from(more) * REQUEST - REQUEST / 2,
        };
        let interval = interval.max(Duration::from_nanos(1));
        let (counted_at, slow_until, wary_until, blocked_until) = (now, now, now, now);
        Self { interval, full, held: full, counted_at, slow_until, wary_until, blocked_until }
    }

    /// How fast requests may leave now, for others who count them too.
    pub(super) fn rate(&self, now: Instant) -> Rate {
        let interval = if now < self.slow_until { self.interval * 2 } else { self.interval };
        Rate { interval, slack: time(self.full - REQUEST, interval) }
    }

    /// Takes room for one request, if there is any.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let may = self.held >= REQUEST && now >= self.blocked_until;
        if may {
            self.held -= REQUEST;
        }
        may
    }

    /// When there will be room for one request.
    pub(super) fn ready_at(&self) -> Instant {
        let missing = REQUEST.saturating_sub(self.held);
        let slowly = self.slow_until.saturating_duration_since(self.counted_at);
        let by_then = parts(slowly, self.interval * 2);
        let ready = if missing <= by_then {
            self.counted_at + time(missing, self.interval * 2)
        } else {
            self.counted_at + slowly + time(missing - by_then, self.interval)
        };
        ready.max(self.blocked_until)
    }

    /// Amazon throttled: starts empty, and when that happens again soon fills at half the pace for a while.
    pub(super) fn throttled(&mut self, wait: Option<Duration>, now: Instant) {
        self.fill(now);
        self.held = 0;
        let later = now + self.interval * SLOW_REQUESTS;
        if now < self.wary_until {
            self.slow_until = later;
        }
        self.wary_until = later;
        if let Some(wait) = wait {
            self.blocked_until = self.blocked_until.max(now + wait.min(LONGEST_BLOCK));
        }
    }

    /// Amazon named another rate. True when that changed anything.
    pub(super) fn adopt(&mut self, interval: Duration, now: Instant) -> bool {
        if interval == self.interval {
            return false;
        }
        self.fill(now);
        self.interval = interval;
        true
    }

    fn fill(&mut self, now: Instant) {
        let slow_end = now.min(self.slow_until);
        let slowly = slow_end.saturating_duration_since(self.counted_at);
        let since = self.counted_at.max(slow_end.min(now));
        let quickly = now.saturating_duration_since(since);
        let gained = parts(slowly, self.interval * 2) + parts(quickly, self.interval);
        self.held = (self.held + gained).min(self.full);
        self.counted_at = self.counted_at.max(now);
    }
}

/// What an interval's time is worth; rounded down, so that the pace is never exceeded.
fn parts(elapsed: Duration, interval: Duration) -> u128 {
    elapsed.as_nanos().saturating_mul(REQUEST) / interval.as_nanos().max(1)
}

/// How long it takes to gain so much; rounded up.
fn time(missing: u128, interval: Duration) -> Duration {
    let nanoseconds = missing.saturating_mul(interval.as_nanos()).div_ceil(REQUEST);
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}
