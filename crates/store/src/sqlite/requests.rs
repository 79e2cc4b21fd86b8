//! Requests that hang off their lane by sequence.

use amz_services::work::{Ask, LaneRequest};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;

use super::fault::Fault;
use crate::stored::{from_json, micros, to_json};

/// Marks lanes due.
pub(super) async fn mark(connection: &mut SqliteConnection, requests: &[LaneRequest]) -> Result<(), Fault> {
    for request in requests {
        mark_one(connection, request, None).await?;
    }
    Ok(())
}

/// Marks a lane due. A leased lane stays leased; its holder sees the request when it gives the lane back. A look that
/// began before `counts_from` does not serve the request.
pub(super) async fn mark_one(
    connection: &mut SqliteConnection,
    request: &LaneRequest,
    counts_from: Option<DateTime<Utc>>,
) -> Result<(), Fault> {
    let LaneRequest { key, ask, due_at, notice } = request;
    let lane = key.lane.to_string();
    let sequence: i64 = sqlx::query_scalar(
        "insert into lanes (connection, lane, due_at, last_sequence) values ($1, $2, $3, 1)
         on conflict (connection, lane) do update set last_sequence = lanes.last_sequence + 1,
         due_at = case when excluded.due_at < lanes.due_at then excluded.due_at else lanes.due_at end
         returning last_sequence",
    )
    .bind(key.connection.as_str())
    .bind(&lane)
    .bind(micros(*due_at))
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query(
        "insert into requests (connection, lane, sequence, ask, due_at, counts_from)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.connection.as_str())
    .bind(&lane)
    .bind(sequence)
    .bind(to_json("ask", ask)?)
    .bind(micros(*due_at))
    .bind(counts_from.map(micros))
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

/// What is asked of a lane.
pub(super) async fn asks_of(
    connection: &mut SqliteConnection,
    of: &str,
    lane: &str,
) -> Result<Vec<Ask>, Fault> {
    let asks: Vec<String> =
        sqlx::query_scalar("select distinct ask from requests where connection = $1 and lane = $2")
            .bind(of)
            .bind(lane)
            .fetch_all(connection)
            .await?;
    Ok(asks.iter().map(|ask| from_json("ask", ask)).collect::<Result<_, _>>()?)
}
