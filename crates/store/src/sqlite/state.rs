//! Lanes, intents, links and all else that the synchronising role keeps.

use std::path::{Path, PathBuf};

use amz_services::failure::StoreError;
use chrono::{DateTime, Utc};
use sqlx::{Connection, SqlitePool};

use super::file::{WritableFile, lock_exclusively};
use super::purge;
use super::reader::ForeignFile;
use super::writer::Writer;
use crate::OpenError;

pub use super::purge::Purged;

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
        sqlx::query("update lanes set owner = null, lease_until = null where owner is not null")
            .execute(&mut connection)
            .await
            .map_err(refused)?;
        connection.close().await.map_err(refused)?;
        let writer = Writer::start(file, Some(guard)).await?;
        Ok(Self { writer, readers })
    }

    /// Deletes up to `limit` of the oldest rows of each log that are older than `before`: notices of lanes,
    /// looks, calls, echoes, settled messages, the history of settled intents, and stock runs and reconciliations that
    /// are over, with their reports, but for the latest ten of each connection. What decides what happens next is never
    /// deleted.
    ///
    /// # Errors
    /// When nothing was deleted.
    pub async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<Purged, StoreError> {
        self.writer
            .write(move |connection| Box::pin(async move { purge::purge(connection, before, limit).await }))
            .await
    }

    /// Commits what waits, closes the file and frees its lock.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The state as another process writes it. Empty as long as that process has not made the file.
#[derive(Debug)]
pub struct SqliteStateReader {
    pub(super) file: ForeignFile,
    /// The same file, once its owner knows of stock: an older owner may still run beside a newer reader.
    pub(super) stock: ForeignFile,
    /// The same file, once its owner keeps what leads to what.
    pub(super) trail: ForeignFile,
    /// The same file, once its owner knows of reconciliations.
    pub(super) reconciliations: ForeignFile,
}

impl SqliteStateReader {
    /// Reads a file that may not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self {
            file: ForeignFile::new(path.clone(), "lanes"),
            stock: ForeignFile::new(path.clone(), "stock_runs"),
            trail: ForeignFile::new(path.clone(), "echoes"),
            reconciliations: ForeignFile::new(path, "reconciliations"),
        }
    }
}
