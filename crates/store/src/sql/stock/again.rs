//! SKUs whose stock must be looked at again.

use amz_domain::{ConnectionName, Sku};
use chrono::{DateTime, Utc};

use super::super::SqlConnection;
use crate::stored::{instant, micros};
use crate::transaction::Fault;

pub(super) async fn write(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    skus: &[(Sku, Option<DateTime<Utc>>)],
) -> Result<(), Fault> {
    for (sku, again_at) in skus {
        let statement = match again_at {
            Some(again_at) => sqlx::query(
                "insert into stock_again (connection, sku, again_at) values ($1, $2, $3)
                 on conflict (connection, sku) do update set again_at = excluded.again_at",
            )
            .bind(of.as_str())
            .bind(sku.as_str())
            .bind(micros(*again_at)),
            None => sqlx::query("delete from stock_again where connection = $1 and sku = $2")
                .bind(of.as_str())
                .bind(sku.as_str()),
        };
        statement.execute(&mut *connection).await?;
    }
    Ok(())
}

pub(super) async fn due(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), Fault> {
    // one more than wanted tells when the next one is due
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select sku, again_at from stock_again where connection = $1 order by again_at, sku limit $2",
    )
    .bind(of.as_str())
    .bind(i64::from(limit) + 1)
    .fetch_all(reader)
    .await?;
    let is_due = |(index, (_, again_at)): &(usize, &(String, i64))| {
        *index < limit as usize && *again_at <= micros(now)
    };
    let due: Vec<Sku> =
        rows.iter().enumerate().take_while(is_due).map(|(_, (sku, _))| sku.as_str().into()).collect();
    let next = rows.get(due.len()).map(|(_, again_at)| instant(*again_at)).transpose()?;
    Ok((due, next))
}
