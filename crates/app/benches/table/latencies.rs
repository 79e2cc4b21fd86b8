//! How long single answers took.

use std::time::Duration;

/// Durations of many like things, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latencies {
    nanoseconds: Vec<u64>,
    is_sorted: bool,
}

impl Latencies {
    /// One more.
    pub(crate) fn add(&mut self, took: Duration) {
        self.nanoseconds.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.is_sorted = false;
    }

    /// Those of another part of the same work.
    pub(crate) fn join(&mut self, other: Self) {
        self.nanoseconds.extend(other.nanoseconds);
        self.is_sorted = false;
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.nanoseconds.len()
    }

    /// The duration that so many of a thousand do not exceed: 500 is the median, 999 all but the slowest thousandth.
    pub(crate) fn quantile(&mut self, of_a_thousand: usize) -> Duration {
        if !self.is_sorted {
            self.nanoseconds.sort_unstable();
            self.is_sorted = true;
        }
        let last = self.nanoseconds.len().saturating_sub(1);
        let at = (self.nanoseconds.len() * of_a_thousand).div_ceil(1000).saturating_sub(1).min(last);
        Duration::from_nanos(self.nanoseconds.get(at).copied().unwrap_or(0))
    }

    /// Median, 99 of 100, 999 of 1000, in milliseconds.
    pub(crate) fn described(&mut self) -> String {
        let milliseconds = |took: Duration| format!("{:.1}", took.as_secs_f64() * 1000.0);
        let [median, p99, p999] = [500, 990, 999].map(|share| milliseconds(self.quantile(share)));
        format!("p50 {median} p99 {p99} p99.9 {p999} ms")
    }
}

/// How many a second that is.
pub(crate) fn per_second(count: u64, took: Duration) -> f64 {
    let nanoseconds = took.as_nanos().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let rate = count as f64 * 1e9 / nanoseconds as f64;
    rate
}

/// A whole number with its thousands apart.
pub(crate) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut apart = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}
