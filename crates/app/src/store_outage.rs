//! How a part of a process meets a store that cannot be reached: it is told once per outage, and asked ever more rarely.

use std::time::Duration;

use amz_services::failure::StoreError;

/// Longest wait between two tries: a store that is back is used again within it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What one part knows of the outage that it is in, if it is in one.
#[derive(Debug)]
pub(crate) struct StoreOutage {
    /// What cannot be done meanwhile, for the log.
    what: &'static str,
    failures: u32,
}

impl StoreOutage {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, failures: 0 }
    }

    /// The store failed. Returns how long to wait before the next try; `shortest` at first.
    pub(crate) fn failed(&mut self, error: &StoreError, shortest: Duration) -> Duration {
        let what = self.what;
        if self.failures == 0 {
            tracing::error!(%error, "{what}; tried again until the store answers");
        } else {
            tracing::debug!(%error, failures = self.failures, "{what}");
        }
        let wait = shortest.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        wait.min(LONGEST_WAIT.max(shortest))
    }

    /// The store answered.
    pub(crate) fn over(&mut self) {
        if std::mem::take(&mut self.failures) > 0 {
            tracing::info!("the store answers again, after: {}", self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_few_seconds_and_begin_anew_afterwards() {
        let error = StoreError::Unavailable { message: "gone".to_owned(), source: None };
        let mut outage = StoreOutage::new("nothing was done");
        let waits = |outage: &mut StoreOutage| {
            [(); 5].map(|()| outage.failed(&error, Duration::from_millis(500)).as_millis())
        };
        assert_eq!(waits(&mut outage), [500, 1000, 2000, 4000, 5000]);
        outage.over();
        assert_eq!(waits(&mut outage)[0], 500);
        let long = Duration::from_secs(60);
        assert_eq!(StoreOutage::new("x").failed(&error, long), long, "never sooner than usual");
        for _ in 0..100 {
            assert!(outage.failed(&error, Duration::from_millis(500)) <= LONGEST_WAIT);
        }
    }
}
