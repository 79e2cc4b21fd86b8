//! Whether a file's tables are those of this version, without changing the file.

use std::path::Path;

use sqlx::migrate::Migrator;

use super::file::readers;
use super::{NOTICES, STATE};
use crate::OpenError;
use crate::tables::Tables;

/// Compares the tables of the state's file. Beside a running process or without one.
///
/// # Errors
/// [`OpenError::Database`] when the file cannot be read.
pub async fn tables_of_state(path: &Path) -> Result<Tables, OpenError> {
    compare(path, &STATE).await
}

/// Compares the tables of the inbox's file. Beside a running process or without one.
///
/// # Errors
/// [`OpenError::Database`] when the file cannot be read.
pub async fn tables_of_inbox(path: &Path) -> Result<Tables, OpenError> {
    compare(path, &NOTICES).await
}

pub(super) async fn compare(path: &Path, migrator: &Migrator) -> Result<Tables, OpenError> {
    if !path.exists() {
        return Ok(Tables::Absent);
    }
    let pool = readers(path);
    let applied = applied(&pool).await;
    pool.close().await;
    let applied = applied.map_err(|source| OpenError::Database { path: path.to_owned(), source })?;
    Ok(Tables::compared(applied, migrator))
}

/// Steps that were carried out; `None` when nobody has prepared the file.
async fn applied(pool: &sqlx::SqlitePool) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let prepared: Option<i64> =
        sqlx::query_scalar("select 1 from sqlite_master where type = 'table' and name = '_sqlx_migrations'")
            .fetch_optional(pool)
            .await?;
    if prepared.is_none() {
        return Ok(None);
    }
    let versions = sqlx::query_scalar("select version from _sqlx_migrations where success order by version");
    versions.fetch_all(pool).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::file::WritableFile;
    use super::*;

    #[tokio::test]
    async fn tables_are_absent_older_current_or_newer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-state.db");
        assert_eq!(tables_of_state(&path).await.unwrap(), Tables::Absent);
        assert!(!path.exists(), "looking makes no file");
        let file = WritableFile::prepare(&path, &STATE).await.unwrap();
        let Tables::Current { versions } = tables_of_state(&path).await.unwrap() else { panic!("current") };
        assert_eq!(versions, STATE.iter().count());
        let mut connection = file.connect().await.unwrap();
        sqlx::query("update _sqlx_migrations set version = 999999 where version = (select max(version) from _sqlx_migrations)")
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(tables_of_state(&path).await.unwrap(), Tables::Newer { unknown: 1 });
        sqlx::query("delete from _sqlx_migrations where version = 999999")
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(tables_of_state(&path).await.unwrap(), Tables::Older { missing: 1 });
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-inbox.db");
        std::fs::write(&path, vec![7; 4096]).unwrap();
        assert_eq!(tables_of_inbox(&path).await.unwrap_err().code(), "store_unavailable");
    }
}
