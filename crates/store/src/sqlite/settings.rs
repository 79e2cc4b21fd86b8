//! What is set at run time, in a small file of its own that any process may write.
//!
//! Writes are rare, so each opens the file for itself and waits its turn; nobody holds it between.

use std::path::PathBuf;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingsHistory, SettingsVersion};
use async_trait::async_trait;
use sqlx::Connection;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use super::file::WritableFile;
use super::reader::ForeignFile;
use super::settings_versions as versions;
use crate::transaction::Fault;

/// Versions of settings in a file.
#[derive(Debug)]
pub struct SqliteSettings {
    path: PathBuf,
    file: ForeignFile,
}

impl SqliteSettings {
    /// The history in a file, which is made by the first version.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { file: ForeignFile::new(path.clone(), "settings_versions"), path }
    }

    async fn reader(&self) -> Result<Option<PoolConnection<Sqlite>>, StoreError> {
        let Some(readers) = self.file.pool().await? else { return Ok(None) };
        Ok(Some(readers.acquire().await.map_err(Fault::from)?))
    }

    async fn try_append(&self, version: SettingsVersion, generation: u64) -> Result<Appended, Fault> {
        let unavailable = |error: crate::OpenError| {
            Fault(StoreError::Unavailable { message: error.to_string(), source: Some(Box::new(error)) })
        };
        let file = WritableFile::prepare(&self.path, &super::SETTINGS).await.map_err(unavailable)?;
        let mut connection = file.connect().await.map_err(unavailable)?;
        let appended = append(&mut connection, &version, generation).await;
        if appended.is_ok() {
            // keeps the log short; whoever still reads from it keeps what they need
            sqlx::query("pragma wal_checkpoint(passive)").execute(&mut connection).await?;
        }
        connection.close().await?;
        appended
    }
}

#[async_trait]
impl SettingsHistory for SqliteSettings {
    async fn generation(&self) -> Result<u64, StoreError> {
        let Some(mut reader) = self.reader().await? else { return Ok(0) };
        Ok(versions::generation(&mut reader).await?)
    }

    async fn current(&self) -> Result<CurrentSettings, StoreError> {
        let Some(mut reader) = self.reader().await? else { return Ok(CurrentSettings::default()) };
        Ok(versions::current(&mut reader).await?)
    }

    async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let Some(mut reader) = self.reader().await? else { return Ok(Vec::new()) };
        Ok(versions::versions(&mut reader, connection, before, limit).await?)
    }

    async fn append(&self, version: SettingsVersion, generation: u64) -> Result<Appended, StoreError> {
        Ok(self.try_append(version, generation).await?)
    }
}

/// The lock is taken before anything is read: two processes that start from the same generation come one after the
/// other, and the second one sees what the first has written.
async fn append(
    connection: &mut SqliteConnection,
    version: &SettingsVersion,
    generation: u64,
) -> Result<Appended, Fault> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let appended = versions::append(&mut transaction, version, generation).await?;
    transaction.commit().await?;
    Ok(appended)
}
