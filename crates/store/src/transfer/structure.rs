//! Whether a store is sound in itself.

use amz_services::intent::IntentState;
use amz_services::link::Link;
use amz_services::work::{Ask, Lane};
use futures_util::StreamExt;
use sqlx::AssertSqlSafe;

use super::row::{Cell, Row};
use super::side::{Filter, Side};
use super::table::{Numbering, TABLES, Table, table};
use super::{Progress, TransferError, Watch};
use crate::Store;

/// Something that must hold in every store, and whether it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soundness {
    /// What must hold.
    pub rule: &'static str,
    /// How many rows break it.
    pub broken: u64,
    /// One of them.
    pub example: Option<String>,
}

/// What must not be found in the tables of the state, each as the names of the rows that are at fault.
const RULES: [(&str, &str); 4] = [
    (
        "every request has its lane",
        "select connection || '/' || lane as fault from requests where not exists
         (select 1 from lanes where lanes.connection = requests.connection and lanes.lane = requests.lane)",
    ),
    (
        "every lane has requests",
        "select connection || '/' || lane as fault from lanes where not exists
         (select 1 from requests where requests.connection = lanes.connection and requests.lane = lanes.lane)",
    ),
    (
        "every change is of an intent that is there",
        "select connection || '/' || intent as fault from intent_changes where not exists
         (select 1 from intents where intents.connection = intent_changes.connection
          and intents.intent = intent_changes.intent)",
    ),
    (
        "every report is of a run that is there",
        "select connection || '/' || run as fault from stock_report_rows where not exists
         (select 1 from stock_runs where stock_runs.connection = stock_report_rows.connection
          and stock_runs.run = stock_report_rows.run)",
    ),
];

/// What must not be found in a database.
const DATABASE_RULES: [(&str, &str); 2] = [
    (
        "every waiting notice is there",
        "select connection || '/' || feed || '/' || id as fault from notices_waiting where not exists
         (select 1 from notices where notices.connection = notices_waiting.connection
          and notices.feed = notices_waiting.feed and notices.id = notices_waiting.id)",
    ),
    (
        "no fence is ahead of its sequence",
        "select connection || '/' || lane as fault from lanes where fence > (select last_value from lane_fences)
         union all
         select connection || '/' || lane from looks where fence > (select last_value from lane_fences)",
    ),
];

/// What must not be found in a file.
const FILE_RULES: [(&str, &str); 1] = [(
    "no fence is ahead of its sequence",
    "select connection || '/' || lane as fault from lanes where fence > (select max(value) from fences)
     union all
     select connection || '/' || lane from looks where fence > (select max(value) from fences)",
)];

/// Values that must be readable: table, column, rule, and whether a value is.
type Readable = (&'static str, &'static str, &'static str, fn(&str) -> bool);
const READABLE: [Readable; 4] = [
    ("lanes", "lane", "every lane has a name that is known", |lane| lane.parse::<Lane>().is_ok()),
    ("requests", "ask", "every request can be read", |ask| serde_json::from_str::<Ask>(ask).is_ok()),
    ("links", "link", "every link can be read", |link| serde_json::from_str::<Link>(link).is_ok()),
    ("intents", "state", "every intent is in a state that is known", |state| {
        IntentState::parse(state).is_some()
    }),
];

/// Looks through a store, beside running processes or without any.
///
/// # Errors
/// When it cannot be read.
pub async fn check(store: &Store, watch: Watch<'_>) -> Result<Vec<Soundness>, TransferError> {
    let mut side = Side::read(store).await?;
    let mut found = Vec::new();
    for (rule, faults) in RULES {
        found.push(side.faults(rule, faults).await?);
    }
    match &mut side {
        Side::Database(_) => {
            for (rule, faults) in DATABASE_RULES {
                found.push(side.faults(rule, faults).await?);
            }
            found.push(sequences(&mut side).await?);
        }
        Side::Files(files) => {
            let mut damage = Soundness { rule: "no file is damaged", broken: 0, example: None };
            for (part, connection) in files.whole.each() {
                let lines: Vec<String> =
                    sqlx::query_scalar("pragma integrity_check").fetch_all(connection).await?;
                for line in lines.into_iter().filter(|line| line != "ok") {
                    damage.note(|| format!("{part}: {line}"));
                }
            }
            found.push(damage);
            for (rule, faults) in FILE_RULES {
                found.push(side.faults(rule, faults).await?);
            }
        }
    }
    for (name, column, rule, is_readable) in READABLE {
        let mut soundness = Soundness { rule, broken: 0, example: None };
        if let Some(table) = table(name) {
            side.read_through(table, column, is_readable, &mut soundness, watch).await?;
        }
        found.push(soundness);
    }
    Ok(found)
}

/// Whether the database would number a new row as one that is there.
async fn sequences(side: &mut Side) -> Result<Soundness, TransferError> {
    let mut soundness = Soundness { rule: "no id is ahead of its sequence", broken: 0, example: None };
    let Side::Database(transaction) = side else { return Ok(soundness) };
    for table in TABLES.iter().filter(|table| table.numbering == Numbering::Identity) {
        let sequence: String = sqlx::query_scalar("select pg_get_serial_sequence($1, 'id')")
            .bind(table.name)
            .fetch_one(&mut **transaction)
            .await?;
        let ahead = AssertSqlSafe(format!(
            "select coalesce((select max(id) from {}), 0) > last_value from {sequence}",
            table.name
        ));
        if sqlx::query_scalar(ahead).fetch_one(&mut **transaction).await? {
            soundness.note(|| table.name.to_owned());
        }
    }
    Ok(soundness)
}

impl Side {
    async fn faults(&mut self, rule: &'static str, faults: &str) -> Result<Soundness, TransferError> {
        let count = AssertSqlSafe(format!("select count(*), min(fault) from ({faults}) as faults"));
        let (broken, example): (i64, Option<String>) = match self {
            Self::Database(transaction) => sqlx::query_as(count).fetch_one(&mut **transaction).await?,
            Self::Files(files) => match files.whole.state.as_mut() {
                Some(state) => sqlx::query_as(count).fetch_one(state).await?,
                None => (0, None),
            },
        };
        Ok(Soundness { rule, broken: u64::try_from(broken).unwrap_or(0), example })
    }

    async fn read_through(
        &mut self,
        table: &'static Table,
        column: &str,
        is_readable: fn(&str) -> bool,
        soundness: &mut Soundness,
        watch: Watch<'_>,
    ) -> Result<(), TransferError> {
        let (all, at, mut done) = (Filter::default(), table.position(column), 0);
        let mut rows = self.rows(table, &all);
        while let Some(row) = rows.next().await {
            let row = row?;
            if let Some(Cell::Text(value)) = at.and_then(|at| row.get(at))
                && !is_readable(value)
            {
                soundness.note(|| key_of(table, &row));
            }
            done += 1;
            watch(Progress { doing: "reading", table: table.name, rows: done, of: 0 });
        }
        Ok(())
    }
}

impl Soundness {
    fn note(&mut self, example: impl FnOnce() -> String) {
        self.broken += 1;
        if self.example.is_none() {
            self.example = Some(example());
        }
    }
}

/// What tells a row from others, for people.
fn key_of(table: &Table, row: &Row) -> String {
    let values = table.key.iter().filter_map(|name| match row.get(table.position(name)?)? {
        Cell::Nothing => None,
        Cell::Integer(value) => Some(value.to_string()),
        Cell::Text(value) => Some(value.clone()),
    });
    values.collect::<Vec<_>>().join("/")
}
