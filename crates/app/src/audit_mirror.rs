//! Copies the audit trail to NetSuite, for people who live there. The trail itself is in our store: the copy comes
//! later, gives way to all other work, and nothing waits for it.

use std::sync::Arc;
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::audit::{AuditEntry, AuditEvent, CallRecord, for_intent};
use amz_services::connection::Clock;
use amz_services::failure::{Failure, PortError, StoreError};
use amz_services::intent::IntentKey;
use amz_services::ports::records::AuditRow;
use amz_services::ports::{AuditMirror, Intake, Operations};
use amz_services::urgency::{Urgency, with_urgency};
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

/// The write that the copying calls carry in the trail, by which they are told from all others: copies of them would
/// make calls without end.
const INTENT: &str = "auditLog";

/// Calls read at once.
const BATCH: u32 = 100;

/// Calls copied before it is noted that they are: NetSuite takes one row per call, and rows before a failure are sent
/// again.
const CHUNK: usize = 10;

/// How old a call must be: the look that it was made in has ended then as a rule, and the notices that asked for it are
/// known.
const RESTED: TimeDelta = TimeDelta::seconds(30);

/// Which calls are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirroredCalls {
    /// Calls that send or settle a write, and calls that failed.
    WritesAndFailures,
    /// Reads too.
    All,
}

impl MirroredCalls {
    fn wants(self, call: &CallRecord) -> bool {
        match call.intent.as_ref().map(|intent| intent.0.as_str()) {
            Some(INTENT) => false,
            Some(_) => true,
            None => self == Self::All || call.outcome.is_failure(),
        }
    }
}

/// Why a turn stopped before its end. The next one begins where this one got to.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// NetSuite did not take the rows.
    #[error(transparent)]
    Call(#[from] PortError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies one connection's calls.
#[derive(Clone)]
pub struct MirrorTask {
    /// Whose.
    pub connection: ConnectionName,
    /// Which.
    pub only: MirroredCalls,
    /// How often.
    pub every: Duration,
    /// Where to.
    pub mirror: Arc<dyn AuditMirror>,
    /// Where from.
    pub operations: Arc<dyn Operations>,
    /// Where it is kept how far the copy is.
    pub intake: Arc<dyn Intake>,
    /// Now.
    pub clock: Clock,
}

impl MirrorTask {
    /// Notes where the copy begins when it was never begun: at what is recorded from now on.
    ///
    /// # Errors
    /// When the store is not available.
    pub async fn begin(&self) -> Result<(), StoreError> {
        if self.intake.cursor(&self.cursor()).await? == 0 {
            let last = self.operations.last_recorded(&self.connection).await?;
            self.intake.accept(&self.cursor(), last, Vec::new()).await?;
        }
        Ok(())
    }

    /// Copies what was recorded since the last turn. Returns how many calls were copied. A turn that is given up or fails
    /// loses nothing: what it has not noted yet is copied again, under the same names.
    ///
    /// # Errors
    /// [`MirrorError`], at the first failure.
    pub async fn turn(&self) -> Result<usize, MirrorError> {
        let mut copied = 0;
        loop {
            let after = self.intake.cursor(&self.cursor()).await?;
            let entries = self.operations.recorded(&self.connection, after, BATCH).await?;
            let rested: Vec<AuditEntry> =
                entries.into_iter().take_while(|entry| self.is_rested(entry)).collect();
            let whole = rested.len() == BATCH as usize;
            for entries in rested.chunks(CHUNK) {
                copied += self.copy(entries).await?;
            }
            if !whole {
                return Ok(copied);
            }
        }
    }

    /// Copies entries and notes that they are.
    async fn copy(&self, entries: &[AuditEntry]) -> Result<usize, MirrorError> {
        let rows: Vec<AuditRow> = entries.iter().filter_map(|entry| self.row(entry)).collect();
        let copied = match self.write(&rows).await {
            Ok(()) => rows.len(),
            Err(error) if error.failure == Failure::Refused => self.copy_one_by_one(&rows, error).await?,
            Err(error) => return Err(error.into()),
        };
        if let Some(last) = entries.last() {
            self.intake.accept(&self.cursor(), last.position.id, Vec::new()).await?;
        }
        Ok(copied)
    }

    /// Copies what NetSuite takes of rows of which it refused one: a row that it never takes must not hold up all later
    /// ones. When it takes none, the refusal is not about a row, and the copy waits until somebody mended the cause.
    async fn copy_one_by_one(&self, rows: &[AuditRow], refusal: PortError) -> Result<usize, MirrorError> {
        let mut refused = Vec::new();
        for row in rows {
            match self.write(std::slice::from_ref(row)).await {
                Ok(()) => {}
                Err(error) if error.failure == Failure::Refused => refused.push((row.id, error)),
                Err(error) => return Err(error.into()),
            }
        }
        if refused.len() == rows.len() {
            return Err(refusal.into());
        }
        for (call, error) in &refused {
            tracing::warn!(connection = %self.connection, call, %error, "NetSuite does not take the copy of a call: left out");
        }
        Ok(rows.len() - refused.len())
    }

    async fn write(&self, rows: &[AuditRow]) -> Result<(), PortError> {
        if rows.is_empty() {
            return Ok(());
        }
        let write = for_intent(IntentKey(INTENT.to_owned()), self.mirror.write(rows));
        with_urgency(Urgency::Reconciliation, write).await
    }

    /// A turn at every interval until `stop`. Failures are told when they begin and when they end.
    pub async fn run(self, stop: CancellationToken) {
        let turns = async {
            let (mut begun, mut failing) = (false, false);
            loop {
                let turned = match begun {
                    true => self.turn().await,
                    false => match self.begin().await {
                        Ok(()) => {
                            begun = true;
                            self.turn().await
                        }
                        Err(error) => Err(error.into()),
                    },
                };
                let connection = &self.connection;
                match &turned {
                    Ok(_) if failing => tracing::info!(%connection, "the audit trail is copied again"),
                    Ok(_) => {}
                    Err(error) if failing => {
                        tracing::debug!(%connection, %error, "the audit trail is not copied")
                    }
                    Err(error) => {
                        tracing::warn!(%connection, %error, "the audit trail is not copied; tried again by itself");
                    }
                }
                failing = turned.is_err();
                tokio::time::sleep(self.every).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = turns => {}
        }
    }

    fn cursor(&self) -> String {
        format!("audit-mirror/{}", self.connection)
    }

    fn is_rested(&self, entry: &AuditEntry) -> bool {
        let now: DateTime<Utc> = (self.clock)();
        now - entry.position.at >= RESTED
    }

    fn row(&self, entry: &AuditEntry) -> Option<AuditRow> {
        let AuditEntry { position, notices, event } = entry;
        match event {
            AuditEvent::Call(call) if self.only.wants(call) => {
                Some(AuditRow { id: position.id, notices: notices.clone(), call: call.as_ref().clone() })
            }
            AuditEvent::Call(_) | AuditEvent::Echo { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "audit_mirror_tests.rs"]
mod tests;
