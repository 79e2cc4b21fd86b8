//! When stock is compared in full: a schedule in the account's time zone, kept across restarts.

use std::sync::Arc;
use std::time::Duration;

use amz_domain::{ConnectionName, StockRunId};
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::inventory::{RunBeginner, StockRunRequest};
use amz_services::ports::Intake;
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Longest sleep: clocks are set, and machines sleep, while a timer runs.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// First wait after the store could not be read.
const AFTER_A_FAILURE: Duration = Duration::from_secs(5);

/// The word for no schedule.
const OFF: &str = "off";

/// When something is done, as cron writes it.
#[derive(Debug, Clone)]
pub struct Schedule(Cron);

/// Why text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It is not written as a schedule is.
    #[error("not five fields as cron writes them: {0}")]
    Malformed(String),
    /// Its day does not exist, as the 30th of February.
    #[error("it never comes to pass")]
    Never,
}

impl Schedule {
    /// Reads five fields as cron writes them; `None` for `off`.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub fn parse(text: &str) -> Result<Option<Self>, ScheduleError> {
        if text == OFF {
            return Ok(None);
        }
        if text.split_whitespace().count() != 5 {
            return Err(ScheduleError::Malformed("there are other than five fields".to_owned()));
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| ScheduleError::Malformed(error.to_string()))?;
        // a fixed instant before a leap year: a sound schedule comes within the eight years after it
        if cron.find_next_occurrence(&DateTime::UNIX_EPOCH, false).is_err() {
            return Err(ScheduleError::Never);
        }
        Ok(Some(Self(cron)))
    }
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.pattern.as_str())
    }
}

/// The instant of the next run. Of instants that were missed since `last` only the latest counts, and it lies before
/// `now` or at it: that run is due at once.
///
/// `last` is the instant up to which all is done. Times that a change of clocks skips or repeats come once, as
/// `croner` has it.
pub fn next_due(
    schedule: &Schedule,
    zone: Tz,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let next = schedule.0.find_next_occurrence(&last.with_timezone(&zone), false).ok()?.to_utc();
    if next > now {
        return Some(next);
    }
    let latest = schedule.0.find_previous_occurrence(&now.with_timezone(&zone), true).ok();
    Some(latest.map_or(next, |latest| latest.to_utc().max(next)))
}

/// Name of the run of an instant: two processes that find the same instant due ask for the same run.
pub fn run_id(due: DateTime<Utc>) -> StockRunId {
    StockRunId::new(format!("s{}", due.format("%Y%m%dT%H%M%SZ")))
}

/// Asks for one connection's full runs.
#[derive(Clone)]
pub struct StockSchedule {
    /// Whose stock.
    pub connection: ConnectionName,
    /// When.
    pub schedule: Schedule,
    /// The account's zone.
    pub zone: Tz,
    /// Where runs become work, and where it is kept which were asked for.
    pub intake: Arc<dyn Intake>,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
}

impl StockSchedule {
    /// Asks for the run that is due at `now`, if one is. Returns the instant of the next one; `None` when there is none.
    ///
    /// The first pass of all only notes the time: what lies before it was nobody's to do.
    ///
    /// # Errors
    /// When the store is not available; the next pass finds the same run due.
    pub async fn pass(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let feed = format!("schedule/{}", self.connection);
        let through = self.intake.cursor(&feed).await?;
        let last = match through {
            0 => {
                self.intake.accept(&feed, now.timestamp(), Vec::new()).await?;
                DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
            }
            seconds => DateTime::from_timestamp(seconds, 0).unwrap_or(now),
        };
        let Some(due) = next_due(&self.schedule, self.zone, last, now) else { return Ok(None) };
        if due > now {
            return Ok(Some(due));
        }
        let request = StockRunRequest {
            id: run_id(due),
            by: RunBeginner::Schedule,
            plan_only: false,
            skus: Vec::new(),
        };
        tracing::info!(connection = %self.connection, run = %request.id, %due, "stock is compared in full");
        let key = LaneKey { connection: self.connection.clone(), lane: Lane::StockReading };
        let request = LaneRequest { key, ask: Ask::ReadStock(request), due_at: now, notice: None };
        self.intake.accept(&feed, due.timestamp(), vec![request]).await?;
        self.wake.notify_one();
        Ok(next_due(&self.schedule, self.zone, due, now))
    }

    /// Asks for runs as they become due, until `stop`.
    pub async fn run(self, clock: Clock, stop: CancellationToken) {
        loop {
            let wait = match self.pass(clock()).await {
                Ok(Some(due)) => (due - clock()).to_std().unwrap_or_default().min(LONGEST_SLEEP),
                Ok(None) => {
                    tracing::error!(connection = %self.connection, schedule = %self.schedule, "the schedule has no next time");
                    return;
                }
                Err(error) => {
                    tracing::error!(connection = %self.connection, %error, "the schedule of stock runs was not followed; it is tried again");
                    AFTER_A_FAILURE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
