//! The tables that a store can hand over to another one, and their columns.

/// A table that both databases have.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Its columns with text that are handed over, in one line.
    texts: &'static str,
    /// Its columns with numbers.
    integers: &'static str,
    /// What tells a row from all others, in PostgreSQL.
    pub(super) key: &'static [&'static str],
    pub(super) numbering: Numbering,
    /// Which file has it in SQLite.
    pub(super) file: File,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Text,
}

/// Who gives rows their `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbering {
    /// There is none, or whoever writes the row.
    Given,
    /// The database, upwards.
    Identity,
}

/// The SQLite files that a table is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    State,
    /// Both the inbox and the commands; PostgreSQL tells them apart by the column `feed`.
    Notices,
    /// The same, those only that the state's cursors have not passed.
    NoticesNotTaken,
    Settings,
}

impl Table {
    /// The columns that are handed over, in the order of a row's values.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&'static str, Kind)> {
        let texts = self.texts.split_whitespace().map(|name| (name, Kind::Text));
        texts.chain(self.integers.split_whitespace().map(|name| (name, Kind::Integer)))
    }

    /// Columns as SQL lists them.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<&str> = self.columns().map(|(name, _)| name).collect();
        names.join(", ")
    }

    /// Where a column stands in a row.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns().position(|(column, _)| column == name)
    }
}

const fn state(
    name: &'static str,
    key: &'static [&'static str],
    texts: &'static str,
    integers: &'static str,
) -> Table {
    Table { name, texts, integers, key, numbering: Numbering::Given, file: File::State }
}

/// A table whose rows the database numbers.
const fn log(
    name: &'static str,
    key: &'static [&'static str],
    texts: &'static str,
    integers: &'static str,
) -> Table {
    Table { numbering: Numbering::Identity, ..state(name, key, texts, integers) }
}

const BY_ID: &[&str] = &["connection", "id"];

/// All tables but those that belong to running processes: duties and shares of slots. Leases are not handed over
/// either. A table comes after those that it refers to.
pub(super) const TABLES: &[Table] = &[
    state("lanes", &["connection", "lane"], "connection lane", "due_at fence attempts last_sequence urgency"),
    state(
        "requests",
        &["connection", "lane", "sequence"],
        "connection lane ask notices",
        "sequence due_at counts_from urgency",
    ),
    log("lane_notices", BY_ID, "connection lane notice kind", "id received_at"),
    log("looks", BY_ID, "connection lane asks lines outcome notices", "id fence started_at ended_at"),
    state("pauses", &["connection"], "connection code", "paused_until"),
    state("turns", &["connection"], "connection", "weight pass"),
    state("feed_cursors", &["feed"], "feed", "through"),
    state("watermarks", &["connection", "feed"], "connection feed modified record", ""),
    state(
        "feed_versions",
        &["connection", "feed", "modified", "record"],
        "connection feed modified record",
        "",
    ),
    state(
        "intents",
        &["connection", "intent"],
        "connection intent lane operation subject state result",
        "sends lookups planned_at sent_at settled_at",
    ),
    log("intent_changes", BY_ID, "connection lane intent change detail", "id changed_at"),
    state("links", &["connection", "kind", "amazon_id"], "connection kind amazon_id lane link", ""),
    state(
        "parked",
        &["connection", "lane", "subject"],
        "connection lane subject code cause hint who",
        "parked_since",
    ),
    log(
        "notifications",
        BY_ID,
        "connection message kind lane subject code cause hint who ended",
        "id happened_at parked_since attempts due_at settled_at",
    ),
    log(
        "calls",
        BY_ID,
        "connection lane vendor operation method path outcome code request response intent",
        "id attempt started_at duration_ms status job",
    ),
    log("echoes", BY_ID, "connection lane what", "id job noted_at"),
    state(
        "stock_known",
        &["connection", "sku"],
        "connection sku reading fulfillment_sku",
        "read_at absent_since absent_last absent_times",
    ),
    state("stock_report_rows", &["connection", "run", "number"], "connection run body", "number"),
    state("stock_runs", &["connection", "run"], "connection run phase body", "started_at over_at"),
    state("stock_item_skus", &["connection", "item"], "connection item sku", ""),
    state("stock_again", &["connection", "sku"], "connection sku", "again_at"),
    state("open_orders", &["connection", "sales_order"], "connection sales_order", "opened_at"),
    state(
        "reconciliation_orders",
        &["connection", "run", "lane"],
        "connection run lane outcome finding",
        "asked",
    ),
    state("reconciliations", &["connection", "run"], "connection run body", "started_at ended_at counts"),
    state("paces", &["pace"], "pace", "next_at"),
    Table {
        file: File::Notices,
        ..log(
            "notices",
            &["connection", "feed", "id"],
            "connection feed source notice_key kind body body_digest",
            "id received_at",
        )
    },
    Table {
        file: File::NoticesNotTaken,
        ..state("notices_waiting", &["connection", "feed", "id"], "connection feed", "id")
    },
    Table {
        file: File::Settings,
        ..state(
            "settings_versions",
            &["id"],
            "connection document changes changed_by note",
            "id version changed_at",
        )
    },
];

/// The table of a name.
pub(super) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}
