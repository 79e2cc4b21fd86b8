//! What is set at run time, in a small file of its own that any process may write.
//!
//! Writes are rare, so each opens the file for itself and waits its turn; nobody holds it between.

use std::path::PathBuf;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingsHistory, SettingsVersion};
use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, FromRow, Row};

use super::fault::Fault;
use super::file::WritableFile;
use super::reader::ForeignFile;
use crate::stored::{corrupt, from_json, instant, micros, to_json};

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
        let Some(readers) = self.file.pool().await? else { return Ok(0) };
        let highest: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from settings_versions")
            .fetch_one(&readers)
            .await
            .map_err(Fault::from)?;
        Ok(number("generation", highest)?)
    }

    async fn current(&self) -> Result<CurrentSettings, StoreError> {
        let Some(readers) = self.file.pool().await? else { return Ok(CurrentSettings::default()) };
        // one statement, so that generation and versions belong together
        let rows: Vec<VersionRow> = sqlx::query_as(
            "select id, connection, version, document, changes, changed_by, changed_at, note
             from settings_versions as latest where version =
             (select max(version) from settings_versions where connection = latest.connection)
             order by connection",
        )
        .fetch_all(&readers)
        .await
        .map_err(Fault::from)?;
        let highest = rows.iter().map(|row| row.id).max().unwrap_or(0);
        let latest = rows.into_iter().map(VersionRow::into_version).collect::<Result<_, StoreError>>()?;
        Ok(CurrentSettings { generation: number("generation", highest)?, latest })
    }

    async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let Some(readers) = self.file.pool().await? else { return Ok(Vec::new()) };
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let rows: Vec<VersionRow> = sqlx::query_as(
            "select id, connection, version, document, changes, changed_by, changed_at, note
             from settings_versions where connection = $1 and version < $2 order by version desc limit $3",
        )
        .bind(connection.as_str())
        .bind(before)
        .bind(limit)
        .fetch_all(&readers)
        .await
        .map_err(Fault::from)?;
        rows.into_iter().map(VersionRow::into_version).collect()
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
    let SettingsVersion { connection: owner, version: _, document, changes, by, at, note } = version;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let highest: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from settings_versions")
        .fetch_one(&mut *transaction)
        .await?;
    if number("generation", highest)? != generation {
        transaction.rollback().await?;
        return Ok(Appended::ChangedMeanwhile);
    }
    let id: i64 = sqlx::query_scalar(
        "insert into settings_versions (connection, version, document, changes, changed_by, changed_at, note)
         select $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6 from settings_versions where connection = $1
         returning id",
    )
    .bind(owner.as_str())
    .bind(to_json("settings", document)?)
    .bind(to_json("settings changes", changes)?)
    .bind(by)
    .bind(micros(*at))
    .bind(note)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Appended::Stored { generation: number("generation", id)? })
}

fn number(what: &'static str, stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| corrupt(what, format!("{stored} is negative")))
}

struct VersionRow {
    id: i64,
    connection: String,
    version: i64,
    document: String,
    changes: String,
    by: String,
    at: i64,
    note: String,
}

impl FromRow<'_, SqliteRow> for VersionRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            connection: row.try_get("connection")?,
            version: row.try_get("version")?,
            document: row.try_get("document")?,
            changes: row.try_get("changes")?,
            by: row.try_get("changed_by")?,
            at: row.try_get("changed_at")?,
            note: row.try_get("note")?,
        })
    }
}

impl VersionRow {
    fn into_version(self) -> Result<SettingsVersion, StoreError> {
        let Self { id: _, connection, version, document, changes, by, at, note } = self;
        Ok(SettingsVersion {
            connection: connection.into(),
            version: number("settings version", version)?,
            document: from_json("settings", &document)?,
            changes: from_json("settings changes", &changes)?,
            by,
            at: instant(at)?,
            note,
        })
    }
}
