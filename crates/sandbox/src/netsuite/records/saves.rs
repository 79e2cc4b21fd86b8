//! What a save was, in the words of user events.

use serde_json::Value;

use crate::netsuite::books::{Approval, Record};
use crate::netsuite::status::line_is_closed;

/// Record types whose saves the bundle's user events see.
const TOLD: [&str; 6] =
    ["salesOrder", "itemFulfillment", "returnAuthorization", "creditMemo", "cashRefund", "customerRefund"];

/// One save that user events see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Saved {
    /// REST type.
    pub(crate) record_type: String,
    /// Internal id.
    pub(crate) id: u64,
    /// `create`, `edit`, `approve`, `cancel` or `delete`.
    pub(crate) event: &'static str,
}

impl Saved {
    /// The save of a record that was `before`; `None` when no user event looks at its type.
    pub(crate) fn of(before: Option<&Record>, after: &Record) -> Option<Self> {
        let event = match before {
            None => "create",
            Some(before) if after.is("salesOrder") && asks_to_cancel(before, after) => "cancel",
            Some(before) if before.approval == Approval::Pending && after.approval == Approval::Approved => {
                "approve"
            }
            Some(_) => "edit",
        };
        Self::told(after, event)
    }

    /// The deletion of a record.
    pub(crate) fn deletion(gone: &Record) -> Option<Self> {
        Self::told(gone, "delete")
    }

    fn told(record: &Record, event: &'static str) -> Option<Self> {
        let record_type = record.kind.name.clone();
        TOLD.contains(&record_type.as_str()).then_some(Self { record_type, id: record.id, event })
    }
}

/// Cancelled now, a line closed now, or the cancel state requested now.
fn asks_to_cancel(before: &Record, after: &Record) -> bool {
    let requested = |order: &Record| {
        let state = order.fields.get("custbody_amz_cancel_state").and_then(Value::as_str);
        state.is_some_and(|state| state.trim().eq_ignore_ascii_case("requested"))
    };
    let is_cancelled = |order: &Record| order.approval == Approval::Cancelled;
    let was_closed = |line: u64| {
        before.lines_of("item").iter().any(|known| known.number() == line && line_is_closed(known))
    };
    (requested(after) && !requested(before))
        || (is_cancelled(after) && !is_cancelled(before))
        || after.lines_of("item").iter().any(|line| line_is_closed(line) && !was_closed(line.number()))
}
