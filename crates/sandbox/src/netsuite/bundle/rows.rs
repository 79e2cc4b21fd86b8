//! Rows of the outbox.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::netsuite::books::{Books, Record};
use crate::netsuite::errors::Refusal;
use crate::netsuite::load;
use crate::netsuite::records::saves::Saved;
use crate::netsuite::records::types::Group;

const OUTBOX: &str = "customrecord_amz_outbox";
const PREFIX: &str = "custrecord_amz_outbox_";

/// Writes the row of one save. Types are named as scripts name them.
pub(super) fn write(books: &mut Books, saved: &Saved, now: DateTime<Utc>) -> Result<u64, Refusal> {
    let Saved { record_type, id, event } = saved;
    let columns = [
        ("record_type", record_type.to_ascii_lowercase()),
        ("record_id", id.to_string()),
        ("event", (*event).to_owned()),
        ("at", instant(now)),
        ("context", "USERINTERFACE".to_owned()),
        ("state", "waiting".to_owned()),
    ];
    let row: Value =
        columns.into_iter().map(|(name, value)| (format!("{PREFIX}{name}"), json!(value))).collect();
    load::record(books, OUTBOX, &row, now)
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn row(books: &Books, id: u64) -> Option<&Record> {
    books.get(&Group::Custom(OUTBOX.to_owned()), id)
}

fn set(books: &mut Books, id: u64, column: &str, value: &str) {
    if let Some(row) = books.edit(&Group::Custom(OUTBOX.to_owned()), id) {
        row.fields.insert(format!("{PREFIX}{column}"), json!(value));
    }
}

/// Puts rows into a batch.
pub(super) fn claim(books: &mut Books, rows: &[u64], batch: &str) {
    rows.iter().for_each(|row| set(books, *row, "batch", batch));
}

/// The events of a batch, in the order of its rows. Rows that somebody deleted are gone.
pub(super) fn events(books: &Books, rows: &[u64]) -> Vec<(u64, Value)> {
    let event = |id: &u64| {
        let row = row(books, *id)?;
        let text = |column: &str| row.text(&format!("{PREFIX}{column}")).unwrap_or_default();
        let (record_type, event) = (text("record_type"), text("event"));
        let data = json!({"recordType": record_type, "id": text("record_id"), "event": event});
        Some((*id, json!({"type": format!("{record_type}.{event}"), "timestamp": text("at"), "data": data})))
    };
    rows.iter().filter_map(event).collect()
}

/// Marks a row with what became of its event.
pub(super) fn mark(books: &mut Books, row: u64, result: &Value, now: DateTime<Utc>) {
    let state = match result.get("outcome").and_then(Value::as_str) {
        Some("stored" | "duplicate") => "sent",
        Some("refused") => "refused",
        _ => return,
    };
    let code = result.get("problem").and_then(|problem| problem.get("code")).and_then(Value::as_str);
    for (column, value) in [("state", state), ("sent_at", &instant(now)), ("code", code.unwrap_or_default())]
    {
        set(books, row, column, value);
    }
}
