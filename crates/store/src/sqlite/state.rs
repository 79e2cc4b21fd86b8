//! Lanes, intents, links and all else that the synchronising role keeps.

use std::path::Path;

use amz_services::failure::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{Connection, SqlitePool, Transaction};

use super::file::WritableFile;
use super::lock::lock_exclusively;
use super::purge;
use super::writer::Writer;
use crate::OpenError;
use crate::purged::Purged;
use crate::store::State;
use crate::transaction::{Fault, Step};

/// The state, written by this process alone.
#[derive(Debug)]
pub struct SqliteState {
    pub(super) writer: Writer,
    pub(super) readers: SqlitePool,
}

impl SqliteState {
    /// Opens the file for this process alone, creates it if need be, brings its tables up to date and frees
    /// the leases that the previous owner held: it is gone, so nobody works under them any more.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when another process has it; else when it cannot be opened or is not durable.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let guard = lock_exclusively(path)?;
        let file = WritableFile::prepare(path, &super::STATE).await?;
        let readers = file.readers();
        let refused = |source| OpenError::Database { path: path.to_owned(), source };
        let mut connection = file.connect().await?;
        for statement in [
            "update lanes set owner = null, lease_until = null where owner is not null",
            "delete from duties",
            "delete from slot_shares",
        ] {
            sqlx::query(statement).execute(&mut connection).await.map_err(refused)?;
        }
        connection.close().await.map_err(refused)?;
        let writer = Writer::start(file, Some(guard)).await?;
        Ok(Self { writer, readers })
    }

    /// Runs `work` inside the next commit; see [`Writer::write`].
    pub(super) async fn write<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut SqliteConnection) -> Step<'connection, Answer>
            + Send
            + 'static,
    {
        self.writer.write(work).await
    }

    /// The same for a single statement.
    pub(super) async fn write_row<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut SqliteConnection) -> Step<'connection, Answer>
            + Send
            + 'static,
    {
        self.write(work).await
    }

    /// A connection for one read.
    pub(super) async fn reader(&self) -> Result<PoolConnection<Sqlite>, Fault> {
        Ok(self.readers.acquire().await?)
    }

    /// A connection whose reads all see one state of the file.
    pub(super) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, Fault> {
        Ok(self.readers.begin().await?)
    }

    /// Whose time leases are in: the caller's, since nobody else writes the file.
    pub(super) fn lease_time(&self) -> LeaseTime {
        LeaseTime
    }
}

#[async_trait]
impl State for SqliteState {
    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<Purged, StoreError> {
        self.writer
            .write(move |connection| Box::pin(async move { purge::purge(connection, before, limit).await }))
            .await
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Leases last in the caller's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeaseTime;

impl LeaseTime {
    /// The instant from which a lease lasts.
    #[allow(clippy::unused_async, reason = "a database server is asked for its time here")]
    pub(super) async fn now(
        self,
        _: &mut SqliteConnection,
        given: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Fault> {
        Ok(given)
    }
}
