//! Reading a file that another process writes, and that may not exist yet.

use std::path::PathBuf;

use amz_services::failure::StoreError;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::OnceCell;

use super::file::readers;
use crate::transaction::Fault;

/// A file that another process writes.
#[derive(Debug)]
pub(crate) struct ForeignFile {
    path: PathBuf,
    /// A table that the file has once its owner has prepared it.
    table: &'static str,
    pool: OnceCell<SqlitePool>,
}

impl ForeignFile {
    pub(crate) fn new(path: PathBuf, table: &'static str) -> Self {
        Self { path, table, pool: OnceCell::new() }
    }

    /// Connections that can only read; `None` as long as the owner has not prepared the file.
    pub(crate) async fn pool(&self) -> Result<Option<SqlitePool>, StoreError> {
        if let Some(pool) = self.pool.get() {
            return Ok(Some(pool.clone()));
        }
        if !self.path.exists() {
            return Ok(None);
        }
        let pool = readers(&self.path);
        let prepared: Option<i64> =
            sqlx::query_scalar("select 1 from sqlite_master where type = 'table' and name = $1")
                .bind(self.table)
                .fetch_optional(&pool)
                .await
                .map_err(Fault::from)?;
        if prepared.is_none() {
            pool.close().await;
            return Ok(None);
        }
        Ok(Some(self.pool.get_or_init(|| async { pool }).await.clone()))
    }

    /// A connection for one read; `None` as long as the owner has not prepared the file.
    pub(crate) async fn reader(&self) -> Result<Option<PoolConnection<Sqlite>>, Fault> {
        let Some(pool) = self.pool().await? else { return Ok(None) };
        Ok(Some(pool.acquire().await?))
    }

    /// A connection whose reads all see one state of the file; `None` as long as the owner has not prepared it.
    pub(crate) async fn snapshot(&self) -> Result<Option<Transaction<'static, Sqlite>>, Fault> {
        let Some(pool) = self.pool().await? else { return Ok(None) };
        Ok(Some(pool.begin().await?))
    }
}
