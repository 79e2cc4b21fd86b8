//! Requests that hang off their lane by sequence.

use amz_services::work::LaneRequest;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;

use crate::stored::{each_once, from_json, micros, to_json};
use crate::transaction::Fault;

/// Marks lanes due.
pub(super) async fn mark(connection: &mut SqliteConnection, requests: &[LaneRequest]) -> Result<(), Fault> {
    for request in requests {
        mark_one(connection, request, &Cause::default()).await?;
    }
    Ok(())
}

/// Why a lane is marked, beside what the request itself tells.
#[derive(Debug, Default)]
pub(super) struct Cause<'cause> {
    /// A look that began before does not serve the request.
    pub(super) counts_from: Option<DateTime<Utc>>,
    /// Notices that asked for the work that asks for this.
    pub(super) notices: &'cause [String],
}

/// Marks a lane due. A leased lane stays leased; its holder sees the request when it gives the lane back.
pub(super) async fn mark_one(
    connection: &mut SqliteConnection,
    request: &LaneRequest,
    cause: &Cause<'_>,
) -> Result<(), Fault> {
    let LaneRequest { key, ask, due_at, notice } = request;
    let lane = key.lane.to_string();
    let asked_by: Vec<&str> = match notice {
        Some(notice) => vec![&notice.id],
        None => cause.notices.iter().map(String::as_str).collect(),
    };
    let asked_by = (!asked_by.is_empty()).then(|| to_json("notices", &asked_by)).transpose()?;
    let sequence: i64 = sqlx::query_scalar(
        "insert into lanes (connection, lane, due_at, last_sequence, urgency) values ($1, $2, $3, 1, $4)
         on conflict (connection, lane) do update set last_sequence = lanes.last_sequence + 1,
         due_at = case when excluded.due_at < lanes.due_at then excluded.due_at else lanes.due_at end,
         urgency = case when excluded.urgency < lanes.urgency then excluded.urgency else lanes.urgency end
         returning last_sequence",
    )
    .bind(key.connection.as_str())
    .bind(&lane)
    .bind(micros(*due_at))
    .bind(i64::from(ask.urgency().rank()))
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "insert into requests (connection, lane, sequence, ask, due_at, counts_from, urgency, notices)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.connection.as_str())
    .bind(&lane)
    .bind(sequence)
    .bind(to_json("ask", ask)?)
    .bind(micros(*due_at))
    .bind(cause.counts_from.map(micros))
    .bind(i64::from(ask.urgency().rank()))
    .bind(asked_by)
    .execute(&mut *connection)
    .await?;
    let Some(notice) = notice else { return Ok(()) };
    sqlx::query(
        "insert into lane_notices (connection, lane, notice, kind, received_at) values ($1, $2, $3, $4, $5)
         on conflict (connection, lane, notice) do nothing",
    )
    .bind(key.connection.as_str())
    .bind(&lane)
    .bind(&notice.id)
    .bind(&notice.kind)
    .bind(micros(notice.received_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// The notices that asked something of a lane, in the order in which they came, each once.
pub(super) async fn notices_of(
    connection: &mut SqliteConnection,
    of: &str,
    lane: &str,
) -> Result<Vec<String>, Fault> {
    let lists: Vec<String> = sqlx::query_scalar(
        "select notices from requests where connection = $1 and lane = $2 and notices is not null
         group by notices order by min(sequence)",
    )
    .bind(of)
    .bind(lane)
    .fetch_all(connection)
    .await?;
    let mut notices = Vec::with_capacity(lists.len());
    for list in lists {
        notices.extend(from_json::<Vec<String>>("notices", &list)?);
    }
    Ok(each_once(notices))
}
