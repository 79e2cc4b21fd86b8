//! What a message says.

use amz_services::notification::{Notification, NotificationKind};
use amz_services::parking::{Parked, Reason};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

#[derive(Serialize)]
struct Message<'told> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'told>,
}

#[derive(Serialize)]
struct Data<'told> {
    connection: &'told str,
    lane: String,
    subject: &'told str,
    code: &'told str,
    cause: &'told str,
    hint: &'told str,
    who: &'static str,
    since: String,
}

/// The message as it is posted. The same message always has the same text.
pub(super) fn body(notification: &Notification) -> String {
    let Notification { id: _, kind, at, item, attempts: _ } = notification;
    let Parked { key, subject, reason: Reason { code, cause, hint, who }, since } = item;
    let message = Message {
        r#type: kind.as_str(),
        timestamp: instant(*at),
        data: Data {
            connection: key.connection.as_str(),
            lane: key.lane.to_string(),
            subject,
            code,
            cause,
            hint,
            who: who.as_str(),
            since: instant(*since),
        },
    };
    // texts alone cannot fail to become JSON
    serde_json::to_string(&message).unwrap_or_default()
}

/// One log line.
pub(super) fn log(notification: &Notification) {
    let Notification { id, kind, at: _, item, attempts: _ } = notification;
    let Parked { key, subject, reason: Reason { code, cause, hint, who }, since } = item;
    let (connection, lane, who, since) = (&key.connection, &key.lane, who.as_str(), instant(*since));
    match kind {
        NotificationKind::Parked => {
            tracing::warn!(notification = %id, kind = kind.as_str(), %connection, %lane, subject, code, cause, hint, who, since, "somebody is needed");
        }
        NotificationKind::Cleared => {
            tracing::info!(notification = %id, kind = kind.as_str(), %connection, %lane, subject, code, cause, hint, who, since, "nobody is needed any more");
        }
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
