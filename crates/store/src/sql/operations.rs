//! What operators read, also from another process.

use amz_domain::ConnectionName;
use amz_services::audit::{AuditEntry, AuditQuery, CallRecord};
use amz_services::failure::StoreError;
use amz_services::parking::Parked;
use amz_services::ports::Operations;
use amz_services::ports::records::Backlog;
use amz_services::timeline::TimelineEntry;
use amz_services::work::LaneKey;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::SqlConnection;
use super::State;
use super::{calls, parked, timeline, trail};
use crate::stored::micros;
use crate::transaction::Fault;

#[async_trait]
impl Operations for State {
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError> {
        Ok(timeline::timeline(&mut *self.snapshot().await?, key).await?)
    }

    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError> {
        Ok(parked_items(&mut *self.reader().await?, connection).await?)
    }

    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        Ok(calls_since(&mut *self.reader().await?, since, limit).await?)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(trail::audit(&mut *self.snapshot().await?, query).await?)
    }

    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(trail::recorded(&mut *self.reader().await?, connection, after, limit).await?)
    }

    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError> {
        Ok(trail::last_recorded(&mut *self.reader().await?, connection).await?)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(backlog(&mut *self.reader().await?).await?)
    }
}

pub(super) async fn parked_items(
    reader: &mut SqlConnection,
    connection: Option<ConnectionName>,
) -> Result<Vec<Parked>, Fault> {
    parked::all(reader, connection.as_ref().map(ConnectionName::as_str)).await
}

pub(super) async fn calls_since(
    reader: &mut SqlConnection,
    since: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<CallRecord>, Fault> {
    let rows = sqlx::query("select * from calls where started_at >= $1 order by started_at, id limit $2")
        .bind(micros(since))
        .bind(i64::from(limit))
        .fetch_all(reader)
        .await?;
    rows.iter().map(calls::read).collect()
}

pub(super) async fn backlog(reader: &mut SqlConnection) -> Result<Backlog, Fault> {
    let (lanes, leased, parked, unsettled): (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from lanes), (select count(*) from lanes where owner is not null),
         (select count(*) from parked), (select count(*) from intents where state in ('sent', 'unclear'))",
    )
    .fetch_one(reader)
    .await?;
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    Ok(Backlog {
        lanes: count(lanes),
        leased: count(leased),
        parked: count(parked),
        unsettled: count(unsettled),
    })
}
