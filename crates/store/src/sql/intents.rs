//! Intents and the history of their changes.

use amz_services::intent::{Intent, IntentChange, IntentKey, IntentState, NewIntent, Operation};
use amz_services::ports::ledger::WriteWindow;
use amz_services::work::LaneKey;
use chrono::{DateTime, Utc};
use sqlx::Row;

use super::{SqlConnection, SqlRow};
use crate::settle::{change_words, changed, planned};
use crate::stored::{corrupt, instant, known, micros, number};
use crate::transaction::Fault;

/// Commits an intent as planned, or finds it as it stands.
pub(super) async fn plan(
    connection: &mut SqlConnection,
    key: &LaneKey,
    intent: &NewIntent,
    at: DateTime<Utc>,
) -> Result<Intent, Fault> {
    if let Some(known) = find(connection, key, &intent.key).await? {
        return Ok(known);
    }
    let intent = planned(intent, at);
    sqlx::query(
        "insert into intents
         (connection, intent, lane, operation, subject, state, sends, lookups, planned_at)
         values ($1, $2, $3, $4, $5, $6, 0, 0, $7)",
    )
    .bind(key.connection.as_str())
    .bind(&intent.key.0)
    .bind(key.lane.to_string())
    .bind(intent.operation.as_str())
    .bind(&intent.subject)
    .bind(intent.state.as_str())
    .bind(micros(at))
    .execute(&mut *connection)
    .await?;
    note(connection, key, &intent.key, at, "planned", None).await?;
    Ok(intent)
}

/// Sorted at the end: asked for in this order, all intents of the connection would be read through the index that has it.
const UNSETTLED: &str = "
    with unsettled as materialized (
        select intent, operation, subject, state, sends, lookups, planned_at, sent_at, result
        from intents where connection = $1 and lane = $2 and state in ('sent', 'unclear')
    )
    select * from unsettled order by intent";

/// The lane's intents whose outcome is not known.
pub(super) async fn unsettled(reader: &mut SqlConnection, key: &LaneKey) -> Result<Vec<Intent>, Fault> {
    let rows = sqlx::query(UNSETTLED)
        .bind(key.connection.as_str())
        .bind(key.lane.to_string())
        .fetch_all(reader)
        .await?;
    rows.iter().map(|row| read(&IntentKey(row.try_get("intent")?), row)).collect()
}

/// Writes of one kind in a lane that had their effect since an instant, or may have it yet.
const WINDOWS: &str = "
    select sent_at, settled_at from intents
    where connection = $1 and lane = $2 and operation = $3 and settled_at is not null and settled_at >= $4
    union all
    select sent_at, null from intents
    where connection = $1 and lane = $2 and state in ('sent', 'unclear') and operation = $3
    order by 1, 2 nulls first";

/// While our writes of one kind in a lane were under way, those that were at or after an instant.
pub(super) async fn windows(
    reader: &mut SqlConnection,
    key: &LaneKey,
    operation: Operation,
    since: DateTime<Utc>,
) -> Result<Vec<WriteWindow>, Fault> {
    let rows: Vec<(Option<i64>, Option<i64>)> = sqlx::query_as(WINDOWS)
        .bind(key.connection.as_str())
        .bind(key.lane.to_string())
        .bind(operation.as_str())
        .bind(micros(since))
        .fetch_all(reader)
        .await?;
    let mut windows = Vec::with_capacity(rows.len());
    for (sent_at, settled_at) in rows {
        // an older release did not keep when what it adopted was sent
        let Some(sent_at) = sent_at else { continue };
        let settled_at = settled_at.map(instant).transpose()?;
        windows.push(WriteWindow { sent_at: instant(sent_at)?, settled_at });
    }
    Ok(windows)
}

/// Notes what became of an intent.
pub(super) async fn change(
    connection: &mut SqlConnection,
    key: &LaneKey,
    intent: &IntentKey,
    change: &IntentChange,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let known = find(connection, key, intent)
        .await?
        .ok_or_else(|| corrupt("intent", format!("{intent} was never planned")))?;
    let Intent { key: _, operation: _, subject: _, state, sends, lookups, planned_at: _, sent_at, result } =
        changed(known, change, at);
    sqlx::query(
        "update intents set state = $1, sends = $2, lookups = $3, sent_at = $4, result = $5, settled_at = $6
         where connection = $7 and intent = $8",
    )
    .bind(state.as_str())
    .bind(i64::from(sends))
    .bind(i64::from(lookups))
    .bind(sent_at.map(micros))
    .bind(result)
    .bind((state == IntentState::Done).then_some(micros(at)))
    .bind(key.connection.as_str())
    .bind(&intent.0)
    .execute(&mut *connection)
    .await?;
    let (word, detail) = change_words(change);
    note(connection, key, intent, at, word, detail).await
}

async fn note(
    connection: &mut SqlConnection,
    key: &LaneKey,
    intent: &IntentKey,
    at: DateTime<Utc>,
    change: &str,
    detail: Option<&str>,
) -> Result<(), Fault> {
    sqlx::query(
        "insert into intent_changes (connection, lane, intent, changed_at, change, detail)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .bind(&intent.0)
    .bind(micros(at))
    .bind(change)
    .bind(detail)
    .execute(connection)
    .await?;
    Ok(())
}

async fn find(
    connection: &mut SqlConnection,
    key: &LaneKey,
    intent: &IntentKey,
) -> Result<Option<Intent>, Fault> {
    let row = sqlx::query(
        "select lane, operation, subject, state, sends, lookups, planned_at, sent_at, result
         from intents where connection = $1 and intent = $2",
    )
    .bind(key.connection.as_str())
    .bind(&intent.0)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let lane: String = row.try_get("lane")?;
    if lane != key.lane.to_string() {
        return Err(Fault(corrupt("intent", format!("{intent} belongs to {lane}, not to {key}"))));
    }
    Ok(Some(read(intent, &row)?))
}

fn read(intent: &IntentKey, row: &SqlRow) -> Result<Intent, Fault> {
    let operation: String = row.try_get("operation")?;
    let state: String = row.try_get("state")?;
    let sent_at: Option<i64> = row.try_get("sent_at")?;
    Ok(Intent {
        key: intent.clone(),
        operation: known("operation", &operation, Operation::parse(&operation))?,
        subject: row.try_get("subject")?,
        state: known("intent state", &state, IntentState::parse(&state))?,
        sends: number("sends", row.try_get("sends")?)?,
        lookups: number("lookups", row.try_get("lookups")?)?,
        planned_at: instant(row.try_get("planned_at")?)?,
        sent_at: sent_at.map(instant).transpose()?,
        result: row.try_get("result")?,
    })
}
