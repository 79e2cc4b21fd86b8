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
use sqlx::sqlite::SqlitePool;

use super::fault::Fault;
use super::state::{SqliteState, SqliteStateReader};
use super::{calls, parked, timeline, trail};
use crate::stored::micros;

#[async_trait]
impl Operations for SqliteState {
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError> {
        Ok(timeline::timeline(&self.readers, key).await?)
    }

    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError> {
        Ok(parked_items(&self.readers, connection).await?)
    }

    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        Ok(calls_since(&self.readers, since, limit).await?)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(trail::audit(&self.readers, query).await?)
    }

    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(trail::recorded(&self.readers, connection, after, limit).await?)
    }

    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError> {
        Ok(trail::last_recorded(&self.readers, connection).await?)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(backlog(&self.readers).await?)
    }
}

#[async_trait]
impl Operations for SqliteStateReader {
    async fn timeline(&self, key: &LaneKey) -> Result<Vec<TimelineEntry>, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(timeline::timeline(&readers, key).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn parked_items(&self, connection: Option<ConnectionName>) -> Result<Vec<Parked>, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(parked_items(&readers, connection).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn calls(&self, since: DateTime<Utc>, limit: u32) -> Result<Vec<CallRecord>, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(calls_since(&readers, since, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        match self.trail.pool().await? {
            Some(readers) => Ok(trail::audit(&readers, query).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn recorded(
        &self,
        connection: &ConnectionName,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        match self.trail.pool().await? {
            Some(readers) => Ok(trail::recorded(&readers, connection, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn last_recorded(&self, connection: &ConnectionName) -> Result<i64, StoreError> {
        match self.trail.pool().await? {
            Some(readers) => Ok(trail::last_recorded(&readers, connection).await?),
            None => Ok(0),
        }
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(backlog(&readers).await?),
            None => Ok(Backlog::default()),
        }
    }
}

async fn parked_items(
    readers: &SqlitePool,
    connection: Option<ConnectionName>,
) -> Result<Vec<Parked>, Fault> {
    let mut reader = readers.acquire().await?;
    parked::all(&mut reader, connection.as_ref().map(ConnectionName::as_str)).await
}

async fn calls_since(
    readers: &SqlitePool,
    since: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<CallRecord>, Fault> {
    let rows = sqlx::query("select * from calls where started_at >= $1 order by started_at, id limit $2")
        .bind(micros(since))
        .bind(limit)
        .fetch_all(readers)
        .await?;
    rows.iter().map(calls::read).collect()
}

async fn backlog(readers: &SqlitePool) -> Result<Backlog, Fault> {
    let (lanes, leased, parked, unsettled): (i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from lanes), (select count(*) from lanes where owner is not null),
         (select count(*) from parked), (select count(*) from intents where state in ('sent', 'unclear'))",
    )
    .fetch_one(readers)
    .await?;
    let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
    Ok(Backlog {
        lanes: count(lanes),
        leased: count(leased),
        parked: count(parked),
        unsettled: count(unsettled),
    })
}
