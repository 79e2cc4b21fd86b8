//! Parked items.

use amz_services::notification::NotificationKind;
use amz_services::parking::{Parked, Reason, Who};
use amz_services::work::LaneKey;
use chrono::{DateTime, Utc};
use sqlx::Row;

use super::notifications::tell;
use super::{SqlConnection, SqlRow};
use crate::stored::{corrupt, instant, known, micros};
use crate::transaction::Fault;

/// Parks a subject or renews its reason; true when it was not parked for this code before, which is told.
pub(super) async fn park(
    connection: &mut SqlConnection,
    key: &LaneKey,
    subject: &str,
    reason: &Reason,
    at: DateTime<Utc>,
) -> Result<bool, Fault> {
    let before: Option<String> =
        sqlx::query_scalar("select code from parked where connection = $1 and lane = $2 and subject = $3")
            .bind(key.connection.as_str())
            .bind(key.lane.to_string())
            .bind(subject)
            .fetch_optional(&mut *connection)
            .await?;
    let Reason { code, cause, hint, who } = reason;
    sqlx::query(
        "insert into parked (connection, lane, subject, code, cause, hint, who, parked_since)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (connection, lane, subject) do update
         set cause = excluded.cause, hint = excluded.hint, who = excluded.who,
         parked_since = case when parked.code = excluded.code then parked.parked_since
         else excluded.parked_since end, code = excluded.code",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .bind(subject)
    .bind(code)
    .bind(cause)
    .bind(hint)
    .bind(who.as_str())
    .bind(micros(at))
    .execute(&mut *connection)
    .await?;
    let is_news = before.as_deref() != Some(code);
    if is_news {
        let item =
            Parked { key: key.clone(), subject: subject.to_owned(), reason: reason.clone(), since: at };
        tell(connection, NotificationKind::Parked, &item, at).await?;
    }
    Ok(is_news)
}

/// Ends the parking of a subject; true when it was parked, which is told.
pub(super) async fn unpark(
    connection: &mut SqlConnection,
    key: &LaneKey,
    subject: &str,
    at: DateTime<Utc>,
) -> Result<bool, Fault> {
    let ended = sqlx::query(
        "delete from parked where connection = $1 and lane = $2 and subject = $3
         returning connection, lane, subject, code, cause, hint, who, parked_since",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .bind(subject)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(ended) = ended else { return Ok(false) };
    tell(connection, NotificationKind::Cleared, &read(&ended)?, at).await?;
    Ok(true)
}

/// What is parked in a lane, oldest first.
pub(super) async fn of_lane(reader: &mut SqlConnection, key: &LaneKey) -> Result<Vec<Parked>, Fault> {
    let rows = sqlx::query(
        "select connection, lane, subject, code, cause, hint, who, parked_since from parked
         where connection = $1 and lane = $2 order by parked_since, subject",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .fetch_all(reader)
    .await?;
    rows.iter().map(read).collect()
}

/// What is parked of one connection, or of all; oldest first.
pub(super) async fn all(reader: &mut SqlConnection, of: Option<&str>) -> Result<Vec<Parked>, Fault> {
    let rows = sqlx::query(
        "select connection, lane, subject, code, cause, hint, who, parked_since from parked
         where cast($1 as text) is null or connection = $1 order by parked_since, connection, lane, subject",
    )
    .bind(of)
    .fetch_all(reader)
    .await?;
    rows.iter().map(read).collect()
}

/// An item from a row with its columns.
pub(super) fn read(row: &SqlRow) -> Result<Parked, Fault> {
    let lane: String = row.try_get("lane")?;
    let who: String = row.try_get("who")?;
    Ok(Parked {
        key: LaneKey {
            connection: row.try_get::<String, _>("connection")?.into(),
            lane: lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?,
        },
        subject: row.try_get("subject")?,
        reason: Reason {
            code: row.try_get("code")?,
            cause: row.try_get("cause")?,
            hint: row.try_get("hint")?,
            who: known("role", &who, Who::parse(&who))?,
        },
        since: instant(row.try_get("parked_since")?)?,
    })
}
