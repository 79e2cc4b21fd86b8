//! Notices in a file of their own: the role that receives writes it, the role that works reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::inbox::{Inbox, NewNotice, Notice, NoticeFeed, Receipt};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqlitePool;

use super::file::WritableFile;
use super::lock::lock_with_others;
use super::reader::ForeignFile;
use super::receive::receive;
use super::writer::Writer;
use crate::OpenError;
use crate::arrived::Arrived;
use crate::notice_row::NoticeRow;
use crate::store::{DEDUPE_WINDOW, Notices};
use crate::stored::micros;
use crate::together::Together;
use crate::transaction::Fault;

/// Notices, written by this process. `inbox` for what vendors send, `commands` for what operators want.
#[derive(Debug)]
pub struct SqliteInbox {
    name: &'static str,
    together: Together<Vec<Arrived>, Vec<Receipt>>,
    writer: Arc<Writer>,
    readers: SqlitePool,
    /// The state of who takes the notices.
    taker: Option<ForeignFile>,
}

impl SqliteInbox {
    /// Opens the file, creates it if need be and brings its tables up to date. `name` is the feed's name.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while the file is copied or archived; else when it cannot be opened or is not durable.
    pub async fn open(path: &Path, name: &'static str) -> Result<Self, OpenError> {
        let guard = lock_with_others(path)?;
        let file = WritableFile::prepare(path, &super::NOTICES).await?;
        let readers = file.readers();
        let writer = Arc::new(Writer::start(file, Some(guard)).await?);
        let stored_by = writer.clone();
        let together = Together::start(move |calls| receive(stored_by.clone(), calls));
        Ok(Self { name, together, writer, readers, taker: None })
    }

    /// Lets a purge spare what the process that owns this state has not taken. Without it age alone counts: this file
    /// does not know who takes its notices.
    #[must_use]
    pub fn taken_by(self, state: impl Into<PathBuf>) -> Self {
        Self { taker: Some(ForeignFile::new(state.into(), "feed_cursors")), ..self }
    }

    /// Up to which row id notices were taken.
    async fn taken_through(&self) -> Result<i64, StoreError> {
        let Some(taker) = &self.taker else { return Ok(i64::MAX) };
        let Some(readers) = taker.pool().await? else { return Ok(0) };
        let feed = cursor_name(self.name, &self.readers).await?;
        let through: Option<i64> = sqlx::query_scalar("select through from feed_cursors where feed = $1")
            .bind(feed)
            .fetch_optional(&readers)
            .await
            .map_err(Fault::from)?;
        Ok(through.unwrap_or(0))
    }
}

#[async_trait]
impl Inbox for SqliteInbox {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        self.together.ask(Arrived::all(notices)).await
    }
}

#[async_trait]
impl Notices for SqliteInbox {
    async fn purge(&self, now: DateTime<Utc>, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        let keep = chrono::TimeDelta::from_std(keep.max(DEDUPE_WINDOW)).unwrap_or(chrono::TimeDelta::MAX);
        let Some(before) = now.checked_sub_signed(keep).map(micros) else { return Ok(0) };
        let through = self.taken_through().await?;
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query(
                        "delete from notices where id in
                         (select id from notices where received_at < $1 and id <= $3 order by received_at limit $2)",
                    )
                    .bind(before)
                    .bind(limit)
                    .bind(through)
                    .execute(connection)
                    .await?;
                    Ok(deleted.rows_affected())
                })
            })
            .await
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl NoticeFeed for SqliteInbox {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        Ok(cursor_name(self.name, &self.readers).await?)
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        Ok(notices_after(&self.readers, after, limit).await?)
    }
}

/// Notices that another process writes. Empty as long as that process has not made the file.
#[derive(Debug)]
pub struct SqliteInboxReader {
    name: &'static str,
    file: ForeignFile,
}

impl SqliteInboxReader {
    /// Reads a file that may not exist yet. `name` is the feed's name.
    pub fn new(path: impl Into<PathBuf>, name: &'static str) -> Self {
        Self { name, file: ForeignFile::new(path.into(), "notices") }
    }
}

#[async_trait]
impl NoticeFeed for SqliteInboxReader {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(cursor_name(self.name, &readers).await?),
            None => Ok(self.name.to_owned()),
        }
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        match self.file.pool().await? {
            Some(readers) => Ok(notices_after(&readers, after, limit).await?),
            None => Ok(Vec::new()),
        }
    }
}

async fn cursor_name(name: &str, readers: &SqlitePool) -> Result<String, Fault> {
    let identity: String = sqlx::query_scalar("select id from identity").fetch_one(readers).await?;
    Ok(format!("{name}@{identity}"))
}

async fn notices_after(readers: &SqlitePool, after: i64, limit: u32) -> Result<Vec<Notice>, Fault> {
    let rows: Vec<NoticeRow> = sqlx::query_as(
        "select id, connection, source, notice_key, kind, body, received_at from notices
         where id > $1 order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(rows.into_iter().map(NoticeRow::into_notice).collect::<Result<_, _>>()?)
}
