//! What tells whether a row is old enough.

use crate::transfer::table::{Table, table};

/// A table whose rows grow old.
#[derive(Debug)]
pub(super) struct Age {
    name: &'static str,
    /// Holds for rows that came about, or came to their end, before `{before}`, and that nobody needs any more.
    in_files: &'static str,
    /// The same in a database.
    in_database: &'static str,
    /// Senders repeat notices, so that they are known for a while.
    pub(super) is_notice: bool,
}

impl Age {
    pub(super) fn table(&self) -> Option<&'static Table> {
        table(self.name)
    }

    pub(super) fn in_files(&self, before_micros: i64) -> String {
        self.in_files.replace("{before}", &before_micros.to_string())
    }

    pub(super) fn in_database(&self, before_micros: i64) -> String {
        self.in_database.replace("{before}", &before_micros.to_string())
    }
}

const fn old(name: &'static str, condition: &'static str) -> Age {
    Age { name, in_files: condition, in_database: condition, is_notice: false }
}

/// What a purge deletes, and by the same rules. What belongs to something comes before it.
pub(super) const AGES: &[Age] = &[
    old("lane_notices", "received_at < {before}"),
    old("looks", "ended_at < {before}"),
    old("calls", "started_at < {before}"),
    old("echoes", "noted_at < {before}"),
    old(
        "intent_changes",
        "changed_at < {before} and exists (select 1 from intents
         where intents.connection = intent_changes.connection and intents.intent = intent_changes.intent
         and intents.state in ('done', 'refused'))",
    ),
    old("notifications", "settled_at < {before}"),
    // the latest ten runs of a connection stay whatever their age
    old(
        "stock_report_rows",
        "(connection, run) in (select old.connection, old.run from stock_runs as old
         where old.over_at < {before} and old.started_at <
         (select latest.started_at from stock_runs as latest where latest.connection = old.connection
          order by latest.started_at desc limit 1 offset 9))",
    ),
    old(
        "stock_runs",
        "over_at < {before} and started_at <
         (select latest.started_at from stock_runs as latest where latest.connection = stock_runs.connection
          order by latest.started_at desc limit 1 offset 9)",
    ),
    // the same for reconciliations; besides, the last that counts stays: it says where the next one begins
    old(
        "reconciliation_orders",
        "(connection, run) in (select old.connection, old.run from reconciliations as old
         where old.ended_at < {before} and old.started_at <
         (select latest.started_at from reconciliations as latest where latest.connection = old.connection
          order by latest.started_at desc limit 1 offset 9))",
    ),
    old(
        "reconciliations",
        "ended_at < {before} and started_at <
         (select latest.started_at from reconciliations as latest
          where latest.connection = reconciliations.connection
          order by latest.started_at desc limit 1 offset 9)
         and not (counts = 1 and started_at = (select max(last.started_at) from reconciliations as last
          where last.connection = reconciliations.connection and last.counts = 1))",
    ),
    Age {
        name: "notices",
        in_files: "received_at < {before} and is_taken",
        // the index by age begins with the feed
        in_database: "feed in ('inbox', 'commands') and received_at < {before} and not exists (select 1 from notices_waiting
         where notices_waiting.connection = notices.connection and notices_waiting.feed = notices.feed
         and notices_waiting.id = notices.id)",
        is_notice: true,
    },
];
