//! Full synchronisations of stock and their reports.

use amz_domain::{ConnectionName, StockRunId};
use amz_services::inventory::{ReportRow, StockRun};

use super::super::SqlConnection;
use crate::stored::{from_json, micros, to_json};
use crate::transaction::Fault;

pub(super) async fn write(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    run: &StockRun,
) -> Result<(), Fault> {
    let over_at = run.phase.is_ended().then(|| run.ended_at.unwrap_or(run.updated_at));
    sqlx::query(
        "insert into stock_runs (connection, run, phase, started_at, over_at, body)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (connection, run) do update set phase = excluded.phase, started_at = excluded.started_at,
         over_at = excluded.over_at, body = excluded.body",
    )
    .bind(of.as_str())
    .bind(run.request.id.as_str())
    .bind(run.phase.as_str())
    .bind(micros(run.started_at))
    .bind(over_at.map(micros))
    .bind(to_json("stock run", run)?)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn run(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    id: &StockRunId,
) -> Result<Option<StockRun>, Fault> {
    let body: Option<String> =
        sqlx::query_scalar("select body from stock_runs where connection = $1 and run = $2")
            .bind(of.as_str())
            .bind(id.as_str())
            .fetch_optional(reader)
            .await?;
    Ok(body.map(|body| from_json("stock run", &body)).transpose()?)
}

pub(crate) async fn latest(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    limit: u32,
) -> Result<Vec<StockRun>, Fault> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "select body from stock_runs where connection = $1 order by started_at desc, run desc limit $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(bodies.iter().map(|body| from_json("stock run", body)).collect::<Result<_, _>>()?)
}

pub(super) async fn write_report(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    run: &StockRunId,
    rows: &[ReportRow],
    anew: bool,
) -> Result<(), Fault> {
    if anew {
        sqlx::query("delete from stock_report_rows where connection = $1 and run = $2")
            .bind(of.as_str())
            .bind(run.as_str())
            .execute(&mut *connection)
            .await?;
    }
    let last: i64 = sqlx::query_scalar(
        "select coalesce(max(number), 0) from stock_report_rows where connection = $1 and run = $2",
    )
    .bind(of.as_str())
    .bind(run.as_str())
    .fetch_one(&mut *connection)
    .await?;
    for (number, row) in (last + 1..).zip(rows) {
        sqlx::query("insert into stock_report_rows (connection, run, number, body) values ($1, $2, $3, $4)")
            .bind(of.as_str())
            .bind(run.as_str())
            .bind(number)
            .bind(to_json("report row", row)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub(crate) async fn report(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    run: &StockRunId,
    after: u64,
    limit: u32,
) -> Result<Vec<ReportRow>, Fault> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "select body from stock_report_rows where connection = $1 and run = $2 and number > $3
         order by number limit $4",
    )
    .bind(of.as_str())
    .bind(run.as_str())
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(reader)
    .await?;
    Ok(bodies.iter().map(|body| from_json("report row", body)).collect::<Result<_, _>>()?)
}
