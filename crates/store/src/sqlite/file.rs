//! Opening database files: durability asserted, tables up to date.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::lock::FileLock;
use crate::OpenError;

/// The oldest SQLite that will do: a damaged write-ahead log was possible before.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
const OLDEST_SQLITE_TEXT: &str = "3.51.3";
/// How long a statement waits for another process's lock.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;

/// A database file that this process may write, with its tables up to date.
#[derive(Debug, Clone)]
pub(crate) struct WritableFile {
    path: PathBuf,
    options: SqliteConnectOptions,
}

impl WritableFile {
    /// Creates the file if need be and brings its tables up to date. Safe when many processes start at once.
    pub(crate) async fn prepare(path: &Path, migrator: &Migrator) -> Result<Self, OpenError> {
        make_folder_of(path)?;
        let file = Self { path: path.to_owned(), options: writing_options(path) };
        // sqlx takes no lock when it migrates SQLite, and the switch to WAL does not wait either
        let lock = FileLock::wait_for(beside(path, ".lock.migrate")).await?;
        let connection = file.connect().await?;
        connection.close().await.map_err(|source| file.refused(source))?;
        let migrating = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(file.options.clone());
        let outcome = migrator.run(&migrating).await;
        migrating.close().await;
        outcome.map_err(|source| OpenError::Migration { path: path.to_owned(), source })?;
        drop(lock);
        Ok(file)
    }

    /// A writing connection whose durability has been asserted.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, OpenError> {
        let mut connection = self.options.connect().await.map_err(|source| self.refused(source))?;
        let version: String = sqlx::query_scalar("select sqlite_version()")
            .fetch_one(&mut connection)
            .await
            .map_err(|source| self.refused(source))?;
        if !recent_enough(&version) {
            return Err(OpenError::TooOld { found: version, needed: OLDEST_SQLITE_TEXT });
        }
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous")
            .fetch_one(&mut connection)
            .await
            .map_err(|source| self.refused(source))?;
        self.demand("synchronous", synchronous.to_string(), "2")?;
        let journal: String = sqlx::query_scalar("pragma journal_mode")
            .fetch_one(&mut connection)
            .await
            .map_err(|source| self.refused(source))?;
        self.demand("journal_mode", journal, "wal")?;
        Ok(connection)
    }

    /// A pool of connections that can only read.
    pub(crate) fn readers(&self) -> SqlitePool {
        readers(&self.path)
    }

    fn demand(&self, setting: &'static str, found: String, needed: &'static str) -> Result<(), OpenError> {
        if found == needed {
            return Ok(());
        }
        Err(OpenError::NotDurable { path: self.path.clone(), setting, found, needed })
    }

    fn refused(&self, source: sqlx::Error) -> OpenError {
        OpenError::Database { path: self.path.clone(), source }
    }
}

/// A pool of connections to a file that can only read it; connects when first used.
pub(crate) fn readers(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false).connect_lazy_with(options)
}

fn writing_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(8192)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // checkpoints are planned, see `checkpoint`
        .pragma("wal_autocheckpoint", "0")
        .pragma("mmap_size", "0")
        .pragma("journal_size_limit", super::checkpoint::RESTART_ABOVE_BYTES.to_string())
        .disable_statement_logging()
}

/// Makes the folder that a file lies in, so that a power cut does not take it away again.
pub(super) fn make_folder_of(path: &Path) -> Result<(), OpenError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
    else {
        return Ok(());
    };
    let made = std::fs::create_dir_all(folder).and_then(|()| {
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()
    });
    made.map_err(|source| OpenError::File { path: folder.to_owned(), source })
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn recent_enough(version: &str) -> bool {
    let parts: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    parts.as_slice() >= OLDEST_SQLITE.as_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_the_damaged_log_are_refused() {
        for (version, good) in [
            ("3.51.2", false),
            ("3.45.10", false),
            ("3.51", false),
            ("3.51.3", true),
            ("3.53.2", true),
            ("4.0.0", true),
            ("?", false),
        ] {
            assert_eq!(recent_enough(version), good, "{version}");
        }
    }

    #[tokio::test]
    async fn every_writing_connection_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &crate::sqlite::NOTICES).await.unwrap();
        let mut connection = file.connect().await.unwrap();
        for (pragma, expected) in [
            ("pragma synchronous", 2),
            ("pragma page_size", 8192),
            ("pragma foreign_keys", 1),
            ("pragma wal_autocheckpoint", 0),
        ] {
            let found: i64 = sqlx::query_scalar(pragma).fetch_one(&mut connection).await.unwrap();
            assert_eq!(found, expected, "{pragma}");
        }
        let mmap: Option<i64> =
            sqlx::query_scalar("pragma mmap_size").fetch_optional(&mut connection).await.unwrap();
        assert_eq!(mmap.unwrap_or(0), 0);
    }

    #[tokio::test]
    async fn a_connection_that_is_not_durable_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let mut file = WritableFile::prepare(&path, &crate::sqlite::NOTICES).await.unwrap();
        file.options = file.options.synchronous(SqliteSynchronous::Normal);
        assert_eq!(file.connect().await.unwrap_err().code(), "store_not_durable");
    }
}
