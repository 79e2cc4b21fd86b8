//! The change feed: asks NetSuite which sales orders changed, so that no bundle is needed inside the account.

mod pace;

use std::sync::Arc;
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::connection::Clock;
use amz_services::failure::{Failure, PortError, StoreError};
use amz_services::ports::netsuite::{ChangedPage, FeedPosition};
use amz_services::ports::{ChangedSalesOrders, Intake};
use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::health::later;
use pace::{Alarm, Met};

pub use pace::Pace;

/// Name under which the feed keeps its watermark.
const FEED: &str = "sales_orders";

/// How far each pass reaches back behind the watermark: saves that overlap can surface late.
const OVERLAP_MINUTES: i64 = 5;

/// How long a changed order waits before it is read. NetSuite tells changes apart by the second: a save later in
/// the same second makes a row that we have seen already, so the order is read when that second is over for
/// sure, with a little room for two clocks that differ.
const AFTER_THE_SECOND: Duration = Duration::from_secs(2);

/// NetSuite's fixed text form of an instant, in the account's zone.
const TEXT_FORM: &str = "%Y-%m-%dT%H:%M:%S";

/// Why a pass over the feed stopped. What was accepted before stays accepted.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// NetSuite could not be asked.
    #[error(transparent)]
    Call(#[from] PortError),
    /// The store could not take the rows.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads one connection's change feed.
#[derive(Clone)]
pub struct SalesOrderFeed {
    /// Whose feed.
    pub connection: ConnectionName,
    /// Where changed orders come from.
    pub changed: Arc<dyn ChangedSalesOrders>,
    /// Where they become work.
    pub intake: Arc<dyn Intake>,
    /// Now.
    pub clock: Clock,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    /// The zone in which NetSuite shows instants.
    pub timezone: Tz,
    /// Random numbers that spread the waits after failures.
    pub jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl SalesOrderFeed {
    /// Reads until nothing is left to read. Returns how many changes were new.
    ///
    /// # Errors
    /// [`FeedError`]; the next pass begins where this one got to.
    pub async fn pass(&self) -> Result<usize, FeedError> {
        let watermark = self.intake.watermark(&self.connection, FEED).await?;
        let mut position = watermark.as_ref().map(|mark| behind(mark, self.timezone));
        let mut new = 0;
        loop {
            let ChangedPage { rows, more } = self.changed.page(position.clone()).await?;
            let forget_before = position_to_forget(watermark.as_ref(), self.timezone);
            let due_at = later((self.clock)(), AFTER_THE_SECOND);
            new += self.intake.accept_changes(&self.connection, FEED, &rows, forget_before, due_at).await?;
            if new > 0 {
                self.wake.notify_one();
            }
            match rows.into_iter().next_back() {
                Some(last) if more => position = Some(last),
                _ => return Ok(new),
            }
        }
    }

    /// One pass, and how long to wait before the next: `every` while all goes well, longer while NetSuite turns
    /// it away. Refused credentials raise the alarm once; the next pass that goes well clears it.
    pub async fn step(&self, pace: &mut Pace, every: Duration) -> Duration {
        let (passed, connection) = (self.pass().await, &self.connection);
        let (wait, alarm) = pace.after(met(&passed), every, (self.jitter)());
        let wait_ms = wait.as_millis();
        match &passed {
            Ok(0) => {}
            Ok(new) => tracing::info!(%connection, new, "sales orders changed"),
            Err(error) if alarm == Alarm::Raised => {
                tracing::error!(alarm = "raised", %connection, %error, wait_ms, "credentials refused: the change feed asks less often and tries again by itself");
            }
            Err(error) => tracing::warn!(%connection, %error, wait_ms, "the change feed is tried again"),
        }
        if alarm == Alarm::Cleared {
            tracing::info!(alarm = "cleared", %connection, "the change feed can be read again");
        }
        wait
    }

    /// Passes over the feed at every interval until `stop`. A pass that is under way then is given up: what it
    /// has not accepted yet comes again.
    pub async fn run(&self, every: Duration, stop: CancellationToken) {
        let mut pace = Pace::default();
        let passes = async {
            loop {
                let wait = self.step(&mut pace, every).await;
                tokio::time::sleep(wait).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = passes => {}
        }
    }
}

/// What a pass says about the next one.
fn met(passed: &Result<usize, FeedError>) -> Met {
    match passed {
        Ok(_) => Met::Well,
        Err(FeedError::Call(PortError { failure, .. })) => match failure {
            Failure::Credentials => Met::Refused,
            Failure::Throttled { wait } => Met::Throttled(*wait),
            _ => Met::Failed,
        },
        Err(FeedError::Store(_)) => Met::Failed,
    }
}

/// The same place, the overlap earlier.
///
/// While clocks go back from summer time an hour of texts comes twice, so the overlap grows by that hour.
fn behind(position: &FeedPosition, timezone: Tz) -> FeedPosition {
    let Ok(modified) = NaiveDateTime::parse_from_str(&position.modified, TEXT_FORM) else {
        return position.clone();
    };
    let repeated = matches!(timezone.from_local_datetime(&modified), LocalResult::Ambiguous(..));
    let overlap = OVERLAP_MINUTES + if repeated { 60 } else { 0 };
    let earlier = modified - chrono::Duration::minutes(overlap);
    FeedPosition { modified: earlier.format(TEXT_FORM).to_string(), id: "0".into() }
}

/// Versions from before this text cannot come up again: no pass reaches back so far.
fn position_to_forget(watermark: Option<&FeedPosition>, timezone: Tz) -> Option<String> {
    let modified = NaiveDateTime::parse_from_str(&behind(watermark?, timezone).modified, TEXT_FORM).ok()?;
    Some((modified - chrono::Duration::hours(2)).format(TEXT_FORM).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind_text(modified: &str) -> String {
        let position = FeedPosition { modified: modified.to_owned(), id: "7".into() };
        behind(&position, chrono_tz::America::Los_Angeles).modified
    }

    #[test]
    fn each_pass_reaches_back_and_an_hour_more_while_clocks_go_back() {
        assert_eq!(behind_text("2026-03-01T12:00:00"), "2026-03-01T11:55:00");
        assert_eq!(behind_text("2026-11-01T01:59:00"), "2026-11-01T00:54:00");
        assert_eq!(behind_text("2026-11-01T02:00:00"), "2026-11-01T01:55:00");
        assert_eq!(behind_text("not a time"), "not a time");
    }
}
