//! The time both pretend vendors live by.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::locked;

/// A clock that all parts of one sandbox share; clones show the same time.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    Real { ahead: TimeDelta },
    Manual { now: DateTime<Utc> },
}

impl Clock {
    /// The machine's time; [`Clock::advance`] puts it ahead.
    pub fn real() -> Self {
        Self(Arc::new(Mutex::new(State::Real { ahead: TimeDelta::zero() })))
    }

    /// A clock that stands at `now` until it is advanced.
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(State::Manual { now })))
    }

    /// The current instant of the sandbox.
    pub fn now(&self) -> DateTime<Utc> {
        match &*locked(&self.0) {
            State::Real { ahead } => Utc::now() + *ahead,
            State::Manual { now } => *now,
        }
    }

    /// Whether time stands still until it is moved.
    pub(crate) fn is_manual(&self) -> bool {
        matches!(&*locked(&self.0), State::Manual { .. })
    }

    /// Moves time forward. Nothing runs by itself when it does: state that depends on time is judged
    /// when it is next looked at.
    pub fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::zero());
        match &mut *locked(&self.0) {
            State::Real { ahead } => *ahead += by,
            State::Manual { now } => *now += by,
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start = "2026-03-02T09:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let shared = clock.clone();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(90));
        assert_eq!(shared.now(), start + TimeDelta::seconds(90));
    }

    #[test]
    fn a_real_clock_can_be_put_ahead() {
        let clock = Clock::real();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now() >= Utc::now() + TimeDelta::minutes(59));
    }
}
