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
    /// Rows of the reports of stock runs.
    pub stock_report_rows: u64,
    /// Stock runs that were over.
    pub stock_runs: u64,
    /// What was our own echo.
    pub echoes: u64,
    /// What reconciliations asked and found.
    pub findings: u64,
    /// Reconciliations that were over.
    pub reconciliations: u64,
    /// Orders that stayed open for so long that nothing is expected of them but what an event tells.
    pub open_orders: u64,
}

pub(super) async fn purge(
    connection: &mut SqliteConnection,
    before: DateTime<Utc>,
    limit: u32,
) -> Result<Purged, Fault> {
    let mut deleted = [0; 11];
    for (count, statement) in deleted.iter_mut().zip(STATEMENTS) {
        *count = sqlx::query(statement)
            .bind(micros(before))
            .bind(limit)
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    let [
        notices,
        looks,
        calls,
        intent_changes,
        notifications,
        stock_report_rows,
        stock_runs,
        echoes,
        findings,
        reconciliations,
        open_orders,
    ] = deleted;
    Ok(Purged {
        notices,
        looks,
        calls,
        intent_changes,
        notifications,
        stock_report_rows,
        stock_runs,
        echoes,
        findings,
        reconciliations,
        open_orders,
    })
}

const STATEMENTS: [&str; 11] = [
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
    // a run goes after its report; the latest ten of a connection stay whatever their age
    "delete from stock_report_rows where id in
     (select stock_report_rows.id from stock_runs
      join stock_report_rows on stock_report_rows.connection = stock_runs.connection
      and stock_report_rows.run = stock_runs.run
      where stock_runs.over_at < $1 and stock_runs.started_at <
      (select latest.started_at from stock_runs as latest where latest.connection = stock_runs.connection
       order by latest.started_at desc limit 1 offset 9)
      order by stock_runs.over_at limit $2)",
    "delete from stock_runs where (connection, run) in
     (select old.connection, old.run from stock_runs as old
      where old.over_at < $1 and old.started_at <
      (select latest.started_at from stock_runs as latest where latest.connection = old.connection
       order by latest.started_at desc limit 1 offset 9)
      and not exists (select 1 from stock_report_rows
      where stock_report_rows.connection = old.connection and stock_report_rows.run = old.run)
      order by old.over_at limit $2)",
    "delete from echoes where id in (select id from echoes where noted_at < $1 order by noted_at limit $2)",
    // the same for reconciliations; besides, the last that counts stays: it says where the next one begins
    "delete from reconciliation_orders where id in
     (select reconciliation_orders.id from reconciliations as old
      join reconciliation_orders on reconciliation_orders.connection = old.connection
      and reconciliation_orders.run = old.run
      where old.ended_at < $1 and old.started_at <
      (select latest.started_at from reconciliations as latest where latest.connection = old.connection
       order by latest.started_at desc limit 1 offset 9)
      order by old.ended_at limit $2)",
    "delete from reconciliations where (connection, run) in
     (select old.connection, old.run from reconciliations as old
      where old.ended_at < $1 and old.started_at <
      (select latest.started_at from reconciliations as latest where latest.connection = old.connection
       order by latest.started_at desc limit 1 offset 9)
      and not (old.counts = 1 and old.started_at = (select max(last.started_at) from reconciliations as last
      where last.connection = old.connection and last.counts = 1))
      and not exists (select 1 from reconciliation_orders
      where reconciliation_orders.connection = old.connection and reconciliation_orders.run = old.run)
      order by old.ended_at limit $2)",
    "delete from open_orders where (connection, sales_order) in
     (select old.connection, old.sales_order from open_orders as old
      where old.opened_at < $1 order by old.opened_at limit $2)",
];
