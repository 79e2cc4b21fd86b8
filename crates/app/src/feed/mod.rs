//! The change feeds: ask NetSuite which sales orders and documents changed, so that no bundle is needed inside
//! the account.

mod own_echoes;
mod pace;
mod source;
#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::connection::Clock;
use amz_services::failure::{Failure, PortError, StoreError};
use amz_services::ports::Intake;
use amz_services::ports::lanes::ChangedRow;
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::{LaneKey, LaneRequest};
use chrono::{DateTime, LocalResult, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::health::later;
use pace::{Alarm, Met};
use source::Found;

pub use own_echoes::OwnEchoes;
pub use pace::Pace;
pub use source::Source;

/// How far each pass reaches back behind the watermark: saves that overlap can surface late.
const OVERLAP_MINUTES: i64 = 5;

/// How long a changed record waits before it is read. NetSuite tells changes apart by the second: a save later in
/// the same second makes a row that we have seen already, so the record is read when that second is over for
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

/// Reads one of a connection's change feeds.
#[derive(Clone)]
pub struct ChangeFeed {
    /// Whose feed.
    pub connection: ConnectionName,
    /// What it follows, and where that comes from.
    pub source: Source,
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

impl ChangeFeed {
    /// Reads until nothing is left to read. Returns how many changes were new.
    ///
    /// # Errors
    /// [`FeedError`]; the next pass begins where this one got to.
    pub async fn pass(&self) -> Result<usize, FeedError> {
        let feed = self.source.name();
        let watermark = self.intake.watermark(&self.connection, feed).await?;
        let mut position = watermark.as_ref().map(|mark| behind(mark, self.timezone));
        let mut new = 0;
        loop {
            let (rows, more) = self.source.page(&self.connection, position.clone()).await?;
            let forget_before = position_to_forget(watermark.as_ref(), self.timezone);
            let due_at = later((self.clock)(), AFTER_THE_SECOND);
            let last = rows.last().map(|row| row.position.clone());
            let mut changed = Vec::with_capacity(rows.len());
            for row in rows {
                changed.push(self.changed_row(row, due_at).await?);
            }
            new += self.intake.accept_changes(&self.connection, feed, changed, forget_before).await?;
            if new > 0 {
                self.wake.notify_one();
            }
            match last {
                Some(last) if more => position = Some(last),
                _ => return Ok(new),
            }
        }
    }

    /// The work that a changed record makes, or why it makes none.
    async fn changed_row(&self, found: Found, due_at: DateTime<Utc>) -> Result<ChangedRow, StoreError> {
        let Found { position, lane, ask } = found;
        let key = LaneKey { connection: self.connection.clone(), lane };
        let echo = match &self.source {
            Source::SalesOrders { echoes: Some(echoes), .. } => {
                echoes.why(&key, &position.modified, (self.clock)()).await?
            }
            Source::SalesOrders { echoes: None, .. } | Source::Documents { .. } => None,
        };
        Ok(ChangedRow { position, request: LaneRequest { key, ask, due_at, notice: None }, echo })
    }

    /// One pass, and how long to wait before the next: `every` while all goes well, longer while NetSuite turns
    /// it away. Refused credentials raise the alarm once; the next pass that goes well clears it.
    pub async fn step(&self, pace: &mut Pace, every: Duration) -> Duration {
        let (passed, connection, feed) = (self.pass().await, &self.connection, self.source.name());
        let (wait, alarm) = pace.after(met(&passed), every, (self.jitter)());
        let wait_ms = wait.as_millis();
        match &passed {
            Ok(0) => {}
            Ok(new) => tracing::info!(%connection, feed, new, "records changed"),
            Err(error) if alarm == Alarm::Raised => {
                tracing::error!(alarm = "raised", %connection, feed, %error, wait_ms, "credentials refused: the change feed asks less often and tries again by itself");
            }
            Err(error) => {
                tracing::warn!(%connection, feed, %error, wait_ms, "the change feed is tried again")
            }
        }
        if alarm == Alarm::Cleared {
            tracing::info!(alarm = "cleared", %connection, feed, "the change feed can be read again");
        }
        wait
    }
}

/// Passes over one connection's feeds, one after the other, at every interval until `stop`. A pass that is under way
/// then is given up: what it has not accepted yet comes again.
///
/// A feed that fails slows down itself alone. Only when NetSuite turns a feed away, for its credentials or its pace,
/// those after it wait too: they would be turned away as well, and each refused log-in counts.
pub async fn run(feeds: Vec<ChangeFeed>, every: Duration, stop: CancellationToken) {
    let mut turns = Turn::of(feeds, Instant::now());
    let rounds = async {
        while let Some(next) = round(&mut turns, every, &Instant::now).await {
            tokio::time::sleep_until(next).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = rounds => {}
    }
}

/// A feed, and when it is read next.
struct Turn {
    feed: ChangeFeed,
    pace: Pace,
    next: Instant,
}

impl Turn {
    fn of(feeds: Vec<ChangeFeed>, start: Instant) -> Vec<Self> {
        feeds.into_iter().map(|feed| Self { feed, pace: Pace::default(), next: start }).collect()
    }
}

/// Passes over the feeds whose turn has come; says when the next one's comes.
async fn round(turns: &mut [Turn], every: Duration, now: &(dyn Fn() -> Instant + Sync)) -> Option<Instant> {
    let mut held_until = None;
    for Turn { feed, pace, next } in turns.iter_mut() {
        *next = (*next).max(held_until.unwrap_or(*next));
        if *next > now() {
            continue;
        }
        let wait = feed.step(pace, every).await;
        *next = now() + wait;
        if pace.is_turned_away() {
            held_until = Some(*next);
        }
    }
    turns.iter().map(|turn| turn.next).min()
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
