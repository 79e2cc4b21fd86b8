//! Which reconciliations count: the same for every store.

use amz_services::reconciliation::{Reconciliation, ReconciliationPhase, ReconciliationScope};
use chrono::{DateTime, Utc};

/// True for a reconciliation of open orders that is complete and wrote what it found, so that the next one may look at
/// what was touched since it began. One that a person gave a beginning of its own counts only when it reaches back to
/// the last that counts: else what was touched in between would never be looked at.
pub(crate) fn counts(run: &Reconciliation, last: Option<DateTime<Utc>>) -> bool {
    let ReconciliationScope::Open { since } = &run.request.scope else { return false };
    let reaches_back = since.is_none_or(|since| last.is_some_and(|last| since <= last));
    run.phase == ReconciliationPhase::Done && !run.request.plan_only && reaches_back
}
