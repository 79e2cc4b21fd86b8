//! Notices in a file of their own: the role that receives writes it, the role that works reads it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::inbox::{Inbox, NewNotice, Notice, NoticeFeed, NoticeSource, Receipt};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{FromRow, Row};

use super::fault::Fault;
use super::file::WritableFile;
use super::reader::ForeignFile;
use super::writer::Writer;
use crate::OpenError;
use crate::stored::{digest, instant, known, micros};

/// Notices are kept at least this long: senders retry for up to three days, and replays come later.
pub const DEDUPE_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Notices, written by this process. `inbox` for what vendors send, `commands` for what operators want.
#[derive(Debug)]
pub struct SqliteInbox {
    name: &'static str,
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteInbox {
    /// Opens the file, creates it if need be and brings its tables up to date. `name` is the feed's name.
    ///
    /// # Errors
    /// When the file cannot be opened or is not durable.
    pub async fn open(path: &Path, name: &'static str) -> Result<Self, OpenError> {
        let file = WritableFile::prepare(path, &super::NOTICES).await?;
        let readers = file.readers();
        let writer = Writer::start(file, None).await?;
        Ok(Self { name, writer, readers })
    }

    /// Deletes up to `limit` of the oldest notices that came before `now` minus `keep`; never any that is
    /// younger than [`DEDUPE_WINDOW`]. Returns how many went.
    ///
    /// # Errors
    /// When nothing was deleted.
    pub async fn purge(&self, now: DateTime<Utc>, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        let keep = chrono::TimeDelta::from_std(keep.max(DEDUPE_WINDOW)).unwrap_or(chrono::TimeDelta::MAX);
        let Some(before) = now.checked_sub_signed(keep).map(micros) else { return Ok(0) };
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query(
                        "delete from notices where id in
                         (select id from notices where received_at < $1 order by received_at limit $2)",
                    )
                    .bind(before)
                    .bind(limit)
                    .execute(connection)
                    .await?;
                    Ok(deleted.rows_affected())
                })
            })
            .await
    }

    /// Commits what waits and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Inbox for SqliteInbox {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut receipts = Vec::with_capacity(notices.len());
                    for notice in &notices {
                        receipts.push(receive(connection, notice).await?);
                    }
                    Ok(receipts)
                })
            })
            .await
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

async fn receive(connection: &mut SqliteConnection, notice: &NewNotice) -> Result<Receipt, Fault> {
    let NewNotice { connection: owner, source, key, kind, body, received_at } = notice;
    let body_digest = digest(body);
    let stored = sqlx::query(
        "insert into notices (connection, source, notice_key, kind, body, body_digest, received_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (connection, source, notice_key) do nothing",
    )
    .bind(owner.as_str())
    .bind(source.as_str())
    .bind(key)
    .bind(kind)
    .bind(body)
    .bind(&body_digest)
    .bind(micros(*received_at))
    .execute(&mut *connection)
    .await?;
    if stored.rows_affected() == 1 {
        return Ok(Receipt::Stored);
    }
    let known_digest: String = sqlx::query_scalar(
        "select body_digest from notices where connection = $1 and source = $2 and notice_key = $3",
    )
    .bind(owner.as_str())
    .bind(source.as_str())
    .bind(key)
    .fetch_one(connection)
    .await?;
    Ok(if known_digest == body_digest { Receipt::Duplicate } else { Receipt::KeyReused })
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
    rows.into_iter().map(NoticeRow::into_notice).collect()
}

struct NoticeRow {
    id: i64,
    connection: String,
    source: String,
    key: String,
    kind: String,
    body: String,
    received_at: i64,
}

impl FromRow<'_, SqliteRow> for NoticeRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            connection: row.try_get("connection")?,
            source: row.try_get("source")?,
            key: row.try_get("notice_key")?,
            kind: row.try_get("kind")?,
            body: row.try_get("body")?,
            received_at: row.try_get("received_at")?,
        })
    }
}

impl NoticeRow {
    fn into_notice(self) -> Result<Notice, Fault> {
        let Self { id, connection, source, key, kind, body, received_at } = self;
        Ok(Notice {
            id,
            notice: NewNotice {
                connection: connection.into(),
                source: known("notice source", &source, NoticeSource::parse(&source))?,
                key,
                kind,
                body,
                received_at: instant(received_at)?,
            },
        })
    }
}
