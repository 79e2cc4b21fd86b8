//! What a failed call means for a lane: another try, a pause, or a person.

use chrono::{DateTime, Utc};

use super::{LaneEnd, STOCK_CREDENTIALS, SUBJECT, trace};
use crate::connection::Connection;
use crate::desk::Desk;
use crate::failure::{Advice, Failure, PortError, StoreError};
use crate::look::LookOutcome;
use crate::parking::{Reason, Who};
use crate::retry::{LONGEST_WAIT, backoff};
use crate::work::{Ask, Claim, Lane};

/// Amazon's stock has credentials and a pace of its own: what they refuse must not stop orders. The lane waits, longer
/// each time, and goes on by itself.
pub(super) async fn waits_alone(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    error: PortError,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.note(error.to_string());
    let growing = backoff(claim.attempts.saturating_add(1), connection.settings.retry_base, jitter);
    let wait = match error.failure {
        Failure::Throttled { wait } => wait.unwrap_or(growing),
        _ => {
            desk.park(STOCK_CREDENTIALS, &stock_credentials_refused(&error)).await?;
            growing
        }
    };
    let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
    let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
    Ok(LaneEnd::Postpone { look, at, failed: true })
}

fn stock_credentials_refused(error: &PortError) -> Reason {
    Reason::new(
        "stock_credentials_refused",
        format!("{} was refused its credentials [{}]: {}", error.operation, error.code, error.message),
        "put the credentials of the Selling Partner API in order, and give those of Amazon's orders the permissions \
         \"View inventory data\" and \"View & Edit Catalog Data\"; stock goes on by itself, and orders never stopped",
        Who::Operator,
    )
}

/// Decides what a failed call means for the lane.
pub(super) async fn failed(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    error: PortError,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.note(error.to_string());
    let attempts = claim.attempts.saturating_add(1);
    match error.failure.advice(matches!(error.failure, Failure::Conflict | Failure::Unclear)) {
        Advice::SlowDown(wait) => {
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::SlowDown { look, wait })
        }
        Advice::PauseConnection => {
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::Pause { look, error })
        }
        Advice::Retry | Advice::LookFirst if is_vendor_out(connection, claim) => {
            // every try fails alike, and none tells anything of this work: no try counts, and nothing parks
            let wait = backoff(1, connection.settings.retry_base, jitter);
            let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::Postpone { look, at, failed: false })
        }
        Advice::Retry | Advice::LookFirst if attempts < connection.settings.retry_limit => {
            let wait = backoff(attempts, connection.settings.retry_base, jitter);
            let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::Postpone { look, at, failed: true })
        }
        Advice::Retry | Advice::LookFirst if tries_for_ever(claim) => {
            let reason = used_up(&error, attempts);
            tries_on(connection, claim, desk, started_at, &reason, jitter).await
        }
        Advice::Retry | Advice::LookFirst => {
            let reason = used_up(&error, attempts);
            desk.park(SUBJECT, &reason).await?;
            for ask in &claim.asks {
                if let Ask::Document { document, .. } = ask {
                    // nobody names it again: the parked subject is what a retry goes by
                    desk.park(&format!("document/{document}"), &reason).await?;
                }
            }
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::Complete { look, redirect: Vec::new() })
        }
        Advice::Park => {
            let reason = Reason::new(
                &error.code,
                format!("{} failed: {}", error.operation, error.message),
                "correct what the message names, then retry",
                Who::Operator,
            );
            if tries_for_ever(claim) {
                return tries_on(connection, claim, desk, started_at, &reason, jitter).await;
            }
            desk.park(SUBJECT, &reason).await?;
            let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
            Ok(LaneEnd::Complete { look, redirect: Vec::new() })
        }
    }
}

/// True when a vendor that is out as a whole left a call of this look unanswered.
pub(super) fn is_vendor_out(connection: &Connection, claim: &Claim) -> bool {
    connection.vendors.out_in(&claim.lease.key, claim.lease.fence).is_some()
}

/// True for lanes that nobody asks again by a later event.
fn tries_for_ever(claim: &Claim) -> bool {
    matches!(claim.lease.key.lane, Lane::StockLevels | Lane::StockReading | Lane::Reconciliation)
}

/// Nobody asks again for stock that changed, or for a run that is under way: its lanes keep their asks. People are told
/// once, and the lane tries on with the longest waits until it goes well.
async fn tries_on(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    reason: &Reason,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.park(SUBJECT, reason).await?;
    let wait = backoff(u32::MAX, connection.settings.retry_base.max(LONGEST_WAIT), jitter);
    let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
    let look = trace(connection, claim, started_at, desk.close().told(), LookOutcome::Failed);
    Ok(LaneEnd::Postpone { look, at, failed: true })
}

fn used_up(error: &PortError, attempts: u32) -> Reason {
    Reason::new(
        "tries_used_up",
        format!("{} failed {attempts} times, last with {}: {}", error.operation, error.code, error.message),
        "retry when the vendor is well again; nothing was dropped",
        Who::Operator,
    )
}
