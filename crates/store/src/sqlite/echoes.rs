//! What turned out to be our own echo.

use amz_services::work::LaneKey;
use chrono::{DateTime, Utc};

use super::SqlConnection;
use crate::stored::micros;
use crate::transaction::Fault;

/// Notes an echo for the audit trail; `job` is the look that saw it, if one did.
pub(super) async fn note(
    connection: &mut SqlConnection,
    key: &LaneKey,
    job: Option<i64>,
    at: DateTime<Utc>,
    what: &str,
) -> Result<(), Fault> {
    sqlx::query("insert into echoes (connection, lane, job, noted_at, what) values ($1, $2, $3, $4, $5)")
        .bind(key.connection.as_str())
        .bind(key.lane.to_string())
        .bind(job)
        .bind(micros(at))
        .bind(what)
        .execute(connection)
        .await?;
    Ok(())
}
