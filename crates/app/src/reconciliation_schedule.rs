//! When open orders are compared on both sides: every so often, kept across restarts.

use std::sync::Arc;
use std::time::Duration;

use amz_domain::{ConnectionName, ReconciliationId};
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::ports::Intake;
use amz_services::reconciliation::{ReconciliationBeginner, ReconciliationRequest, ReconciliationScope};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest};
use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Longest sleep: clocks are set, and machines sleep, while a timer runs.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// Wait after the store could not be read.
const AFTER_A_FAILURE: Duration = Duration::from_secs(5);

/// Asks for one connection's reconciliations.
#[derive(Clone)]
pub struct ReconciliationSchedule {
    /// Whose orders.
    pub connection: ConnectionName,
    /// How often; whole seconds, at least one.
    pub every: Duration,
    /// Where reconciliations become work, and where it is kept which were asked for.
    pub intake: Arc<dyn Intake>,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
}

impl ReconciliationSchedule {
    /// Asks for the reconciliation that is due at `now`, if one is: of turns that were missed the latest alone, since it
    /// looks back as far as they would have. Returns the instant of the next one.
    ///
    /// The first pass of all only notes the time. Two processes that find the same turn due ask for the same
    /// reconciliation; one that is under way is not joined by another, the lane sees to that.
    ///
    /// # Errors
    /// When the store is not available; the next pass finds the same turn due.
    pub async fn pass(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        let feed = format!("reconcile/{}", self.connection);
        let every = i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX).max(1);
        let seconds = now.timestamp();
        let last = match self.intake.cursor(&feed).await? {
            0 => {
                self.intake.accept(&feed, seconds, Vec::new()).await?;
                seconds
            }
            last => last,
        };
        let turns = seconds.saturating_sub(last).div_euclid(every);
        if turns <= 0 {
            return Ok(instant(last.saturating_add(every), now));
        }
        let turn = last.saturating_add(turns.saturating_mul(every));
        let request = ReconciliationRequest {
            id: id_of(instant(turn, now)),
            by: ReconciliationBeginner::Schedule,
            plan_only: false,
            scope: ReconciliationScope::Open { since: None },
        };
        tracing::debug!(connection = %self.connection, run = %request.id, "open orders are compared");
        let key = LaneKey { connection: self.connection.clone(), lane: Lane::Reconciliation };
        let request = LaneRequest { key, ask: Ask::WalkOrders(request), due_at: now, notice: None };
        self.intake.accept(&feed, turn, vec![request]).await?;
        self.wake.notify_one();
        Ok(instant(turn.saturating_add(every), now))
    }

    /// Asks for reconciliations as they become due, until `stop`.
    pub async fn run(self, clock: Clock, stop: CancellationToken) {
        loop {
            let wait = match self.pass(clock()).await {
                Ok(next) => (next - clock()).to_std().unwrap_or_default().min(LONGEST_SLEEP),
                Err(error) => {
                    tracing::error!(connection = %self.connection, %error, "the schedule of reconciliations was not followed; it is tried again");
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

/// Name of the reconciliation of a turn.
fn id_of(turn: DateTime<Utc>) -> ReconciliationId {
    ReconciliationId::new(format!("s{}", turn.format("%Y%m%dT%H%M%SZ")))
}

fn instant(seconds: i64, otherwise: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use amz_services::ports::Lanes;
    use amz_store::memory::MemoryStore;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn schedule(store: &Arc<MemoryStore>) -> ReconciliationSchedule {
        ReconciliationSchedule {
            connection: "main".into(),
            every: Duration::from_secs(900),
            intake: store.clone(),
            wake: Arc::default(),
        }
    }

    async fn asked(store: &MemoryStore, now: DateTime<Utc>) -> Vec<String> {
        let claims = store.claim("test", now, Duration::from_secs(1), 10).await.unwrap();
        let asks = claims.into_iter().flat_map(|claim| claim.asks);
        asks.map(|ask| match ask {
            Ask::WalkOrders(request) => request.id.to_string(),
            other => panic!("{other}"),
        })
        .collect()
    }

    #[tokio::test]
    async fn the_first_pass_notes_the_time_and_turns_come_every_so_often() {
        let store = Arc::new(MemoryStore::new());
        let schedule = schedule(&store);
        let begin = at("2026-03-02T12:00:00.400Z");
        assert_eq!(schedule.pass(begin).await.unwrap(), at("2026-03-02T12:15:00Z"));
        assert_eq!(schedule.pass(at("2026-03-02T12:14:59Z")).await.unwrap(), at("2026-03-02T12:15:00Z"));
        assert_eq!(asked(&store, at("2026-03-02T12:14:59Z")).await, Vec::<String>::new());
        let due = at("2026-03-02T12:15:00Z");
        for _ in 0..2 {
            assert_eq!(schedule.pass(due).await.unwrap(), at("2026-03-02T12:30:00Z"), "a turn comes once");
        }
        assert_eq!(asked(&store, due).await, ["s20260302T121500Z"]);
    }

    #[tokio::test]
    async fn of_missed_turns_the_latest_is_asked_for_once() {
        let store = Arc::new(MemoryStore::new());
        schedule(&store).pass(at("2026-03-02T12:00:00Z")).await.unwrap();
        let later = at("2026-03-03T14:07:00Z");
        let next = schedule(&store).pass(later).await.unwrap();
        assert_eq!(next, at("2026-03-03T14:15:00Z"));
        assert_eq!(asked(&store, later).await, ["s20260303T140000Z"]);
    }
}
