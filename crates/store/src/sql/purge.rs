//! Deleting what is old, in small bites.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::SqlConnection;
use super::statements::delete;
use crate::purged::Purged;
use crate::stored::micros;
use crate::transaction::Fault;

pub(super) async fn purge(
    connection: &mut SqlConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Purged, Fault> {
    let mut purged = Purged::default();
    for (count, old) in purged.counts().into_iter().zip(&LOGS) {
        // planned anew, for the rows that there are
        *count = sqlx::query(AssertSqlSafe(old.delete()))
            .persistent(false)
            .bind(micros(before))
            .bind(i64::from(limit))
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    Ok(purged)
}

/// What is old in a log.
pub(super) struct Old {
    log: &'static str,
    key: &'static [&'static str],
    /// Which rows, oldest first.
    which: &'static str,
}

impl Old {
    /// Deletes the first `$2` of what is older than `$1`.
    pub(super) fn delete(&self) -> String {
        delete(self.log, self.key, self.which)
    }
}

const fn old(log: &'static str, key: &'static [&'static str], which: &'static str) -> Old {
    Old { log, key, which }
}

/// In the order of [`Purged::counts`].
pub(super) const LOGS: [Old; 11] = [
    old("lane_notices", &["id"], "where old.received_at < $1 order by old.received_at"),
    old("looks", &["id"], "where old.ended_at < $1 order by old.ended_at"),
    old("calls", &["id"], "where old.started_at < $1 order by old.started_at"),
    old(
        "intent_changes",
        &["id"],
        "join intents on intents.connection = old.connection and intents.intent = old.intent
         where old.changed_at < $1 and intents.state in ('done', 'refused') order by old.changed_at",
    ),
    old("notifications", &["id"], "where old.settled_at < $1 order by old.settled_at"),
    // a run goes after its report; the latest ten of a connection stay whatever their age
    old(
        "stock_report_rows",
        &["id"],
        "join stock_runs as runs on runs.connection = old.connection and runs.run = old.run
         where runs.over_at < $1 and runs.started_at <
         (select latest.started_at from stock_runs as latest where latest.connection = runs.connection
          order by latest.started_at desc limit 1 offset 9)
         order by runs.over_at",
    ),
    old(
        "stock_runs",
        &["connection", "run"],
        "where old.over_at < $1 and old.started_at <
         (select latest.started_at from stock_runs as latest where latest.connection = old.connection
          order by latest.started_at desc limit 1 offset 9)
         and not exists (select 1 from stock_report_rows
         where stock_report_rows.connection = old.connection and stock_report_rows.run = old.run)
         order by old.over_at",
    ),
    old("echoes", &["id"], "where old.noted_at < $1 order by old.noted_at"),
    // the same for reconciliations; besides, the last that counts stays: it says where the next one begins
    old(
        "reconciliation_orders",
        &["id"],
        "join reconciliations as runs on runs.connection = old.connection and runs.run = old.run
         where runs.ended_at < $1 and runs.started_at <
         (select latest.started_at from reconciliations as latest where latest.connection = runs.connection
          order by latest.started_at desc limit 1 offset 9)
         order by runs.ended_at",
    ),
    old(
        "reconciliations",
        &["connection", "run"],
        "where old.ended_at < $1 and old.started_at <
         (select latest.started_at from reconciliations as latest where latest.connection = old.connection
          order by latest.started_at desc limit 1 offset 9)
         and not (old.counts = 1 and old.started_at = (select max(last.started_at) from reconciliations as last
         where last.connection = old.connection and last.counts = 1))
         and not exists (select 1 from reconciliation_orders
         where reconciliation_orders.connection = old.connection and reconciliation_orders.run = old.run)
         order by old.ended_at",
    ),
    old("open_orders", &["connection", "sales_order"], "where old.opened_at < $1 order by old.opened_at"),
];
