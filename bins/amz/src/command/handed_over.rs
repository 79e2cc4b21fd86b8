//! A command that is handed over to the sync role: how long somebody may take to take it.

use chrono::{DateTime, TimeDelta, Utc};

/// After this long without a sign of life it is said so.
const QUIET: TimeDelta = TimeDelta::seconds(10);

/// After this long nobody is waited for any more.
const LONGEST: TimeDelta = TimeDelta::seconds(30);

/// A command was handed over, and no sync role took it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotTaken;

impl std::fmt::Display for NotTaken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(
            "no sync role took the command within 30 s; it is kept and will be served when one runs; \
             --no-follow only hands it over",
        )
    }
}

impl std::error::Error for NotTaken {}

/// A command that nobody has taken yet.
#[derive(Debug)]
pub(super) struct HandedOver {
    at: DateTime<Utc>,
    is_told: bool,
}

impl HandedOver {
    /// A command that was handed over at this instant.
    pub(super) fn at(at: DateTime<Utc>) -> Self {
        Self { at, is_told: false }
    }

    /// Nobody has taken it by now. True when somebody should know, once.
    ///
    /// # Errors
    /// When it has taken too long.
    pub(super) fn waits(&mut self, now: DateTime<Utc>) -> Result<bool, NotTaken> {
        let waited = now.signed_duration_since(self.at);
        if waited >= LONGEST {
            return Err(NotTaken);
        }
        let is_news = waited >= QUIET && !self.is_told;
        self.is_told |= is_news;
        Ok(is_news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_nobody_takes_is_told_once_after_ten_seconds_and_given_up_after_thirty() {
        let began: DateTime<Utc> = "2026-03-02T17:00:00Z".parse().unwrap();
        let mut handed_over = HandedOver::at(began);
        let looks = [0, 9, 10, 11, 29].map(|second| handed_over.waits(began + TimeDelta::seconds(second)));
        assert_eq!(looks, [Ok(false), Ok(false), Ok(true), Ok(false), Ok(false)]);
        assert_eq!(handed_over.waits(began + TimeDelta::seconds(30)), Err(NotTaken));
        assert!(NotTaken.to_string().contains("--no-follow"));
    }
}
