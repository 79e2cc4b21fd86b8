//! Deleting what is old, in small bites.

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;

use super::fault::Fault;
use crate::stored::micros;

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Notices of lanes.
    pub notices: u64,
    /// Looks.
    pub looks: u64,
    /// Calls.
    pub calls: u64,
    /// Changes of settled intents.
    pub intent_changes: u64,
    /// Settled messages about parked items.
    pub notifications: u64,
}

pub(super) async fn purge(
    connection: &mut SqliteConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Purged, Fault> {
    let mut deleted = [0; 5];
    for (count, statement) in deleted.iter_mut().zip(STATEMENTS) {
        *count = sqlx::query(statement)
            .bind(micros(before))
            .bind(limit)
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    let [notices, looks, calls, intent_changes, notifications] = deleted;
    Ok(Purged { notices, looks, calls, intent_changes, notifications })
}

const STATEMENTS: [&str; 5] = [
    "delete from lane_notices where id in
     (select id from lane_notices where received_at < $1 order by received_at limit $2)",
    "delete from looks where id in (select id from looks where ended_at < $1 order by ended_at limit $2)",
    "delete from calls where id in (select id from calls where started_at < $1 order by started_at limit $2)",
    "delete from intent_changes where id in
     (select intent_changes.id from intent_changes
      join intents on intents.connection = intent_changes.connection and intents.intent = intent_changes.intent
      where intent_changes.changed_at < $1 and intents.state in ('done', 'refused')
      order by intent_changes.changed_at limit $2)",
    "delete from notifications where id in
     (select id from notifications where settled_at < $1 order by settled_at limit $2)",
];
