//! Pauses of connections.

use amz_domain::ConnectionName;
use chrono::{DateTime, Utc};

use super::SqlConnection;
use super::statements::CODE_OF_PAUSE;
use crate::stored::micros;
use crate::transaction::Fault;

/// Of two pauses the longer one stays; true when the connection was not paused for this code before. One process at a
/// time, so that an alarm is raised once: the row is there and locked before it is read.
pub(super) async fn pause(
    connection: &mut SqlConnection,
    paused: &ConnectionName,
    until: DateTime<Utc>,
    code: &str,
) -> Result<bool, Fault> {
    let added = sqlx::query(
        "insert into pauses (connection, paused_until, code) values ($1, $2, $3)
         on conflict (connection) do nothing",
    )
    .bind(paused.as_str())
    .bind(micros(until))
    .bind(code)
    .execute(&mut *connection)
    .await?;
    if added.rows_affected() == 1 {
        return Ok(true);
    }
    let before: Option<String> =
        sqlx::query_scalar(CODE_OF_PAUSE).bind(paused.as_str()).fetch_optional(&mut *connection).await?;
    // it may have ended in between
    sqlx::query(
        "insert into pauses (connection, paused_until, code) values ($1, $2, $3)
         on conflict (connection) do update set code = excluded.code, paused_until = excluded.paused_until
         where excluded.paused_until >= pauses.paused_until",
    )
    .bind(paused.as_str())
    .bind(micros(until))
    .bind(code)
    .execute(connection)
    .await?;
    Ok(before.as_deref() != Some(code))
}

/// Ends a pause; tells the code it was for.
pub(super) async fn resume(
    connection: &mut SqlConnection,
    paused: &ConnectionName,
) -> Result<Option<String>, Fault> {
    Ok(sqlx::query_scalar("delete from pauses where connection = $1 returning code")
        .bind(paused.as_str())
        .fetch_optional(connection)
        .await?)
}

/// Ends a pause that has this code; true when there was one.
pub(super) async fn resume_if(
    connection: &mut SqlConnection,
    paused: &ConnectionName,
    code: &str,
) -> Result<bool, Fault> {
    let ended = sqlx::query("delete from pauses where connection = $1 and code = $2")
        .bind(paused.as_str())
        .bind(code)
        .execute(connection)
        .await?;
    Ok(ended.rows_affected() > 0)
}
