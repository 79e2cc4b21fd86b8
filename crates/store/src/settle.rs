//! How an intent moves on: the same rules for every store.

use amz_services::intent::{Intent, IntentChange, IntentState, NewIntent};
use amz_services::work::{Claim, LaneKey};
use chrono::{DateTime, Utc};

/// An intent as it begins.
pub(crate) fn planned(intent: &NewIntent, at: DateTime<Utc>) -> Intent {
    let NewIntent { key, operation, subject } = intent;
    Intent {
        key: key.clone(),
        operation: *operation,
        subject: subject.clone(),
        state: IntentState::Planned,
        sends: 0,
        lookups: 0,
        planned_at: at,
        sent_at: None,
        result: None,
    }
}

/// The intent after a change.
pub(crate) fn changed(mut intent: Intent, change: &IntentChange, at: DateTime<Utc>) -> Intent {
    match change {
        IntentChange::Sent => {
            intent.state = IntentState::Sent;
            intent.sends = intent.sends.saturating_add(1);
            intent.lookups = 0;
            intent.sent_at = Some(at);
        }
        IntentChange::NotSent => {
            intent.state = IntentState::Planned;
            // the send that was counted did not take place
            intent.sends = intent.sends.saturating_sub(1);
            if intent.sends == 0 {
                intent.sent_at = None;
            }
        }
        IntentChange::Unclear => intent.state = IntentState::Unclear,
        IntentChange::LookedUp => {
            intent.state = IntentState::Unclear;
            intent.lookups = intent.lookups.saturating_add(1);
        }
        IntentChange::Done { result, links: _ } => {
            intent.state = IntentState::Done;
            intent.result.clone_from(result);
        }
        IntentChange::Refused { code } => {
            intent.state = IntentState::Refused;
            intent.result = Some(code.clone());
        }
    }
    intent
}

/// A change in a word, and what it brought, for the timeline.
pub(crate) fn change_words(change: &IntentChange) -> (&'static str, Option<&str>) {
    match change {
        IntentChange::Sent => ("sent", None),
        IntentChange::NotSent => ("not sent after all", None),
        IntentChange::Unclear => ("unclear", None),
        IntentChange::LookedUp => ("looked up, not found", None),
        IntentChange::Done { result, links: _ } => ("done", result.as_deref()),
        IntentChange::Refused { code } => ("refused", Some(code)),
    }
}

/// The notices that asked for what a look asks of a lane besides: those of the look. A lane that asks itself again
/// begins anew, or it would carry every notice that it ever got.
pub(crate) fn passed_on<'claim>(claim: &'claim Claim, to: &LaneKey) -> &'claim [String] {
    if claim.lease.key == *to { &[] } else { &claim.notices }
}
