//! What is known of SKUs.

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading};
use amz_services::inventory::{Absence, KnownStock};
use chrono::{DateTime, Utc};
use sqlx::Row;

use super::super::statements::{KNOWN, SHARING, SKUS_OF};
use super::super::{SqlConnection, SqlRow};
use crate::stored::{from_json, instant, micros, number, to_json};
use crate::transaction::Fault;

/// A reading replaces an earlier one, and ends an absence that was noted before it or at its instant.
const KEEP: &str = "
    insert into stock_known (connection, sku, reading, read_at, fulfillment_sku) values ($1, $2, $3, $4, $5)
    on conflict (connection, sku) do update
    set reading = excluded.reading, read_at = excluded.read_at, fulfillment_sku = excluded.fulfillment_sku,
        absent_since = null, absent_last = null, absent_times = null
    where (stock_known.read_at is null or excluded.read_at > stock_known.read_at)
    and (stock_known.absent_last is null or excluded.read_at >= stock_known.absent_last)";

/// An absence counts once per instant, and never against a later reading.
const NOTE_ABSENT: &str = "
    insert into stock_known (connection, sku, absent_since, absent_last, absent_times) values ($1, $2, $3, $3, 1)
    on conflict (connection, sku) do update
    set absent_since = coalesce(stock_known.absent_since, excluded.absent_since),
        absent_last = excluded.absent_last, absent_times = coalesce(stock_known.absent_times, 0) + 1
    where (stock_known.read_at is null or stock_known.read_at <= excluded.absent_last)
    and (stock_known.absent_last is null or stock_known.absent_last < excluded.absent_last)";

pub(crate) const PAGE: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 and sku > $2 order by sku limit $3";

pub(crate) const FIRST_PAGE: &str = "
    select sku, reading, absent_since, absent_last, absent_times from stock_known
    where connection = $1 order by sku limit $2";

pub(crate) const COUNT: &str = "select count(*) from stock_known where connection = $1";

pub(super) async fn keep(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    readings: &[StockReading],
) -> Result<usize, Fault> {
    let mut kept = 0;
    for reading in readings {
        let written = sqlx::query(KEEP)
            .bind(of.as_str())
            .bind(reading.sku.as_str())
            .bind(to_json("stock reading", reading)?)
            .bind(micros(reading.read_at))
            .bind(reading.fulfillment_sku.as_ref().map(FulfillmentSku::as_str))
            .execute(&mut *connection)
            .await?;
        kept += usize::from(written.rows_affected() > 0);
    }
    Ok(kept)
}

pub(super) async fn note_absent(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    skus: &[Sku],
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    for sku in skus {
        sqlx::query(NOTE_ABSENT)
            .bind(of.as_str())
            .bind(sku.as_str())
            .bind(micros(at))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

pub(super) async fn known(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    skus: &[Sku],
) -> Result<Vec<KnownStock>, Fault> {
    let rows = sqlx::query(KNOWN).bind(of.as_str()).bind(to_json("SKUs", skus)?).fetch_all(reader).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn sharing(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    fulfillment_skus: &[FulfillmentSku],
) -> Result<Vec<KnownStock>, Fault> {
    let asked = to_json("fulfillment SKUs", fulfillment_skus)?;
    let rows = sqlx::query(SHARING).bind(of.as_str()).bind(asked).fetch_all(reader).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn page(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    after: Option<&Sku>,
    limit: u32,
) -> Result<Vec<KnownStock>, Fault> {
    let page = match after {
        Some(after) => sqlx::query(PAGE).bind(of.as_str()).bind(after.as_str()).bind(i64::from(limit)),
        None => sqlx::query(FIRST_PAGE).bind(of.as_str()).bind(i64::from(limit)),
    };
    let rows = page.fetch_all(reader).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn count(reader: &mut SqlConnection, of: &ConnectionName) -> Result<u64, Fault> {
    let known: i64 = sqlx::query_scalar(COUNT).bind(of.as_str()).fetch_one(reader).await?;
    Ok(u64::try_from(known).unwrap_or(0))
}

pub(super) async fn skus_of(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    items: &[InventoryItemId],
) -> Result<Vec<(InventoryItemId, Sku)>, Fault> {
    let rows: Vec<(String, String)> = sqlx::query_as(SKUS_OF)
        .bind(of.as_str())
        .bind(to_json("inventory items", items)?)
        .fetch_all(reader)
        .await?;
    Ok(rows.into_iter().map(|(item, sku)| (item.into(), sku.into())).collect())
}

pub(super) async fn keep_skus(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    skus: &[(InventoryItemId, Sku)],
) -> Result<(), Fault> {
    for (item, sku) in skus {
        sqlx::query(
            "insert into stock_item_skus (connection, item, sku) values ($1, $2, $3)
             on conflict (connection, item) do update set sku = excluded.sku",
        )
        .bind(of.as_str())
        .bind(item.as_str())
        .bind(sku.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn read(row: &SqlRow) -> Result<KnownStock, Fault> {
    let reading: Option<String> = row.try_get("reading")?;
    let since: Option<i64> = row.try_get("absent_since")?;
    let last: Option<i64> = row.try_get("absent_last")?;
    let absence = match since.zip(last) {
        Some((since, last)) => Some(Absence {
            since: instant(since)?,
            last: instant(last)?,
            times: number("absent_times", row.try_get("absent_times")?)?,
        }),
        None => None,
    };
    Ok(KnownStock {
        sku: row.try_get::<String, _>("sku")?.into(),
        reading: reading.map(|reading| from_json("stock reading", &reading)).transpose()?,
        absence,
    })
}
