//! Reconciliations.

use amz_domain::{ConnectionName, ReconciliationId};
use amz_services::reconciliation::Reconciliation;
use chrono::{DateTime, Utc};

use super::super::SqlConnection;
use crate::reconciled::counts;
use crate::stored::{from_json, instant, micros, to_json};
use crate::transaction::Fault;

/// Inserts it, or replaces it by its name.
pub(super) async fn write(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    run: &Reconciliation,
) -> Result<(), Fault> {
    let counts = counts(run, last_that_counts(connection, of).await?);
    sqlx::query(
        "insert into reconciliations (connection, run, started_at, ended_at, counts, body)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (connection, run) do update set started_at = excluded.started_at,
         ended_at = excluded.ended_at, body = excluded.body,
         counts = case when excluded.counts > reconciliations.counts then excluded.counts
         else reconciliations.counts end",
    )
    .bind(of.as_str())
    .bind(run.request.id.as_str())
    .bind(micros(run.started_at))
    .bind(run.ended_at.map(micros))
    .bind(i64::from(counts))
    .bind(to_json("reconciliation", run)?)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn find(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    run: &ReconciliationId,
) -> Result<Option<Reconciliation>, Fault> {
    let body: Option<String> =
        sqlx::query_scalar("select body from reconciliations where connection = $1 and run = $2")
            .bind(of.as_str())
            .bind(run.as_str())
            .fetch_optional(connection)
            .await?;
    Ok(body.map(|body| from_json("reconciliation", &body)).transpose()?)
}

pub(crate) async fn latest(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    limit: u32,
) -> Result<Vec<Reconciliation>, Fault> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "select body from reconciliations where connection = $1 order by started_at desc, run desc limit $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(bodies.iter().map(|body| from_json("reconciliation", body)).collect::<Result<_, _>>()?)
}

/// When the last that counts began.
pub(super) async fn last_that_counts(
    connection: &mut SqlConnection,
    of: &ConnectionName,
) -> Result<Option<DateTime<Utc>>, Fault> {
    let last: Option<i64> = sqlx::query_scalar(
        "select max(started_at) from reconciliations where connection = $1 and counts = 1",
    )
    .bind(of.as_str())
    .fetch_one(connection)
    .await?;
    Ok(last.map(instant).transpose()?)
}
