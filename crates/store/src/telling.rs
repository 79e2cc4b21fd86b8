//! What a timeline says: the same words from every store.

use amz_services::audit::CallRecord;
use amz_services::parking::Parked;
use amz_services::timeline::{TimelineEntry, TimelineKind};
use amz_services::work::{Ask, NoticeReference};
use chrono::{DateTime, Utc};

/// What happens next in a lane.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) due_at: DateTime<Utc>,
    /// Who works on it, and until when the lease lasts.
    pub(crate) leased: Option<(String, DateTime<Utc>)>,
    /// Until when its connection is paused, and for which code.
    pub(crate) paused: Option<(DateTime<Utc>, String)>,
    pub(crate) attempts: u32,
    pub(crate) asks: Vec<Ask>,
}

pub(crate) fn notice(notice: &NoticeReference) -> TimelineEntry {
    let NoticeReference { id, kind, received_at } = notice;
    entry(*received_at, TimelineKind::Notice, format!("{kind} ({id})"))
}

pub(crate) fn call(call: &CallRecord) -> TimelineEntry {
    let mut text = format!("{} {}: {}", call.vendor.as_str(), call.operation, call.outcome.as_str());
    if let Some(status) = call.status {
        text.push_str(&format!(", HTTP {status}"));
    }
    if let Some(code) = &call.code {
        text.push_str(&format!(", {code}"));
    }
    text.push_str(&format!(", {} ms", call.duration_ms));
    if call.attempt > 1 {
        text.push_str(&format!(", attempt {}", call.attempt));
    }
    entry(call.started_at, TimelineKind::Call, text)
}

pub(crate) fn intent(
    at: DateTime<Utc>,
    operation: &str,
    subject: &str,
    change: &str,
    detail: Option<&str>,
) -> TimelineEntry {
    let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
    entry(at, TimelineKind::Intent, format!("{operation} of {subject}: {change}{detail}"))
}

pub(crate) fn look(ended_at: DateTime<Utc>, asks: &[Ask], outcome: &str, lines: &[String]) -> TimelineEntry {
    let mut text = format!("looked at {}: {outcome}", list(asks));
    for line in lines {
        text.push_str("; ");
        text.push_str(line);
    }
    entry(ended_at, TimelineKind::Look, text)
}

pub(crate) fn parked(parked: &Parked) -> TimelineEntry {
    let Parked { key: _, subject, reason, since } = parked;
    let text = format!(
        "{subject} parked for the {} [{}]: {}. {}",
        reason.who.as_str(),
        reason.code,
        reason.cause.trim_end_matches('.'),
        reason.hint
    );
    entry(*since, TimelineKind::Parked, text)
}

pub(crate) fn next(next: &Next) -> TimelineEntry {
    let tries = match next.attempts {
        0 => String::new(),
        1 => ", after 1 failed try".to_owned(),
        attempts => format!(", after {attempts} failed tries"),
    };
    let asks = list(&next.asks);
    let (at, text) = match (&next.leased, &next.paused) {
        (Some((owner, until)), _) => (*until, format!("{owner} is looking at {asks}{tries}")),
        (None, Some((until, code))) => {
            (next.due_at.max(*until), format!("look at {asks}, connection paused [{code}]{tries}"))
        }
        (None, None) => (next.due_at, format!("look at {asks}{tries}")),
    };
    entry(at, TimelineKind::Next, text)
}

/// Oldest first, with what happens next at the end.
pub(crate) fn in_order(mut entries: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    entries.sort_by_key(|entry| (entry.kind == TimelineKind::Next, entry.at, entry.kind));
    entries
}

fn entry(at: DateTime<Utc>, kind: TimelineKind, text: String) -> TimelineEntry {
    TimelineEntry { at, kind, text }
}

fn list(asks: &[Ask]) -> String {
    if asks.is_empty() {
        return "nothing".to_owned();
    }
    asks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
